import { loadSimdKernels } from './simd.ts';
import { productFloat32, productInteger } from './typed-products.ts';
import { gelu, layerNorm, softmaxRows } from './typed-rows.ts';

/** x [rows x inner] times the transposed w [columns x inner]. */
export interface ProductShape {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/**
 * The kernels that exist twice: in WebAssembly SIMD and over typed arrays. Both give the same bits (of a NaN only that
 * it is one). Operands are unchanged, results new; shapes have been checked.
 */
export interface Kernels {
  readonly name: 'simd' | 'typed';
  /** x w^T in float32. */
  productFloat32(x: Float32Array, w: Float32Array, shape: ProductShape): Float32Array;
  /** Exact x w^T of values within -128 .. 127; fewer than 2^17 products a sum. */
  productInt8(x: Integers, w: Integers, shape: ProductShape): Int32Array;
  /** Exact x w^T of values within -32768 .. 32767 whose sums stay within +-2^53. */
  productInt16(x: Integers, w: Integers, shape: ProductShape): Float64Array;
  gelu(values: Float32Array): Float32Array;
  softmaxRows(
    values: Float32Array,
    columns: number,
    lengths: ArrayLike<number>,
    factor: number,
  ): Float32Array;
  layerNorm(
    values: Float32Array,
    weight: Float32Array,
    bias: Float32Array,
    epsilon: number,
  ): Float32Array;
}

export type Integers = Int8Array | Int16Array | Int32Array | Float64Array;

/** Plain JavaScript, for where WebAssembly SIMD is missing. */
export const typedKernels: Kernels = {
  name: 'typed',
  productFloat32,
  productInt8: (x, w, shape) => Int32Array.from(productInteger(x, w, shape)),
  productInt16: productInteger,
  gelu,
  softmaxRows,
  layerNorm,
};

/** WebAssembly SIMD, or nothing where the machine lacks it. */
export const simdKernels: Kernels | undefined = loadSimdKernels(typedKernels);

/** What this process computes with: SIMD where there is any, unless SYSTOLE_WASM=0 forbids it. */
export const kernels: Kernels =
  process.env['SYSTOLE_WASM'] === '0' ? typedKernels : (simdKernels ?? typedKernels);
