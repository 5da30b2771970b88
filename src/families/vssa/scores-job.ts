import { concatenate } from '../../numeric/index.ts';
import { lastFlags, packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { tokenOrder } from './decoding.ts';
import { probabilityBeats } from './format/accelerator-streams.ts';
import { tokenBeats } from './format/streams.ts';
import {
  accumulateFlag,
  eightBitsCode,
  fourBitsCode,
  lengthAddress,
  newSequenceAddress,
  protectAddress,
  queryPrecisionFlag,
  scoreFlagsAddress,
} from './params.ts';
import type { ScoresParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;

/** The beats of a token list. */
export const listBeats = (bits: ArrayLike<number>): Uint8Array => {
  const ids = tokenOrder(bits);
  const codes = ids.map((id) => (bits[id] === 8 ? eightBitsCode : fourBitsCode));
  return packBeats(tokenBeats.widths, [ids, codes, lastFlags(ids.length)]);
};

/** What the score accumulator gets of one layer. */
export interface ScoresLayer {
  /** Of each token: 8, 4 or 0; one at least is alive. */
  readonly bits: ArrayLike<number>;
  readonly heads: number;
  /** Codes of 16 bits, [heads x n x n], queries and keys in the order of the list; n are alive. */
  readonly codes: ArrayLike<number>;
}

/** One sequence through some layers. */
export interface ScoresRun {
  /** Tokens, whether alive or not. */
  readonly length: number;
  readonly isProtected: readonly number[];
  /** Whether probabilities get the precision of their query. */
  readonly byQuery: boolean;
  /** Whether importance adds up from layer to layer. */
  readonly accumulates: boolean;
  readonly layers: readonly ScoresLayer[];
}

/** Rows of `n` values, each filled up with `fill` to whole beats: by lane. */
function padded(
  values: ArrayLike<number>,
  n: number,
  width: number,
  fill: () => number,
): readonly number[][] {
  const lanes = Array.from({ length: width }, (): number[] => []);
  const whole = Math.ceil(n / width) * width;
  for (let begin = 0; begin < values.length; begin += n) {
    for (let place = 0; place < whole; place++) {
      lanes[place % width]!.push(place < n ? values[begin + place]! : fill());
    }
  }
  return lanes;
}

/**
 * A job of one sequence.
 *
 * @param fill what stands in a beat beyond the last token of a row
 */
export function scoresJob(p: ScoresParameters, run: ScoresRun, fill: () => number = () => 0): Job {
  const { length, isProtected, byQuery, accumulates, layers } = run;
  let codes = 0;
  let cycles = 0;
  const probabilities = layers.map(({ bits, heads, codes: values }) => {
    const n = tokenOrder(bits).length;
    const lanes = padded(values, n, p.loadWords, fill);
    const beats = lanes[0]!.length;
    if (values.length !== heads * n * n) {
      throw new Error(`${values.length} codes were given for ${heads} heads of ${n} tokens.`);
    }
    codes += beats;
    cycles += n + beats + length + 8;
    return packBeats(probabilityBeats(p).widths, [...lanes, lastFlags(beats)]);
  });
  return {
    writes: [
      [lengthAddress, length],
      [
        scoreFlagsAddress,
        (byQuery ? 1 << queryPrecisionFlag : 0) | (accumulates ? 1 << accumulateFlag : 0),
      ],
      [newSequenceAddress, 0],
      ...Array.from(isProtected.entries())
        .filter(([, flag]) => flag === 1)
        .map(([id]) => [protectAddress, id] as const),
    ],
    inputs: {
      tokens: concatenate(layers.map(({ bits }) => listBeats(bits))),
      probabilities: concatenate(probabilities),
    },
    expect: { codes, scores: layers.length * length },
    stalls: noStalls,
    // Whoever is protected is forgotten one token after the other.
    maxCycles: stallAllowance * (cycles + length + 64) + p.maxTokens,
  };
}
