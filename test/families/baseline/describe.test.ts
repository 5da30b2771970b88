import { describe, expect, it } from 'vitest';

import { matrixKind } from '../../../src/families/baseline/format/describe.ts';
import { writeMatrix } from '../../../src/families/baseline/format/matrix-file.ts';

const file = writeMatrix({
  rows: 3,
  columns: 5,
  weightBits: 6,
  activationBits: 8,
  scale: 0.25,
  codes: Int8Array.from({ length: 15 }, (_, i) => i - 7),
});

describe('what inspect says of a baseline matrix', () => {
  it('is shape, bits and bytes', () => {
    expect(matrixKind.matches(file)).toBe(true);
    // 20 of header, 15 codes of 6 bits, 8 of checksum.
    expect(matrixKind.describe(file, 'a.baseline')).toEqual({
      format: 'baseline matrix, version 1',
      bytes: 40,
      matrices: [
        {
          shape: [3, 5],
          bits: 6,
          bitsPerWeight: (8 * 40) / 15,
          bytes: { header: 20, codes: 12, checksum: 8, total: 40 },
        },
      ],
    });
  });

  it.each([
    ['a flipped bit', file.map((byte, i) => (i === 25 ? byte ^ 1 : byte)), /checksum/],
    ['a missing end', file.subarray(0, 39), /39 bytes/],
  ])('names the damage of %s', (_, bytes, message) => {
    const [found] = matrixKind.describe(bytes, 'a.baseline').matrices;
    expect(found).toMatchObject({ shape: [3, 5], bytes: { header: 20, total: bytes.length } });
    expect(found!.damage).toMatch(message);
  });

  it('is a refusal where not even the header can be trusted', () => {
    const altered = (at: number, value: number): Uint8Array =>
      file.map((byte, i) => (i === at ? value : byte));
    expect(matrixKind.matches(altered(0, 0))).toBe(false);
    for (const [bytes, message] of [
      [altered(4, 9), /version 9/],
      [altered(5, 17), /17 bits/],
      [altered(8, 0), /0 x 5/],
      [file.subarray(0, 10), /ends at byte 10/],
    ] as const) {
      expect(() => matrixKind.describe(bytes, 'a.baseline')).toThrow(message);
    }
  });
});
