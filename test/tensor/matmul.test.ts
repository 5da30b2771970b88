import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../../src/numeric/index.ts';
import { exactMatmul, int8Matmul, matmulTransposed, matrix } from '../../src/tensor/index.ts';
import { floats, integers, shapes } from './arbitrary.ts';

/** Element types with the largest magnitude drawn for each; 2^22 holds for 262 products within 2^53. */
const storages = [
  { of: (values: number[]) => Int8Array.from(values), limit: 2 ** 7 },
  { of: (values: number[]) => Int16Array.from(values), limit: 2 ** 15 },
  { of: (values: number[]) => Int32Array.from(values), limit: 2 ** 7 },
  { of: (values: number[]) => Int32Array.from(values), limit: 2 ** 15 },
  { of: (values: number[]) => Float64Array.from(values), limit: 2 ** 15 },
  { of: (values: number[]) => Int32Array.from(values), limit: 2 ** 22 },
  { of: (values: number[]) => Float64Array.from(values), limit: 2 ** 22 },
];
const storage = fc.constantFrom(...storages);

describe('exactMatmul', () => {
  it('equals BigInt sums for every element type and range, block edges and extremes included', () => {
    fc.assert(
      fc.property(shapes, storage, storage, (shape, ofX, ofW) => {
        const { rows, columns, inner, seed } = shape;
        const x = ofX.of(integers(seed, rows * inner, ofX.limit));
        const w = ofW.of(integers(seed + 1, columns * inner, ofW.limit));
        const out = exactMatmul(
          { rows, columns: inner, data: x },
          { rows: columns, columns: inner, data: w },
        );
        expect(out.length).toBe(rows * columns);
        // A sample: BigInt is slow.
        for (let at = 0; at < out.length; at += 1 + (out.length >> 5)) {
          const [i, j] = [Math.floor(at / columns), at % columns];
          let sum = 0n;
          for (let p = 0; p < inner; p++) {
            sum += BigInt(x[i * inner + p]!) * BigInt(w[j * inner + p]!);
          }
          expect(out[at]).toBe(Number(sum));
        }
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    { name: 'int8', of: Int8Array, least: -128, most: 127 },
    { name: 'int16', of: Int16Array, least: -32768, most: 32767 },
  ])('is exact where all values of $name are extreme', ({ of, least, most }) => {
    const inner = 3072;
    const fill = (value: number) => ({
      rows: 2,
      columns: inner,
      data: new of(2 * inner).fill(value),
    });
    for (const [a, b] of [
      [least, least],
      [least, most],
      [most, least],
      [most, most],
    ] as const) {
      expect(exactMatmul(fill(a), fill(b))).toEqual(new Float64Array(4).fill(a * b * inner));
    }
  });

  it('refuses operands whose sums could be inexact, in one sentence', () => {
    const big = { rows: 1, columns: 2, data: Float64Array.of(2 ** 26, 1) };
    expect(exactMatmul(big, big)).toEqual(Float64Array.of(2 ** 52 + 1));
    const wide = { rows: 1, columns: 3, data: Float64Array.of(2 ** 26, 1, 1) };
    const refused = (): unknown => exactMatmul(wide, wide);
    expect(refused).toThrow(InputError);
    expect(refused).toThrow(
      'the exact product of 1 x 3 values up to 67108864 and 1 x 3 values up to 67108864 may sum to 13510798882111488, allowed is 2^53 = 9007199254740992; use codes of fewer bits.',
    );
    // What int8 could hold would be too much here; what it does hold is not.
    const ones = { rows: 1, columns: 1, data: Int8Array.of(1) };
    const huge = { rows: 1, columns: 1, data: Float64Array.of(2 ** 50) };
    expect(exactMatmul(ones, huge)).toEqual(Float64Array.of(2 ** 50));
  });

  it('refuses values that are no integers', () => {
    const ones = { rows: 1, columns: 2, data: Int8Array.of(1, 1) };
    for (const value of [0.5, NaN, Infinity, -Infinity]) {
      const x = { rows: 2, columns: 2, data: Float64Array.of(1, 2, 3, value) };
      expect(() => exactMatmul(x, ones)).toThrow(
        `x holds ${value} in row 1, column 1, but an exact product takes integers; quantize first.`,
      );
    }
  });
});

describe('int8Matmul', () => {
  it('gives int32 sums, to the last product that 32 bits allow', () => {
    const inner = 2 ** 17 - 1;
    const least = { rows: 1, columns: inner, data: new Int8Array(inner).fill(-128) };
    expect(int8Matmul(least, least)).toEqual(Int32Array.of(2 ** 14 * inner));
    const longer = { rows: 1, columns: inner + 1, data: new Int8Array(inner + 1).fill(-128) };
    expect(() => int8Matmul(longer, longer)).toThrow(
      'int8 rows of 131072 values may sum beyond 32 bits, allowed are 131071; use exactMatmul, which sums in 53 bits.',
    );
    expect(exactMatmul(longer, longer)).toEqual(Float64Array.of(2 ** 31));
  });
});

describe('matmulTransposed', () => {
  it('is as close to the true sums as float32 sums in four lanes must be', () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, inner, seed }) => {
        const x = matrix(rows, inner, floats(seed, rows * inner));
        const w = matrix(columns, inner, floats(seed + 1, columns * inner));
        const out = matmulTransposed(x, w);
        expect([out.rows, out.columns]).toEqual([rows, columns]);
        // Each product passes one rounding of its own and at most inner / 4 + 2 of sums (Higham, 2002, 3.1).
        const roundings = (Math.ceil(inner / 4) + 3) * 2 ** -24;
        let excess = 0;
        for (let at = 0; at < out.data.length; at++) {
          const [i, j] = [Math.floor(at / columns), at % columns];
          let [sum, magnitudes] = [0, 0];
          for (let p = 0; p < inner; p++) {
            const product = x.data[i * inner + p]! * w.data[j * inner + p]!;
            sum += product;
            magnitudes += Math.abs(product);
          }
          if (magnitudes > 1e38) continue;
          // Products below the normal range lose at most half of the smallest float32.
          const allowed = 1.01 * roundings * magnitudes + inner * 2 ** -150;
          excess = Math.max(excess, Math.abs(out.data[at]! - sum) - allowed);
        }
        expect(excess).toBeLessThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it('gives a row the same bits alone and in a batch', () => {
    const [rows, columns, inner] = [37, 9, 131];
    const x = matrix(rows, inner, floats(5, rows * inner));
    const w = matrix(columns, inner, floats(6, columns * inner));
    const all = matmulTransposed(x, w);
    for (let r = 0; r < rows; r++) {
      const row = matrix(1, inner, x.data.slice(r * inner, (r + 1) * inner));
      expect(matmulTransposed(row, w).data).toEqual(all.data.slice(r * columns, (r + 1) * columns));
    }
  });

  it('lets NaN and infinities through to their own row and column only', () => {
    const x = matrix(3, 5, new Float32Array(15).fill(1));
    x.data[1 * 5 + 4] = Infinity;
    x.data[2 * 5] = NaN;
    const w = matrix(2, 5, new Float32Array(10).fill(1));
    w.data[1 * 5 + 4] = 0;
    expect([...matmulTransposed(x, w).data]).toEqual([5, 4, Infinity, NaN, NaN, NaN]);
  });

  it('refuses operands of different inner size', () => {
    expect(() => matmulTransposed(matrix(1, 2), matrix(1, 3))).toThrow(
      'x has 2 columns and w has 3',
    );
  });
});
