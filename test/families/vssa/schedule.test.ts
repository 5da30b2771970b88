import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { vssaOptions } from '../../../src/families/vssa/options.ts';
import { countsOf, quotaOf, scheduleOf } from '../../../src/families/vssa/schedule.ts';

const plan = (given: object, layers: number) => scheduleOf(vssaOptions.parse(given), layers);
const survivors = (given: object, layers: number) =>
  plan(given, layers).map((layer) => (layer === 'all-8' ? 1 : Number(layer.r0.toFixed(6))));

describe('schedules', () => {
  it('keep all tokens in the first three layers, or 15 %, and fall evenly to the end', () => {
    expect(survivors({ r0End: 0.5 }, 4)).toEqual([1, 1, 1, 0.5]);
    expect(survivors({ r0End: 0.1 }, 12)).toEqual([
      1, 1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1,
    ]);
    expect(survivors({ r0End: 0 }, 24).indexOf(0.95)).toBe(4);
    expect(survivors({ r0End: 0, unprunedLayers: 2 }, 4)).toEqual([1, 1, 0.5, 0]);
    for (const layers of [1, 2, 3]) {
      expect(survivors({ r0End: 0.3 }, layers)).toEqual(new Array(layers).fill(1));
    }
  });

  it('give 8 bits to a part of the survivors, after the first layers', () => {
    expect(plan({ firstLayers8: 2, unprunedLayers: 2, r0End: 0.5, rho: 0.5 }, 4)).toEqual([
      'all-8',
      'all-8',
      { r0: 0.75, r1: 0.375 },
      { r0: 0.5, r1: 0.25 },
    ]);
  });

  it('may say what every layer does; the first layers come before', () => {
    const r0 = [0.1, 0.8, 0.6];
    expect(plan({ r0, rho: 1 }, 3)).toEqual(['all-8', { r0: 0.8, r1: 0.8 }, { r0: 0.6, r1: 0.6 }]);
    expect(plan({ r0, r1: [0, 0.5, 0.2] }, 3)[2]).toEqual({ r0: 0.6, r1: 0.2 });
    expect(() => plan({ r1: [1, 1] }, 3)).toThrow(
      'r1 lists 2 ratios, but the model has 3 layers; give one for each, or none.',
    );
  });

  it('round halves up and never leave a sequence empty', () => {
    expect(quotaOf({ r0: 0.5, r1: 0.25 }, 5)).toEqual({ k0: 3, k1: 1 });
    expect(quotaOf({ r0: 0, r1: 0 }, 40)).toEqual({ k0: 1, k1: 0 });
    expect(quotaOf({ r0: 1, r1: 1 }, 1)).toEqual({ k0: 1, k1: 1 });
  });

  it('fix how many tokens have how many bits', () => {
    const layers = plan({ r0: [1, 0.5, 0.1, 1], r1: [1, 0.25, 0.2, 1] }, 4);
    expect(countsOf(layers, 10, 2)).toEqual([
      { 8: 10, 4: 0, 0: 0 },
      { 8: 3, 4: 2, 0: 5 },
      { 8: 2, 4: 0, 0: 8 },
      { 8: 2, 4: 0, 0: 8 },
    ]);
    expect(countsOf(layers, 10, 2, true)[1]).toEqual({ 8: 3, 4: 3, 0: 4 });
    expect(countsOf(layers, 1, 1)[2]).toEqual({ 8: 0, 4: 1, 0: 0 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.nat(3),
        fc.boolean(),
        (length, guarded, mean) => {
          for (const counts of countsOf(layers, length, Math.min(guarded, length), mean)) {
            expect(counts[8] + counts[4] + counts[0]).toBe(length);
            expect(Math.min(counts[8], counts[4], counts[0])).toBeGreaterThanOrEqual(0);
          }
        },
      ),
    );
  });
});
