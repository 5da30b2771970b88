/**
 * Plain arrays that multiply by weights from a stream: what a decompressor stands in front of, and
 * what other hardware is compared with. docs/arrays.md has them cycle by cycle.
 */
export { dotProductSumBits, dotProductUnit } from './dot-product-unit.ts';
export type { DotProductUnitParameters } from './dot-product-unit.ts';
export { rowStationaryArray, rowStationarySumBits } from './row-stationary-array.ts';
export type { RowStationaryArrayParameters } from './row-stationary-array.ts';
export { systolicArray, systolicSumBits } from './systolic-array.ts';
export type { SystolicArrayParameters } from './systolic-array.ts';
export type { WeightArrayPorts } from './weight-array.ts';
