import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { operandBeats } from '../../../src/families/vssa/format/accelerator-streams.ts';
import {
  encodeProbabilities,
  importanceCode,
  probabilityCode,
} from '../../../src/families/vssa/format/probabilities.ts';
import { scoreBeats } from '../../../src/families/vssa/format/streams.ts';
import { tokenOrder } from '../../../src/families/vssa/decoding.ts';
import { goldenScores, probabilityCodeOf } from '../../../src/families/vssa/golden-scores.ts';
import { accumulateImportance } from '../../../src/families/vssa/importance.ts';
import { newSequenceAddress, protectAddress } from '../../../src/families/vssa/params.ts';
import { randomBits, randomScoresJob } from '../../../src/families/vssa/random-scores-job.ts';
import { scoresJob } from '../../../src/families/vssa/scores-job.ts';
import type { ScoresRun } from '../../../src/families/vssa/scores-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { matrix, softmaxRows } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { unpackBeats } from '../../../src/testbench/beats.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';

const none = new Map<string, Uint8Array>();
const columns = (widths: readonly number[], bytes: Uint8Array): number[][] =>
  unpackBeats(widths, bytes).map((column) => [...column]);
const scoresOf = ({ outputs }: Outcome): number[][] =>
  columns(scoreBeats.widths, outputs['scores']!);
const codesOf = (p: { loadWords: number }, { outputs }: Outcome): number[][] =>
  columns(operandBeats(p).widths, outputs['codes']!);

