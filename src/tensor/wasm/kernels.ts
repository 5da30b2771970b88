// What the compiled module offers. Compile with `npm run build:wasm`; kernels.wasm is committed.
export { productFloat32, productInt8, productInt16, splitInt16 } from './products';
export { gelu, layerNorm, softmaxRows } from './rows';
