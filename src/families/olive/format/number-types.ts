/**
 * The number types that outlier-victim pairs are made of (Guo et al., ISCA 2023): three normal types, of which one code
 * is free to be the identifier, and abfloat, a small float with a bias for outliers. All values are integers, in units
 * of the scale.
 */

export type NormalType = 'int4' | 'flint4' | 'int8';

/** What normal values of a type are made of, and the bias of the outliers beside them. */
export interface NormalSpec {
  /** Of a code. */
  readonly bits: 4 | 8;
  /** The code that marks a victim; no value has it. */
  readonly identifier: number;
  /** Largest value. */
  readonly largest: number;
  /**
   * Usual bias of the outliers, with which the smallest outlier is just above the largest value: 2 and 3 from the
   * paper, that of int8 by the same rule.
   */
  readonly bias: number;
  /** Usual type of the outliers. */
  readonly outliers: OutlierType;
}

export const normalTypes: Readonly<Record<NormalType, NormalSpec>> = {
  int4: { bits: 4, identifier: 0x8, largest: 7, bias: 2, outliers: 'e2m1' },
  flint4: { bits: 4, identifier: 0x8, largest: 16, bias: 3, outliers: 'e2m1' },
  int8: { bits: 8, identifier: 0x80, largest: 127, bias: 4, outliers: 'e4m3' },
};

/** Magnitudes of flint4 by the low three bits of the code: integers up to 3, then few and far between. */
const flint4Magnitudes = [0, 1, 2, 3, 16, 8, 4, 6] as const;

/** The value of a code, 0 .. 2^bits - 1; NaN for the identifier, which has none. */
export function normalValue(type: NormalType, code: number): number {
  const { bits, identifier } = normalTypes[type];
  if (code === identifier) return NaN;
  if (type !== 'flint4') return code < identifier ? code : code - 2 ** bits;
  const magnitude = flint4Magnitudes[code & 7]!;
  return code < identifier ? magnitude : -magnitude;
}

/** Types of outliers, named by the bits of exponent and mantissa. `e2m5` is that of the authors' published code. */
export type OutlierType = 'e2m1' | 'e4m3' | 'e2m5';

const mantissaBits: Readonly<Record<OutlierType, number>> = { e2m1: 1, e4m3: 3, e2m5: 5 };

/** Outliers of 8 bits end here, so that a product of two fits 32 bits (the paper's limit). */
export const largestOutlier = 2 ** 15;

/**
 * The magnitude that the low bits of an abfloat code, without its sign, stand for:
 * (2^mantissa bits + mantissa) x 2^(exponent + bias), and 0 for 0. Not limited to `largestOutlier`.
 */
export function abfloatMagnitude(type: OutlierType, bias: number, code: number): number {
  if (code === 0) return 0;
  const one = 2 ** mantissaBits[type];
  return (one + (code % one)) * 2 ** (Math.floor(code / one) + bias);
}
