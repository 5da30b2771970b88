import { clampSymmetric, InputError, roundHalfAway } from '../../../numeric/index.ts';
import type { IntegerMatrix } from '../../../tensor/index.ts';
import type { CodedMatrix } from './coded-matrix.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';

/**
 * The number system `fixed`: activations, centroids and outliers as signed integers with one scale
 * per matrix and one per site, so that a product is exact integer arithmetic. Our choice; the paper
 * computes in floating point.
 */

/**
 * A quantized matrix whose values are signed integer codes of W bits, -(2^(W-1) - 1) .. 2^(W-1) - 1:
 * value = code x `scale`.
 */
export interface FixedMatrix extends CodedMatrix {
  /** A float32 value, above 0. */
  readonly scale: number;
}

const leastFloat32 = 2 ** -149;

/**
 * The scale at which the largest magnitude gets the largest code: max / (2^(bits-1) - 1), rounded
 * once to float32. Without any magnitude it is 1, since every code is 0 at any scale; a quotient too
 * small for float32 gives its least value above 0, since a scale divides.
 *
 * @param bits of a signed code, 8 .. 16
 * @throws InputError for a magnitude that is negative or not finite
 */
export function fixedScale(maxMagnitude: number, bits: number): number {
  if (!(maxMagnitude >= 0 && maxMagnitude < Infinity)) {
    throw new InputError(
      `The largest magnitude is ${maxMagnitude}, but a fixed-point scale needs a finite one from 0; look for NaN or overflow in the values it was taken from.`,
    );
  }
  if (maxMagnitude === 0) return 1;
  return Math.max(Math.fround(maxMagnitude / (2 ** (bits - 1) - 1)), leastFloat32);
}

/**
 * Values to codes of `bits` bits: x / scale in float64, rounded to the nearest integer, halves away
 * from zero, clamped to +-(2^(bits-1) - 1).
 *
 * @throws InputError for NaN; infinities clamp
 */
export function fixedCodes(values: ArrayLike<number>, scale: number, bits: number): Int32Array {
  const codes = new Int32Array(values.length);
  for (let i = 0; i < codes.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      throw new InputError(
        `Value ${i} is NaN, which has no fixed-point code; find out where the model produced it.`,
      );
    }
    codes[i] = clampSymmetric(roundHalfAway(value / scale), bits);
  }
  return codes;
}

/** The integer image of a quantized matrix; indexes are taken over, not computed again. */
export function fixedMatrix(q: QuantizedMatrix, weightBits: number): FixedMatrix {
  let max = 0;
  for (const centroid of q.centroids) max = Math.max(max, Math.abs(centroid));
  for (const value of q.outliers.values) max = Math.max(max, Math.abs(value));
  const scale = fixedScale(max, weightBits);
  return {
    rows: q.rows,
    columns: q.columns,
    bits: q.bits,
    weightBits,
    scale,
    centroids: fixedCodes(q.centroids, scale, weightBits),
    indexes: q.indexes,
    outliers: {
      positions: q.outliers.positions,
      codes: fixedCodes(q.outliers.values, scale, weightBits),
    },
  };
}

/** Every weight as its code: [rows x columns], row-major. */
export function denseCodes(w: FixedMatrix): IntegerMatrix {
  const data = Int32Array.from(w.indexes, (index) => w.centroids[index]!);
  w.outliers.positions.forEach((position, i) => {
    data[position] = w.outliers.codes[i]!;
  });
  return { rows: w.rows, columns: w.columns, data };
}

/**
 * What the host makes of an exact integer sum: sum x activation scale x weight scale in float64,
 * rounded once to float32.
 */
export function fixedResult(sum: number, activationScale: number, weightScale: number): number {
  return Math.fround(sum * activationScale * weightScale);
}
