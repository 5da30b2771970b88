import type { FloatFormat } from '../../../src/numeric/index.ts';

/** Sign, biased exponent and fraction as one number. */
export const bitsOf = (
  { exponentBits, fractionBits }: FloatFormat,
  sign: number,
  exponent: number,
  fraction: number,
): number => (sign * 2 ** exponentBits + exponent) * 2 ** fractionBits + fraction;

/** Bits of a number, without the sign's meaning. */
export const sizeOf = ({ exponentBits, fractionBits }: FloatFormat): number =>
  2 ** (1 + exponentBits + fractionBits);

export const hex = (bits: number): string => `0x${bits.toString(16)}`;
