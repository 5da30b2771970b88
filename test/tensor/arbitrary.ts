import fc from 'fast-check';

import { rng } from '../../src/numeric/index.ts';

/** Shapes around the blocks of the kernels: 2 rows, 4 columns, 32 bytes; empty ones included. */
export const shapes = fc.record({
  rows: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 62, max: 70 })),
  columns: fc.integer({ min: 0, max: 13 }),
  inner: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 254, max: 262 })),
  seed: fc.nat(),
});

/** float32 values of all sizes: normal ones, tiny and huge ones, zeros of both signs, now and then no number at all. */
export function floats(seed: number, count: number, specials = false): Float32Array {
  const random = rng(seed);
  const rare = [0, -0, 1e-42, -1e-42, 1e30, -1e30, ...(specials ? [Infinity, -Infinity, NaN] : [])];
  return Float32Array.from({ length: count }, () =>
    random.below(20) === 0 ? rare[random.below(rare.length)]! : random.normal() * 2,
  );
}

/** Integers of -limit .. limit - 1, of which a quarter are extremes. */
export function integers(seed: number, count: number, limit: number): number[] {
  const random = rng(seed);
  return Array.from({ length: count }, () => {
    if (random.below(4) === 0) return random.below(2) === 0 ? -limit : limit - 1;
    return random.below(2 * limit) - limit;
  });
}
