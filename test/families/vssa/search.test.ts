import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cheapestWithin, paretoFront, profileGrid } from '../../../src/families/vssa/search.ts';

const points = [
  { cost: 1, accuracy: 0.99 },
  { cost: 0.8, accuracy: 0.992 },
  { cost: 0.8, accuracy: 0.97 },
  { cost: 0.6, accuracy: 0.98 },
  { cost: 0.7, accuracy: 0.98 },
  { cost: 0.4, accuracy: 0.9 },
];

describe('the search for a schedule', () => {
  it('walks every pair once, from the dearest', () => {
    expect(profileGrid([0.5, 1, 0.5], [0, 1])).toEqual([
      { r0End: 1, rho: 1 },
      { r0End: 1, rho: 0 },
      { r0End: 0.5, rho: 1 },
      { r0End: 0.5, rho: 0 },
    ]);
  });

  it('finds the front and the cheapest point on it that is good enough', () => {
    expect(paretoFront(points)).toEqual([points[5], points[3], points[1]]);
    expect(cheapestWithin(points, 0.99, 0.01)).toBe(points[3]);
    expect(cheapestWithin(points, 0.99, 0)).toBe(points[1]);
    expect(cheapestWithin(points, 0.99, 0.5)).toBe(points[5]);
    expect(cheapestWithin(points, 1, 0.001)).toBeUndefined();
    expect(cheapestWithin([], 1, 1)).toBeUndefined();
  });

  it('leaves no point out that nothing beats, and keeps none that something does', () => {
    const value = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(fc.array(fc.record({ cost: value, accuracy: value })), (all) => {
        const front = paretoFront(all);
        const beats = (a: (typeof all)[number], b: (typeof all)[number]): boolean =>
          a.cost <= b.cost &&
          a.accuracy >= b.accuracy &&
          (a.cost < b.cost || a.accuracy > b.accuracy);
        for (const point of all) {
          const isBeaten = all.some((other) => beats(other, point));
          const isThere = front.some(
            ({ cost, accuracy }) => cost === point.cost && accuracy === point.accuracy,
          );
          expect(isThere).toBe(!isBeaten);
        }
      }),
    );
  });
});
