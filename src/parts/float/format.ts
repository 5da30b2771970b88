/**
 * A binary floating-point format by IEEE 754-2019, section 3.4: from the top a sign, a biased
 * exponent and a fraction, with subnormals, infinities and NaN.
 */
export interface FloatFormat {
  /** Bits of the biased exponent: 2 .. 15. */
  readonly exponentBits: number;
  /** Bits of the fraction, without the leading one of normal numbers: 1 or more. */
  readonly fractionBits: number;
}

/** IEEE 754 binary16. */
export const half: FloatFormat = { exponentBits: 5, fractionBits: 10 };

/** IEEE 754 binary32. */
export const single: FloatFormat = { exponentBits: 8, fractionBits: 23 };

/** The upper half of binary32. */
export const bfloat16: FloatFormat = { exponentBits: 8, fractionBits: 7 };

/** Bits of a number. */
export const floatBits = ({ exponentBits, fractionBits }: FloatFormat): number =>
  1 + exponentBits + fractionBits;

/** Bits of a significand: the fraction and the bit before the point. */
export const significandBits = ({ fractionBits }: FloatFormat): number => fractionBits + 1;

/** The exponent field of infinities and NaN: all ones. */
export const maximalExponent = ({ exponentBits }: FloatFormat): number => 2 ** exponentBits - 1;

/** The largest exponent field of finite numbers. */
export const largestExponent = (format: FloatFormat): number => maximalExponent(format) - 1;

/** What the exponent field of 1.0 holds. */
export const bias = ({ exponentBits }: FloatFormat): number => 2 ** (exponentBits - 1) - 1;

/** Short name, for names of modules: `f16`, `f32`, `bf16`, otherwise such as `e4m3`. */
export function formatName({ exponentBits, fractionBits }: FloatFormat): string {
  const usual = new Map([
    ['5,10', 'f16'],
    ['8,23', 'f32'],
    ['8,7', 'bf16'],
  ]);
  return usual.get(`${exponentBits},${fractionBits}`) ?? `e${exponentBits}m${fractionBits}`;
}
