/** The integer nearest to `x`; a value midway between two goes away from zero. Never gives -0. */
export function roundHalfAway(x: number): number {
  // Math.round of a non-negative value rounds halves up without the error of floor(x + 0.5) just below 0.5.
  return x < 0 ? 0 - Math.round(-x) : Math.round(x) + 0;
}

/**
 * Bits needed to tell `n` things apart: the least b with 2^b >= n, so 0 for n = 1.
 *
 * @param n an integer in 1 .. 2^53
 */
export function ceilLog2(n: number): number {
  if (!Number.isInteger(n) || n < 1 || n > 2 ** 53) {
    throw new RangeError(`ceilLog2(n) needs an integer n in 1 .. 2^53, not ${n}`);
  }
  let bits = 0;
  while (2 ** bits < n) bits++;
  return bits;
}

/**
 * Width of an unsigned field that holds every value 0 .. `max`; at least 1, since no field has width 0.
 *
 * @param max an integer in 0 .. 2^53 - 1
 */
export function bitsFor(max: number): number {
  return Math.max(1, ceilLog2(max + 1));
}

/** `x` limited to what `bits` bits hold in two's complement: -2^(bits-1) .. 2^(bits-1) - 1; `bits` in 1 .. 53. */
export function saturate(x: number, bits: number): number {
  const limit = 2 ** (bits - 1);
  return Math.min(Math.max(x, -limit), limit - 1);
}

/**
 * `x` limited to the symmetric range -(2^(bits-1) - 1) .. 2^(bits-1) - 1; `bits` in 2 .. 53.
 *
 * Quantizers use it so that a code and its negative are both representable.
 */
export function clampSymmetric(x: number, bits: number): number {
  const limit = 2 ** (bits - 1) - 1;
  return Math.min(Math.max(x, -limit), limit);
}
