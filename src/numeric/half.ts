import { bfloat16Format, encodeFloat, halfFormat } from './float-format.ts';

/** 16 bits of an IEEE 754 half -> its exact value; signed zeros, subnormals, infinities, NaN. */
export function halfToNumber(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * The IEEE 754 half nearest to `x`, ties to even, as 16 bits. Rounds once, straight from float64.
 * From 65520 on the result is infinity; NaN gives the quiet NaN 0x7e00.
 */
export function numberToHalf(x: number): number {
  return encodeFloat(x, halfFormat);
}

/** The value of the IEEE 754 half nearest to `x`. */
export function roundToHalf(x: number): number {
  return halfToNumber(numberToHalf(x));
}

const word = new DataView(new ArrayBuffer(4));

/** 16 bits of a bfloat16 (the upper half of a float32) -> its exact value. */
export function bfloat16ToNumber(bits: number): number {
  word.setUint32(0, (bits & 0xffff) << 16);
  return word.getFloat32(0);
}

/** The bfloat16 nearest to `x`, ties to even, as 16 bits. Rounds once, straight from float64; NaN gives 0x7fc0. */
export function numberToBfloat16(x: number): number {
  return encodeFloat(x, bfloat16Format);
}

let halfTable: Float32Array | undefined;

/** Many halves -> their exact values. A table of all 65536 makes it fast enough for whole checkpoints. */
export function halvesToFloat32(bits: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 0x10000 }, (_, i) => halfToNumber(i));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halfTable[bits[i]!]!;
  return values;
}

/** Many bfloat16 values -> their exact values. */
export function bfloat16sToFloat32(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}
