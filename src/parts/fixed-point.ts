import type { Bit, SInt, UInt } from '../hdl/index.ts';

/**
 * What becomes of the bits that are dropped:
 *
 * - `truncate`: nothing; the result is the largest whole number not above the exact one.
 * - `half-up`: the nearest whole number; of two equally near, the larger.
 * - `half-away-from-zero`: the nearest; of two equally near, the one farther from 0.
 * - `half-to-even`: the nearest; of two equally near, the even one.
 */
export type Rounding = 'truncate' | 'half-up' | 'half-away-from-zero' | 'half-to-even';

/**
 * `value` divided by 2^`drop`, as a whole number.
 *
 * With `drop` 0 the value itself, else W - `drop` bits for `truncate` and one bit more for the other
 * modes, which can round up past the largest number: `saturate` or `truncate` the result to narrow
 * it.
 *
 * @param drop a whole number in 0 .. W - 1
 * @throws RangeError for another `drop`
 */
export function round(value: UInt, drop: number, mode: Rounding): UInt;
export function round(value: SInt, drop: number, mode: Rounding): SInt;
export function round(value: UInt | SInt, drop: number, mode: Rounding): UInt | SInt {
  if (!(Number.isInteger(drop) && drop >= 0 && drop < value.width)) {
    const most = value.width - 1;
    const error = new RangeError(
      `round drops 0 to ${most} of ${value.width} bits, not ${drop}: extend the value first`,
    );
    Error.captureStackTrace(error, round);
    throw error;
  }
  if (drop === 0) return value;
  const width = value.width - drop;
  const quotient = value.bits(drop, width);
  if (mode === 'truncate') return value.kind === 'sint' ? quotient.asSigned() : quotient;
  const up = roundsUp(value, drop, mode).extend(width + 1);
  return value.kind === 'sint'
    ? quotient
        .asSigned()
        .extend(width + 1)
        .addWrap(up.asSigned())
    : quotient.extend(width + 1).addWrap(up);
}

/** 1 where the next larger whole number is the result. */
function roundsUp(value: UInt | SInt, drop: number, mode: Exclude<Rounding, 'truncate'>): Bit {
  const half = value.bit(drop - 1);
  // Above one half, not at it; a single bit dropped is never more than that.
  const more = drop > 1 ? value.bits(0, drop - 1).any() : undefined;
  const tieTo = (tie: Bit): Bit => half.and(more ? more.or(tie) : tie);
  switch (mode) {
    case 'half-up':
      return half;
    case 'half-away-from-zero':
      return value.kind === 'sint' ? tieTo(value.bit(value.width - 1).not()) : half;
    case 'half-to-even':
      return tieTo(value.bit(drop));
  }
}
