import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceleratorJob, imageBeats } from '../../../src/families/olive/accelerator-job.ts';
import { acceleratorLowering as lowering } from '../../../src/families/olive/accelerator-lowering.ts';
import { acceleratorManual } from '../../../src/families/olive/accelerator-manual.ts';
import { sideFormat } from '../../../src/families/olive/array-job.ts';
import {
  activationBeats,
  pairResultBeats,
  rowScalingBeats,
  sumResultBeats,
  weightBeatBytes,
  wordBeats,
} from '../../../src/families/olive/format/accelerator-streams.ts';
import type { NormalType } from '../../../src/families/olive/format/number-types.ts';
import {
  encodedBeats,
  leftBeats,
  resultBeats,
  rightBeats,
  scalingBeats,
  sumBeats,
} from '../../../src/families/olive/format/streams.ts';
import { goldenAccelerator } from '../../../src/families/olive/golden-accelerator.ts';
import { goldenArray } from '../../../src/families/olive/golden-array.ts';
import { goldenEncoder } from '../../../src/families/olive/golden-encoder.ts';
import type { AcceleratorParameters } from '../../../src/families/olive/params.ts';
import { quantizeOlive } from '../../../src/families/olive/quantizer.ts';
import { randomAcceleratorJob } from '../../../src/families/olive/random-accelerator-job.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import { matrix } from '../../../src/tensor/index.ts';
import { packBeats, unpackBeats } from '../../../src/testbench/beats.ts';
import type { Column } from '../../../src/testbench/beats.ts';
import { noStalls } from '../../../src/testbench/job.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';
import { acceleratorPoint, defaultAccelerator } from './arbitraries.ts';
import { naive, naiveDecode } from './naive-ovp.ts';

const none = new Map<string, Uint8Array>();
const small: AcceleratorParameters = { rows: 8, columns: 4, sharedDecoders: 1, bankBeats: 20 };

/** A job of images of one pair of ones per row and column, all of the same length. */
function plainJob(
  p: AcceleratorParameters,
  type: NormalType,
  of: { rows: number; words: number; tiles: number; images: number; pairs?: boolean },
): Job {
  const { rows, words, tiles, images, pairs } = of;
  const scaling = { bias: 0, multiplier: 1, shift: 0 };
  const image = imageBeats(
    p,
    new Uint8Array(words * weightBeatBytes(p)),
    Array.from({ length: pairs ? rows : 0 }, () => scaling),
  );
  const weights = new Uint8Array(images * image.length);
  for (let i = 0; i < images; i++) weights.set(image, i * image.length);
  return acceleratorJob(p, {
    formats: { left: sideFormat(type), right: sideFormat(type) },
    ...(pairs ? { output: sideFormat(type) } : {}),
    ...{ shape: { rows, columns: 1 }, tiles, images, weights },
    activations: new Uint8Array(images * tiles * words * p.columns),
  });
}

const cyclesOf = (...of: Parameters<typeof plainJob>): number =>
  goldenAccelerator(of[0], plainJob(...of), none).cycles;

/** What a job says, image by image. */
function parsed(p: AcceleratorParameters, job: Job) {
  const weights = job.inputs['weights'] as Uint8Array;
  const word = wordBeats(p);
  const asWords = unpackBeats(word.widths, weights);
  const scaled = rowScalingBeats(p);
  const asScalings = unpackBeats(scaled.widths, weights, scaled.signed).slice(0, 3);
  const [isScaling, last] = asWords.slice(-2);
  const images: { words: number[]; scalings: number[] }[] = [{ words: [], scalings: [] }];
  last!.forEach((ends: number, beat: number) => {
    (isScaling![beat] ? images.at(-1)!.scalings : images.at(-1)!.words).push(beat);
    if (ends) images.push({ words: [], scalings: [] });
  });
  expect(images.pop()).toEqual({ words: [], scalings: [] });
  return { images, bytes: asWords.slice(0, p.rows), asScalings };
}

