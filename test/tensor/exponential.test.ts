import { describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import { erf } from './erf.ts';
import { exponential, hyperbolicTangent, normalTail } from '../../src/tensor/exponential.ts';

const random = rng(17);
const points = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, () => from + (to - from) * random.uniform());

/** erfc(x) by its continued fraction (Abramowitz and Stegun, 7.1.14), which converges quickly from 2 on. */
function erfcFraction(x: number): number {
  let fraction = x;
  for (let n = 400; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

describe('exponential', () => {
  it('is the exponential function to 2^-46 of the result', () => {
    for (const x of [...points(2000, -708, 709), ...points(2000, -2, 2), 0, -708, 709]) {
      const error = Math.abs(exponential(x) / Math.exp(x) - 1);
      expect(error, `exponential(${x})`).toBeLessThan(2 ** -46);
    }
    expect(exponential(0)).toBe(1);
  });

  it('clamps beyond the normal numbers and keeps NaN', () => {
    expect(exponential(-Infinity)).toBe(exponential(-708));
    expect(exponential(Infinity)).toBe(exponential(709));
    expect(exponential(NaN)).toBeNaN();
  });
});

describe('normalTail', () => {
  it('is the tail of the normal distribution to 2^-39 of the result', () => {
    for (const a of [...points(2000, 0, 14.2), 0]) {
      const x = a * Math.SQRT1_2;
      const expected = 0.5 * (x < 2 ? 1 - erf(x) : erfcFraction(x));
      // 1 - erf cancels up to 8 bits of 53 before x = 2.
      const error = Math.abs(normalTail(a) / expected - 1);
      expect(error, `normalTail(${a})`).toBeLessThan(2 ** -39);
    }
  });

  it('vanishes in float32 beyond that, and keeps NaN', () => {
    for (const a of [14.5, 20, 40]) expect(Math.fround(a * normalTail(a))).toBe(0);
    expect(normalTail(NaN)).toBeNaN();
  });
});

describe('hyperbolicTangent', () => {
  it('is the hyperbolic tangent to 2^-35 of the result', () => {
    for (const x of [...points(2000, -20, 20), ...points(2000, -0.5, 0.5), 1e-30, 0.25]) {
      const error = Math.abs(hyperbolicTangent(x) / Math.tanh(x) - 1);
      expect(error, `hyperbolicTangent(${x})`).toBeLessThan(2 ** -35);
    }
    expect([0, Infinity, -Infinity, NaN].map(hyperbolicTangent)).toEqual([0, 1, -1, NaN]);
    expect(hyperbolicTangent(-0)).toBe(-0);
  });
});
