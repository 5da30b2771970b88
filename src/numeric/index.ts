/**
 * Numbers without context: seeded random numbers, rounding and clamping, half precision and bfloat16, bit fields
 * packed into bytes, and the error that means "this input cannot be used". Imports nothing.
 */
export { concatenate } from './bytes.ts';
export { InputError } from './input-error.ts';
export { rng, xorshift32 } from './rng.ts';
export type { Rng } from './rng.ts';
export { bitsFor, ceilLog2, clampSymmetric, roundHalfAway, saturate } from './rounding.ts';
export {
  bfloat16sToFloat32,
  bfloat16ToNumber,
  halfToNumber,
  halvesToFloat32,
  numberToBfloat16,
  numberToHalf,
  roundToHalf,
} from './half.ts';
export {
  bfloat16Format,
  decodeFloat,
  encodeFloat,
  halfFormat,
  roundToFormat,
  singleFormat,
} from './float-format.ts';
export type { FloatFormat } from './float-format.ts';
export { packBits, readBits, readSignedBits, unpackBits, writeBits } from './bits.ts';
