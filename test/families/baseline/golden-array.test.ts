import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { arrayJob } from '../../../src/families/baseline/array-job.ts';
import { resultBeats } from '../../../src/families/baseline/format/streams.ts';
import { arrayCycles, goldenArray } from '../../../src/families/baseline/golden-array.ts';
import type { ArrayParameters } from '../../../src/families/baseline/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import { unpackBeats } from '../../../src/testbench/beats.ts';
import type { Job } from '../../../src/testbench/job.ts';
import { arrayPoint, defaultArray } from './arbitraries.ts';
import { naiveArray } from './naive-array.ts';
import type { NaiveTile } from './naive-array.ts';

const noBlobs = new Map<string, Uint8Array>();
const small: ArrayParameters = { ...defaultArray, rows: 2, columns: 2, maxLength: 8 };

interface Row {
  /** One for each column. */
  readonly sums: readonly number[];
  readonly last: boolean;
}

function run(p: ArrayParameters, job: Job): { rows: Row[]; cycles: number } {
  const { outputs, cycles, counters } = goldenArray(p, job, noBlobs);
  expect(counters).toEqual({ cycles, stalls: 0, starves: 0 });
  const { widths, signed } = resultBeats(p);
  const fields = unpackBeats(widths, outputs['results']!, signed);
  const lasts = fields.pop()!;
  const rows = Array.from(lasts, (last, beat) => ({
    sums: fields.map((lane) => lane[beat]!),
    last: last === 1,
  }));
  return { rows, cycles };
}

const example: NaiveTile = {
  weights: [
    [1, 2, 3],
    [-4, 5, -6],
  ],
  activations: [
    [7, 8, 9],
    [10, -11, 12],
  ],
};

describe('golden model of the baseline array', () => {
  it('works an example that can be checked by hand', () => {
    // 7 + 16 + 27 = 50; 10 - 22 + 36 = 24; -28 + 40 - 54 = -42; -40 - 55 - 72 = -167.
    const [upper, lower] = [
      [50, 24],
      [-42, -167],
    ];
    const job = arrayJob(small, 2, [example]);
    // Operands in cycles 0, 1, 2; the sum of cell (0, 1) takes its last ones in 3, so results in 4 and 5.
    expect(run(small, job)).toEqual({
      rows: [
        { sums: upper, last: false },
        { sums: lower, last: true },
      ],
      cycles: 6,
    });
    const flat = arrayJob(small, 1, [example, example]);
    expect(run(small, flat)).toEqual({
      rows: [
        { sums: upper, last: true },
        { sums: upper, last: true },
      ],
      cycles: 3 + 3 + 2,
    });
  });

  it('equals the array built from parts, in every result and cycle', () => {
    fc.assert(
      fc.property(
        arrayPoint,
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (point, wanted, seed) => {
          const random = rng(seed);
          // The array of parts is slow; large ones are left to the RTL tests.
          const p = {
            ...point,
            rows: Math.min(point.rows, 9),
            columns: Math.min(point.columns, 9),
          };
          const rows = 1 + random.below(p.rows);
          const draw = (bits: number) => (): number =>
            random.below(2) ? -(2 ** (bits - 1)) : random.below(2 ** bits) - 2 ** (bits - 1);
          const lanes = (count: number, n: number, bits: number): number[][] =>
            Array.from({ length: count }, () => Array.from({ length: n }, draw(bits)));
          const tiles = wanted
            .map((length) => Math.min(length, p.maxLength))
            .map((n) => ({
              weights: lanes(p.rows, n, p.weightBits),
              activations: lanes(p.columns, n, p.activationBits),
            }));
          const found = run(p, arrayJob(p, rows, tiles));
          const naive = naiveArray(rows, tiles);
          expect(found.rows.map(({ sums, last }) => ({ sums: sums.map(BigInt), last }))).toEqual(
            naive.results,
          );
          expect(found.cycles).toBe(naive.cycles);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has the closed form of the specification for cycles', () => {
    const p = { columns: 8 };
    expect(arrayCycles(p, [100], 8)).toBe(115);
    expect(arrayCycles(p, [100, 100, 100], 8)).toBe(315);
    expect(arrayCycles(p, [5, 5, 9, 5], 8)).toBe(5 + 8 + 9 + 8 + 15);
    expect(arrayCycles({ columns: 1 }, [100], 8)).toBe(108);
    expect(arrayCycles(p, [1, 1, 1], 1)).toBe(3 + 8);
  });

  it('refuses jobs that do not follow the protocol', () => {
    const job = arrayJob(small, 2, [example, example]);
    const refusal = (change: Partial<Job>, p = small): string => {
      try {
        goldenArray(p, { ...job, ...change }, noBlobs);
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    const { weights, activations } = job.inputs as Record<string, Uint8Array>;
    const inputs = { weights: weights!, activations: activations! };
    expect(refusal({ writes: [[2, 1]] })).toMatch(/address 2.*address 0 alone/);
    expect(refusal({ writes: [[0, 0]] })).toMatch(/rows = 0.*1 to 2 rows/);
    expect(refusal({ writes: [[0, 3]] })).toMatch(/rows = 3.*1 to 2 rows/);
    expect(refusal({ inputs: { ...inputs, records: weights! } })).toMatch(/beats on 'records'/);
    expect(refusal({ inputs: { ...inputs, weights: { blob: 'w' } } })).toMatch(/blob 'w'/);
    expect(refusal({ inputs: { ...inputs, weights: weights!.subarray(1) } })).toMatch(/multiple/);
    expect(refusal({ inputs: { ...inputs, weights: weights!.subarray(2) } })).toMatch(
      /6 beats of activations but 5 of weights/,
    );
    const cut = { weights: weights!.subarray(2), activations: activations!.subarray(0, -3) };
    expect(refusal({ inputs: cut })).toMatch(/within dot product 1/);
    expect(refusal({ inputs: {} })).toMatch(/offers no beat/);
    expect(refusal({ expect: { results: 7 } })).toMatch(/expects 7 .* make 4/);
    expect(refusal({ expect: {} })).toMatch(/expects 0 .* make 4/);
    expect(refusal({ expect: { results: 4, sums: 1 } })).toMatch(/beats on 'sums'/);
    expect(refusal({ registers: {} })).toMatch(/RESULTS = 1, but its inputs make 4/);
    expect(refusal({ registers: { RESULTS: 4, ROWS: 2 } })).toMatch(/register 'ROWS'/);
    expect(refusal({}, { ...small, maxLength: 2 })).toMatch(
      /Dot product 0 .* 3 columns, more than the 2/,
    );
  });
});
