import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { linearScale } from '../../../src/families/baseline/format/linear.ts';
import type { LinearMatrix } from '../../../src/families/baseline/format/linear.ts';
import { goldenArray } from '../../../src/families/baseline/golden-array.ts';
import { arrayLowering } from '../../../src/families/baseline/lowering.ts';
import type { ArrayParameters } from '../../../src/families/baseline/params.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { matrix } from '../../../src/tensor/index.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';
import { arrayPoint, defaultArray } from './arbitraries.ts';

const onGolden = (p: ArrayParameters, jobs: readonly Job[]): Outcome[] =>
  jobs.map((job) => goldenArray(p, job, new Map()));

function randomMatrix(
  p: ArrayParameters,
  rows: number,
  columns: number,
  random: Rng,
): LinearMatrix {
  const limit = 2 ** (p.weightBits - 1);
  return {
    rows,
    columns,
    weightBits: p.weightBits,
    activationBits: p.activationBits,
    scale: 1,
    codes: Int16Array.from(
      { length: rows * columns },
      () => random.below(2 * limit - 1) - limit + 1,
    ),
  };
}

function randomActivations(p: ArrayParameters, count: number, random: Rng): Int32Array {
  const limit = 2 ** (p.activationBits - 1);
  return Int32Array.from({ length: count }, () => random.below(2 * limit) - limit);
}

/** x W^T by the definition, in BigInt. */
function definition(w: LinearMatrix, activations: Int32Array, tokens: number): bigint[] {
  return Array.from({ length: tokens * w.rows }, (_, i) => {
    const [token, row] = [Math.floor(i / w.rows), i % w.rows];
    let sum = 0n;
    for (let k = 0; k < w.columns; k++) {
      sum += BigInt(w.codes[row * w.columns + k]!) * BigInt(activations[token * w.columns + k]!);
    }
    return sum;
  });
}

