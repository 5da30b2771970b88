import { matrix, maxMagnitude } from './matrix.ts';
import type { IntegerMatrix, Matrix } from './matrix.ts';

/** Rows of x whose panel stays in the second-level cache while the rows of w stream past. */
const panelRows = 64;

/**
 * out[i, j] = sum over p of x[i, p] * w[j, p], in ascending p; both operands lie with p contiguous.
 *
 * Everything is float64: V8 computes in it anyway, integers up to 2^53 stay exact, and one element kind keeps the
 * loop monomorphic. Four by two dot products at a time is what the sixteen vector registers of x86-64 hold best.
 */
function kernel(
  x: Float64Array,
  w: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * columns);
  const blockedRows = rows - (rows % 4);
  const blockedColumns = columns - (columns % 2);
  for (let panel = 0; panel < blockedRows; panel += panelRows) {
    const panelEnd = Math.min(panel + panelRows, blockedRows);
    for (let j = 0; j < blockedColumns; j += 2) {
      const w0 = j * inner;
      const w1 = w0 + inner;
      for (let i = panel; i < panelEnd; i += 4) {
        const x0 = i * inner;
        const x1 = x0 + inner;
        const x2 = x1 + inner;
        const x3 = x2 + inner;
        let s00 = 0;
        let s01 = 0;
        let s10 = 0;
        let s11 = 0;
        let s20 = 0;
        let s21 = 0;
        let s30 = 0;
        let s31 = 0;
        for (let p = 0; p < inner; p++) {
          const a = w[w0 + p]!;
          const b = w[w1 + p]!;
          const v0 = x[x0 + p]!;
          s00 += v0 * a;
          s01 += v0 * b;
          const v1 = x[x1 + p]!;
          s10 += v1 * a;
          s11 += v1 * b;
          const v2 = x[x2 + p]!;
          s20 += v2 * a;
          s21 += v2 * b;
          const v3 = x[x3 + p]!;
          s30 += v3 * a;
          s31 += v3 * b;
        }
        let at = i * columns + j;
        out[at] = s00;
        out[at + 1] = s01;
        at += columns;
        out[at] = s10;
        out[at + 1] = s11;
        at += columns;
        out[at] = s20;
        out[at + 1] = s21;
        at += columns;
        out[at] = s30;
        out[at + 1] = s31;
      }
    }
  }
  const dot = (i: number, j: number): void => {
    let sum = 0;
    for (let p = 0; p < inner; p++) sum += x[i * inner + p]! * w[j * inner + p]!;
    out[i * columns + j] = sum;
  };
  for (let i = 0; i < blockedRows; i++) {
    for (let j = blockedColumns; j < columns; j++) dot(i, j);
  }
  for (let i = blockedRows; i < rows; i++) for (let j = 0; j < columns; j++) dot(i, j);
  return out;
}

function requireInner(x: { columns: number }, w: { columns: number }): void {
  if (x.columns !== w.columns) {
    throw new RangeError(`x has ${x.columns} columns and w has ${w.columns}: x w^T is not defined`);
  }
}

/**
 * x w^T: [n x k] times [m x k] gives [n x m], the way a linear layer stores its weight.
 * Sums are kept in float64 and rounded once to float32.
 */
export function matmulTransposed(x: Matrix, w: Matrix): Matrix {
  requireInner(x, w);
  const out = kernel(new Float64Array(x.data), new Float64Array(w.data), x.rows, x.columns, w.rows);
  return matrix(x.rows, w.rows, new Float32Array(out));
}

/**
 * x w^T of integers: [n x k] times [m x k] gives n x m exact sums, row by row.
 *
 * @throws RangeError if the operands are so large that a sum could leave the exact range of +-2^53
 */
export function exactMatmul(x: IntegerMatrix, w: IntegerMatrix): Float64Array {
  requireInner(x, w);
  const bound = maxMagnitude(x) * maxMagnitude(w) * x.columns;
  if (!(bound <= 2 ** 53)) {
    throw new RangeError(`sums of up to ${bound} leave the exact integer range of 2^53`);
  }
  return kernel(new Float64Array(x.data), new Float64Array(w.data), x.rows, x.columns, w.rows);
}