describe('the code of a probability', () => {
  it('of 8 bits follows from that of 16, for every code and at every tie', () => {
    const wrong: number[] = [];
    for (let code = 0; code < 2 ** 16; code++) {
      if (probabilityCodeOf(code) !== probabilityCode(code / 65535)) wrong.push(code);
    }
    // Where either code changes: the float32 there, and those on both sides. 255 p + 1/2 is whole only where
    // 65535 p + 1/2 is, too.
    const float = new Float32Array(1);
    const bits = new Uint32Array(float.buffer);
    for (let code = 1; code < 2 ** 16; code++) {
      float[0] = (code - 0.5) / 65535;
      const at = bits[0]!;
      for (let near = at - 2; near <= at + 2; near++) {
        bits[0] = near;
        if (probabilityCodeOf(importanceCode(float[0])) !== probabilityCode(float[0])) {
          wrong.push(float[0]);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('of 8 bits is that of the probability, whichever', () => {
    fc.assert(
      fc.property(fc.float({ min: 0, max: 1, noNaN: true }), (p) => {
        expect(probabilityCodeOf(importanceCode(p))).toBe(probabilityCode(p));
      }),
    );
  });
});

describe('the score accumulator', () => {
  it('gives the codes and the importance that the method computes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(1, 2, 4, 8),
        fc.boolean(),
        fc.nat(),
        (length, heads, depth, loadWords, byQuery, seed) => {
          const random = rng(seed);
          const p = { maxTokens: 16, loadWords };
          const starts = Uint32Array.of(0, length);
          const layers = Array.from({ length: depth }, () => {
            const bits = Uint8Array.from(randomBits(random, length));
            const logits = (): Matrix => {
              const m = matrix(length, length);
              for (let at = 0; at < m.data.length; at++) {
                m.data[at] = bits[at % length] === 0 ? -Infinity : 3 * random.normal();
              }
              return softmaxRows(m, new Uint32Array(length).fill(length), 1);
            };
            return { bits, probabilities: Array.from({ length: heads }, logits) };
          });
          const run: ScoresRun = {
            ...{ length, byQuery, accumulates: true },
            isProtected: Array.from({ length }, () => random.below(2)),
            layers: layers.map(({ bits, probabilities }) => {
              const order = tokenOrder(bits);
              const codes = probabilities.flatMap(({ data }) =>
                order.flatMap((i) => order.map((j) => importanceCode(data[i * length + j]!))),
              );
              return { bits, heads, codes };
            }),
          };
          const outcome = goldenScores(p, scoresJob(p, run), none);

          let importance: Float64Array | undefined;
          const scores = layers.flatMap(({ bits, probabilities }) => {
            importance = accumulateImportance(importance, probabilities, { starts, bits });
            return Array.from(importance, (value, id) => [
              ...[value, run.isProtected[id]!, bits[id]! > 0 ? 1 : 0],
              id === length - 1 ? 1 : 0,
            ]);
          });
          const found = scoresOf(outcome);
          expect(found[0]!.map((_, beat) => found.map((field) => field[beat]!))).toEqual(scores);

          const rows = layers.flatMap(({ bits, probabilities }) => {
            const order = tokenOrder(bits);
            const precision = byQuery ? bits : bits.map((own) => (own === 0 ? 0 : 8));
            return probabilities.flatMap((own) => {
              const folds = new Float64Array(length).fill(1);
              const { data } = encodeProbabilities(own, folds, precision, 'truncation');
              return order.map((i) => ({ id: i, codes: order.map((j) => data[i * length + j]!) }));
            });
          });
          const [ids, ...lanes] = codesOf(p, outcome);
          let beat = 0;
          for (const { id, codes } of rows) {
            const perRow = Math.ceil(codes.length / loadWords);
            const own = Array.from(
              codes,
              (_, k) => lanes[k % loadWords]![beat + Math.floor(k / loadWords)]!,
            );
            expect(own).toEqual(codes);
            expect(ids!.slice(beat, beat + perRow)).toEqual(Array(perRow).fill(id));
            beat += perRow;
          }
          expect(beat).toBe(ids!.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  const p = { maxTokens: 16, loadWords: 2 };
  // Tokens 2 (8 bits), 0 (4 bits); token 1 is not alive.
  const run: ScoresRun = {
    ...{ length: 3, isProtected: [1, 0, 0], byQuery: true, accumulates: true },
    layers: [
      { bits: [4, 0, 8], heads: 2, codes: [65535, 0, 128, 129, 2 ** 15, 2 ** 15, 1, 65535] },
      { bits: [0, 8, 0], heads: 1, codes: [7] },
    ],
  };

  it('gives what a small sequence gives by hand', () => {
    const outcome = goldenScores(p, scoresJob(p, run), none);
    expect(codesOf(p, outcome)).toEqual([
      [2, 0, 2, 0, 1],
      // 128 / 257 rounds to 0, 129 / 257 to 1, whose digit is 0; 32768 / 257 = 127.5 to 128; 65535 to 255, digit 15.
      [255, 0, 128, 0, 0],
      [0, 0, 128, 240, 0],
      [0, 1, 0, 1, 1],
    ]);
    const first = [65535 + 128 + 2 ** 15 + 1, 129 + 2 ** 15 + 65535];
    expect(scoresOf(outcome)).toEqual([
      [first[1], 0, first[0], first[1], 7, first[0]],
      [1, 0, 0, 1, 0, 0],
      [1, 0, 1, 0, 1, 0],
      [0, 0, 1, 0, 0, 1],
    ]);
    // Tokens, beats of probabilities, tokens of the sequence, and 3 cycles on the way.
    expect(outcome.cycles).toBe(2 + 4 + 3 + 3 + (1 + 1 + 3 + 3));
    expect(outcome.counters).toEqual({});
  });

  it('forgets the layer before where importance does not add up', () => {
    const outcome = goldenScores(p, scoresJob(p, { ...run, accumulates: false }), none);
    expect(scoresOf(outcome)[0]!.slice(3)).toEqual([0, 7, 0]);
  });

  it('takes any random job', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8),
        fc.integer({ min: 16, max: 40 }),
        fc.nat(),
        (loadWords, maxTokens, seed) => {
          const point = { maxTokens, loadWords };
          const { cycles, outputs } = goldenScores(point, randomScoresJob(point, rng(seed)), none);
          expect(cycles).toBeGreaterThan(4);
          expect(outputs['scores']!.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is given what follows the protocol, or refuses it', () => {
    const job = scoresJob(p, run);
    const bytes = (name: string): Uint8Array => job.inputs[name] as Uint8Array;
    const withInputs = (inputs: Job['inputs']): Job => ({
      ...job,
      inputs: { ...job.inputs, ...inputs },
    });
    const codes = bytes('probabilities');
    const refused: readonly (readonly [Job, string])[] = [
      [{ ...job, writes: job.writes.filter(([at]) => at !== newSequenceAddress) }, 'begin'],
      [{ ...job, writes: [[protectAddress, 0], ...job.writes] }, 'protects token 0'],
      [{ ...job, writes: [...job.writes, [protectAddress, 3]] }, 'protects token 3'],
      [{ ...job, writes: [...job.writes, [0, 17]] }, 'length = 17'],
      [{ ...job, writes: [...job.writes, [0, 2]] }, 'token 2'],
      [{ ...job, expect: { ...job.expect, codes: 4 } }, 'expects 4 beats'],
      [{ ...job, expect: { ...job.expect, scores: 3 } }, 'expects 3 beats'],
      [withInputs({ probabilities: codes.subarray(0, codes.length - 5) }), 'layer 1'],
      [withInputs({ probabilities: codes.subarray(5) }), 'take 2 for each head'],
      [withInputs({ tokens: bytes('tokens').subarray(0, 4) }), 'other layers'],
      [withInputs({ tokens: new Uint8Array(0) }), '0 token lists'],
    ];
    for (const [broken, words] of refused) {
      expect(() => goldenScores(p, broken, none), words).toThrow(words);
    }
  });
});
