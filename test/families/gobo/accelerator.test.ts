import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceleratorManual } from '../../../src/families/gobo/accelerator-manual.ts';
import {
  acceleratorJob,
  imageParts,
  markImage,
  spreadRows,
  weightBeatBytes,
} from '../../../src/families/gobo/accelerator-job.ts';
import { acceleratorLowering as lowering } from '../../../src/families/gobo/accelerator-lowering.ts';
import { groupRows } from '../../../src/families/gobo/params.ts';
import type { AcceleratorParameters } from '../../../src/families/gobo/params.ts';
import { goldenAccelerator } from '../../../src/families/gobo/golden-accelerator.ts';
import { concatenate, InputError, rng } from '../../../src/numeric/index.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';
import { acceleratorPoint, defaultAccelerator } from './accelerator-point.ts';
import { productByDefinition, randomCodes, randomFixedMatrix } from './random-matrix.ts';

const golden = (p: AcceleratorParameters, jobs: readonly Job[]): Outcome[] =>
  jobs.map((job) => goldenAccelerator(p, job, new Map()));

const small: AcceleratorParameters = {
  ...defaultAccelerator,
  ...{ tiles: 3, pes: 2, bits: 2, activationBits: 8, weightBits: 8, maxLength: 64 },
  ...{ bankWords: 64, bankRecords: 32 },
};

/** A job of one image of one dot product per token. */
function plainJob(p: AcceleratorParameters, rows: number, columns: number, tokens: number): Job {
  const image = {
    indexes: Array.from({ length: rows }, () => new Uint8Array(columns)),
    outliers: [],
  };
  const weights = markImage(p, concatenate(imageParts(p, image)));
  const ends = Array.from({ length: tokens * columns }, (_, i) =>
    i % columns === columns - 1 ? 1 : 0,
  );
  return acceleratorJob(p, {
    centroids: new Int32Array(2 ** p.bits),
    ...{ rows, tokens, weights, ends, dots: tokens, records: 0 },
    weightBeats: weights.length / weightBeatBytes(p),
    values: ends.map(() => 1),
  });
}

const cyclesOf = (p: AcceleratorParameters, rows: number, columns: number, tokens: number) =>
  golden(p, [plainJob(p, rows, columns, tokens)])[0]!.cycles;

