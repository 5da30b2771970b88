import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goldenArray, arrayCycles } from '../../../src/families/olive/golden-array.ts';
import { goldenDecoder, splitPair } from '../../../src/families/olive/golden-decoder.ts';
import { goldenEncoder } from '../../../src/families/olive/golden-encoder.ts';
import { goldenPe } from '../../../src/families/olive/golden-pe.ts';
import { goldenTensorCore } from '../../../src/families/olive/golden-tensor-core.ts';
import {
  codeBeats,
  decodedBeats,
  encodedBeats,
  leftBeats,
  operandBeats,
  operationBeats,
  operationResultBeats,
  peResultBeats,
  resultBeats,
  rightBeats,
  scalingBeats,
  sumBeats,
} from '../../../src/families/olive/format/streams.ts';
import {
  randomArrayJob,
  randomDecoderJob,
  randomEncoderJob,
  randomPeJob,
  randomTensorCoreJob,
} from '../../../src/families/olive/random-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { packBeats, unpackBeats } from '../../../src/testbench/beats.ts';
import type { BeatFormat } from '../../../src/testbench/beats.ts';
import { noStalls } from '../../../src/testbench/job.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';
import { naive, naiveDecode, naivePair } from './naive-ovp.ts';
import type { Naive } from './naive-ovp.ts';

const none = new Map<string, Uint8Array>();
const columns = (format: BeatFormat, bytes: Uint8Array | undefined): number[][] =>
  unpackBeats(format.widths, bytes!, format.signed).map((column) => [...column]);
const input = (job: Job, stream: string, format: BeatFormat): number[][] =>
  columns(format, job.inputs[stream] as Uint8Array);
const output = ({ outputs }: Outcome, stream: string, format: BeatFormat): number[][] =>
  columns(format, outputs[stream]);
const written = (job: Job, address: number): number =>
  job.writes.find(([at]) => at === address)?.[1] ?? NaN;

/** What the codes of a side mean; `bits` of a code. */
const naiveSide = (bits: number, type: number, bias: number): Naive =>
  naive(bits === 8 ? 'int8' : type === 1 ? 'flint4' : 'int4', bias);

const wrap = (x: bigint): bigint => BigInt.asIntN(32, x);

