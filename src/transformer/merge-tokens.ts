import { matrix, rowOf } from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import type { Tokens } from './matmul-engine.ts';

/**
 * The hidden states [tokens x hidden] with the merges of a layer done: sums in float64, rounded once.
 *
 * @param own gets the hidden state that a row had before it stood for others for the first time
 */
export function mergeTokens(
  hidden: Matrix,
  { merges }: Tokens,
  own: Map<number, Float32Array>,
): Matrix {
  if (!merges || merges.length === 0) return hidden;
  const out = matrix(hidden.rows, hidden.columns, hidden.data.slice());
  for (const { row, from, weights } of merges) {
    if (!own.has(row)) own.set(row, rowOf(hidden, row).slice());
    const sum = new Float64Array(hidden.columns);
    from.forEach((source, i) => {
      const weight = weights[i]!;
      rowOf(hidden, source).forEach((x, c) => {
        sum[c]! += weight * x;
      });
    });
    rowOf(out, row).set(sum);
  }
  return out;
}

/** A matrix with some rows replaced. */
export function withRows(m: Matrix, rows: ReadonlyMap<number, Float32Array>): Matrix {
  if (rows.size === 0) return m;
  const out = matrix(m.rows, m.columns, m.data.slice());
  for (const [row, values] of rows) rowOf(out, row).set(values);
  return out;
}
