import { expect, it } from 'vitest';

import { vssaTopK } from '../../../src/families/vssa/designs.ts';
import { rng } from '../../../src/numeric/index.ts';
import { noStalls, packBeats, unpackBeats } from '../../../src/testbench/index.ts';
import type { Job } from '../../../src/testbench/index.ts';
import { simulate } from './hardware.ts';
import { naiveTopK } from './naive.ts';

/** Random score vectors; `SYSTOLE_REGRESS` takes all. */
const vectors = process.env['SYSTOLE_REGRESS'] ? 10_000 : 400;

interface Sequence {
  readonly scores: readonly number[];
  readonly live: readonly number[];
  readonly isProtected: readonly number[];
  readonly k0: number;
  readonly k1: number;
}

const listsOf = ({ scores, live, isProtected, k0, k1 }: Sequence) =>
  naiveTopK(scores, live, isProtected, k0, k1);

function job(sequence: Sequence): Job {
  const { scores, live, isProtected, k0, k1 } = sequence;
  const { eight, four } = listsOf(sequence);
  const last = scores.map((_, i) => (i === scores.length - 1 ? 1 : 0));
  return {
    writes: [
      [0, k0],
      [1, k1],
    ],
    inputs: { scores: packBeats([40, 1, 1, 1], [scores, isProtected, live, last]) },
    expect: { tokens: eight.length + four.length },
    stalls: noStalls,
    maxCycles: 20_000,
  };
}

async function check(maxTokens: number, sequences: readonly Sequence[]) {
  const outcomes = await simulate(vssaTopK, { maxTokens }, sequences.map(job));
  sequences.forEach((sequence, i) => {
    const { eight, four } = listsOf(sequence);
    const [id, bits, last] = unpackBeats([10, 2, 1], outcomes[i]!.outputs['tokens']!, [
      false,
      false,
      false,
    ]).map((column) => Array.from(column));
    const where = JSON.stringify(sequence);
    expect(id, where).toEqual([...eight, ...four]);
    expect(bits, where).toEqual([...eight.map(() => 2), ...four.map(() => 1)]);
    expect(last, where).toEqual(id!.map((_, beat) => (beat === id!.length - 1 ? 1 : 0)));
  });
  return outcomes;
}

it(`chooses as counting does, with ties, for ${vectors} random vectors`, async () => {
  const random = rng(17);
  const sequences = Array.from({ length: vectors }, (): Sequence => {
    const length = 1 + random.below(random.below(8) === 0 ? 60 : 20);
    const spread = [1, 3, 8, 2 ** 20][random.below(4)]!;
    const scale = [1, 2 ** 20, Math.floor(2 ** 39 / spread)][random.below(3)]!;
    const flags = (share: number): number[] =>
      Array.from({ length }, () => (random.uniform() < share ? 1 : 0));
    const live = flags([0.2, 0.7, 1][random.below(3)]!);
    live[0] = 1;
    const isProtected = flags([0, 0.1, 0.5][random.below(3)]!).map((flag, i) => flag & live[i]!);
    // One token at least survives.
    isProtected[0] = 1;
    return {
      scores: Array.from({ length }, () => scale * random.below(spread)),
      ...{ live, isProtected },
      ...{ k0: random.below(length + 2), k1: random.below(length + 2) },
    };
  });
  await check(64, sequences);
}, 300_000);

it.each([
  ['one token', [7], 1, 1],
  ['one token of 4 bits', [7], 1, 0],
  ['all of them with 8 bits', [3, 1, 2, 1], 4, 4],
  ['all of them with 4 bits', [3, 1, 2, 1], 4, 0],
  ['the largest scores', [2 ** 40 - 1, 2 ** 40 - 1, 2 ** 40 - 2], 2, 1],
  ['the largest score with 4 bits', [2 ** 40 - 1, 3], 2, 0],
])('chooses %s', async (_, scores, k0, k1) => {
  const none = scores.map(() => 0);
  await check(16, [{ scores, live: scores.map(() => 1), isProtected: none, k0, k1 }]);
});

it('keeps [CLS] alone where all others are pruned or may not stay', async () => {
  const scores = [0, 9, 9, 9];
  const isProtected = [1, 0, 0, 0];
  await check(16, [
    { scores, live: [1, 0, 0, 0], isProtected, k0: 4, k1: 0 },
    { scores, live: [1, 1, 1, 1], isProtected, k0: 0, k1: 4 },
    { scores, live: [1, 1, 1, 1], isProtected, k0: 1, k1: 1 },
  ]);
});

it('prunes even the largest score where protected tokens take all places', async () => {
  await check(16, [
    { scores: [2 ** 40 - 1, 5], live: [1, 1], isProtected: [0, 1], k0: 1, k1: 1 },
    { scores: [7], live: [1], isProtected: [0], k0: 1, k1: 1 },
  ]);
});

it('keeps the last token that it has room for, with a score of 0', async () => {
  const scores = Array<number>(64).fill(0);
  const ones = scores.map(() => 1);
  const none = scores.map(() => 0);
  await check(64, [
    { scores, live: ones, isProtected: none, k0: 64, k1: 0 },
    { scores, live: ones, isProtected: none, k0: 64, k1: 64 },
    { scores, live: ones, isProtected: ones, k0: 1, k1: 63 },
  ]);
});

it('takes as many cycles as its manual says at most for a full sequence', async () => {
  const random = rng(5);
  const scores = Array.from({ length: 512 }, () => random.below(100));
  const ones = scores.map(() => 1);
  const [outcome] = await check(512, [
    { scores, live: ones, isProtected: scores.map(() => 0), k0: 512, k1: 200 },
  ]);
  const most = 512 + 2 * 49 * 32 + 2 * 32 + 512;
  expect(vssaTopK.manual({ maxTokens: 512 }).timing.join(' ')).toContain(`at most ${most} cycles`);
  expect(outcome!.cycles).toBe(most);
});