describe('golden decoder', () => {
  it('splits values as the specification pins them', () => {
    const flint = (code: number) => splitPair({ bits: 4, flint: true, bias: 3 }, code, 0).first;
    expect([4, 5, 6, 7, 12].map(flint)).toEqual([
      { exponent: 2, integer: 4 },
      { exponent: 2, integer: 2 },
      { exponent: 0, integer: 4 },
      { exponent: 0, integer: 6 },
      { exponent: 2, integer: -4 },
    ]);
    const wide = { bits: 8, flint: false, bias: 4 } as const;
    expect(splitPair(wide, 0x80, 0x41)).toEqual({
      first: { exponent: 0, integer: 0 },
      second: { exponent: 12, integer: 8 },
      illegal: true,
    });
    expect(splitPair(wide, 0xc0, 0x80).first).toEqual({ exponent: 12, integer: -8 });
    expect(splitPair(wide, 0x80, 0x00).illegal).toBe(true);
    // Exponents of 4-bit outliers keep four bits.
    expect(splitPair({ bits: 4, flint: false, bias: 15 }, 0x8, 0x7).second).toEqual({
      exponent: 2,
      integer: 3,
    });
  });

  it('gives the values of every pair, and counts a cycle for each', () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 8), fc.nat(), (bits, seed) => {
        const p = { bits };
        const job = randomDecoderJob(p, rng(seed));
        const [first, second, last] = input(job, 'pairs', codeBeats(p));
        const outcome = goldenDecoder(p, job, none);
        const [a, b, c, d, illegal, ends] = output(outcome, 'values', decodedBeats(p));
        const reference = naiveSide(bits, written(job, 1), written(job, 3));
        first!.forEach((code, i) => {
          const [x, y, legal] = naiveDecode(reference, code, second![i]!);
          expect([b![i]! * 2 ** a![i]!, d![i]! * 2 ** c![i]!, illegal![i]!]).toEqual([
            x,
            y,
            legal ? 0 : 1,
          ]);
          // Small integers: what the multipliers take.
          expect(Math.max(Math.abs(b![i]!), Math.abs(d![i]!))).toBeLessThanOrEqual(
            bits === 8 ? 127 : 7,
          );
        });
        expect(ends).toEqual(last);
        expect(outcome.cycles).toBe(first!.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe('golden encoder', () => {
  it('rounds once, from half units to the nearest code', () => {
    let outlierPairs = 0;
    fc.assert(
      fc.property(fc.constantFrom(4, 8), fc.nat(), (bits, seed) => {
        const p = { bits };
        const job = randomEncoderJob(p, rng(seed));
        const sums = input(job, 'sums', sumBeats);
        const scaling = input(job, 'scaling', scalingBeats);
        const outcome = goldenEncoder(p, job, none);
        const [first, second, outliers, last] = output(outcome, 'pairs', encodedBeats(p));
        const reference = naiveSide(bits, written(job, 1), bits === 8 ? 4 : written(job, 3));
        const limit = 2n ** (bits === 8 ? 18n : 9n) - 1n;
        const real = (beat: number, side: number): number => {
          const biased = BigInt(sums[side]![beat]!) + BigInt(scaling[3 * side]![beat]!);
          const size = biased < 0n ? -biased : biased;
          const scaled =
            (size * BigInt(scaling[3 * side + 1]![beat]!)) >> BigInt(scaling[3 * side + 2]![beat]!);
          const halves = Number(scaled > limit ? limit : scaled) / 2;
          return biased < 0n ? -halves : halves;
        };
        first!.forEach((code, beat) => {
          const pair = naivePair(reference, real(beat, 0), real(beat, 1), { halves: true });
          const [a, b, legal] = naiveDecode(reference, code, second![beat]!);
          expect([a, b, legal, outliers![beat]]).toEqual([
            ...pair.values.map((value) => value + 0),
            true,
            pair.outliers,
          ]);
          outlierPairs += pair.outliers;
        });
        expect(last).toEqual(sums[2]);
        expect(outcome.cycles).toBe(first!.length + 4);
      }),
      { numRuns: 60 },
    );
    expect(outlierPairs).toBeGreaterThan(1000);
  });
});

describe('golden processing element', () => {
  it('sums exactly, wraps and says so', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const job = randomPeJob({}, rng(seed));
        const [a, b, c, d, last] = input(job, 'operands', operandBeats);
        const outcome = goldenPe({}, job, none);
        const [sum, overflow] = output(outcome, 'results', peResultBeats);
        let running = 0n;
        let flag = 0;
        let result = 0;
        last!.forEach((ends, k) => {
          const term = BigInt(b![k]! * d![k]!) << BigInt(a![k]! + c![k]!);
          if (wrap(running + term) !== running + term) flag = 1;
          running = wrap(running + term);
          if (ends === 0) return;
          expect([sum![result], overflow![result]]).toEqual([Number(running), flag]);
          [running, flag] = [0n, 0];
          result++;
        });
        expect(sum!.length).toBe(result);
        expect(outcome.cycles).toBe(last!.length + 1);
      }),
      { numRuns: 60 },
    );
  });
});

/** Both values of the pair that a lane has in a beat. */
function naiveLane(
  reference: Naive,
  bits: number,
  bytes: readonly number[][],
  lane: number,
  beat: number,
): [number, number, boolean] {
  if (bits === 8) {
    return naiveDecode(reference, bytes[2 * lane]![beat]!, bytes[2 * lane + 1]![beat]!);
  }
  const byte = bytes[lane]![beat]!;
  return naiveDecode(reference, byte & 15, byte >> 4);
}

