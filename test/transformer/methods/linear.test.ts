import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { matrix } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { linear, resolveOptions } from '../../../src/transformer/index.ts';

const row = (...values: number[]): Matrix => matrix(1, values.length, Float32Array.from(values));

export const weights = fc
  .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 9 }) })
  .chain(({ rows, columns }) =>
    fc
      .array(fc.float({ min: -4, max: 4, noNaN: true }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((values) => matrix(rows, columns, Float32Array.from(values))),
  );

describe('the method linear', () => {
  it('divides the largest magnitude by the largest code and rounds halves away from zero', () => {
    // 3 bits: codes -3 .. 3, scale 1.5 / 3.
    const { packed, report } = linear.quantize(row(1.5, -0.25, 0.24, 0.75, -1.2), 'w', { bits: 3 });
    expect(packed).toMatchObject({ rows: 1, columns: 5, bits: 3, scale: 0.5 });
    expect([...packed.codes]).toEqual([3, -1, 0, 2, -2]);
    expect([...linear.dequantize(packed).data]).toEqual([1.5, -0.5, 0, 1, -1]);
    // Errors 0, 0.25, 0.24, 0.25, 0.2.
    expect(report).toMatchObject({ bits: 3, scale: 0.5 });
    expect(report.l1).toBeCloseTo(0.94, 6);
    expect(report.mse).toBeCloseTo((0.0625 + 0.0576 + 0.0625 + 0.04) / 5, 6);
  });

  it('keeps every weight within half a step and every code in the symmetric range', () => {
    // Half the distance of float32 values at x, which stops shrinking where the numbers become subnormal.
    const roundingError = (x: number): number => Math.max(x * 2 ** -24, 2 ** -150);
    fc.assert(
      fc.property(weights, fc.integer({ min: 2, max: 8 }), (w, bits) => {
        const { packed } = linear.quantize(w, 'w', { bits });
        const limit = 2 ** (bits - 1) - 1;
        const back = linear.dequantize(packed).data;
        // A scale rounded downwards clamps the largest weight, `limit` times the scale's own error away from it.
        const bound =
          packed.scale / 2 +
          limit * roundingError(packed.scale) +
          roundingError(limit * packed.scale);
        packed.codes.forEach((code, i) => {
          expect(Math.abs(code)).toBeLessThanOrEqual(limit);
          expect(Math.abs(back[i]! - w.data[i]!)).toBeLessThanOrEqual(bound);
        });
      }),
    );
  });

  it('takes a matrix of zeros', () => {
    const { packed, report } = linear.quantize(row(0, 0), 'w', { bits: 4 });
    expect([...linear.dequantize(packed).data]).toEqual([0, 0]);
    expect(report).toMatchObject({ mse: 0, l1: 0 });
  });

  it('counts every byte of its file in the bits per weight', () => {
    const { packed, report } = linear.quantize(row(1, 2, 3, 4, 5), 'w', { bits: 5 });
    // Header 16, scale 4, 25 bits in 4 bytes, checksum 8.
    expect(linear.format.write(packed)).toHaveLength(32);
    expect(report.bitsPerWeight).toBe((8 * 32) / 5);
  });

  it('computes with the dequantized weights', async () => {
    const { packed } = linear.quantize(row(1.5, -0.25), 'w', { bits: 3 });
    const engine = linear.engine({
      weights: new Map([['w', packed]]),
      scales: new Map(),
      options: { bits: 3 },
    });
    const site = { layer: 0, role: 'query', tensor: 'w' } as const;
    const tokens = { starts: Uint32Array.of(0, 1) };
    expect([...(await engine.linear(site, row(2, 10), tokens)).value.data]).toEqual([3 - 5]);
  });

  it('refuses weights that are not finite and matrices without any', () => {
    expect(() => linear.quantize(row(1, NaN), 'a.weight', { bits: 4 })).toThrow(
      'a.weight: the weight in row 0, column 1 is NaN, allowed are finite values; the checkpoint is damaged or its training diverged.',
    );
    expect(() => linear.quantize(matrix(0, 4), 'b', { bits: 4 })).toThrow(
      'b has no weights (0 x 4); leave it out.',
    );
  });

  it('refuses widths that its codes do not have', () => {
    expect(() => resolveOptions(linear, { bits: 9 }, '--bits')).toThrow(
      '--bits: bits is 9 but must be a whole number from 2 to 8.',
    );
  });
});
