/** The quantizer in the plainest way: every candidate of every row in full, values by looking at all of them. */
import { naive, naiveNearestPair, naivePair } from './naive-ovp.ts';
import type { Type } from './naive-ovp.ts';

/** Compare two outliers in half units; take the pair with the least squared error. */
export interface Choices {
  readonly halves?: boolean;
  readonly nearestPair?: boolean;
}

/** Sum of squared errors of rows of `columns` values at one scale, in order. */
function errorAt(
  type: Type,
  x: readonly number[],
  columns: number,
  scale: number,
  { halves = false, nearestPair = false }: Choices,
): number {
  const reference = naive(type, { int4: 2, flint4: 3, int8: 4 }[type]);
  let sum = 0;
  for (let row = 0; row < x.length; row += columns) {
    for (let i = 0; i < columns; i += 2) {
      const a = x[row + i]!;
      const b = i + 1 < columns ? x[row + i + 1]! : 0;
      const { values } = nearestPair
        ? naiveNearestPair(reference, a, b, scale)
        : naivePair(reference, a / scale, b / scale, { halves });
      const d = a - values[0] * scale;
      const e = b - values[1] * scale;
      sum += d * d;
      sum += e * e;
    }
  }
  return sum;
}

export function naiveScale(
  type: Type,
  x: readonly number[],
  columns: number,
  choices: Choices = {},
): { readonly scale: number; readonly error: number } {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance =
    x.length < 2
      ? 0
      : x.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (x.length - 1);
  const most = Math.max(
    Math.abs(mean + 3 * Math.sqrt(variance)),
    Math.abs(mean - 3 * Math.sqrt(variance)),
  );
  let best = { scale: 1, error: Infinity };
  for (let i = 75; i <= 249; i += 2) {
    const alpha = most * (i / 100);
    const scale = Math.fround(alpha / { int4: 7, flint4: 16, int8: 127 }[type]);
    const error = errorAt(type, x, columns, scale, choices);
    if (error < best.error) best = { scale, error };
  }
  return best;
}
