import type { Rng } from '../../numeric/index.ts';

/** Zeros, subnormals and normals at their ends, ones, the largest, infinities and NaN, of both signs. */
const corners = [
  0x0000, 0x0001, 0x03ff, 0x0400, 0x0401, 0x3bff, 0x3c00, 0x3c01, 0x7bfe, 0x7bff, 0x7c00, 0x7c01,
  0x7dff, 0x7e00, 0x7fff,
].flatMap((bits) => [bits, bits + 0x8000]);

const isFinite = (bits: number): boolean => (bits & 0x7c00) !== 0x7c00;
const finiteCorners = corners.filter(isFinite);

/**
 * Bits of halves for random jobs. A NaN or an infinity hides all else that a sum has, so most jobs
 * have none; sums that cancel, that differ much in magnitude, and subnormals have jobs of their own.
 */
export function halfDraw(random: Rng): () => number {
  const pick = (choices: readonly number[]): number => choices[random.below(choices.length)]!;
  const sign = (): number => 0x8000 * random.below(2);
  const finite = (): number => sign() + random.below(0x7c00);
  const constant = pick(finiteCorners);
  let previous = 0;
  const kinds: readonly (() => number)[] = [
    finite,
    finite,
    // Of one magnitude, nearly.
    () => sign() + 0x3800 + random.below(0x800),
    () => sign() + random.below(0x800),
    // Zeros of both signs: bins and sums that begin with them, and those that stay zero.
    () => (random.below(6) > 0 ? sign() : finite()),
    () => (random.below(4) === 0 ? pick(finiteCorners) : finite()),
    () => pick(finiteCorners),
    () => constant,
    // Every other one cancels the one before, where it meets it.
    () => (previous = random.below(2) === 0 ? previous ^ 0x8000 : finite()),
    () => (random.below(60) === 0 ? pick(corners) : finite()),
    () => pick(corners),
  ];
  return kinds[random.below(kinds.length)]!;
}
