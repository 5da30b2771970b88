import type { Rng } from '../../numeric/index.ts';
import type { Job } from '../../testbench/job.ts';
import { arrayJob } from './array-job.ts';
import type { ArrayParameters } from './params.ts';

/** Longest dot product of a random job: long enough that any tile leaves while the next is summed. */
const longest = 80;

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

/** A job of one to six tiles on some or all rows of cells. */
export function randomArrayJob(p: ArrayParameters, random: Rng): Job {
  const rows = pick(random, [p.rows, p.rows, 1, 1 + random.below(p.rows)]);
  const most = Math.min(p.maxLength, longest);
  const length = (): number =>
    Math.min(most, pick(random, [1, 2, rows, rows + 1, most, 1 + random.below(most)]));
  const weight = signedDraw(random, p.weightBits);
  const activation = signedDraw(random, p.activationBits);
  const lanes = (count: number, length: number, draw: Draw): number[][] =>
    // Lanes that are not in use hold values too, which must not matter.
    Array.from({ length: count }, () => Array.from({ length }, draw));
  const tiles = Array.from({ length: 1 + random.below(6) }, length).map((n) => ({
    weights: lanes(p.rows, n, weight),
    activations: lanes(p.columns, n, activation),
  }));
  return arrayJob(p, rows, tiles);
}

/** The same for the array without the shell, which has no registers. */
export function randomCoreJob(p: ArrayParameters, random: Rng): Job {
  const { writes, inputs, expect, stalls, maxCycles } = randomArrayJob(p, random);
  return { writes, inputs, expect, stalls, maxCycles };
}
