import { InputError } from '../numeric/index.ts';

/** A dense float32 matrix, row by row: element (r, c) is `data[r * columns + c]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** A dense matrix of integers, row by row; a Float64Array holds integers up to 2^53 in magnitude. */
export interface IntegerMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Int8Array | Int16Array | Int32Array | Float64Array;
}

/**
 * A matrix over `data`, or over zeros.
 *
 * @throws RangeError if `data` does not hold rows x columns values
 */
export function matrix(rows: number, columns: number, data?: Float32Array): Matrix {
  if (data && data.length !== rows * columns) {
    throw new RangeError(`${data.length} values do not fill a matrix of ${rows} x ${columns}`);
  }
  return { rows, columns, data: data ?? new Float32Array(rows * columns) };
}

/** One row, as a view: writing to it writes to the matrix. */
export function rowOf(m: Matrix, row: number): Float32Array {
  return m.data.subarray(row * m.columns, (row + 1) * m.columns);
}

/** Rows begin .. end - 1, copied. */
export function sliceRows(m: Matrix, begin: number, end: number): Matrix {
  return matrix(end - begin, m.columns, m.data.slice(begin * m.columns, end * m.columns));
}

/** Columns begin .. end - 1, copied. */
export function sliceColumns(m: Matrix, begin: number, end: number): Matrix {
  const out = matrix(m.rows, end - begin);
  for (let r = 0; r < m.rows; r++) {
    const from = r * m.columns;
    out.data.set(m.data.subarray(from + begin, from + end), r * out.columns);
  }
  return out;
}

/** Rows as columns, copied. */
export function transpose(m: Matrix): Matrix {
  const out = matrix(m.columns, m.rows);
  for (let r = 0; r < m.rows; r++) {
    for (let c = 0; c < m.columns; c++) out.data[c * m.rows + r] = m.data[r * m.columns + c]!;
  }
  return out;
}

/** The largest |value|; 0 for a matrix without values, NaN if there is a NaN. */
export function maxMagnitude(m: { readonly data: ArrayLike<number> }): number {
  let max = 0;
  for (let i = 0; i < m.data.length; i++) {
    const magnitude = Math.abs(m.data[i]!);
    if (!(magnitude <= max)) max = magnitude;
    if (Number.isNaN(max)) return NaN;
  }
  return max;
}

/** The smallest and the largest value of a matrix, or bounds of them. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/** What the element type alone promises; undefined for int32 and float64. */
export function typeRange({ data }: IntegerMatrix): IntegerRange | undefined {
  if (data instanceof Int8Array) return { min: -(2 ** 7), max: 2 ** 7 - 1 };
  return data instanceof Int16Array ? { min: -(2 ** 15), max: 2 ** 15 - 1 } : undefined;
}

/**
 * The smallest and the largest value, 0 included.
 *
 * @param name what the matrix is, for the message
 * @throws InputError for a value that is no integer
 */
export function valueRange(m: IntegerMatrix, name: string): IntegerRange {
  let min = 0;
  let max = 0;
  for (let i = 0; i < m.data.length; i++) {
    const value = m.data[i]!;
    if (value < min) min = value;
    else if (value > max) max = value;
    // Infinity is its own floor, but its difference from itself is NaN.
    if (value !== Math.floor(value) || value - value !== 0) {
      throw new InputError(
        `${name} holds ${value} in row ${Math.floor(i / m.columns)}, column ${i % m.columns}, but an exact product takes integers; quantize first.`,
      );
    }
  }
  return { min, max };
}
