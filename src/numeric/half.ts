/** IEEE 754 style format: sign, exponent with this least normal exponent, fraction; all-ones exponent for inf/NaN. */
interface SmallFloat {
  readonly fractionBits: number;
  readonly minExponent: number;
  readonly infinity: number;
  readonly sign: number;
}

const half: SmallFloat = { fractionBits: 10, minExponent: -14, infinity: 0x7c00, sign: 0x8000 };
const bfloat16: SmallFloat = {
  fractionBits: 7,
  minExponent: -126,
  infinity: 0x7f80,
  sign: 0x8000,
};

const word = new DataView(new ArrayBuffer(8));

/** floor(log2 x) of a positive normal float64, read off its exponent field (Math.log2 may round up). */
function exponentOf(x: number): number {
  word.setFloat64(0, x);
  return ((word.getUint16(0) >>> 4) & 0x7ff) - 1023;
}

function encode(x: number, format: SmallFloat): number {
  const { fractionBits, minExponent, infinity } = format;
  if (Number.isNaN(x)) return infinity | (1 << (fractionBits - 1));
  const sign = x < 0 || Object.is(x, -0) ? format.sign : 0;
  const magnitude = Math.abs(x);
  if (magnitude === Infinity) return sign | infinity;
  const exponent = Math.max(exponentOf(magnitude), minExponent);
  // Scaling by a power of two is exact, so the value is rounded once.
  const scaled = magnitude * 2 ** (fractionBits - exponent);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const fraction = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
  // The leading one of a normal value adds 1 to the exponent field, and so does a carry out of the fraction.
  const bits = (exponent - minExponent) * 2 ** fractionBits + fraction;
  return sign | Math.min(bits, infinity);
}

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
  return encode(x, half);
}

/** The value of the IEEE 754 half nearest to `x`. */
export function roundToHalf(x: number): number {
  return halfToNumber(numberToHalf(x));
}

/** 16 bits of a bfloat16 (the upper half of a float32) -> its exact value. */
export function bfloat16ToNumber(bits: number): number {
  word.setUint32(0, (bits & 0xffff) << 16);
  return word.getFloat32(0);
}

/** The bfloat16 nearest to `x`, ties to even, as 16 bits. Rounds once, straight from float64; NaN gives 0x7fc0. */
export function numberToBfloat16(x: number): number {
  return encode(x, bfloat16);
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
