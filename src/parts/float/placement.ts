import { addressBits } from '../../ir/index.ts';
import { concat, constant, sint } from '../../hdl/index.ts';
import type { SInt, UInt } from '../../hdl/index.ts';
import { significandBits } from './format.ts';
import type { FloatFormat } from './format.ts';

/**
 * One kind of exact magnitudes: the most zeros that lead, and the most room that these have, which is
 * the biased exponent that a one at the top would have in the format of the result, minus 1.
 */
export interface Magnitudes {
  readonly leadingZeros: number;
  readonly room: number;
}

/** How an exact magnitude goes into a normalizer, which shifts left alone. */
export interface Placement {
  /** Zeros to put above it: this much is added to its room. */
  readonly zeros: number;
  /** Most places that a one moves up then. */
  readonly reach: number;
  /** Whether room can be negative even so. */
  readonly negative: boolean;
}

/**
 * Places magnitudes for a format.
 *
 * @param leastRoom the least room of any of them
 */
export function placement(
  format: FloatFormat,
  leastRoom: number,
  magnitudes: readonly Magnitudes[],
): Placement {
  // Below all bits of a significand and the one behind it, a magnitude is less than half of the
  // least subnormal, and how much less does not matter.
  const zeros = Math.min(significandBits(format) + 1, Math.max(0, -leastRoom));
  const moves = magnitudes.map(({ leadingZeros, room }) => Math.min(leadingZeros, room) + zeros);
  return { zeros, reach: Math.max(1, ...moves), negative: leastRoom + zeros < 0 };
}

/** `magnitude` under `zeros` zeros, with zeros behind it to as many bits as a significand has. */
export function place(format: FloatFormat, magnitude: UInt, zeros: number): UInt {
  const placed = magnitude.extend(zeros + magnitude.width);
  const missing = significandBits(format) - placed.width;
  return missing > 0 ? concat(placed, constant(missing, 0)) : placed;
}

/** `exponent` plus an offset that is known when the circuit is built, wide enough for every value. */
export function addOffset(exponent: UInt, offset: number): SInt {
  const width = Math.max(exponent.width, addressBits(Math.abs(offset) + 1)) + (offset > 0 ? 2 : 1);
  return exponent
    .extend(width)
    .asSigned()
    .addWrap(constant(sint(width), offset));
}
