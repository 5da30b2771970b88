import type { Matrix } from '../../../tensor/index.ts';
import { digitBits, highWeight, importanceCodeBits } from '../params.ts';
import type { ShortCode } from './codes.ts';

/** Bits of probabilities where they meet values: 8 for all, or those of their query. */
export const probabilityModes = ['8-bit', 'query'] as const;

export type ProbabilityMode = (typeof probabilityModes)[number];

/** Rows of probabilities as integers: value = code x unit of the row. */
export interface CodedProbabilities {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns]; 0 .. 255, in a row of 4 bits 16 times 0 .. 15. */
  readonly data: Int16Array;
  readonly units: Float64Array;
}

const most8 = 255;
const most4 = 15;

/** The code of 8 bits, unsigned, of a probability: floor(255 p + 1/2). */
export const probabilityCode = (p: number): number => Math.min(most8, Math.floor(most8 * p + 0.5));

/** The code that is added to importance: floor(65535 p + 1/2). */
export const importanceCode = (p: number): number =>
  Math.floor((2 ** importanceCodeBits - 1) * p + 0.5);

/**
 * Probabilities as codes.
 *
 * @param p [rows x columns], 0 .. 1
 * @param folds a factor 0 .. 1 for each column, what the value of the key has lost by a scale of its own
 * @param bits of each row's query: 8, 4, or 0 for a row without queries
 */
export function encodeProbabilities(
  p: Matrix,
  folds: Float64Array,
  bits: Uint8Array | undefined,
  shortCode: ShortCode,
): CodedProbabilities {
  const data = new Int16Array(p.data.length);
  const units = new Float64Array(p.rows).fill(1 / most8);
  for (let row = 0; row < p.rows; row++) {
    const precision = bits?.[row] ?? 8;
    if (precision === 0) continue;
    const begin = row * p.columns;
    const folded = (c: number): number => p.data[begin + c]! * folds[c]!;
    if (precision === 8 || shortCode === 'truncation') {
      for (let c = 0; c < p.columns; c++) {
        const code = probabilityCode(folded(c));
        data[begin + c] = precision === 8 ? code : highWeight * truncatedUnsigned(code);
      }
      continue;
    }
    let largest = 0;
    for (let c = 0; c < p.columns; c++) largest = Math.max(largest, folded(c));
    units[row] = largest / (most4 * highWeight);
    for (let c = 0; largest > 0 && c < p.columns; c++) {
      data[begin + c] = highWeight * Math.floor((most4 * folded(c)) / largest + 0.5);
    }
  }
  return { rows: p.rows, columns: p.columns, data, units };
}

/** As `truncated`, but the digit has no sign: 0 .. 15. */
export const truncatedUnsigned = (code: number): number =>
  Math.min(most4, (code + highWeight / 2) >> digitBits);
