/**
 * A binary floating-point format by IEEE 754: sign, biased exponent and fraction, with subnormals,
 * infinities and NaN.
 */
export interface FloatFormat {
  /** Bits of the biased exponent: 2 .. 9. */
  readonly exponentBits: number;
  /** Bits of the fraction, without the leading one of normal numbers: 1 .. 40. */
  readonly fractionBits: number;
}

/** IEEE 754 binary16. */
export const halfFormat: FloatFormat = { exponentBits: 5, fractionBits: 10 };

/** IEEE 754 binary32. */
export const singleFormat: FloatFormat = { exponentBits: 8, fractionBits: 23 };

/** The upper half of binary32. */
export const bfloat16Format: FloatFormat = { exponentBits: 8, fractionBits: 7 };

const word = new DataView(new ArrayBuffer(8));

/** floor(log2 x) of a positive normal float64, read off its exponent field (Math.log2 may round up). */
function exponentOf(x: number): number {
  word.setFloat64(0, x);
  return ((word.getUint16(0) >>> 4) & 0x7ff) - 1023;
}

/** Exponent of the least normal number, and the bits of infinity and of the sign alone. */
function limitsOf({ exponentBits, fractionBits }: FloatFormat): {
  readonly minExponent: number;
  readonly infinity: number;
  readonly sign: number;
} {
  return {
    minExponent: 2 - 2 ** (exponentBits - 1),
    infinity: (2 ** exponentBits - 1) * 2 ** fractionBits,
    sign: 2 ** (exponentBits + fractionBits),
  };
}

/**
 * The number of a format nearest to `x`, ties to even, as its bits (a non-negative integer).
 *
 * Rounds once, straight from float64, into subnormals too. What is nearer to the next power of two
 * than to the largest number, or as near, becomes infinity; every NaN the quiet NaN with the highest
 * bit of the fraction alone.
 */
export function encodeFloat(x: number, format: FloatFormat): number {
  const { fractionBits } = format;
  const { minExponent, infinity, sign } = limitsOf(format);
  if (Number.isNaN(x)) return infinity + 2 ** (fractionBits - 1);
  const signBit = x < 0 || Object.is(x, -0) ? sign : 0;
  const magnitude = Math.abs(x);
  if (magnitude === Infinity) return signBit + infinity;
  const exponent = Math.max(exponentOf(magnitude), minExponent);
  // Scaling by a power of two is exact, so the value is rounded once.
  const scaled = magnitude * 2 ** (fractionBits - exponent);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const fraction = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
  // The leading one of a normal value adds 1 to the exponent field, and so does a carry out of the fraction.
  const bits = (exponent - minExponent) * 2 ** fractionBits + fraction;
  return signBit + Math.min(bits, infinity);
}

/** The value of the bits of a format: exact in float64. */
export function decodeFloat(bits: number, format: FloatFormat): number {
  const { fractionBits } = format;
  const { minExponent, infinity, sign } = limitsOf(format);
  const negative = bits >= sign;
  const magnitude = negative ? bits - sign : bits;
  const exponent = Math.floor(magnitude / 2 ** fractionBits);
  const fraction = magnitude % 2 ** fractionBits;
  const significand = exponent > 0 ? 2 ** fractionBits + fraction : fraction;
  const finite = significand * 2 ** (Math.max(exponent, 1) - 1 + minExponent - fractionBits);
  const value = magnitude < infinity ? finite : magnitude === infinity ? Infinity : NaN;
  return negative ? -value : value;
}

/** The value of the number of a format that is nearest to `x`, ties to even. */
export const roundToFormat = (x: number, format: FloatFormat): number =>
  decodeFloat(encodeFloat(x, format), format);
