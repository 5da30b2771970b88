import { kernels } from './backend.ts';
import { exponential, hyperbolicTangent } from './exponential.ts';
import { matrix } from './matrix.ts';
import type { Matrix } from './matrix.ts';

/** A new matrix with `f` applied to every value in float64 and rounded once to float32. */
function map(m: Matrix, f: (x: number) => number): Matrix {
  const out = matrix(m.rows, m.columns);
  for (let i = 0; i < out.data.length; i++) out.data[i] = f(m.data[i]!);
  return out;
}

/**
 * GELU, x times the normal distribution function, not its tanh approximation (Hendrycks and Gimpel, 2016); in float64,
 * rounded once to float32, with the same bits on every machine. gelu(-infinity) is the limit, -0.
 */
export function gelu(m: Matrix): Matrix {
  return matrix(m.rows, m.columns, kernels.gelu(m.data));
}

/** The tanh approximation of GELU from the same paper; Hugging Face calls it `gelu_new`. */
export function geluTanh(m: Matrix): Matrix {
  const factor = 2 * Math.sqrt(2 / Math.PI);
  // (1 + tanh u) / 2 = 1 / (1 + e^-2u), which does not cancel below 0.
  return map(m, (x) => x / (1 + exponential(-factor * (x + 0.044715 * x * x * x))));
}

/** max(x, 0). */
export function relu(m: Matrix): Matrix {
  return map(m, (x) => Math.max(x, 0));
}

/** Hyperbolic tangent of every value. */
export function tanh(m: Matrix): Matrix {
  return map(m, hyperbolicTangent);
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
 * computed in float64, rounded once to float32, with the same bits on every machine.
 */
export function layerNorm(
  m: Matrix,
  norm: { readonly weight: Float32Array; readonly bias: Float32Array },
  epsilon: number,
): Matrix {
  const { weight, bias } = norm;
  if (weight.length !== m.columns || bias.length !== m.columns) {
    throw new RangeError(
      `LayerNorm has ${weight.length} weights and ${bias.length} biases for rows of ${m.columns} values`,
    );
  }
  return matrix(m.rows, m.columns, kernels.layerNorm(m.data, weight, bias, epsilon));
}

/**
 * Softmax of factor * x over the first `lengths[r]` values of each row r; the values after them become 0. Computed in
 * float64, with the same bits on every machine.
 *
 * @param factor multiplies every value first (attention divides its scores by the root of the head size); positive
 */
export function softmaxRows(m: Matrix, lengths: ArrayLike<number>, factor = 1): Matrix {
  if (!(factor > 0 && factor < Infinity)) {
    throw new RangeError(`the factor of a softmax is ${factor}, but must be positive and finite`);
  }
  if (lengths.length !== m.rows) {
    throw new RangeError(`${lengths.length} lengths were given for the softmax of ${m.rows} rows`);
  }
  for (let r = 0; r < m.rows; r++) {
    if (!(lengths[r]! >= 0 && lengths[r]! <= m.columns)) {
      throw new RangeError(
        `row ${r} has ${m.columns} values, of which softmax cannot take ${lengths[r]}`,
      );
    }
  }
  return matrix(m.rows, m.columns, kernels.softmaxRows(m.data, m.columns, lengths, factor));
}
