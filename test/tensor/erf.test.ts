import { describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import { erf } from './erf.ts';

const fractionBits = 240n;
const one = 1n << fractionBits;

/** pi by Machin's formula, as an integer with `fractionBits` bits of fraction. */
function bigPi(): bigint {
  const arctanInverse = (n: bigint): bigint => {
    let term = one / n;
    let sum = term;
    for (let k = 3n; term !== 0n; k += 2n) {
      term = -term / (n * n);
      sum += term / k;
    }
    return sum;
  };
  return 16n * arctanInverse(5n) - 4n * arctanInverse(239n);
}

function bigSqrt(x: bigint): bigint {
  let root = x;
  for (;;) {
    const better = (root + x / root) >> 1n;
    if (better >= root) return root;
    root = better;
  }
}

const scale = (2n * one * one) / bigSqrt(bigPi() << fractionBits);

/** erf by its Taylor series in 240-bit fixed point; x must be a multiple of 2^-60. */
function bigErf(x: number): number {
  const fixed = BigInt(x * 2 ** 60) << (fractionBits - 60n);
  const square = (fixed * fixed) >> fractionBits;
  let power = fixed;
  let sum = fixed;
  for (let n = 1n; power !== 0n && power !== -1n; n++) {
    power = -((power * square) >> fractionBits) / n;
    sum += power / (2n * n + 1n);
  }
  return Number((sum * scale) >> (fractionBits + 140n)) / 2 ** 100;
}

describe('erf', () => {
  it('agrees with its Taylor series in 240-bit arithmetic to 2^-52 of the result', () => {
    const random = rng(11);
    const points = [0.84374, 0.84375, 0.84376, 1, 1.2499, 1.25, 2.857, 1 / 0.35, 2.8572, 5.9, 6];
    for (let i = 0; i < 300; i++) points.push(random.uniform() * 6, random.normal() * 0.5);
    for (const point of points) {
      const x = Math.round(point * 2 ** 50) / 2 ** 50;
      const expected = bigErf(x);
      const error = Math.abs(erf(x) - expected) / Math.max(Math.abs(expected), 2 ** -40);
      expect(error, `erf(${x}) = ${erf(x)}, expected ${expected}`).toBeLessThanOrEqual(2 ** -52);
    }
  });

  it('is odd and reaches its limits', () => {
    for (const x of [0.3, 1, 2, 4, 7, 30, Infinity]) expect(erf(-x)).toBe(-erf(x));
    expect(erf(0)).toBe(0);
    expect(erf(6)).toBe(1);
    expect(erf(Infinity)).toBe(1);
    expect(erf(NaN)).toBeNaN();
    expect(erf(1e-300)).toBeCloseTo(1.1283791670955126e-300, 310);
  });
});