describe('lowering onto the array', () => {
  it('gives the exact product by way of jobs and as a whole, each result once in its place', () => {
    fc.assert(
      fc.property(
        arrayPoint,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer(),
        (p, rows, wanted, tokens, seed) => {
          const random = rng(seed);
          const columns = Math.min(wanted, p.maxLength);
          const weights = randomMatrix(p, rows, columns, random);
          const activations = randomActivations(p, tokens * columns, random);
          const call = { weights, tokens, activations };
          const jobs = arrayLowering.lower(p, call);
          const raised = arrayLowering.raise(p, call, onGolden(p, jobs));
          const expected = definition(weights, activations, tokens);
          expect([...raised].map(BigInt)).toEqual(expected);
          expect([...arrayLowering.product(p, call)].map(BigInt)).toEqual(expected);

          const places = jobs.flatMap((job, j) =>
            Array.from({ length: job.expect['results']! }, (_, beat) =>
              arrayLowering.locate(p, call, j, beat),
            ),
          );
          expect(places.length).toBe(arrayLowering.resultBeats!(p, call));
          // A beat has a row for the tokens of a tile; what is past the edges of the matrix does not count.
          const covered = places
            .flatMap(({ row, token }) =>
              Array.from({ length: p.columns }, (_, column) => ({ row, token: token + column })),
            )
            .filter((place) => place.row < rows && place.token < tokens);
          const keys = new Set(covered.map(({ row, token }) => token * rows + row));
          expect(covered.length).toBe(rows * tokens);
          expect(keys.size).toBe(rows * tokens);
          const height = Math.min(p.rows, rows);
          expect(places.every(({ tile, row }) => tile === Math.floor(row / height))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('runs a product in one job, whole tiles without a gap', () => {
    const p = { ...defaultArray, rows: 4, columns: 2 };
    const weights = randomMatrix(p, 10, 6, rng(1));
    const call = { weights, tokens: 5, activations: randomActivations(p, 30, rng(2)) };
    const jobs = arrayLowering.lower(p, call);
    // Three groups of rows, three of tokens.
    expect(
      jobs.map(({ registers, writes, expect: { results } }) => [registers, writes, results]),
    ).toEqual([[{ RESULTS: 36 }, [[0, 4]], 36]]);
    // Rows 4 .. 7, tokens 2 and 3: the fifth tile.
    expect(arrayLowering.locate(p, call, 0, 4 * 4 + 1)).toEqual({ tile: 1, row: 5, token: 2 });
    expect(arrayLowering.locate(p, call, 0, 35)).toEqual({ tile: 2, row: 11, token: 4 });
    expect(onGolden(p, jobs)[0]!.cycles).toBe(9 * 6 + 4 + 2 - 1);
  });

  it('uses no more rows of cells than the matrix has', () => {
    const p = defaultArray;
    const weights = randomMatrix(p, 3, 2, rng(1));
    const call = { weights, tokens: 9, activations: randomActivations(p, 18, rng(2)) };
    const [job] = arrayLowering.lower(p, call);
    expect(job).toMatchObject({ registers: { RESULTS: 6 }, writes: [[0, 3]] });
    // Two indexes of the first tile, then the three rows of each.
    expect(onGolden(p, [job!])[0]!.cycles).toBe(2 + 3 + 3 + 8 - 1);
  });

  it('spreads a large product over jobs of 8 MiB', () => {
    const p = { ...defaultArray, rows: 1, columns: 1, maxLength: 65536 };
    const weights = randomMatrix(p, 44, 65536, rng(3));
    const call = { weights, tokens: 1, activations: randomActivations(p, 65536, rng(4)) };
    const jobs = arrayLowering.lower(p, call);
    // A tile takes 65536 x (1 + 2) bytes, of which 42 fit, and gives one row of results.
    expect(jobs.map(({ expect: { results } }) => results)).toEqual([42, 2]);
    const raised = arrayLowering.raise(p, call, onGolden(p, jobs));
    expect(raised).toEqual(arrayLowering.product(p, call));
  });

  it('quantizes, encodes and decodes with one scale each', () => {
    const p = { ...defaultArray, rows: 2, columns: 2 };
    const w = matrix(2, 3, Float32Array.of(1, -0.5, 0.25, 0, 0.01, -1));
    const { weights, outliers } = arrayLowering.quantize(p, w, 'w');
    expect(outliers).toBe(0);
    // 0.5 x 127 = 63.5 rounds away from zero at a scale of just 1/127 in float32.
    expect([...weights.codes]).toEqual([127, -64, 32, 0, 1, -127]);
    const x = matrix(1, 3, Float32Array.of(2, -3, 0.1));
    const activations = arrayLowering.encode(p, x, 2);
    expect([...activations]).toEqual([127, -127, 6]);
    const call = { weights, tokens: 1, activations };
    const exact = arrayLowering.product(p, call);
    expect([...exact]).toEqual([127 * 127 + 64 * 127 + 6 * 32, -127 - 6 * 127]);
    const [first] = arrayLowering.decode(p, call, exact, 2);
    expect(first).toBe(Math.fround(exact[0]! * linearScale(2, 8) * linearScale(1, 8)));
    expect(first).toBeCloseTo(2 + 1 + 0.025, 1);
  });

  it('adopts what the method packed, with the widths it takes', () => {
    const w = { ...randomMatrix(defaultArray, 2, 5000, rng(1)), weightBits: 4, activationBits: 12 };
    const { parameters, weights } = arrayLowering.adopt(defaultArray, w);
    expect(weights).toBe(w);
    expect(parameters).toEqual({
      ...defaultArray,
      weightBits: 4,
      activationBits: 12,
      maxLength: 5000,
    });
  });

  it('refuses calls that do not fit the array, and outcomes that do not fit the call', () => {
    const p = defaultArray;
    const weights = randomMatrix(p, 3, 4, rng(1));
    const call = { weights, tokens: 2, activations: new Int32Array(8) };
    const refusal = (parameters: ArrayParameters, change: object): string => {
      try {
        arrayLowering.lower(parameters, { ...call, ...change });
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    expect(refusal({ ...p, weightBits: 4 }, {})).toMatch(/8-bit weights, .* made for 4/);
    expect(refusal({ ...p, maxLength: 3 }, {})).toMatch(/4 columns, but maxLength .* 3/);
    expect(refusal(p, { tokens: 3 })).toMatch(/8 activations .* 12 are needed/);
    const large = new Int32Array(8);
    large[5] = 128;
    expect(refusal(p, { activations: large })).toMatch(/128 of token 1 .* 8 bits/);

    const outcomes = onGolden(p, arrayLowering.lower(p, call));
    expect(() => arrayLowering.raise(p, call, [])).toThrow('0 outcomes were given for 1 jobs');
    const short = {
      ...outcomes[0]!,
      outputs: { results: outcomes[0]!.outputs['results']!.slice(0, 28) },
    };
    expect(() => arrayLowering.raise(p, call, [short])).toThrow(
      'has 1 rows of results instead of 3',
    );
  });
});
