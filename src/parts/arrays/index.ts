/**
 * Plain arrays that multiply by weights from a stream: what a decompressor stands in front of, and
 * what other hardware is compared with.
 */
export { systolicArray, systolicSumBits } from './systolic-array.ts';
export type { SystolicArrayParameters } from './systolic-array.ts';
