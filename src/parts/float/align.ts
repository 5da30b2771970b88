import { addressBits } from '../../ir/index.ts';
import { concat, mux } from '../../hdl/index.ts';
import type { UInt } from '../../hdl/index.ts';

/** What `shiftRightSticky` makes. */
export interface Aligned {
  readonly value: UInt;
  /** Behind each step, for the names of a body. */
  readonly steps: Readonly<Record<string, UInt>>;
}

/**
 * `value` shifted right, its lowest bit set where any bit was lost: the sticky bit of rounding.
 *
 * As wide as `value`, which has 4 bits or more. A shifter of log2 steps, each of which keeps the
 * sticky bit in place, so that no wider value and no mask is needed.
 */
export function shiftRightSticky(value: UInt, amount: UInt): Aligned {
  const { width } = value;
  // From width - 1 on, the lowest bit alone is left.
  const count = Math.min(amount.width, addressBits(width - 1));
  const steps: Record<string, UInt> = {};
  let shifted = value;
  for (let step = count - 1; step >= 0; step -= 1) {
    const distance = 2 ** step;
    const kept = shifted.bits(distance + 1, width - distance - 1);
    const sticky = shifted.bits(0, distance + 1).any();
    shifted = mux(amount.bit(step), concat(kept, sticky).extend(width), shifted);
    steps[`by${distance}`] = shifted;
  }
  if (amount.width === count) return { value: shifted, steps };
  const far = amount.bits(count, amount.width - count).any();
  return { value: mux(far, value.any().extend(width), shifted), steps };
}
