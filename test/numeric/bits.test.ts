import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  packBits,
  readBits,
  readSignedBits,
  unpackBits,
  writeBits,
} from '../../src/numeric/index.ts';

/** The bytes as one little-endian integer. */
function bigOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const fields = fc.integer({ min: 1, max: 53 }).chain((width) =>
  fc.record({
    width: fc.constant(width),
    values: fc.array(
      fc.oneof(
        fc.maxSafeInteger().map((x) => (x < 0 ? -x - 1 : x) % 2 ** width),
        fc.constantFrom(0, 1, 2 ** width - 1, 2 ** (width - 1)),
      ),
      { maxLength: 40 },
    ),
  }),
);

describe('packBits', () => {
  it('lays fields out as one little-endian integer would, and unpackBits reads them back', () => {
    fc.assert(
      fc.property(fields, ({ width, values }) => {
        const bytes = packBits(values, width);
        expect(bytes.length).toBe(Math.ceil((values.length * width) / 8));
        const expected = values.reduceRight((sum, v) => (sum << BigInt(width)) | BigInt(v), 0n);
        expect(bigOf(bytes)).toBe(expected);
        expect([...unpackBits(bytes, width, values.length)]).toEqual(values);
      }),
    );
  });

  it('holds negative values in two’s complement', () => {
    fc.assert(
      fc.property(fields, ({ width, values }) => {
        const signed = values.map((v) => (v >= 2 ** (width - 1) ? v - 2 ** width : v));
        expect(packBits(signed, width)).toEqual(packBits(values, width));
        expect([...unpackBits(packBits(signed, width), width, signed.length, true)]).toEqual(
          signed,
        );
      }),
    );
    expect([...packBits([-1, 3, -4], 3)]).toEqual([0b00_011_111, 0b1]);
  });

  it('refuses values and widths that do not fit', () => {
    for (const width of [3, 30, 53]) {
      for (const value of [2 ** width, -(2 ** (width - 1)) - 1, 0.5, NaN]) {
        if (Number.isSafeInteger(value) || !Number.isInteger(value)) {
          expect(() => packBits([value], width)).toThrow(RangeError);
        }
      }
    }
    for (const width of [0, 54, 1.5]) expect(() => packBits([0], width)).toThrow(RangeError);
    expect(() => unpackBits(new Uint8Array(1), 3, 3)).toThrow(RangeError);
    expect(() => unpackBits(new Uint8Array(7), 29, 2)).toThrow(RangeError);
  });
});

describe('writeBits and readBits', () => {
  it('place fields of mixed widths where shifts of a big integer would', () => {
    const mixed = fc.array(
      fc.integer({ min: 1, max: 53 }).chain((width) =>
        fc.tuple(
          fc.constant(width),
          fc.maxSafeInteger().map((x) => {
            const value = (x < 0 ? -x - 1 : x) % 2 ** width;
            return x < 0 && value >= 2 ** (width - 1) ? value - 2 ** width : value;
          }),
        ),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), mixed, (start, list) => {
        const bits = list.reduce((sum, [width]) => sum + width, start);
        const bytes = new Uint8Array(Math.ceil(bits / 8));
        let expected = 0n;
        let at = start;
        for (const [width, value] of list) {
          writeBits(bytes, at, width, value);
          expected |= BigInt.asUintN(width, BigInt(value)) << BigInt(at);
          at += width;
        }
        expect(bigOf(bytes)).toBe(expected);
        at = start;
        for (const [width, value] of list) {
          const unsigned = Number(BigInt.asUintN(width, BigInt(value)));
          expect(readBits(bytes, at, width)).toBe(unsigned);
          expect(readSignedBits(bytes, at, width)).toBe(
            Number(BigInt.asIntN(width, BigInt(value))),
          );
          at += width;
        }
      }),
    );
  });

  it('refuse to leave the bytes', () => {
    expect(() => {
      writeBits(new Uint8Array(2), 14, 3, 0);
    }).toThrow('bits 14 .. 16 lie outside 2 bytes');
    expect(() => readBits(new Uint8Array(2), -1, 3)).toThrow(RangeError);
    expect(readBits(Uint8Array.of(0, 0xe0), 13, 3)).toBe(7);
  });
});
