import { describe, expect, it } from 'vitest';

import {
  arrayParameters,
  digits,
  setupDataBits,
  sumBits,
} from '../../../src/families/baseline/params.ts';
import { defaultArray } from './arbitraries.ts';

describe('parameters of the baseline array', () => {
  it('have defaults within their ranges, and the documented ones', () => {
    for (const spec of Object.values(arrayParameters)) {
      expect(spec.default).toBeGreaterThanOrEqual(spec.min);
      expect(spec.default).toBeLessThanOrEqual(spec.max);
      expect(spec.help).not.toBe('');
    }
    const defaults = Object.entries(arrayParameters).map(([name, spec]) => [name, spec.default]);
    expect(Object.fromEntries(defaults)).toEqual(defaultArray);
  });

  it('derive the documented widths', () => {
    expect([1, 2, 3, 4, 3072, 4096, 65536].map(digits)).toEqual([1, 2, 2, 3, 12, 13, 17]);
    expect(sumBits(defaultArray)).toBe(27);
    expect(sumBits({ weightBits: 16, activationBits: 16, maxLength: 65536 })).toBe(48);
    expect(sumBits({ weightBits: 4, activationBits: 4, maxLength: 1 })).toBe(8);
    expect(setupDataBits({ rows: 64 })).toBe(7);
    expect(setupDataBits({ rows: 1 })).toBe(1);
  });

  it('give sums the least width that holds the largest', () => {
    for (const maxLength of [1, 2, 3, 4, 7, 8, 3072, 4095, 4096, 65535, 65536]) {
      for (const [weightBits, activationBits] of [
        [4, 4],
        [8, 16],
        [16, 16],
      ] as const) {
        const largest = maxLength * 2 ** (weightBits - 1) * 2 ** (activationBits - 1);
        const width = sumBits({ weightBits, activationBits, maxLength });
        expect(largest).toBeLessThan(2 ** (width - 1));
        expect(largest).toBeGreaterThanOrEqual(2 ** (width - 2));
      }
    }
  });
});
