import type { Rng } from '../../numeric/index.ts';
import type { Job } from '../../testbench/job.ts';
import { arrayJob } from './array-job.ts';
import type { ArrayParameters } from './params.ts';

/** Longest dot product of a random job: long enough that small tiles leave while the next is summed. */
const longest = 150;

type Draw = () => number;

function pick<T>(random: Rng, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

/** Signed values of `bits` bits: any, corners often, or one corner throughout. */
function signedDraw(random: Rng, bits: number): Draw {
  const limit = 2 ** (bits - 1);
  const corners = [-limit, limit - 1, 1 - limit, 0, -1, 1];
  const any: Draw = () => random.below(2 * limit) - limit;
  const constant = pick(random, corners.slice(0, 2));
  return pick<Draw>(random, [
    any,
    () => (random.below(3) === 0 ? pick(random, corners) : any()),
    () => pick(random, corners),
    () => constant,
  ]);
}

/** A job of one to five tiles on some or all of the cells. */
export function randomArrayJob(p: ArrayParameters, random: Rng): Job {
  const inUse = (all: number): number => pick(random, [all, all, 1, 1 + random.below(all)]);
  const shape = { rows: inUse(p.rows), columns: inUse(p.columns) };
  const leaving = shape.rows * shape.columns;
  const most = Math.min(p.maxLength, longest);
  const length = (): number =>
    Math.min(
      most,
      pick(random, [1, 2, leaving, leaving + 1, shape.rows, most, 1 + random.below(most)]),
    );
  const weight = signedDraw(random, p.weightBits);
  const activation = signedDraw(random, p.activationBits);
  const lanes = (count: number, length: number, draw: Draw): number[][] =>
    // Lanes that are not in use hold values too, which must not matter.
    Array.from({ length: count }, () => Array.from({ length }, draw));
  const tiles = Array.from({ length: 1 + random.below(5) }, length).map((n) => ({
    weights: lanes(p.rows, n, weight),
    activations: lanes(p.columns, n, activation),
  }));
  return arrayJob(p, shape, tiles);
}
