import type { Rng } from '../../numeric/index.ts';
import type { Job } from '../../testbench/job.ts';
import { compressedBody, decompressorJob } from './decompressor-job.ts';
import { binCount } from './params.ts';
import type { DecompressorParameters } from './params.ts';

/** Weights of a random job, so that one takes milliseconds. */
const mostWeights = 1500;

const outlierShares = [0, 0.001, 0.05, 0.3, 0.99, 1];

/**
 * A job for the decompressor: one or two matrices with rows of less than a block, of one block, and
 * of several with a shorter one at the end.
 */
export function randomDecompressorJob(p: DecompressorParameters, random: Rng): Job {
  const pick = <T>(choices: readonly T[]): T => choices[random.below(choices.length)]!;
  const most = 2 ** (8 * p.valueBytes);
  const word = (): number => pick([0, most - 1, most / 2, random.below(most), random.below(most)]);
  // Raw blocks have 255 or 256 weights; they come from chance too seldom.
  const raw = random.below(4) === 0;
  const columns = raw
    ? pick([255, 256, 511, 512])
    : pick([
        1,
        1 + random.below(2 * p.lanes),
        1 + random.below(60),
        1 + random.below(255),
        1 + random.below(255),
        255,
        256,
        257,
        512,
        256 + random.below(400),
      ]);
  const rows = 1 + random.below(Math.max(1, Math.min(6, Math.floor(mostWeights / columns))));
  const dictionary = Array.from({ length: binCount(p) }, word);
  const share = raw ? 1 : pick(outlierShares);
  // Outliers that come in bursts fill whole beats, and leave others without any.
  const burst = raw ? 1 : pick([1, 1, 20, 60]);
  const matrix = (): Uint8Array => {
    let outlier = false;
    const isOutlier = Array.from({ length: rows * columns }, () => {
      if (random.below(burst) === 0) outlier = random.uniform() < share;
      return outlier;
    });
    const positions = isOutlier.flatMap((is, position) => (is ? [position] : []));
    return compressedBody(p, {
      rows,
      columns,
      dictionary,
      indexes: isOutlier.map((is) => (is ? 0 : random.below(dictionary.length))),
      outliers: { positions, words: positions.map(word) },
    });
  };
  const bodies = Array.from({ length: pick([1, 1, 2]) }, matrix);
  return decompressorJob(p, { dictionary, rows, columns }, bodies, random.below(256));
}
