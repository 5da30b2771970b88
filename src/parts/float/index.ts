/**
 * Floating-point units: add, multiply with mixed formats, convert, in any IEEE 754 binary format;
 * and the shifter with a leading-zero counter that they share. docs/floating-point.md has the rules.
 */
export { floatAdd } from './float-add.ts';
export type { FloatAddParameters } from './float-add.ts';
export { floatConvert } from './float-convert.ts';
export type { FloatConvertParameters } from './float-convert.ts';
export { floatMultiply } from './float-multiply.ts';
export type { FloatMultiplyParameters } from './float-multiply.ts';
export { bfloat16, floatBits, half, single } from './format.ts';
export type { FloatFormat } from './format.ts';
export { normalizer } from './normalizer.ts';
export type { NormalizerParameters } from './normalizer.ts';