const at = (job: Job, address: number): number => job.writes.find(([to]) => to === address)![1];
const picked = (column: Column, beats: readonly number[]): number[] =>
  beats.map((beat) => column[beat]!);

/** The same in the golden models of the array and the encoder, one tile and one column after the other. */
function inParts(p: AcceleratorParameters, job: Job) {
  const { images, bytes, asScalings } = parsed(p, job);
  const tiles = job.registers!['TILES']!;
  const activations = unpackBeats(
    activationBeats(p).widths,
    job.inputs['activations'] as Uint8Array,
  );
  const eight = at(job, 0) === 1;
  const rows = at(job, 5);
  const lanes = eight ? p.columns / 2 : p.columns;
  const sums: number[][] = [];
  const pairs: number[][] = [];
  let illegalPairs = 0;
  let overflows = 0;
  let begin = 0;
  for (const { words, scalings } of images) {
    for (let tile = 0; tile < tiles; tile++) {
      const beats = words.map((_, k) => begin + k);
      begin += words.length;
      const last = words.map((_, k) => (k === words.length - 1 ? 1 : 0));
      const array = goldenArray(
        p,
        {
          writes: job.writes.filter(([address]) => address <= 6),
          inputs: {
            left: packBeats(
              leftBeats(p).widths,
              bytes.map((column) => picked(column, words)),
            ),
            right: packBeats(rightBeats(p).widths, [
              ...activations.map((column) => picked(column, beats)),
              last,
            ]),
          },
          ...{ expect: { results: rows }, stalls: noStalls, maxCycles: 1 },
        },
        none,
      );
      const { widths, signed } = resultBeats(p);
      const fields = unpackBeats(widths, array.outputs['results']!, signed);
      illegalPairs += fields[2 * p.columns]![0]!;
      for (let row = 0; row < rows; row++) {
        sums.push(fields.slice(0, p.columns).map((column) => column[row]!));
        overflows += Number(fields.slice(p.columns, 2 * p.columns).some((flag) => flag[row]));
      }
      if (at(job, 7) === 0) continue;
      const own = sums.slice(-rows);
      const scalingOf = (row: number): number[] =>
        row < rows ? asScalings.map((column) => column[scalings[row]!]!) : [0, 0, 0];
      const firsts = own.flatMap((_, row) => (row % 2 === 0 ? [row] : []));
      const ofLanes = Array.from({ length: lanes }, (_, lane) => {
        const encoded = goldenEncoder(
          { bits: eight ? 8 : 4 },
          {
            writes: eight
              ? []
              : [
                  [1, at(job, 8)],
                  [3, at(job, 9)],
                ],
            inputs: {
              sums: packBeats(sumBeats.widths, [
                firsts.map((row) => own[row]![lane]!),
                firsts.map((row) => own[row + 1]?.[lane] ?? 0),
                firsts.map(() => 1),
              ]),
              scaling: packBeats(
                scalingBeats.widths,
                [0, 1, 2, 3, 4, 5].map((field) =>
                  firsts.map((row) => scalingOf(row + Math.floor(field / 3))[field % 3]!),
                ),
              ),
            },
            ...{ expect: { pairs: firsts.length }, stalls: noStalls, maxCycles: 1 },
          },
          none,
        );
        return unpackBeats(encodedBeats({ bits: eight ? 8 : 4 }).widths, encoded.outputs['pairs']!);
      });
      firsts.forEach((_, beat) => {
        pairs.push(
          ofLanes.flatMap(([first, second]) =>
            eight ? [first![beat]!, second![beat]!] : [first![beat]! + 16 * second![beat]!],
          ),
        );
      });
    }
  }
  return { sums, pairs, counters: { illegal_pairs: illegalPairs, overflows } };
}

