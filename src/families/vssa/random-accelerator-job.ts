import type { Rng } from '../../numeric/index.ts';
import type { Job } from '../../testbench/job.ts';
import { acceleratorJob } from './accelerator-job.ts';
import type { AcceleratorRun, OperandRows, OperandSide } from './accelerator-job.ts';
import { tokenOrder } from './decoding.ts';
import type { AcceleratorParameters } from './params.ts';
import { codeDraw, drawSigns, pick, repeat } from './random-job.ts';
import type { Draw } from './random-job.ts';
import { randomBits } from './random-scores-job.ts';

/** Longest sum of a random job, and most lanes of a side in groups. */
const longest = 40;
const mostGroups = 3;

/** Largest number from 1 to `most` with which a bank is not too small. */
const within = (most: number, fits: (n: number) => boolean): number => {
  let n = most;
  while (n > 1 && !fits(n)) n--;
  return n;
};

/** All numbers below, in any order. */
function shuffled(random: Rng, items: readonly number[]): number[] {
  const found = [...items];
  for (let i = found.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [found[i], found[j]] = [found[j]!, found[i]!];
  }
  return found;
}

/**
 * A job of one to a few products: heads or chunks of a layer, with any list, any placing and any mix of precisions that
 * the hardware has, whether or not attention has a use for it.
 */
export function randomAcceleratorJob(p: AcceleratorParameters, random: Rng): Job {
  const { rows, cols, loadWords, leftBlocks, rightBlocks } = p;
  const blocksOf = (count: number, lanes: number, depth: number): number =>
    Math.ceil(count / lanes) * Math.ceil(depth / loadWords);
  const signs = drawSigns(random);
  const tagsOf = (): OperandSide['tags'] => pick(random, ['eight', 'lanes', 'indexes']);
  const plain = random.below(4) === 0;
  const byList = { left: !plain && random.below(2) === 1, right: !plain && random.below(2) === 1 };
  const byIndex = random.below(3) === 0;
  const tags = {
    left: plain ? ('eight' as const) : tagsOf(),
    right: plain ? ('eight' as const) : tagsOf(),
  };
  const needsList = byList.left || byList.right || tags.left !== 'eight' || tags.right !== 'eight';

  // The list first: what is placed by it cannot have more places than the list has tokens.
  const most = Math.min(p.maxTokens, mostGroups * Math.max(rows, cols));
  const length = pick(random, [1, rows, cols + 1, most, 1 + random.below(most)]);
  const bits = randomBits(random, Math.min(length, p.maxTokens));
  const order = tokenOrder(bits);
  const places = (listed: boolean, usual: number): number =>
    listed ? pick(random, [order.length, order.length, 1 + random.below(order.length)]) : usual;

  const lanes = (count: number): number =>
    pick(random, [1, count, count + 1, 1 + random.below(mostGroups * count)]);
  const anyDepth = pick(random, [1, 2, loadWords, loadWords + 1, rows, 1 + random.below(longest)]);
  const wanted = Math.min(longest, places(byIndex && byList.right, anyDepth));
  const depth = within(
    wanted,
    (d) => Math.ceil(d / loadWords) <= Math.min(leftBlocks, rightBlocks),
  );
  const leftCount = within(
    places(byList.left, lanes(rows)),
    (n) => blocksOf(n, rows, depth) <= leftBlocks,
  );
  const rightCount = within(
    places(byList.right && !byIndex, lanes(cols)),
    (n) => blocksOf(n, cols, depth) <= rightBlocks,
  );

  const code = codeDraw(random);
  const dead = Array.from(bits.keys()).filter((id) => bits[id] === 0);
  /** Ids that are not in the list at all. */
  const foreign: Draw = () => pick(random, [1023, p.maxTokens - 1, bits.length, ...dead]);
  /** Tokens whose rows may be stored: those that find a place in a bank, in use or not. */
  const storable = (used: number, fits: (places: number) => boolean): number[] =>
    order.slice(0, Math.max(used, within(order.length, fits)));

  /** Rows of a matrix: for each place one, sometimes an earlier one that is overwritten, or one that is dropped. */
  const matrix = (
    listed: boolean,
    columns: number,
    used: number,
    tokens: number[],
  ): OperandRows => {
    let ids: number[];
    if (!listed) ids = repeat(used, () => random.below(1024));
    else {
      const sent = random.below(2) === 0 ? tokens : order.slice(0, used);
      const again = repeat(random.below(3), () => pick(random, sent));
      const dropped = repeat(random.below(4), foreign).filter(
        (id) => bits[id] === undefined || bits[id] === 0,
      );
      ids = shuffled(random, [...sent, ...again, ...dropped]);
    }
    return { ids, columns, data: repeat(ids.length * columns, code) };
  };
  const ofLeft = storable(leftCount, (n) => blocksOf(n, rows, depth) <= leftBlocks);
  const ofRight = byIndex
    ? order.slice(0, depth)
    : storable(rightCount, (n) => blocksOf(n, cols, depth) <= rightBlocks);
  const rightUsed = byIndex ? depth : rightCount;

  const [leftUses, rightUses] = pick(random, [
    [1, 1],
    [1, 1],
    [2, 1],
    [1, 3],
    [2, 2],
  ]) as readonly [number, number];
  const rounds = 1 + random.below(4);
  const leftMatrices = rounds * rightUses;
  const rightMatrices = rounds * leftUses;
  const run: AcceleratorRun = {
    depth,
    left: {
      requantizes: random.below(2) === 1,
      count: leftCount,
      signed: signs.left,
      byList: byList.left,
      tags: tags.left,
      uses: leftUses,
      matrices: repeat(leftMatrices, () => matrix(byList.left, depth, leftCount, ofLeft)),
    },
    right: {
      requantizes: random.below(2) === 1,
      count: rightCount,
      signed: signs.right,
      byList: byList.right,
      tags: tags.right,
      uses: rightUses,
      byIndex,
      matrices: repeat(rightMatrices, () =>
        matrix(byList.right, byIndex ? rightCount : depth, rightUsed, ofRight),
      ),
    },
    rowsByList: needsList && leftCount <= order.length && random.below(2) === 1,
    ...(needsList && { bits }),
  };
  return acceleratorJob(p, run, () => random.below(256));
}
