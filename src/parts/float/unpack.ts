import { concat } from '../../hdl/index.ts';
import type { Bit, UInt } from '../../hdl/index.ts';
import type { FloatFormat } from './format.ts';

/** A number taken apart: (-1)^sign * significand * 2^(exponent - bias - fractionBits) where finite. */
export interface Unpacked {
  readonly sign: Bit;
  /** Biased; 1 for subnormals and zeros too, whose significand tells them from normal numbers. */
  readonly exponent: UInt;
  /** With the bit before the point: 1 for normal numbers, 0 for subnormals and zeros. */
  readonly significand: UInt;
  readonly infinite: Bit;
  readonly nan: Bit;
  /** Neither subnormal nor zero. */
  readonly normal: Bit;
  /** Infinite or NaN. */
  readonly special: Bit;
}

/** Takes a number apart. */
export function unpack({ exponentBits, fractionBits }: FloatFormat, packed: UInt): Unpacked {
  const fraction = packed.bits(0, fractionBits);
  const exponent = packed.bits(fractionBits, exponentBits);
  const normal = exponent.any();
  const special = exponent.all();
  const whole = fraction.any().not();
  return {
    sign: packed.bit(fractionBits + exponentBits),
    exponent: exponent.or(normal.not().extend(exponentBits)),
    significand: concat(normal, fraction),
    infinite: special.and(whole),
    nan: special.and(whole.not()),
    normal,
    special,
  };
}