describe('golden array', () => {
  it('sums products of every lane in use, with flags, counts and cycles', () => {
    const seen = { overflow: 0, illegal: 0, wide: 0 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        (halfRows, halfColumns, seed) => {
          const p = { rows: 2 * halfRows, columns: 2 * halfColumns, sharedDecoders: 1 };
          const job = randomArrayJob(p, rng(seed));
          const bits = written(job, 0) === 1 ? 8 : 4;
          const left = naiveSide(bits, written(job, 1), written(job, 3));
          const right = naiveSide(bits, written(job, 2), written(job, 4));
          const [rows, used] = [written(job, 5), written(job, 6)];
          const leftBytes = input(job, 'left', leftBeats(p));
          const rightBytes = input(job, 'right', rightBeats(p));
          const last = rightBytes[p.columns]!;
          const outcome = goldenArray(p, job, none);
          const fields = output(outcome, 'results', resultBeats(p));

          let begin = 0;
          let result = 0;
          const lengths: number[] = [];
          last.forEach((ends, beat) => {
            if (ends === 0) return;
            let illegal = 0;
            for (let k = begin; k <= beat; k++) {
              for (let i = 0; i < rows; i++) {
                if (!naiveLane(left, bits, leftBytes, i, k)[2]) illegal++;
              }
              for (let j = 0; j < used; j++) {
                if (!naiveLane(right, bits, rightBytes, j, k)[2]) illegal++;
              }
            }
            for (let i = 0; i < rows; i++, result++) {
              for (let j = 0; j < p.columns; j++) {
                let sum = 0n;
                let flag = 0;
                for (let k = begin; j < used && k <= beat; k++) {
                  const x = naiveLane(left, bits, leftBytes, i, k);
                  const y = naiveLane(right, bits, rightBytes, j, k);
                  for (const half of [0, 1] as const) {
                    const next = sum + BigInt(x[half]) * BigInt(y[half]);
                    sum = wrap(next);
                    if (sum !== next) flag = 1;
                  }
                }
                expect([fields[j]![result], fields[p.columns + j]![result]]).toEqual([
                  Number(sum),
                  flag,
                ]);
                seen.overflow += flag;
              }
              expect(fields[2 * p.columns]![result]).toBe(Math.min(illegal, 65535));
              expect(fields[2 * p.columns + 1]![result]).toBe(i === rows - 1 ? 1 : 0);
            }
            lengths.push(beat + 1 - begin);
            begin = beat + 1;
            seen.illegal += illegal;
            seen.wide += bits === 8 ? 1 : 0;
          });
          expect(fields[0]!.length).toBe(result);
          expect(outcome.cycles).toBe(arrayCycles(p, bits, lengths, rows));
        },
      ),
      { numRuns: 60 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });

  it('has the cycles of the specification', () => {
    const p = { rows: 16, columns: 16 };
    // 2 x 100 - 1 cycles for the operands, 16 through the array, 16 rows, 1.
    expect(arrayCycles(p, 4, [100], 16)).toBe(199 + 16 + 16 + 1);
    expect(arrayCycles(p, 4, [100, 100], 16)).toBe(199 + 200 + 33);
    expect(arrayCycles(p, 4, [1, 1], 16)).toBe(1 + 33 + 33);
    expect(arrayCycles(p, 8, [1], 8)).toBe(1 + 16 + 15 + 1);
  });

  it('refuses jobs that do not follow the protocol', () => {
    const p = { rows: 2, columns: 2, sharedDecoders: 1 };
    const job: Job = {
      writes: [],
      inputs: { left: Uint8Array.of(0x11, 0x22), right: Uint8Array.of(0x33, 0x44, 1) },
      expect: { results: 2 },
      stalls: noStalls,
      maxCycles: 100,
    };
    // 1 x 3 twice, 1 x 4 twice, ...
    expect(output(goldenArray(p, job, none), 'results', resultBeats(p)).slice(0, 2)).toEqual([
      [6, 12],
      [8, 16],
    ]);
    const refusal = (change: Partial<Job>): string => {
      try {
        goldenArray(p, { ...job, ...change }, none);
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    expect(refusal({ writes: [[7, 0]] })).toMatch(/address 7/);
    expect(refusal({ writes: [[0, 2]] })).toMatch(/writes 2 to address 0, but 0 to 1/);
    expect(refusal({ writes: [[5, 3]] })).toMatch(/rows = 3 in 4-bit mode.*1 to 2/);
    expect(
      refusal({
        writes: [
          [0, 1],
          [5, 1],
          [6, 2],
        ],
      }),
    ).toMatch(/columns = 2 in 8-bit mode.*1 to 1/);
    expect(refusal({ expect: { results: 3 } })).toMatch(/expects 3 .* make 2/);
    expect(refusal({ inputs: { ...job.inputs, left: new Uint8Array(4) } })).toMatch(
      /1 beats of right operands but 2 of left/,
    );
    expect(refusal({ inputs: { ...job.inputs, right: Uint8Array.of(0, 0, 0) } })).toMatch(/within/);
  });
});

describe('golden tensor core', () => {
  it('sums all products and the addend at once', () => {
    const seen = { overflow: 0, illegal: 0 };
    fc.assert(
      fc.property(fc.constantFrom(4, 8, 16, 20, 32), fc.nat(), (elements, seed) => {
        const p = { elements };
        const job = randomTensorCoreJob(p, rng(seed));
        const bits = written(job, 0) === 1 ? 8 : 4;
        const left = naiveSide(bits, written(job, 1), written(job, 3));
        const right = naiveSide(bits, written(job, 2), written(job, 4));
        const fields = input(job, 'operands', operationBeats(p));
        const bytes = elements / 2;
        const [leftBytes, rightBytes] = [fields.slice(0, bytes), fields.slice(bytes, 2 * bytes)];
        const outcome = goldenTensorCore(p, job, none);
        const [value, overflow, illegal, last] = output(outcome, 'results', operationResultBeats);
        value!.forEach((found, k) => {
          let sum = BigInt(fields[2 * bytes]![k]!);
          let wrong = 0;
          for (let lane = 0; lane < (bits === 8 ? bytes / 2 : bytes); lane++) {
            const x = naiveLane(left, bits, leftBytes, lane, k);
            const y = naiveLane(right, bits, rightBytes, lane, k);
            sum += BigInt(x[0]) * BigInt(y[0]) + BigInt(x[1]) * BigInt(y[1]);
            wrong += (x[2] ? 0 : 1) + (y[2] ? 0 : 1);
          }
          expect([found, overflow![k], illegal![k]]).toEqual([
            Number(wrap(sum)),
            wrap(sum) === sum ? 0 : 1,
            wrong,
          ]);
          seen.overflow += overflow![k]!;
          seen.illegal += wrong;
        });
        expect(last).toEqual(fields[2 * bytes + 1]);
        expect(outcome.cycles).toBe(value!.length + 3);
      }),
      { numRuns: 60 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });
});

describe('the 32 bits of a sum', () => {
  it('hold 58,254 products of two largest flint4 outliers beside their victims, and no more', () => {
    const p = { rows: 2, columns: 2, sharedDecoders: 1 };
    // (0, 192) in every pair of both sides: one product of 36,864 for each pair.
    const job = (pairs: number): Job => {
      const bytes = new Uint8Array(pairs).fill(0x78);
      const zeros = new Uint8Array(pairs);
      const last = zeros.slice();
      last[pairs - 1] = 1;
      return {
        writes: [
          [1, 1],
          [2, 1],
          [3, 3],
          [4, 3],
        ],
        inputs: {
          left: packBeats(leftBeats(p).widths, [bytes, zeros]),
          right: packBeats(rightBeats(p).widths, [bytes, zeros, last]),
        },
        expect: { results: 2 },
        stalls: noStalls,
        maxCycles: 1e6,
      };
    };
    const flagOf = (pairs: number) => {
      const fields = output(goldenArray(p, job(pairs), none), 'results', resultBeats(p));
      return [fields[0]![0], fields[2]![0]];
    };
    expect(flagOf(58_254)).toEqual([58_254 * 36_864, 0]);
    expect(flagOf(58_255)).toEqual([58_255 * 36_864 - 2 ** 32, 1]);
  });
});
