import type { Rng } from '../../numeric/index.ts';
import type { Job } from '../../testbench/job.ts';
import { importanceCodeBits } from './params.ts';
import type { ScoresParameters } from './params.ts';
import { pick, repeat } from './random-job.ts';
import type { Draw } from './random-job.ts';
import { scoresJob } from './scores-job.ts';
import type { ScoresLayer } from './scores-job.ts';

/** Longest sequence of a random job. */
const longest = 24;
const mostCode = 2 ** importanceCodeBits - 1;

/** Bits of each token, one at least alive: all alike, one alone, or any mix. */
export function randomBits(random: Rng, length: number): readonly number[] {
  const any: Draw = () => pick(random, [8, 4, 0]);
  const bits = repeat(
    length,
    pick<Draw>(random, [any, any, () => 8, () => 4, () => 0, () => pick(random, [8, 4])]),
  );
  bits[random.below(length)] = pick(random, [8, 4]);
  return bits;
}

/** Codes of probabilities: any, corners, or those at which the code of 8 bits, or its digit, changes. */
const codeDraw = (random: Rng): Draw => {
  const any: Draw = () => random.below(mostCode + 1);
  const step: Draw = () => 257 * random.below(256) + pick(random, [-129, -128, 127, 128]);
  const digit: Draw = () => 257 * (16 * random.below(16) + 8) + pick(random, [-129, -128, 0]);
  const within =
    (draw: Draw): Draw =>
    () =>
      Math.min(mostCode, Math.max(0, draw()));
  return pick(random, [any, within(step), within(digit), () => pick(random, [0, mostCode, 1])]);
};

/** A job of one sequence through one to four layers, each with any list of its tokens. */
export function randomScoresJob(p: ScoresParameters, random: Rng): Job {
  const { loadWords } = p;
  const most = Math.min(p.maxTokens, longest);
  const length = pick(random, [1, 2, loadWords, loadWords + 1, most, 1 + random.below(most)]);
  const share = pick(random, [0, 0.2, 1]);
  const layers = repeat(1 + random.below(4), (): ScoresLayer => {
    const bits = randomBits(random, length);
    const n = bits.filter((own) => own > 0).length;
    const heads = 1 + random.below(3);
    return { bits, heads, codes: repeat(heads * n * n, codeDraw(random)) };
  });
  return scoresJob(
    p,
    {
      length,
      isProtected: repeat(length, () => (random.uniform() < share ? 1 : 0)),
      byQuery: random.below(2) === 1,
      accumulates: random.below(3) > 0,
      layers,
    },
    () => random.below(mostCode + 1),
  );
}
