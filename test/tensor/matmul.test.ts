import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import { exactMatmul, matmulTransposed, matrix } from '../../src/tensor/index.ts';

const shapes = fc.record({
  // Around the 4 x 2 blocks and the panels of 64 rows.
  n: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 62, max: 70 })),
  k: fc.integer({ min: 0, max: 17 }),
  m: fc.integer({ min: 0, max: 7 }),
  seed: fc.nat(),
});

describe('exactMatmul', () => {
  it('equals BigInt sums, block edges and products near 2^53 included', () => {
    fc.assert(
      fc.property(shapes, ({ n, k, m, seed }) => {
        const random = rng(seed);
        const draw = (count: number): Int32Array =>
          Int32Array.from({ length: count }, () => random.below(2 ** 24) - 2 ** 23);
        const x = { rows: n, columns: k, data: draw(n * k) };
        const w = { rows: m, columns: k, data: draw(m * k) };
        const out = exactMatmul(x, w);
        expect(out.length).toBe(n * m);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < m; j++) {
            let sum = 0n;
            for (let p = 0; p < k; p++) {
              sum += BigInt(x.data[i * k + p]!) * BigInt(w.data[j * k + p]!);
            }
            expect(out[i * m + j]).toBe(Number(sum));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses operands whose sums could be inexact', () => {
    const big = { rows: 1, columns: 2, data: Float64Array.of(2 ** 26, 1) };
    expect(exactMatmul(big, big)).toEqual(Float64Array.of(2 ** 52 + 1));
    const wide = { rows: 1, columns: 3, data: Float64Array.of(2 ** 26, 1, 1) };
    expect(() => exactMatmul(wide, wide)).toThrow('leave the exact integer range');
  });
});

describe('matmulTransposed', () => {
  it('equals plain float64 sums rounded once', () => {
    fc.assert(
      fc.property(shapes, ({ n, k, m, seed }) => {
        const random = rng(seed);
        const draw = (rows: number) =>
          matrix(
            rows,
            k,
            Float32Array.from({ length: rows * k }, () => random.normal()),
          );
        const [x, w] = [draw(n), draw(m)];
        const out = matmulTransposed(x, w);
        expect([out.rows, out.columns]).toEqual([n, m]);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < m; j++) {
            let sum = 0;
            for (let p = 0; p < k; p++) sum += x.data[i * k + p]! * w.data[j * k + p]!;
            expect(out.data[i * m + j]).toBe(Math.fround(sum));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses operands of different inner size', () => {
    expect(() => matmulTransposed(matrix(1, 2), matrix(1, 3))).toThrow(
      'x has 2 columns and w has 3',
    );
  });
});
