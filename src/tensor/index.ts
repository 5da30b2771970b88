/**
 * Dense matrices over typed arrays and the kernels an encoder needs: float32 and exact integer products, softmax,
 * LayerNorm, GELU. Knows nothing of models or files.
 */
export { matrix, maxMagnitude, rowOf, sliceColumns, sliceRows, transpose } from './matrix.ts';
export type { IntegerMatrix, Matrix } from './matrix.ts';
export { exactMatmul, int8Matmul, matmulTransposed } from './matmul.ts';
export type { Int8Matrix } from './matmul.ts';
export type { IntegerProduct, IntegerProducts, PreciseMatrix } from './integer-product.ts';
export { addRow, gelu, geluTanh, layerNorm, relu, softmaxRows, tanh } from './kernels.ts';
