import type { Rng } from '../../numeric/index.ts';
import { packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { operandBeats } from './format/streams.ts';
import { binCount, isFp16 } from './params.ts';
import type { NumberSystem, PeParameters, TileParameters } from './params.ts';
import { halfDraw } from './random-half.ts';
import { cycleLimit, tileJob } from './tile-job.ts';

/** Longest dot product of a random job: long enough that draining hides behind it for small tiles. */
const longest = 200;

const outlierShares = [0, 0, 0.001, 0.05, 0.5, 1];

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

/** Numbers of the number system. */
function numberDraw(random: Rng, p: NumberSystem, bits: number): Draw {
  return isFp16(p) ? halfDraw(random) : signedDraw(random, bits);
}

/** Indexes: any, all in one bin (which then holds the largest sums), or each bin in turn. */
function indexDraw(random: Rng, count: number): Draw {
  const constant = random.below(count);
  let turn = 0;
  return pick<Draw>(random, [
    () => random.below(count),
    () => random.below(count),
    () => constant,
    () => turn++ % count,
  ]);
}

function lengths(random: Rng, p: Pick<PeParameters, 'bits' | 'maxLength'>): number[] {
  const count = binCount(p);
  const most = Math.min(p.maxLength, longest);
  return Array.from({ length: 1 + random.below(4) }, () =>
    Math.min(
      most,
      pick(random, [
        1,
        2,
        count - 1,
        count,
        count + 1,
        most,
        1 + random.below(most),
        1 + random.below(most),
      ]),
    ),
  );
}

/** A job for the processing element alone: one to four sets of bins. */
export function randomPeJob(p: PeParameters, random: Rng): Job {
  const count = binCount(p);
  const share = pick(random, outlierShares);
  const activation = numberDraw(random, p, p.activationBits);
  const index = indexDraw(random, count);
  const sets = lengths(random, p);
  const last = sets.flatMap((length) =>
    Array.from({ length }, (_, i) => (i === length - 1 ? 1 : 0)),
  );
  return {
    writes: [],
    inputs: {
      operands: packBeats(operandBeats(p).widths, [
        last.map(activation),
        last.map(index),
        last.map(() => (random.uniform() < share ? 1 : 0)),
        last,
      ]),
    },
    expect: { bins: sets.length * count },
    stalls: noStalls,
    maxCycles: cycleLimit(p, last.length, sets.length, 1),
  };
}

/** A job for the tile: one to four dot products on some or all of its rows. */
export function randomTileJob(p: TileParameters, random: Rng): Job {
  const count = binCount(p);
  const rows = pick(random, [p.pes, p.pes, 1, 1 + random.below(p.pes)]);
  const share = pick(random, outlierShares);
  const activation = numberDraw(random, p, p.activationBits);
  const weight = numberDraw(random, p, p.weightBits);
  const index = indexDraw(random, count);
  const centroids = Array.from({ length: count }, weight);
  const dots = lengths(random, p).map((length) =>
    Array.from({ length }, () => ({
      activation: activation(),
      // Slots of outliers and of PEs that are not in use hold indexes too: both must be ignored.
      indexes: Array.from({ length: p.pes }, index),
      outliers: Array.from({ length: rows }, (_, row) => row)
        .filter(() => random.uniform() < share)
        .map((row) => ({ row, value: weight() })),
    })),
  );
  return tileJob(p, rows, centroids, dots);
}
