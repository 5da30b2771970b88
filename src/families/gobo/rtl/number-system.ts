import { concat, constant, instance, sint, uint } from '../../../hdl/index.ts';
import type { SInt, SIntType, UInt } from '../../../hdl/index.ts';
import { floatBits, floatConvert, half, single } from '../../../parts/float/index.ts';
import type { FloatFormat } from '../../../parts/float/index.ts';
import { isFp16 } from '../params.ts';
import type { NumberSystem } from '../params.ts';

/**
 * Type of a number in ports and memories: a signed integer, or the bits of a float, which are
 * unsigned. Modules that only move numbers take both for signed integers; what computes with them
 * knows the number system, and reads floats by `bitsOfFloat`.
 */
export const numberType = (p: NumberSystem, width: number): SIntType =>
  isFp16(p) ? (uint(width) as unknown as SIntType) : sint(width);

/** The same for the floats of a format. */
export const floatType = (format: FloatFormat): SIntType =>
  uint(floatBits(format)) as unknown as SIntType;

/** Bits as the number that they stand for. */
export const asNumber = (p: NumberSystem, bits: UInt): SInt =>
  isFp16(p) ? asFloat(bits) : bits.asSigned();

/** Bits as a number of the system fp16. */
export const asFloat = (bits: UInt): SInt => bits as unknown as SInt;

/** A number of the system fp16 as what it is. */
export const bitsOfFloat = (float: SInt): UInt => float as unknown as UInt;

/**
 * Format of an activation that is to be added to singles: it has their exponents and the fraction of
 * halves, so that every half has a normal number here, and a single only lacks zeros behind it.
 */
export const wideHalf: FloatFormat = {
  exponentBits: single.exponentBits,
  fractionBits: half.fractionBits,
};

/** A wide half as a single. */
export const toSingle = (wide: UInt): UInt =>
  concat(wide, constant(single.fractionBits - half.fractionBits, 0));

/** The unit that makes wide halves of halves. */
export const widener = () => instance(...floatConvert({ from: half, to: wideHalf }));
