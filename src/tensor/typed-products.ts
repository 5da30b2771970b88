import type { ProductShape } from './backend.ts';

/** Rows of x whose panel stays in the second-level cache while the rows of w stream past. */
const panelRows = 64;

/**
 * x w^T in float32: lane l of four adds the products of inner index l mod 4 in ascending order, every product and every
 * sum rounded to float32; the result is (lane 0 + lane 2) + (lane 1 + lane 3). Bit by bit what the SIMD kernel computes.
 */
export function productFloat32(
  x: Float32Array,
  w: Float32Array,
  { rows, columns, inner }: ProductShape,
): Float32Array {
  const round = Math.fround;
  const out = new Float32Array(rows * columns);
  const whole = inner - (inner % 4);
  for (let panel = 0; panel < rows; panel += panelRows) {
    const panelEnd = Math.min(panel + panelRows, rows);
    for (let j = 0; j < columns; j++) {
      const wAt = j * inner;
      for (let i = panel; i < panelEnd; i++) {
        const xAt = i * inner;
        let s0 = round(0);
        let s1 = round(0);
        let s2 = round(0);
        let s3 = round(0);
        for (let p = 0; p < whole; p += 4) {
          s0 = round(s0 + round(x[xAt + p]! * w[wAt + p]!));
          s1 = round(s1 + round(x[xAt + p + 1]! * w[wAt + p + 1]!));
          s2 = round(s2 + round(x[xAt + p + 2]! * w[wAt + p + 2]!));
          s3 = round(s3 + round(x[xAt + p + 3]! * w[wAt + p + 3]!));
        }
        if (whole < inner) s0 = round(s0 + round(x[xAt + whole]! * w[wAt + whole]!));
        if (whole + 1 < inner) s1 = round(s1 + round(x[xAt + whole + 1]! * w[wAt + whole + 1]!));
        if (whole + 2 < inner) s2 = round(s2 + round(x[xAt + whole + 2]! * w[wAt + whole + 2]!));
        out[i * columns + j] = round(round(s0 + s2) + round(s1 + s3));
      }
    }
  }
  return out;
}

/**
 * x w^T of integers whose sums stay within +-2^53, exact.
 *
 * Everything is float64: V8 computes in it anyway, integers up to 2^53 stay exact, and one element kind keeps the
 * loop monomorphic. Four by two dot products at a time is what the sixteen vector registers of x86-64 hold best.
 */
export function productInteger(
  xs: ArrayLike<number>,
  ws: ArrayLike<number>,
  { rows, columns, inner }: ProductShape,
): Float64Array {
  const x = new Float64Array(xs);
  const w = new Float64Array(ws);
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
