import { describe, expect, it } from 'vitest';

import {
  binBits,
  binCount,
  decompressorParameters,
  decompressorSizes,
  guardBits,
  numbersConflict,
  outlierProductBits,
  peParameters,
  resultBits,
  rowBits,
  rowsAddress,
  setupAddressBits,
  tileParameters,
} from '../../../src/families/gobo/params.ts';
import { goboTile } from '../../../src/families/gobo/designs.ts';
import { resolveParameters } from '../../../src/testbench/index.ts';
import { defaultDecompressor, defaultTile } from './arbitraries.ts';

describe('GOBO parameters', () => {
  it('have defaults within their ranges, and the documented ones', () => {
    for (const spec of [
      ...Object.values(peParameters),
      ...Object.values(tileParameters),
      ...Object.values(decompressorParameters),
    ]) {
      expect(spec.default).toBeGreaterThanOrEqual(spec.min);
      expect(spec.default).toBeLessThanOrEqual(spec.max);
      expect(spec.help).not.toBe('');
    }
    const defaults = Object.entries(tileParameters).map(([name, spec]) => [name, spec.default]);
    expect(Object.fromEntries(defaults)).toEqual(defaultTile);
    for (const [name, { default: value }] of Object.entries(decompressorParameters)) {
      expect(defaultDecompressor).toHaveProperty(name, value);
    }
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

  it('have the widths of IEEE formats in fp16, and no others', () => {
    const p = { ...defaultTile, maxLength: 65536, numbers: 1 };
    expect([binBits(p), resultBits(p)]).toEqual([32, 32]);
    expect(numbersConflict(p)).toBe(undefined);
    expect(numbersConflict({ numbers: 1 })).toBe(undefined);
    expect(numbersConflict({ numbers: 0, activationBits: 12, weightBits: 8 })).toBe(undefined);
    expect(numbersConflict({ numbers: 1, activationBits: 12 })).toContain(
      'activationBits must be 16, not 12;',
    );
    expect(numbersConflict({ numbers: 1, weightBits: 8 })).toContain(
      'weightBits must be 16, not 8;',
    );
    expect(() => resolveParameters(goboTile, { numbers: 'fp16', weightBits: 8 }, '--set')).toThrow(
      '--set: numbers=fp16 computes with halves',
    );
  });

  it('leave room for the largest sums', () => {
    // maxLength products of the most negative activation and weight: 2^(A+W-2+L) < 2^(A+W+L-1).
    const p = { ...defaultTile, maxLength: 65536 };
    expect(65536 * 2 ** 15 * 2 ** 15).toBeLessThan(2 ** (resultBits(p) - 1));
    expect(65536 * 2 ** 15).toBeLessThanOrEqual(2 ** (binBits(p) - 1));
    expect(resultBits(p)).toBe(48);
  });

  it('size the decompressor for records as fast as they come and twice as fast as lanes', () => {
    // f16 in 3 bits, 4 bytes and 8 lanes: records of 3 bytes, indexes of 96 bytes a block.
    expect(decompressorSizes(defaultDecompressor)).toEqual({
      recordBytes: 3,
      windowBytes: 7,
      recordSlots: 2,
      valueSlots: 2,
      banks: 8,
      bankDepth: 64,
      indexWords: 48,
      beatIndexBits: 24,
    });
    const wide = { bits: 6, valueBytes: 1, inputBytes: 16, lanes: 1 };
    expect(decompressorSizes(wide)).toMatchObject({ recordSlots: 2, valueSlots: 1, banks: 2 });
    const narrow = { bits: 2, valueBytes: 4, inputBytes: 1, lanes: 5 };
    expect(decompressorSizes(narrow)).toMatchObject({ windowBytes: 5, recordSlots: 1, banks: 8 });
  });
});
