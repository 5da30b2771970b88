import { describe, expect, it } from 'vitest';

import { rng, xorshift32 } from '../../src/numeric/index.ts';

describe('xorshift32', () => {
  it('gives the published sequence of the triple 13, 17, 5 from state 1', () => {
    const states = [1];
    for (let i = 0; i < 5; i++) states.push(xorshift32(states[i]!));
    expect(states.slice(1)).toEqual([270369, 67634689, 2647435461, 307599695, 2398689233]);
  });

  it('keeps 0 and repeats no state early', () => {
    expect(xorshift32(0)).toBe(0);
    const seen = new Set<number>();
    for (let i = 0, x = 0xdeadbeef; i < 10_000; i++) {
      x = xorshift32(x);
      expect(x).toBeGreaterThan(0);
      seen.add(x);
    }
    expect(seen.size).toBe(10_000);
  });
});

describe('rng', () => {
  it('is xoshiro128** over the documented seeding', () => {
    // From a transcription of the authors' C code to Python integers.
    const first = (seed: number): number[] => {
      const random = rng(seed);
      return Array.from({ length: 6 }, () => random.uint32());
    };
    expect(first(1)).toEqual([
      2442144158, 3238099751, 3819917871, 2104621829, 2021136066, 4223536128,
    ]);
    expect(first(-1)).toEqual([
      835879718, 1921286648, 2356205009, 1885780724, 980451116, 1053911718,
    ]);
  });

  it('depends on the seed alone', () => {
    const a = rng(42);
    const b = rng(42);
    for (let i = 0; i < 100; i++) {
      expect(a.normal()).toBe(b.normal());
      expect(a.below(7)).toBe(b.below(7));
    }
    expect(rng(42).uint32()).not.toBe(rng(43).uint32());
  });

  it('draws below(n) uniformly, up to n = 2^32', () => {
    const random = rng(3);
    for (const n of [1, 2, 6, 255]) {
      const counts = new Array<number>(n).fill(0);
      const draws = 2000 * n;
      for (let i = 0; i < draws; i++) counts[random.below(n)]!++;
      const chiSquare = counts.reduce((sum, c) => sum + (c - 2000) ** 2 / 2000, 0);
      // Mean n - 1, deviation sqrt(2 (n - 1)): five deviations.
      expect(chiSquare).toBeLessThanOrEqual(n - 1 + 5 * Math.sqrt(2 * n));
    }
    const top = Array.from({ length: 64 }, () => random.below(2 ** 32));
    expect(Math.max(...top)).toBeGreaterThan(2 ** 31);
    // Nearly half of all 32-bit values lie in the incomplete run of this n; modulo would favour small results.
    const n = 3 * 2 ** 30;
    let small = 0;
    for (let i = 0; i < 9000; i++) if (random.below(n) < 2 ** 30) small++;
    expect(Math.abs(small - 3000)).toBeLessThan(250);
  });

  it('refuses an n it cannot draw below', () => {
    for (const n of [0, -1, 1.5, 2 ** 32 + 1, NaN]) {
      expect(() => rng(1).below(n)).toThrow(RangeError);
    }
  });

  it('draws uniform() in [0, 1) and normal() with mean 0 and deviation 1', () => {
    const random = rng(5);
    const n = 40_000;
    let [sum, squares, fourth, uniform] = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const u = random.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      uniform += u;
      const x = random.normal();
      sum += x;
      squares += x * x;
      fourth += x ** 4;
    }
    expect(uniform / n).toBeCloseTo(0.5, 1);
    expect(Math.abs(sum / n)).toBeLessThan(0.025);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.04);
    expect(Math.abs(fourth / n - 3)).toBeLessThan(0.3);
  });
});
