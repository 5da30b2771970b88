import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  denseCodes,
  fixedCodes,
  fixedMatrix,
  fixedResult,
  fixedScale,
} from '../../../../src/families/gobo/format/fixed.ts';
import type { QuantizedMatrix } from '../../../../src/families/gobo/quantizer.ts';
import { InputError } from '../../../../src/numeric/index.ts';

const width = fc.integer({ min: 8, max: 16 });

function quantized(centroids: readonly number[], outlier: number): QuantizedMatrix {
  return {
    rows: 2,
    columns: 3,
    bits: 2,
    valueType: 'f32',
    centroids: Float32Array.from(centroids),
    indexes: Uint8Array.of(3, 1, 0, 0, 2, 2),
    outliers: { positions: Uint32Array.of(3), values: Float32Array.of(outlier) },
  };
}

describe('fixed-point scales', () => {
  it('give the largest magnitude the largest code', () => {
    expect(fixedScale(127, 8)).toBe(1);
    expect(fixedScale(5.25, 16)).toBe(Math.fround(5.25 / 32767));
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-30) }),
        width,
        (max, bits) => {
          const scale = fixedScale(max, bits);
          expect(Math.fround(scale)).toBe(scale);
          expect([...fixedCodes([max, -max], scale, bits)]).toEqual([
            2 ** (bits - 1) - 1,
            1 - 2 ** (bits - 1),
          ]);
        },
      ),
    );
  });

  it('divide even where there is nothing to scale', () => {
    expect(fixedScale(0, 16)).toBe(1);
    expect(fixedScale(2 ** -149, 16)).toBe(2 ** -149);
    for (const bad of [NaN, Infinity, -1]) {
      expect(() => fixedScale(bad, 16)).toThrow(InputError);
      expect(() => fixedScale(bad, 16)).toThrow(`largest magnitude is ${bad}`);
    }
  });
});

describe('fixed-point codes', () => {
  it('round halves away from zero and clamp symmetrically', () => {
    const values = [0.5, -0.5, 0.49999, 1.5, -2.5, 126.5, -126.5, 127.6, -128, 1e9, -Infinity];
    expect([...fixedCodes(values, 1, 8)]).toEqual([
      1, -1, 0, 2, -3, 127, -127, 127, -127, 127, -127,
    ]);
    expect(() => fixedCodes([0, NaN], 1, 8)).toThrow('Value 1 is NaN');
  });

  it('are nearest to the value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: 1 }),
        width,
        (values, bits) => {
          const scale = fixedScale(Math.max(...values.map(Math.abs)), bits);
          // A subnormal scale is too coarse for that: its own rounding is a large part of it.
          fc.pre(scale >= 2 ** -126);
          const codes = fixedCodes(values, scale, bits);
          values.forEach((value, i) => {
            // Half a step, and the rounding of the scale itself at the ends.
            expect(Math.abs(codes[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.51);
          });
        },
      ),
    );
  });

  it('make an exact sum a value again with one last rounding', () => {
    expect(fixedResult(3, 0.5, 0.25)).toBe(0.375);
    expect(fixedResult(2 ** 44 + 1, 2 ** -15, 2 ** -15)).toBe(2 ** 14);
    expect(fixedResult(-7, Math.fround(0.1), 1)).toBe(Math.fround(-7 * Math.fround(0.1)));
  });
});

describe('fixed-point matrices', () => {
  it('scale centroids and outliers together and keep the indexes', () => {
    const q = quantized([-1, -0.5, 0.25, 0.75], 3.175);
    const w = fixedMatrix(q, 8);
    expect(w.scale).toBe(Math.fround(3.175 / 127));
    expect([...w.centroids]).toEqual([-40, -20, 10, 30]);
    expect([...w.outliers.codes]).toEqual([127]);
    expect(w.indexes).toBe(q.indexes);
    expect(denseCodes(w)).toEqual({
      rows: 2,
      columns: 3,
      data: Int32Array.of(30, -20, -40, 127, 10, 10),
    });
    // Without a larger outlier the centroids use the whole range.
    expect([...fixedMatrix(quantized([-1, -0.5, 0.25, 0.75], 0), 8).centroids]).toEqual([
      -127, -64, 32, 95,
    ]);
  });
});
