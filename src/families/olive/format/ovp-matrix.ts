import { matrix } from '../../../tensor/index.ts';
import type { Matrix } from '../../../tensor/index.ts';
import { ovpCode, unpackPairs } from './ovp-code.ts';
import type { OvpFormat } from './ovp-code.ts';

/** Bits of the activations that a matrix is meant to meet; those of 16 stay in floating point. */
export type ActivationBits = 4 | 8 | 16;

/** A matrix as outlier-victim pairs with one scale per row: weight = value x scale of its row. */
export interface OvpMatrix extends OvpFormat {
  readonly rows: number;
  readonly columns: number;
  readonly activationBits: ActivationBits;
  /** [rows], float32 above 0 */
  readonly scales: Float32Array;
  /** Packed row by row; each row is filled up to whole pairs. */
  readonly pairs: Uint8Array;
}

/** The integers behind the weights, [rows x columns]. */
export const valuesOf = (m: OvpMatrix): Int32Array =>
  unpackPairs(ovpCode(m), m.pairs, m.rows, m.columns).values;

/** Integers in the narrowest array that holds them all, with which products are faster. */
export function narrowed(values: Int32Array): Int8Array | Int16Array | Int32Array {
  let least = 0;
  let most = 0;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const fits = (bits: number): boolean => least >= -(2 ** (bits - 1)) && most < 2 ** (bits - 1);
  return fits(8) ? Int8Array.from(values) : fits(16) ? Int16Array.from(values) : values;
}

/** The matrix that the pairs stand for. */
export function dequantize(m: OvpMatrix): Matrix {
  const values = valuesOf(m);
  const data = new Float32Array(values.length);
  for (let row = 0, i = 0; row < m.rows; row++) {
    const scale = m.scales[row]!;
    for (let column = 0; column < m.columns; column++, i++) data[i] = values[i]! * scale;
  }
  return matrix(m.rows, m.columns, data);
}

/**
 * What the host makes of a sum of products of two values: sum x activation scale x weight scale in float64, rounded once
 * to float32.
 */
export const ovpResult = (sum: number, activationScale: number, weightScale: number): number =>
  Math.fround(sum * activationScale * weightScale);
