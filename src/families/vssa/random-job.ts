import { concatenate } from '../../numeric/index.ts';
import type { Rng } from '../../numeric/index.ts';
import { packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { arrayJob, arrayWrites } from './array-job.ts';
import type { Signs } from './array-job.ts';
import {
  leftBeats,
  peLeftBeats,
  peRightBeats,
  rightBeats,
  scoreBeats,
  valueBeats,
} from './format/streams.ts';
import { goldenTopK } from './golden-topk.ts';
import {
  comparators,
  eightAddress,
  importanceBits,
  keepAddress,
  leftSignedAddress,
  rightSignedAddress,
} from './params.ts';
import type { ArrayParameters, PeParameters, TopKParameters } from './params.ts';

export type Draw = () => number;

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;
/** Longest dot product of a random job: long enough that results of small arrays leave while the next is summed. */
const longest = 60;

export function pick<T>(random: Rng, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

export const repeat = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

/** Bits 7 .. 0 of words: any, corners often, or the largest magnitude throughout. */
export function codeDraw(random: Rng): Draw {
  const any: Draw = () => random.below(256);
  const corners = [0x80, 0x7f, 0xff, 0x00, 0x0f, 0xf0, 0x10, 0x81];
  return pick<Draw>(random, [
    any,
    () => (random.below(3) === 0 ? pick(random, corners) : any()),
    () => pick(random, corners),
    () => 0x80,
  ]);
}

/** 1 for a word of two digits: by its place in the lane, the lane, or each on its own. */
function eightDraw(
  random: Rng,
  lanes: number,
  length: number,
): (lane: number, k: number) => number {
  const share = pick(random, [0.1, 0.5, 0.9]);
  const draw: Draw = () => (random.uniform() < share ? 1 : 0);
  const byLane = repeat(lanes, draw);
  const byPlace = repeat(length, draw);
  return pick(random, [
    () => 0,
    () => 1,
    (lane: number) => byLane[lane]!,
    (_: number, k: number) => byPlace[k]!,
    draw,
  ]);
}

export const drawSigns = (random: Rng): Signs => ({
  left: random.below(3) > 0,
  right: random.below(3) > 0,
});

/** A job for the processing element: sums of products, some of which begin anew on the way or go on behind a result. */
export function randomPeJob(_p: PeParameters, random: Rng): Job {
  const beats = 1 + random.below(200);
  const signs = drawSigns(random);
  const words = (): { columns: number[][]; eights: number[] } => {
    const codes = repeat(beats, codeDraw(random));
    const eight = eightDraw(random, 1, beats);
    const eights = codes.map((_, k) => eight(0, k));
    return {
      columns: [codes.map((code) => code >> 4), codes.map((code) => code % 16), eights],
      eights,
    };
  };
  const [left, right] = [words(), words()];
  const ends = pick(random, [1, 2, 10, beats]);
  const last = Array.from({ length: beats }, (_, k): number =>
    k === beats - 1 || random.below(ends) === 0 ? 1 : 0,
  );
  const first = last.map((_, k) => {
    if (k === 0) return 1;
    const usual = last[k - 1]!;
    return random.below(20) === 0 ? 1 - usual : usual;
  });
  return {
    writes: [
      [leftSignedAddress, signs.left ? 1 : 0],
      [rightSignedAddress, signs.right ? 1 : 0],
    ],
    inputs: {
      left: packBeats(peLeftBeats.widths, [...left.columns, first, last]),
      right: packBeats(peRightBeats.widths, right.columns),
    },
    expect: {
      left_out: beats,
      right_out: beats,
      results: last.reduce((sum, flag) => sum + flag, 0),
    },
    stalls: noStalls,
    maxCycles: stallAllowance * (4 * beats + 64),
  };
}

/** A job of one to six tiles on some or all of the array, with any mix of words. */
export function randomArrayJob(p: ArrayParameters, random: Rng): Job {
  const inUse = (all: number): number => pick(random, [all, all, 1, 1 + random.below(all)]);
  const shape = { rows: inUse(p.rows), columns: inUse(p.cols) };
  const { rows, cols } = p;
  const lengths = repeat(1 + random.below(6), () =>
    Math.min(longest, pick(random, [1, 2, 3, rows, cols, longest, 1 + random.below(longest)])),
  );
  /** Lanes of a side of a tile; those that are not in use hold words, too, which must not matter. */
  const lanes = (count: number, length: number): number[][] => {
    const code = codeDraw(random);
    const eight = eightDraw(random, count, length);
    return Array.from({ length: count }, (_, lane) =>
      Array.from({ length }, (_, k) => 256 * eight(lane, k) + code()),
    );
  };
  const left = lengths.map((length) =>
    packBeats(leftBeats(p).widths, [
      ...lanes(rows, length),
      Array.from({ length }, (_, k) => (k === length - 1 ? 1 : 0)),
    ]),
  );
  const right = lengths.map((length) => packBeats(rightBeats(p).widths, lanes(cols, length)));
  return arrayJob(
    p,
    arrayWrites(drawSigns(random), shape),
    { left: concatenate(left), right: concatenate(right) },
    {
      beats: lengths.reduce((sum, length) => sum + length, 0),
      results: lengths.length * shape.rows,
    },
  );
}

/** A job for the selection: one to four sequences, with ties often, protected tokens and such that are dead. */
export function randomTopKJob(p: TopKParameters, random: Rng): Job {
  const most = Math.min(p.maxTokens, pick(random, [1, comparators, comparators + 1, 60]));
  const score = pick<Draw>(random, [
    () => random.below(4),
    () => random.below(1000),
    () => random.uint32() * 2 ** (importanceBits - 32) + random.below(2 ** (importanceBits - 32)),
    () => pick(random, [0, 2 ** importanceBits - 1, 2 ** 32, 2 ** 32 - 1]),
    () => 7,
  ]);
  const dead = pick(random, [0, 0.2, 0.9]);
  const kept = pick(random, [0, 0.1, 1]);
  const count = (): number => pick(random, [0, 1, most, random.below(most + 2), 2 ** 16 - 1]);
  const k0 = Math.max(1, count());
  const k1 = count();
  const sequences = Array.from({ length: 1 + random.below(4) }, () => {
    const length = 1 + random.below(most);
    const live = repeat(length, () => (random.uniform() < dead ? 0 : 1));
    // One token at least is to survive.
    live[random.below(length)] = 1;
    // What a dead token says of itself must not matter.
    const isProtected = repeat(length, () => (random.uniform() < kept ? 1 : 0));
    return { scores: repeat(length, score), isProtected, live };
  });
  const survivors = sequences.map((sequence) => goldenTopK({ ...sequence, k0, k1 }));
  const beats = sequences.reduce((sum, { live }) => sum + live.length, 0);
  return {
    writes: [
      [keepAddress, k0],
      [eightAddress, k1],
    ],
    inputs: {
      scores: concatenate(
        sequences.map(({ scores, isProtected, live }) =>
          packBeats(scoreBeats.widths, [
            ...[scores, isProtected, live],
            live.map((_, i) => (i === live.length - 1 ? 1 : 0)),
          ]),
        ),
      ),
    },
    expect: {
      tokens: survivors.reduce((sum, { eight, four }) => sum + eight.length + four.length, 0),
    },
    stalls: noStalls,
    maxCycles: stallAllowance * (8 * beats + 64) + sequences.length * selectCycles(most),
  };
}

/** Cycles that selecting among so many tokens takes at most: both levels, bit by bit of a key. */
const selectCycles = (tokens: number): number =>
  2 * (importanceBits + 10) * Math.ceil(tokens / comparators);

/** A job for the requantizer: every code at least once in a while, and those at which the digit changes. */
export function randomRequantizerJob(_p: unknown, random: Rng): Job {
  const beats = 1 + random.below(300);
  const first = random.below(256);
  const value = pick<(i: number) => number>(random, [
    (i) => ((first + i) % 256) - 128,
    () => random.below(256) - 128,
    () => 16 * (random.below(16) - 8) + pick(random, [7, 8, 9, 0, 15]),
  ]);
  const eight = eightDraw(random, 1, beats);
  const values = Array.from({ length: beats }, (_, i) => value(i));
  return {
    writes: [],
    inputs: {
      values: packBeats(valueBeats.widths, [
        values,
        values.map((_, i) => eight(0, i)),
        values.map((_, i) => (i === beats - 1 || random.below(10) === 0 ? 1 : 0)),
      ]),
    },
    expect: { digits: beats },
    stalls: noStalls,
    maxCycles: stallAllowance * (beats + 64),
  };
}
