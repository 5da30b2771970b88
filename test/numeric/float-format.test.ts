import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bfloat16Format,
  decodeFloat,
  encodeFloat,
  halfFormat,
  halfToNumber,
  roundToFormat,
  singleFormat,
} from '../../src/numeric/index.ts';

const word = new DataView(new ArrayBuffer(8));

function singleBits(x: number): number {
  word.setFloat32(0, x);
  return word.getUint32(0);
}

function fromSingleBits(bits: number): number {
  word.setUint32(0, bits);
  return word.getFloat32(0);
}

function fromDoubleBits(high: number, low: number): number {
  word.setUint32(0, high);
  word.setUint32(4, low);
  return word.getFloat64(0);
}

const bits32 = fc.integer({ min: 0, max: 0xffffffff });

/** Any float64, those near the range of singles and midpoints of singles more often. */
const doubles = fc.oneof(
  fc.tuple(bits32, bits32).map(([high, low]) => fromDoubleBits(high, low)),
  fc
    .tuple(fc.boolean(), fc.integer({ min: 1023 - 152, max: 1023 + 129 }), bits32, bits32)
    .map(([negative, exponent, high, low]) =>
      fromDoubleBits((negative ? 0x80000000 : 0) + exponent * 2 ** 20 + (high >>> 12), low),
    ),
  fc.tuple(bits32, fc.constantFrom(-1, 0, 1)).map(([bits, step]) => {
    const value = fromSingleBits(bits);
    const midpoint = (value + fromSingleBits((bits ^ 1) >>> 0)) / 2;
    return midpoint * (1 + step * 2 ** -52);
  }),
);

describe('encoding', () => {
  it('in single precision is what Float32Array does', () => {
    fc.assert(
      fc.property(doubles, (x) => {
        const expected = Number.isNaN(x) ? 0x7fc00000 : singleBits(x);
        expect(encodeFloat(x, singleFormat)).toBe(expected);
        expect(roundToFormat(x, singleFormat)).toBe(Math.fround(x));
      }),
      { numRuns: 20_000 },
    );
  });

  it('of small formats is the nearest of all numbers, of two the even one', () => {
    for (const format of [
      { exponentBits: 2, fractionBits: 1 },
      { exponentBits: 3, fractionBits: 2 },
      { exponentBits: 4, fractionBits: 3 },
    ]) {
      const infinity = (2 ** format.exponentBits - 1) * 2 ** format.fractionBits;
      const finite = Array.from({ length: infinity }, (_, bits) => decodeFloat(bits, format));
      // Infinity takes part as the number that would follow.
      const largest = finite.at(-1)!;
      const candidates = [...finite, largest + (largest - finite.at(-2)!)];
      for (let x = 0; x <= 1.2 * largest; x += largest / 4096) {
        const distances = candidates.map((value) => Math.abs(value - x));
        const least = Math.min(...distances);
        const nearest = distances.flatMap((distance, bits) => (distance === least ? [bits] : []));
        const expected = nearest.find((bits) => nearest.length === 1 || bits % 2 === 0)!;
        expect(encodeFloat(x, format), `${x}`).toBe(expected);
        expect(encodeFloat(-x, format), `${-x}`).toBe(
          expected + infinity + 2 ** format.fractionBits,
        );
      }
    }
  });
});

describe('decoding', () => {
  it('in single precision is what Float32Array does', () => {
    fc.assert(
      fc.property(bits32, (bits) => {
        expect(decodeFloat(bits, singleFormat)).toBe(fromSingleBits(bits));
      }),
      { numRuns: 20_000 },
    );
  });

  it('knows every half, and encoding gives it back', () => {
    let wrong = 0;
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = decodeFloat(bits, halfFormat);
      if (!Object.is(value, halfToNumber(bits))) wrong++;
      if (encodeFloat(value, halfFormat) !== (Number.isNaN(value) ? 0x7e00 : bits)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('of bfloat16 is that of the upper half of a single', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      expect(decodeFloat(bits, bfloat16Format)).toBe(fromSingleBits(bits * 0x10000));
    }
  });
});

describe('one rounding behind float64', () => {
  it('gives sums of singles as exact arithmetic does', () => {
    const unit = 2n ** 149n;
    const exact = (x: number): bigint => {
      const bits = singleBits(x);
      const exponent = (bits >>> 23) & 0xff;
      const significand = BigInt((bits & 0x7fffff) + (exponent > 0 ? 0x800000 : 0));
      const magnitude = significand << BigInt(Math.max(exponent, 1) - 1);
      return bits >= 0x80000000 ? -magnitude : magnitude;
    };
    /** The single nearest to a whole number of 2^-149, ties to even. */
    const nearest = (value: bigint): number => {
      const magnitude = value < 0n ? -value : value;
      const drop = Math.max(0, magnitude.toString(2).length - 24);
      const kept = magnitude >> BigInt(drop);
      const rest = magnitude - (kept << BigInt(drop));
      const half = drop > 0 ? 1n << BigInt(drop - 1) : 0n;
      const up = drop > 0 && (rest > half || (rest === half && kept % 2n === 1n)) ? 1n : 0n;
      const result = Number(kept + up) * 2 ** (drop - 149);
      return value < 0n ? -result : result;
    };
    expect(unit).toBe(exact(1));
    // Far and near exponents, few ones: sums that float64 has to round, next to midpoints.
    const operand = fc
      .tuple(
        fc.boolean(),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 23 }),
        bits32,
      )
      .map(([negative, exponent, place, bits]) => {
        const fraction = (bits << place) & 0x7fffff;
        const magnitude = exponent * 2 ** 23 + fraction;
        return fromSingleBits((negative ? 0x80000000 : 0) + magnitude);
      });
    fc.assert(
      fc.property(operand, operand, (x, y) => {
        expect(Math.fround(x + y) + 0).toBe(nearest(exact(x) + exact(y)) + 0);
      }),
      { numRuns: 20_000 },
    );
  });
});
