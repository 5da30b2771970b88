/**
 * A stream of random numbers that depends on its seed alone, so that every run of a seed is the same run.
 */
export interface Rng {
  /** The next integer, uniform in 0 .. 2^32 - 1. */
  uint32(): number;
  /** An integer uniform in 0 .. n - 1, without modulo bias. `n` is an integer in 1 .. 2^32. */
  below(n: number): number;
  /** A float64 uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A float64 from the normal distribution of mean 0 and standard deviation 1. */
  normal(): number;
}

/**
 * A seeded generator: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021),
 * its state filled from the seed by the finalizer of MurmurHash3 over a Weyl sequence, so that neighbouring seeds
 * give unrelated streams.
 *
 * @param seed any integer; only its low 32 bits count
 */
export function rng(seed: number): Rng {
  let weyl = seed >>> 0;
  const next = (): number => {
    weyl = (weyl + 0x9e3779b9) >>> 0;
    let z = weyl;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let s0 = next();
  let s1 = next();
  let s2 = next();
  let s3 = next();

  const uint32 = (): number => {
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  };

  const below = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`below(n) needs an integer n in 1 .. 2^32, not ${n}`);
    }
    // Values from the last, incomplete run of n would make small results likelier: draw again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    let value = uint32();
    while (value >= limit) value = uint32();
    return value % n;
  };

  const uniform = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53;

  let spare: number | undefined;
  // Marsaglia's polar method; it makes two independent values at a time.
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const radius = u * u + v * v;
      if (radius > 0 && radius < 1) {
        const factor = Math.sqrt((-2 * Math.log(radius)) / radius);
        spare = v * factor;
        return u * factor;
      }
    }
  };

  return { uint32, below, uniform, normal };
}

/**
 * One step of Marsaglia's xorshift32 ("Xorshift RNGs", 2003, triple 13, 17, 5): the generator behind the stalls of
 * every engine, so its three lines exist with the same constants in C++ and Verilog.
 *
 * @param state 32 bits; every state but 0 lies on one cycle of length 2^32 - 1, and 0 stays 0
 * @returns the next state, 0 .. 2^32 - 1, which is also the random value
 */
export function xorshift32(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x >>> 0;
}
