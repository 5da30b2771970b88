import { InputError } from '../numeric/index.ts';
import { kernels } from './backend.ts';
import { matrix, typeRange, valueRange } from './matrix.ts';
import { productInteger } from './typed-products.ts';
import type { IntegerMatrix, IntegerRange, Matrix } from './matrix.ts';

/** Every integer up to here, and so every sum that stays below, is exact in float64. */
const exactLimit = 2 ** 53;

/** Products of two int8 values that an int32 sum can hold: 2^14 each, fewer than 2^17. */
const int8Products = 2 ** 17 - 1;

function shapeOf(x: Shaped, w: Shaped): { rows: number; columns: number; inner: number } {
  if (x.columns !== w.columns) {
    throw new RangeError(`x has ${x.columns} columns and w has ${w.columns}: x w^T is not defined`);
  }
  return { rows: x.rows, columns: w.rows, inner: x.columns };
}

interface Shaped {
  readonly rows: number;
  readonly columns: number;
}

/**
 * x w^T: [n x k] times [m x k] gives [n x m], the way a linear layer stores its weight.
 *
 * Products and sums are float32, in an order that depends on k alone: four sums, of the products of index 0, 1, 2, 3
 * mod 4 in ascending order, then (first + third) + (second + fourth). So a row gives the same bits alone and in a
 * batch, and on every machine, with and without WebAssembly.
 */
export function matmulTransposed(x: Matrix, w: Matrix): Matrix {
  const shape = shapeOf(x, w);
  return matrix(x.rows, w.rows, kernels.productFloat32(x.data, w.data, shape));
}

/**
 * x w^T of int8 values: [n x k] times [m x k] gives n x m exact int32 sums, row by row.
 *
 * @throws InputError for k of 2^17 and more, where a sum could leave 32 bits
 */
export function int8Matmul(x: Int8Matrix, w: Int8Matrix): Int32Array {
  const shape = shapeOf(x, w);
  if (shape.inner > int8Products) {
    throw new InputError(
      `int8 rows of ${shape.inner} values may sum beyond 32 bits, allowed are ${int8Products}; use exactMatmul, which sums in 53 bits.`,
    );
  }
  return kernels.productInt8(x.data, w.data, shape);
}

/** A dense matrix of int8 values, row by row. */
export interface Int8Matrix extends IntegerMatrix {
  readonly data: Int8Array;
}

/**
 * x w^T of integers: [n x k] times [m x k] gives n x m exact sums, row by row.
 *
 * Values within 8 and within 16 bits have fast kernels; they are fastest in an Int8Array or Int16Array, which needs
 * neither a look at every value nor a conversion.
 *
 * @throws InputError if an operand holds a value that is no integer, or if sums could leave +-2^53: the largest |x| times
 *   the largest |w| times k must not
 */
export function exactMatmul(x: IntegerMatrix, w: IntegerMatrix): Float64Array {
  const shape = shapeOf(x, w);
  const ranges = [typeRange(x) ?? valueRange(x, 'x'), typeRange(w) ?? valueRange(w, 'w')] as const;
  if (boundOf(ranges, shape.inner) > exactLimit) {
    const found = [valueRange(x, 'x'), valueRange(w, 'w')] as const;
    const bound = boundOf(found, shape.inner);
    if (bound > exactLimit) {
      const [xLargest, wLargest] = found.map(magnitude);
      throw new InputError(
        `the exact product of ${x.rows} x ${x.columns} values up to ${xLargest} and ${w.rows} x ${w.columns} values up to ${wLargest} may sum to ${bound}, allowed is 2^53 = ${exactLimit}; use codes of fewer bits.`,
      );
    }
  }
  const within = (limit: number): boolean =>
    ranges.every(({ min, max }) => min >= -limit && max < limit);
  if (within(2 ** 7) && shape.inner <= int8Products) {
    return new Float64Array(kernels.productInt8(x.data, w.data, shape));
  }
  if (within(2 ** 15)) return kernels.productInt16(x.data, w.data, shape);
  return productInteger(x.data, w.data, shape);
}

const magnitude = ({ min, max }: IntegerRange): number => Math.max(-min, max);

/** The largest sum that values of these ranges can make. */
function boundOf([x, w]: readonly [IntegerRange, IntegerRange], inner: number): number {
  return magnitude(x) * magnitude(w) * inner;
}
