import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  bitsFor,
  ceilLog2,
  clampSymmetric,
  roundHalfAway,
  saturate,
} from '../../src/numeric/index.ts';

describe('roundHalfAway', () => {
  it('sends halves away from zero and never gives -0', () => {
    const cases = [
      [0.5, 1],
      [-0.5, -1],
      [1.5, 2],
      [-1.5, -2],
      [2.5, 3],
      [-2.5, -3],
      [0.4, 0],
      [-0.4, 0],
      [-0, 0],
      // Adding 0.5 first would round these up.
      [0.49999999999999994, 0],
      [-0.49999999999999994, 0],
      [2 ** 52 + 1, 2 ** 52 + 1],
    ] as const;
    for (const [x, expected] of cases) expect(roundHalfAway(x)).toBe(expected);
  });

  it('gives the nearest integer', () => {
    fc.assert(
      fc.property(fc.double({ min: -(2 ** 40), max: 2 ** 40, noNaN: true }), (x) => {
        const r = roundHalfAway(x);
        expect(Number.isInteger(r)).toBe(true);
        const distance = Math.abs(r - x);
        expect(distance <= 0.5).toBe(true);
        if (distance === 0.5) expect(Math.abs(r)).toBeGreaterThan(Math.abs(x));
      }),
    );
  });
});

describe('widths', () => {
  it('ceilLog2 counts address bits', () => {
    expect([1, 2, 3, 4, 5, 8, 9, 3072].map(ceilLog2)).toEqual([0, 1, 2, 2, 3, 3, 4, 12]);
    for (let b = 1; b <= 53; b++) {
      expect(ceilLog2(2 ** b)).toBe(b);
      if (b > 1) expect(ceilLog2(2 ** b - 1)).toBe(b);
      if (b < 53) expect(ceilLog2(2 ** b + 1)).toBe(b + 1);
    }
    for (const n of [0, -1, 1.5, Infinity, NaN]) expect(() => ceilLog2(n)).toThrow(RangeError);
  });

  it('bitsFor counts the bits of a largest value', () => {
    expect([0, 1, 2, 3, 4, 255, 256].map(bitsFor)).toEqual([1, 1, 2, 2, 3, 8, 9]);
    expect(bitsFor(2 ** 53 - 1)).toBe(53);
  });
});

describe('clamping', () => {
  it('saturates to the asymmetric and the symmetric range', () => {
    expect([-1000, -129, -128, -1, 127, 128].map((x) => saturate(x, 8))).toEqual([
      -128, -128, -128, -1, 127, 127,
    ]);
    expect([-1000, -128, -127, 5, 127, 128].map((x) => clampSymmetric(x, 8))).toEqual([
      -127, -127, -127, 5, 127, 127,
    ]);
  });
});