describe('the golden accelerator', () => {
  it('computes what array and encoder compute one after the other', () => {
    fc.assert(
      fc.property(acceleratorPoint, fc.nat(), (p, seed) => {
        const job = randomAcceleratorJob(p, rng(seed));
        const { outputs, counters } = goldenAccelerator(p, job, none);
        const wanted = inParts(p, job);
        expect(counters).toEqual(wanted.counters);
        const encodes = at(job, 7) === 1;
        const { widths, signed } = encodes ? pairResultBeats(p) : sumResultBeats(p);
        const fields = unpackBeats(widths, outputs['results']!, signed);
        const beats = fields[0]!.length;
        const rows = Array.from({ length: beats }, (_, beat) =>
          fields.slice(0, p.columns).map((column) => column[beat]!),
        );
        expect(rows).toEqual(encodes ? wanted.pairs : wanted.sums);
        expect(fields.slice(p.columns, -1).every((filler) => filler.every((x) => x === 0))).toBe(
          true,
        );
        const perTile = encodes ? Math.ceil(at(job, 5) / 2) : at(job, 5);
        expect([...fields.at(-1)!]).toEqual(
          Array.from({ length: beats }, (_, beat) => Number(beat % perTile === perTile - 1)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('takes the cycles that its description adds up to', () => {
    // Loading, two cycles until the bank is open, two per pair; rows and columns in groups, and the rows.
    const single = { rows: 5, words: 9, tiles: 1, images: 1 };
    expect(cyclesOf(small, 'int4', single)).toBe(9 + 18 + 6 + 5 + 1);
    expect(cyclesOf(small, 'int4', { ...single, pairs: true })).toBe(9 + 5 + 18 + 6 + 5 + 1 + 4);
    expect(cyclesOf(small, 'int8', { ...single, rows: 3 })).toBe(9 + 18 + 6 + 5 + 1);
    const text = acceleratorManual(small).timing.join('\n');
    expect(text).toContain('takes b + 2k + 7 + d cycles, 4 more for pairs');
    expect(text).toContain('a tile takes max(2k, 7 + d) cycles');
    const perImage = (words: number, rows: number, tiles: number): number => {
      const shape = { rows, words, tiles };
      return (
        (cyclesOf(small, 'flint4', { ...shape, images: 9 }) -
          cyclesOf(small, 'flint4', { ...shape, images: 4 })) /
        5
      );
    };
    expect(perImage(15, 8, 1)).toBe(30);
    expect(perImage(15, 8, 3)).toBe(90);
    expect(perImage(2, 8, 1)).toBe(15);
    expect(perImage(2, 1, 4)).toBe(32);
  });

  it.each(['int4', 'flint4', 'int8'] as const)(
    'gives pairs of %s that the next layer takes as they are',
    (type) => {
      // Two layers of 16 rows and columns, or as many rows as there are columns in a tile of 8 bits.
      const p = { ...small, rows: 16, columns: 4 };
      const width = type === 'int8' ? 8 : 16;
      const tokens = type === 'int8' ? 2 : 4;
      const { weights, scale, random } = randomCall(type, width, width, 3);
      const x = matrix(tokens, width);
      for (let i = 0; i < x.data.length; i++) x.data[i] = 3 * random.normal();
      const activations = lowering.encode(p, x, 1, scale);
      const [layer] = lowering.lower(p, { weights, tokens, activations, scale });
      const scalings = Array.from({ length: width }, () => ({
        bias: random.below(21) - 10,
        multiplier: 2 ** 15 + random.below(2 ** 15),
        shift: type === 'int8' ? 20 : 17,
      }));
      const words = (layer!.inputs['weights'] as Uint8Array).slice();
      // The flag that ends the image.
      words[words.length - 1] = 0;
      const coded = acceleratorJob(p, {
        formats: { left: sideFormat(type), right: sideFormat(type) },
        ...{ shape: { rows: width, columns: tokens }, output: sideFormat(type) },
        ...{ tiles: 1, images: 1, weights: imageBeats(p, words, scalings) },
        activations: layer!.inputs['activations'] as Uint8Array,
      });
      const results = goldenAccelerator(p, coded, none).outputs['results']!;
      const bytes = unpackBeats(pairResultBeats(p).widths, results).slice(0, p.columns);
      const next = packBeats(activationBeats(p).widths, bytes);
      const inputs = { ...layer!.inputs, activations: next };
      const second = goldenAccelerator(p, { ...layer!, inputs }, none);
      expect(second.counters).toEqual({ illegal_pairs: 0, overflows: 0 });

      // By definition: what the bytes stand for, times the weights.
      const meaning = naive(type, { int4: 2, flint4: 3, int8: 4 }[type]);
      const values = Array.from({ length: tokens }, (_, token) =>
        Array.from({ length: width / 2 }, (_, k) => {
          const [first, second] =
            type === 'int8'
              ? [bytes[2 * token]![k]!, bytes[2 * token + 1]![k]!]
              : [bytes[token]![k]! & 15, bytes[token]![k]! >> 4];
          return naiveDecode(meaning, first, second).slice(0, 2) as number[];
        }).flat(),
      );
      expect(new Set(values.flat()).size).toBeGreaterThan(8);
      const call = { weights, tokens, activations: Int32Array.from(values.flat()), scale };
      expect(lowering.raise(p, call, [second])).toEqual(lowering.product(p, call));
    },
  );

  it('refuses jobs that do not follow the protocol', () => {
    const job = plainJob(small, 'int4', { rows: 8, words: 10, tiles: 2, images: 1, pairs: true });
    const weights = job.inputs['weights'] as Uint8Array;
    const refusal = (change: object, p = small): string => {
      try {
        goldenAccelerator(p, { ...job, ...change }, none);
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    const fed = (inputs: object): object => ({ inputs: { ...job.inputs, ...inputs } });
    const stride = weightBeatBytes(small);
    expect(refusal({ registers: { TILES: 3, RESULTS: 12 } })).toMatch(/20 beats .* take 30/);
    expect(refusal({ registers: { TILES: 2, RESULTS: 7 } })).toMatch(/RESULTS is not the 8/);
    expect(refusal({ expect: { results: 7 } })).toMatch(/expects 7 .* make 8/);
    expect(refusal({ writes: [...job.writes, [10, 0]] })).toMatch(/address 10/);
    expect(refusal({ writes: [...job.writes, [9, 4]] })).toMatch(/bias 4, .* 2 and 3/);
    expect(refusal({ writes: [...job.writes, [5, 9]] })).toMatch(/rows = 9/);
    expect(refusal(fed({ weights: weights.subarray(0, -stride) }))).toMatch(/is not ended/);
    expect(refusal(fed({ weights: weights.subarray(stride) }))).toMatch(/7 scalings, .* 8 rows/);
    expect(refusal(fed({ gates: weights }))).toMatch(/beats on 'gates'/);
    expect(refusal({}, { ...small, bankBeats: 9 })).toMatch(/10 words and 8 .* 1 to 9 and/);
  });
});

/** A random matrix as the method packs it, and activations as it quantizes them. */
function randomCall(type: 'int4' | 'flint4' | 'int8', rows: number, columns: number, seed: number) {
  const random = rng(seed);
  const w = matrix(rows, columns);
  for (let i = 0; i < w.data.length; i++) {
    w.data[i] = random.normal() * (random.below(20) === 0 ? 8 : 1);
  }
  const bits = type === 'int8' ? 8 : 4;
  const { packed: weights } = quantizeOlive(w, 'w', {
    ...{ bits, type: type === 'int8' ? 'auto' : type, rule: 'paper', activationBits: bits },
  });
  return { weights, scale: { type, scale: 0.5, rule: 'paper' as const }, random };
}

const golden = (p: AcceleratorParameters, jobs: readonly Job[]): Outcome[] =>
  jobs.map((job) => goldenAccelerator(p, job, none));

describe('lowering onto the accelerator', () => {
  it('gives the exact product, each result once in its place, at all parameters', () => {
    fc.assert(
      fc.property(
        acceleratorPoint,
        fc.constantFrom('int4' as const, 'flint4' as const, 'int8' as const),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(),
        (p, type, rows, wanted, tokens, seed) => {
          const columns = Math.min(wanted, 2 * p.bankBeats);
          const { weights, scale, random } = randomCall(type, rows, columns, seed);
          const x = matrix(tokens, columns);
          for (let i = 0; i < x.data.length; i++) x.data[i] = 3 * random.normal();
          const activations = lowering.encode(p, x, 1, scale);
          const call = { weights, tokens, activations, scale };
          const jobs = lowering.lower(p, call);
          expect(lowering.raise(p, call, golden(p, jobs))).toEqual(lowering.product(p, call));
          const places = jobs.flatMap((job, j) =>
            Array.from({ length: job.expect['results']! }, (_, beat) =>
              lowering.locate(p, call, j, beat),
            ),
          );
          expect(places.length).toBe(lowering.resultBeats!(p, call));
          const perTile = type === 'int8' ? p.columns / 2 : p.columns;
          const covered = places.flatMap(({ row, token }) =>
            Array.from({ length: Math.min(perTile, tokens - token) }, (_, j) => [row, token + j]),
          );
          expect(new Set(covered.map(([row, token]) => token! * rows + row!)).size).toBe(
            rows * tokens,
          );
          expect(covered.length).toBe(rows * tokens);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('runs all full groups in one job, the rest in another, and fills up the last tile', () => {
    const { weights, scale } = randomCall('int4', 21, 10, 1);
    const call = { weights, tokens: 7, activations: new Int32Array(70), scale };
    const jobs = lowering.lower(small, call);
    expect(jobs.map(({ registers }) => registers)).toEqual([
      { TILES: 2, RESULTS: 2 * 2 * 8 },
      { TILES: 2, RESULTS: 2 * 5 },
    ]);
    expect(jobs.map((job) => [at(job, 5), at(job, 6)])).toEqual([
      [8, 4],
      [5, 4],
    ]);
    expect(lowering.locate(small, call, 0, 27)).toEqual({ tile: 1, row: 11, token: 4 });
    expect(lowering.locate(small, call, 1, 4)).toEqual({ tile: 2, row: 20, token: 0 });
    // The same arrays again, so that a session can keep them.
    const again = lowering.lower(small, { ...call, tokens: 3, activations: new Int32Array(30) });
    again.forEach(({ inputs }, i) => expect(inputs['weights']).toBe(jobs[i]!.inputs['weights']));
    expect(again.map((job) => at(job, 6))).toEqual([3, 3]);
  });

  it('refuses what does not fit, and outcomes that do not fit the call', () => {
    const { weights, scale } = randomCall('int8', 3, 50, 1);
    const call = { weights, tokens: 1, activations: new Int32Array(50), scale };
    expect(() => lowering.lower(small, call)).toThrow(InputError);
    expect(() => lowering.lower(small, call)).toThrow(/50 columns, .* 20; .* at least 25/);
    const { parameters } = lowering.adopt(small, weights);
    expect(parameters).toEqual({ ...small, bankBeats: 25 });
    const p = parameters as unknown as AcceleratorParameters;
    expect(lowering.adopt(defaultAccelerator, weights).parameters).toEqual(defaultAccelerator);
    const [outcome] = golden(p, lowering.lower(p, call));
    expect(() => lowering.raise(p, call, [])).toThrow('0 outcomes were given for 1 jobs');
    const raised = (change: object) => () => lowering.raise(p, call, [{ ...outcome!, ...change }]);
    expect(raised({ outputs: { results: new Uint8Array(17) } })).toThrow('1 rows of results');
    expect(raised({ counters: { illegal_pairs: 2, overflows: 0 } })).toThrow('2 illegal pairs');
    expect(raised({ counters: { illegal_pairs: 0, overflows: 1 } })).toThrow(/left the 32 bits/);
  });
});