describe('the golden accelerator', () => {
  it('takes the cycles that its description adds up to', () => {
    const bins = 2 ** small.bits;
    for (const [rows, columns] of [
      [1, 1],
      [1, 9],
      [4, 20],
      [6, 33],
    ] as const) {
      const { tiles, rowsOfFirst, lastTile } = spreadRows(small, rows);
      // Image, two cycles until it is open, columns, bins of the first tile, stages of the unit, slice, and
      // the results of the tiles behind it in the last row.
      const beats = tiles * columns;
      const expected = beats + 1 + columns + rowsOfFirst * bins + 3 + 1 + lastTile;
      expect(cyclesOf(small, rows, columns, 1), `${rows} x ${columns}`).toBe(expected);
    }
  });

  it('keeps up with columns, bins or results in a long run, as the manual says', () => {
    const text = acceleratorManual(small).timing.join('\n');
    expect(text).toContain('max(n, 4 x ceil(R / 3), R) cycles');
    const perToken = (p: AcceleratorParameters, rows: number, columns: number): number =>
      (cyclesOf(p, rows, columns, 30) - cyclesOf(p, rows, columns, 20)) / 10;
    for (const [rows, columns] of [
      [6, 3],
      [6, 8],
      [6, 20],
      [1, 2],
    ] as const) {
      const due = Math.max(columns, 4 * Math.ceil(rows / 3), rows);
      expect(perToken(small, rows, columns)).toBe(due);
    }
    // More tiles than bins of a row: results leave one by one.
    const wide = { ...small, tiles: 12 };
    expect(perToken(wide, 24, 5)).toBe(24);
    const single = { ...small, buffers: 1 };
    expect(acceleratorManual(single).timing.join('\n')).toContain('the first two terms added');
    expect(perToken(single, 6, 20)).toBe(20 + 8);
  });

  it('refuses jobs that do not follow the protocol', () => {
    const job = plainJob(small, 6, 10, 2);
    const weights = job.inputs['weights'] as Uint8Array;
    const beat = weightBeatBytes(small);
    const refusal = (change: object, p = small): string => {
      try {
        goldenAccelerator(p, { ...job, ...change }, new Map());
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    const fed = (inputs: object): object => ({ inputs: { ...job.inputs, ...inputs } });
    expect(refusal({ registers: { TOKENS: 3, RESULTS: 12 } })).toMatch(
      /20 activations, but its images take 30/,
    );
    expect(refusal({ registers: { TOKENS: 2, RESULTS: 11 } })).toMatch(/RESULTS is not the 12/);
    expect(refusal({ expect: { results: 11 } })).toMatch(/expects 11 .* make 12/);
    expect(refusal({ writes: job.writes.slice(1) })).toMatch(/does not write centroid 0/);
    expect(refusal({ writes: [...job.writes, [5, 0]] })).toMatch(/address 5, .* 0 to 4/);
    expect(refusal({ writes: [...job.writes, [4, 3]] })).toMatch(/3 rows up to tile 0/);
    expect(refusal({ writes: [...job.writes, [0, 256]] })).toMatch(/Centroid 0 is 256/);
    expect(refusal(fed({ weights: weights.subarray(0, -beat) }))).toMatch(/is not ended/);
    expect(refusal(fed({ weights: weights.subarray(beat) }))).toMatch(/different numbers of col/);
    expect(refusal(fed({ gates: weights }))).toMatch(/beats on 'gates'/);
    expect(refusal({}, { ...small, maxLength: 9 })).toMatch(/Dot product 0 .* 10 columns/);
    expect(refusal({}, { ...small, bankWords: 9 })).toMatch(/10 words and 0 records do not fit/);
    const claims = weights.slice();
    claims[0]! |= 1 << 4;
    expect(refusal(fed({ weights: claims }))).toMatch(/Record 0 of column 0 is missing/);
    const nowhere = weights.slice();
    nowhere[1]! |= 3 << 3;
    expect(refusal(fed({ weights: nowhere }))).toMatch(/Beat 0 of weights is for no tile/);
  });
});

describe('lowering onto the accelerator', () => {
  it('gives the exact product, each result once in its place, at all parameters', () => {
    fc.assert(
      fc.property(
        acceleratorPoint,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 0.001, 0.05, 1),
        fc.nat(),
        (p, rows, wanted, tokens, share, seed) => {
          const random = rng(seed);
          // A row without room for its outliers is refused: see below.
          const columns = Math.min(wanted, p.maxLength, p.bankWords, p.bankRecords);
          const weights = randomFixedMatrix(p, rows, columns, share, random);
          const activations = randomCodes(p.activationBits, tokens * columns, random);
          const call = { weights, tokens, activations };
          const jobs = lowering.lower(p, call);
          const raised = lowering.raise(p, call, golden(p, jobs));
          const expected = productByDefinition(weights, activations, tokens);
          expect([...raised].map(BigInt)).toEqual(expected);
          expect([...lowering.product(p, call)].map(BigInt)).toEqual(expected);
          const places = jobs.flatMap((job, j) =>
            Array.from({ length: job.expect['results']! }, (_, beat) =>
              lowering.locate(p, call, j, beat),
            ),
          );
          expect(places.every(({ tile }) => tile < p.tiles)).toBe(true);
          expect(places.length).toBe(rows * tokens);
          const keys = new Set(places.map(({ row, token }) => token * rows + row));
          expect(keys.size).toBe(rows * tokens);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('loads a group while the one before it is computed, and runs the rest in a job of its own', () => {
    const weights = randomFixedMatrix(small, 15, 10, 0.05, rng(1));
    const call = { weights, tokens: 4, activations: randomCodes(8, 40, rng(2)) };
    const jobs = lowering.lower(small, call);
    expect(jobs.map(({ expect: { results } }) => results)).toEqual([2 * 4 * 6, 4 * 3]);
    // Rows of tile 0 and the last tile: 2 and 2, then 1 and 2.
    expect(jobs.map(({ writes }) => writes.at(-1))).toEqual([
      [4, 0x202],
      [4, 0x201],
    ]);
    expect(lowering.locate(small, call, 0, 31)).toEqual({ tile: 1, row: 7, token: 1 });
    expect(lowering.locate(small, call, 1, 4)).toEqual({ tile: 1, row: 13, token: 1 });
    // The same arrays again, so that a session can keep them.
    const again = lowering.lower(small, { ...call, activations: randomCodes(8, 40, rng(3)) });
    again.forEach(({ inputs }, i) => expect(inputs['weights']).toBe(jobs[i]!.inputs['weights']));
  });

  it('takes fewer rows of a tile where their outliers do not fit', () => {
    const full = randomFixedMatrix(small, 12, 20, 1, rng(1));
    const call = { weights: full, tokens: 1, activations: randomCodes(8, 20, rng(2)) };
    const groupsAt = (bankRecords: number): number[] => {
      const p = { ...small, bankRecords };
      const jobs = lowering.lower(p, call);
      expect(lowering.raise(p, call, golden(p, jobs))).toEqual(lowering.product(p, call));
      return jobs.flatMap(({ writes }) => writes.filter(([at]) => at === 4).map(([, n]) => n & 63));
    };
    expect(groupsAt(40)).toEqual([2]);
    expect(groupsAt(39)).toEqual([1]);
    expect(() => groupsAt(19)).toThrow(/20 outliers, but bankRecords .* 19; .* at least 20/);
  });

  it('spreads a large product over jobs below 16 MiB, by groups and by tokens', () => {
    const p = { ...defaultAccelerator, maxLength: 65536, bankWords: 65536, pes: 1, tiles: 1 };
    const weights = randomFixedMatrix(p, 3, 65536, 0, rng(3));
    const activations = randomCodes(16, 45 * 65536, rng(4));
    const call = { weights, tokens: 45, activations };
    const jobs = lowering.lower(p, call);
    // 42 tokens of 65536 x 3 bytes and an image make a job.
    expect(jobs.map(({ expect: { results } }) => results)).toEqual([42, 3, 42, 3, 42, 3]);
    for (const { inputs } of jobs) {
      const bytes = Object.values(inputs).reduce((n, b) => n + (b as Uint8Array).length, 0);
      expect(bytes).toBeLessThan(16 * 2 ** 20);
    }
  });

  it('refuses what does not fit, and outcomes that do not fit the call', () => {
    const weights = randomFixedMatrix(small, 3, 10, 0, rng(1));
    const call = { weights, tokens: 1, activations: new Int32Array(10) };
    const lower = (p: AcceleratorParameters): unknown => lowering.lower(p, call);
    expect(() => lower({ ...small, bankWords: 9 })).toThrow(InputError);
    expect(() => lower({ ...small, bankWords: 9 })).toThrow(/10 columns, .* 9; .* at least 10/);
    expect(() => lower({ ...small, bits: 3 })).toThrow(/2-bit indexes .* made for 3/);
    expect(() => lowering.raise(small, call, [])).toThrow('0 outcomes were given for 1 jobs');
    const [outcome] = golden(small, lowering.lower(small, call));
    const short = { ...outcome!, outputs: { results: new Uint8Array(3) } };
    expect(() => lowering.raise(small, call, [short])).toThrow('has 1 results instead of 3');
  });

  it('adopts what the method packed, with memories that hold its rows', () => {
    const positions = Uint32Array.from({ length: 1500 }, (_, i) => 5000 + i);
    const packed = {
      ...{ rows: 2, columns: 5000, bits: 4, valueType: 'f32' as const },
      centroids: Float32Array.from({ length: 16 }, (_, k) => k - 8),
      indexes: new Uint8Array(10000),
      outliers: { positions, values: new Float32Array(1500).fill(0.5) },
    };
    const { parameters, weights } = lowering.adopt(defaultAccelerator, packed);
    expect(parameters).toEqual({
      ...defaultAccelerator,
      ...{ bits: 4, maxLength: 5000, bankWords: 5000, bankRecords: 1500 },
    });
    const call = { weights, tokens: 1, activations: new Int32Array(5000) };
    expect(lowering.lower(parameters, call)).toHaveLength(1);
    expect(groupRows(defaultAccelerator)).toBe(64);
  });
});
