import { erf } from './erf.ts';
import { matrix } from './matrix.ts';
import type { Matrix } from './matrix.ts';

/** A new matrix with `f` applied to every value in float64 and rounded once to float32. */
function map(m: Matrix, f: (x: number) => number): Matrix {
  const out = matrix(m.rows, m.columns);
  for (let i = 0; i < out.data.length; i++) out.data[i] = f(m.data[i]!);
  return out;
}

/** GELU as x times the normal distribution function, with the exact error function (Hendrycks and Gimpel, 2016). */
export function gelu(m: Matrix): Matrix {
  return map(m, (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)));
}

/** The tanh approximation of GELU from the same paper; Hugging Face calls it `gelu_new`. */
export function geluTanh(m: Matrix): Matrix {
  const factor = Math.sqrt(2 / Math.PI);
  return map(m, (x) => 0.5 * x * (1 + Math.tanh(factor * (x + 0.044715 * x * x * x))));
}

/** max(x, 0). */
export function relu(m: Matrix): Matrix {
  return map(m, (x) => Math.max(x, 0));
}

/** Hyperbolic tangent of every value. */
export function tanh(m: Matrix): Matrix {
  return map(m, Math.tanh);
}

/** Adds a bias to every row, in float32: the order of a linear layer is product, rounding, bias, rounding. */
export function addRow(m: Matrix, bias: Float32Array): Matrix {
  const out = matrix(m.rows, m.columns);
  for (let r = 0; r < m.rows; r++) {
    const at = r * m.columns;
    for (let c = 0; c < m.columns; c++) out.data[at + c] = m.data[at + c]! + bias[c]!;
  }
  return out;
}

/**
 * LayerNorm over each row: (x - mean) / sqrt(variance + epsilon) * weight + bias, with the population variance;
 * computed in float64.
 */
export function layerNorm(
  m: Matrix,
  norm: { readonly weight: Float32Array; readonly bias: Float32Array },
  epsilon: number,
): Matrix {
  const out = matrix(m.rows, m.columns);
  const n = m.columns;
  for (let at = 0; at < m.data.length; at += n) {
    let sum = 0;
    for (let c = 0; c < n; c++) sum += m.data[at + c]!;
    const mean = sum / n;
    let squares = 0;
    for (let c = 0; c < n; c++) {
      const d = m.data[at + c]! - mean;
      squares += d * d;
    }
    const scale = 1 / Math.sqrt(squares / n + epsilon);
    for (let c = 0; c < n; c++) {
      out.data[at + c] = (m.data[at + c]! - mean) * scale * norm.weight[c]! + norm.bias[c]!;
    }
  }
  return out;
}

/**
 * Softmax of factor * x over the first `lengths[r]` values of each row r; the values after them become 0.
 *
 * @param factor multiplies every value first (attention divides its scores by the root of the head size)
 */
export function softmaxRows(m: Matrix, lengths: ArrayLike<number>, factor = 1): Matrix {
  const out = matrix(m.rows, m.columns);
  for (let r = 0; r < m.rows; r++) {
    const at = r * m.columns;
    const end = at + lengths[r]!;
    let max = -Infinity;
    for (let i = at; i < end; i++) max = Math.max(max, m.data[i]! * factor);
    let sum = 0;
    for (let i = at; i < end; i++) {
      const e = Math.exp(m.data[i]! * factor - max);
      sum += e;
      out.data[i] = e;
    }
    for (let i = at; i < end; i++) out.data[i] = out.data[i]! / sum;
  }
  return out;
}
