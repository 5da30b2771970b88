import { concatenate } from '../../numeric/index.ts';
import type { Rng } from '../../numeric/index.ts';
import type { Job } from '../../testbench/job.ts';
import { acceleratorJob, imageParts, markImage, weightBeatBytes } from './accelerator-job.ts';
import type { WeightImage } from './accelerator-job.ts';
import { binCount, groupRows, isFp16 } from './params.ts';
import type { AcceleratorParameters } from './params.ts';
import { halfDraw } from './random-half.ts';

/** Longest dot product of a random job: long enough that draining hides behind it for small tiles. */
const longest = 100;

const outlierShares = [0, 0, 0.001, 0.05, 0.5, 1];

function pick<T>(random: Rng, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

/** Numbers of the number system, signed ones of `bits` bits: any, or corners often. */
function numberDraw(random: Rng, p: AcceleratorParameters, bits: number): () => number {
  if (isFp16(p)) return halfDraw(random);
  const limit = 2 ** (bits - 1);
  const corners = [-limit, limit - 1, 0, -1, 1];
  const any = (): number => random.below(2 * limit) - limit;
  return pick(random, [any, () => (random.below(2) === 0 ? pick(random, corners) : any())]);
}

/** Lengths of the dot products of an image: one to three, in as many columns as a bank has. */
function lengths(random: Rng, p: AcceleratorParameters): number[] {
  const dots = pick(random, [1, 1, 2, 3]);
  const most = Math.min(p.maxLength, longest, Math.max(1, Math.floor(p.bankWords / dots)));
  const count = Math.min(dots, p.bankWords);
  return Array.from({ length: count }, () =>
    Math.min(most, pick(random, [1, 2, binCount(p), most, 1 + random.below(most)])),
  );
}

/** An image of so many columns, with as many outliers of this share as its banks have room for. */
function randomImage(
  p: AcceleratorParameters,
  rows: number,
  columns: number,
  share: number,
  random: Rng,
): WeightImage {
  const index = pick(random, [() => random.below(binCount(p)), () => binCount(p) - 1]);
  const weight = numberDraw(random, p, p.weightBits);
  const room = new Int32Array(p.tiles).fill(p.bankRecords);
  const outliers: { row: number; column: number; value: number }[] = [];
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      if (random.uniform() >= share || room[row % p.tiles]! === 0) continue;
      room[row % p.tiles]!--;
      outliers.push({ row, column, value: weight() });
    }
  }
  // Slots of outliers hold indexes too, which must be ignored.
  return {
    indexes: Array.from({ length: rows }, () => Array.from({ length: columns }, index)),
    outliers,
  };
}

/** The beats of all parts; those of different parts in any order. */
function interleaved(
  p: AcceleratorParameters,
  parts: readonly Uint8Array[],
  random: Rng,
): Uint8Array {
  if (random.below(2) === 0) return concatenate(parts);
  const stride = weightBeatBytes(p);
  const places = parts.flatMap((part, i) => Array<number>(part.length / stride).fill(i));
  for (let i = places.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [places[i], places[j]] = [places[j]!, places[i]!];
  }
  const next = parts.map(() => 0);
  return concatenate(
    places.map((part) => parts[part]!.subarray(next[part]! * stride, ++next[part]! * stride)),
  );
}

/** A job of one run: one to three images, each with one to three tokens. */
export function randomAcceleratorJob(p: AcceleratorParameters, random: Rng): Job {
  const most = groupRows(p);
  const rows = pick(random, [most, most, 1, 1 + random.below(most)]);
  const tokens = 1 + random.below(3);
  const share = pick(random, outlierShares);
  const activation = numberDraw(random, p, p.activationBits);
  const weight = numberDraw(random, p, p.weightBits);
  const images = Array.from({ length: 1 + random.below(3) }, () => {
    const dots = lengths(random, p);
    const columns = dots.reduce((sum, length) => sum + length, 0);
    return { dots, image: randomImage(p, rows, columns, share, random) };
  });
  const ends = images.flatMap(({ dots }) =>
    Array.from({ length: tokens }, () =>
      dots.flatMap((length) => Array.from({ length }, (_, i) => (i === length - 1 ? 1 : 0))),
    ).flat(),
  );
  const weights = concatenate(
    images.map(({ image }) => markImage(p, interleaved(p, imageParts(p, image), random))),
  );
  return acceleratorJob(p, {
    centroids: Array.from({ length: binCount(p) }, weight),
    ...{ rows, tokens, weights, ends },
    weightBeats: weights.length / weightBeatBytes(p),
    values: ends.map(activation),
    dots: tokens * images.reduce((sum, { dots }) => sum + dots.length, 0),
    records: images.reduce((sum, { image }) => sum + image.outliers.length, 0),
  });
}
