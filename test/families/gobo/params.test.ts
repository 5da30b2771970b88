import { describe, expect, it } from 'vitest';

import {
  binBits,
  binCount,
  guardBits,
  outlierProductBits,
  peParameters,
  resultBits,
  rowBits,
  rowsAddress,
  setupAddressBits,
  tileParameters,
} from '../../../src/families/gobo/params.ts';
import { defaultTile } from './arbitraries.ts';

describe('GOBO parameters', () => {
  it('have defaults within their ranges, and the documented ones', () => {
    for (const spec of [...Object.values(peParameters), ...Object.values(tileParameters)]) {
      expect(spec.default).toBeGreaterThanOrEqual(spec.min);
      expect(spec.default).toBeLessThanOrEqual(spec.max);
      expect(spec.help).not.toBe('');
    }
    const defaults = Object.entries(tileParameters).map(([name, spec]) => [name, spec.default]);
    expect(Object.fromEntries(defaults)).toEqual(defaultTile);
  });

  it('derive the documented widths', () => {
    expect(
      [1, 2, 3, 4, 5, 3072, 4096, 4097, 65536].map((maxLength) => guardBits({ maxLength })),
    ).toEqual([0, 1, 2, 2, 3, 12, 12, 13, 16]);
    expect([1, 2, 3, 16, 17, 32].map((pes) => rowBits({ pes }))).toEqual([1, 1, 2, 4, 5, 5]);
    expect(binCount(defaultTile)).toBe(8);
    expect(binBits(defaultTile)).toBe(28);
    expect(outlierProductBits(defaultTile)).toBe(32);
    expect(resultBits(defaultTile)).toBe(44);
    expect(setupAddressBits(defaultTile)).toBe(4);
    expect(rowsAddress(defaultTile)).toBe(8);
  });

  it('leave room for the largest sums', () => {
    // maxLength products of the most negative activation and weight: 2^(A+W-2+L) < 2^(A+W+L-1).
    const p = { ...defaultTile, maxLength: 65536 };
    expect(65536 * 2 ** 15 * 2 ** 15).toBeLessThan(2 ** (resultBits(p) - 1));
    expect(65536 * 2 ** 15).toBeLessThanOrEqual(2 ** (binBits(p) - 1));
    expect(resultBits(p)).toBe(48);
  });
});
