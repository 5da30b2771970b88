/** 2^n at index n + 1023; index 0 is 0. */
const powers = Float64Array.from({ length: 2047 }, (_, i) => (i === 0 ? 0 : 2 ** (i - 1023)));

/** Added to a number below 2^51 it leaves the nearest integer + 1023 in the low bits, halves to even. */
const magic = 6755399441056767;

/**
 * e^x in float64, relative error below 2^-46; x is clamped to -708 .. 709, where the result is a normal number.
 *
 * Written here, with correctly rounded operations alone, so that every machine gives the same bits: the
 * specification leaves `Math.exp` to the implementation. x = n ln 2 + r, the Taylor series of e^r to r^11, ln 2 in two
 * parts (those of fdlibm) so that r stays exact.
 */
export function exponential(x: number): number {
  const c = x < -708 ? -708 : x > 709 ? 709 : x;
  const n = c * 1.4426950408889634 + magic - magic;
  const r = c - n * 6.9314718036912381649e-1 - n * 1.90821492927058770002e-10;
  const square = r * r;
  let odd = 1 / 39916800;
  let even = 1 / 3628800;
  odd = odd * square + 1 / 362880;
  even = even * square + 1 / 40320;
  odd = odd * square + 1 / 5040;
  even = even * square + 1 / 720;
  odd = odd * square + 1 / 120;
  even = even * square + 1 / 24;
  odd = odd * square + 1 / 6;
  even = even * square + 0.5;
  odd = odd * square + 1;
  even = even * square + 1;
  return (even + odd * r) * powers[(n + 1023) | 0]!;
}

/**
 * 1 - Phi(a), the tail of the normal distribution behind a = 0 .. 40, in float64: relative error below 2^-39 as far as
 * a times the result is not below float32, a = 0 .. 14.2.
 *
 * e^(-a^2 / 2) times a rational approximation of e^(a^2 / 2) erfc(a / sqrt 2) / 2: our own fit, least squares over 160
 * Chebyshev points of a / (a + 2), reweighted until the largest relative error stopped falling. All coefficients are
 * positive, so nothing cancels.
 */
export function normalTail(a: number): number {
  let p = 0.0001817323526348525;
  p = p * a + 0.0029974626074159272;
  p = p * a + 0.02349894318481711;
  p = p * a + 0.1100814012585947;
  p = p * a + 0.3241474583107688;
  p = p * a + 0.5745867551551807;
  p = p * a + 0.5000000000007215;
  let q = 0.0004555354064537424;
  q = q * a + 0.007513528517835188;
  q = q * a + 0.059358497563633726;
  q = q * a + 0.28345023081167353;
  q = q * a + 0.8704532013268432;
  q = q * a + 1.7018224872445087;
  q = q * a + 1.947058071288854;
  q = q * a + 1;
  return (exponential(a * a * -0.5) * p) / q;
}

/** The hyperbolic tangent in float64, relative error below 2^-35, with the same bits on every machine. */
export function hyperbolicTangent(x: number): number {
  const square = x * x;
  // 1 - 2 / (e^2x + 1) cancels near 0; the Taylor series takes over there.
  if (square < 1 / 16) {
    let p = 21844 / 6081075;
    p = p * square - 1382 / 155925;
    p = p * square + 62 / 2835;
    p = p * square - 17 / 315;
    p = p * square + 2 / 15;
    p = p * square - 1 / 3;
    return x * (1 + square * p);
  }
  return 1 - 2 / (exponential(2 * x) + 1);
}
