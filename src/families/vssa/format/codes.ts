import { clampSymmetric, InputError, roundHalfAway } from '../../../numeric/index.ts';
import { maxMagnitude } from '../../../tensor/index.ts';
import type { Int8Matrix, Matrix } from '../../../tensor/index.ts';
import { digitBits, highWeight } from '../params.ts';

/** The number system of docs/vssa.md: tokens of two digits and of one, on one scale of 8 bits. */

/** How a token of 4 bits gets its code: from that of 8 bits, or on a scale of its own. */
export const shortCodes = ['truncation', 'own-scale'] as const;

export type ShortCode = (typeof shortCodes)[number];

/** Rows of tokens as integers: value = code x unit of the row. */
export interface CodedTokens extends Int8Matrix {
  /**
   * [rows x columns]; -127 .. 127 in a row of 8 bits, 16 times -8 .. 7 in one of 4, so that both add up in one
   * accumulator; 0 in the row of a pruned token.
   */
  readonly data: Int8Array;
  /** One per row; 0 for a row of zeros with a scale of its own. */
  readonly units: Float64Array;
}

const leastFloat32 = 2 ** -149;

/**
 * The 8-bit scale at which the largest magnitude gets the code 127.
 *
 * @throws InputError for a magnitude that is negative or not finite
 */
export function scaleFor(range: number): number {
  if (!(range >= 0 && range < Infinity)) {
    throw new InputError(
      `The largest magnitude is ${range}, but a scale needs a finite one from 0; look for NaN or overflow in the values it was taken from.`,
    );
  }
  return range === 0 ? 1 : Math.max(Math.fround(range / 127), leastFloat32);
}

/** The code of 8 bits, -127 .. 127: the nearest, halves away from zero. */
export const wholeCode = (x: number, scale: number): number =>
  clampSymmetric(roundHalfAway(x / scale), 8);

/** The digit of 4 bits, -8 .. 7, that a code of 8 bits is cut to with rounding; it weighs 16. */
export const truncated = (code: number): number =>
  Math.min(7, (code + highWeight / 2) >> digitBits);

/**
 * Rows of activations as codes.
 *
 * @param bits of each row: 8, 4 or 0; all 8 unless given
 * @param scale of 8 bits
 * @throws InputError for a value that is not finite in a row that is not pruned
 */
export function encodeTokens(
  x: Matrix,
  bits: Uint8Array | undefined,
  scale: number,
  shortCode: ShortCode,
): CodedTokens {
  const data = new Int8Array(x.data.length);
  const units = new Float64Array(x.rows).fill(scale);
  for (let row = 0; row < x.rows; row++) {
    const precision = bits?.[row] ?? 8;
    if (precision === 0) continue;
    const begin = row * x.columns;
    const values = x.data.subarray(begin, begin + x.columns);
    const range = maxMagnitude({ data: values });
    if (!(range < Infinity)) {
      throw new InputError(
        `row ${row} of the activations holds ${range}, which has no code; find out where the model produced it.`,
      );
    }
    const codes = data.subarray(begin, begin + x.columns);
    if (precision === 8) values.forEach((v, i) => (codes[i] = wholeCode(v, scale)));
    else if (shortCode === 'truncation') {
      values.forEach((v, i) => (codes[i] = highWeight * truncated(wholeCode(v, scale))));
    } else {
      const own = Math.fround(range / 7);
      units[row] = own / highWeight;
      // The scale of zeros, and of values that even float32 can hardly tell from them, is 0.
      if (own === 0) continue;
      values.forEach((v, i) => {
        codes[i] = highWeight * clampSymmetric(roundHalfAway(v / own), 4);
      });
    }
  }
  return { rows: x.rows, columns: x.columns, data, units };
}

/** 8-bit codes as far as a token of 4 bits meets them: cut to their high digit, with its weight. */
export const clippedCodes = (codes: Int8Array): Int8Array =>
  codes.map((code) => highWeight * truncated(code));

/** The two nibbles of codes, as they rest in memory. */
export interface NibblePlanes {
  /** -8 .. 7, weight 16: all of a 4-bit code. */
  readonly high: Int8Array;
  /** 0 .. 15; holds nothing for a token of 4 bits. */
  readonly low: Uint8Array;
}

/**
 * What the requantizer writes for a token whose precision is known: 8-bit codes give both nibbles, or their rounded
 * high digit alone, which is not their high nibble where the low one is 8 or more.
 *
 * @param codes -127 .. 127
 */
export function planesOf(codes: Int8Array, precision: 8 | 4): NibblePlanes {
  const high = codes.map((code) => (precision === 8 ? code >> digitBits : truncated(code)));
  const low = Uint8Array.from(codes, (code) => (precision === 8 ? code & (highWeight - 1) : 0));
  return { high, low };
}

/** Codes as the array sees them: 16 x high, plus low for a token of 8 bits. */
export const fromPlanes = ({ high, low }: NibblePlanes, precision: 8 | 4): Int8Array =>
  high.map((digit, i) => highWeight * digit + (precision === 8 ? low[i]! : 0));

/** Late demotion of a token that rests with 8 bits, as in a cache of keys: both planes are read, one is written. */
export const demoted = ({ high, low }: NibblePlanes): Int8Array =>
  high.map((digit, i) => Math.min(7, digit + (low[i]! >> (digitBits - 1))));
