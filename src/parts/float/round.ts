import { concat, constant, instance, mux } from '../../hdl/index.ts';
import type { Bit, SInt, UInt } from '../../hdl/index.ts';
import { round } from '../fixed-point.ts';
import { maximalExponent, significandBits } from './format.ts';
import type { FloatFormat } from './format.ts';
import { normalizer, normalizerSteps } from './normalizer.ts';

/** A magnitude with its leading one at the top, or subnormal. */
export interface Normalized {
  readonly magnitude: UInt;
  /** Biased, of a one at the top of the magnitude; 0 for subnormals and zero. May exceed the format. */
  readonly exponent: UInt;
}

const normalizerOf = (width: number, reach: number) => instance(...normalizer({ width, reach }));

/** An instance of a normalizer, for the names of a body. */
export type Shifter = ReturnType<typeof normalizerOf>;

/**
 * Moves the leading one of a magnitude to the top, but no farther than subnormals allow.
 *
 * @param room the biased exponent that a one at the top of `magnitude` has, minus 1: by so many
 *   places it can move up. Signed where it may be negative; there the magnitude must be too small
 *   for the format.
 * @param reach the most places that a one moves up
 */
export function normalize(
  magnitude: UInt,
  room: UInt | SInt,
  reach: number,
): Normalized & { shifter: Shifter } {
  const shifter = normalizerOf(magnitude.width, reach);
  const steps = normalizerSteps(reach);
  const places = room.asUnsigned();
  const limit = places.width > steps ? places.saturate(steps) : places.extend(steps);
  shifter.value.set(magnitude);
  shifter.limit.set(room.kind === 'sint' ? mux(room.lt(0), 0, limit) : limit);
  const leading = shifter.normalized.bit(magnitude.width - 1);
  const wide = Math.max(places.width, steps) + 1;
  const exponent = places.extend(wide).subWrap(shifter.shift.extend(wide)).addWrap(1);
  return { magnitude: shifter.normalized, exponent: mux(leading, exponent, 0), shifter };
}

export interface Result extends Normalized {
  readonly sign: Bit;
  /** The result is an infinity, whatever the magnitude is. */
  readonly infinite: Bit;
  /** The result is NaN, whatever the rest is. */
  readonly nan: Bit;
}

export interface Rounded {
  readonly packed: UInt;
  /** Exponent and fraction of a result that is finite, or infinite by the carry of rounding. */
  readonly rounded: UInt;
  /** The exponent is too large before rounding. */
  readonly overflow: Bit;
}

/** Rounds to nearest, ties to even, and packs; the canonical quiet NaN for every NaN. */
export function roundAndPack(format: FloatFormat, result: Result): Rounded {
  const { exponentBits, fractionBits } = format;
  const { sign, exponent, magnitude, infinite, nan } = result;
  const behind = magnitude.width - significandBits(format);
  // Exponent and fraction round as one number: the carry out of the fraction is what the exponent
  // needs, from subnormal to normal and from the largest number to infinity too.
  const exact = concat(exponent.truncate(exponentBits), magnitude.bits(0, magnitude.width - 1));
  const rounded = round(exact, behind, 'half-to-even').truncate(exponentBits + fractionBits);
  const overflow = exponent.ge(maximalExponent(format));
  const infinity = constant(exponentBits + fractionBits, special(format, 0n));
  const finiteOrInfinite = concat(sign, mux(infinite.or(overflow), infinity, rounded));
  const quiet = constant(finiteOrInfinite.width, special(format, 1n << BigInt(fractionBits - 1)));
  return { packed: mux(nan, quiet, finiteOrInfinite), rounded, overflow };
}

/** Positive, with the exponent of infinities and NaN and this fraction. */
const special = (format: FloatFormat, fraction: bigint): bigint =>
  (BigInt(maximalExponent(format)) << BigInt(format.fractionBits)) | fraction;
