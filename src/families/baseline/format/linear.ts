import { clampSymmetric, InputError, roundHalfAway } from '../../../numeric/index.ts';
import { matrix } from '../../../tensor/index.ts';
import type { Matrix } from '../../../tensor/index.ts';

/** The number system `linear` of docs/baseline.md: signed integers with one scale. */

/** Codes in the narrowest typed array that holds their width. */
export type Codes = Int8Array | Int16Array;

/** A matrix as integers with one scale: weight = code x `scale`. */
export interface LinearMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Of a code, 4 .. 16. */
  readonly weightBits: number;
  /** Of the activations that it is meant to meet, 4 .. 16. */
  readonly activationBits: number;
  /** A float32 value, above 0. */
  readonly scale: number;
  /** [rows x columns], row-major; -(2^(weightBits-1) - 1) .. 2^(weightBits-1) - 1. */
  readonly codes: Codes;
}

const leastFloat32 = 2 ** -149;

/** Zeros, ready to take codes of this width. */
export const emptyCodes = (count: number, bits: number): Codes =>
  bits <= 8 ? new Int8Array(count) : new Int16Array(count);

/**
 * The scale at which the largest magnitude gets the largest code.
 *
 * @param bits of a signed code, 4 .. 16
 * @throws InputError for a magnitude that is negative or not finite
 */
export function linearScale(maxMagnitude: number, bits: number): number {
  if (!(maxMagnitude >= 0 && maxMagnitude < Infinity)) {
    throw new InputError(
      `The largest magnitude is ${maxMagnitude}, but a scale needs a finite one from 0; look for NaN or overflow in the values it was taken from.`,
    );
  }
  if (maxMagnitude === 0) return 1;
  return Math.max(Math.fround(maxMagnitude / (2 ** (bits - 1) - 1)), leastFloat32);
}

/**
 * Values to codes of `bits` bits at a scale.
 *
 * @throws InputError for NaN; infinities clamp
 */
export function linearCodes(values: ArrayLike<number>, scale: number, bits: number): Codes {
  const codes = emptyCodes(values.length, bits);
  for (let i = 0; i < codes.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      throw new InputError(
        `Value ${i} is NaN, which has no code; find out where the model produced it.`,
      );
    }
    codes[i] = clampSymmetric(roundHalfAway(value / scale), bits);
  }
  return codes;
}

/** What the host makes of an exact sum of products, as float32. */
export function linearResult(sum: number, activationScale: number, weightScale: number): number {
  return Math.fround(sum * activationScale * weightScale);
}

/** The matrix that the codes stand for. */
export function dequantize({ rows, columns, scale, codes }: LinearMatrix): Matrix {
  return matrix(
    rows,
    columns,
    Float32Array.from(codes, (code) => code * scale),
  );
}
