import { packBeats } from '../../testbench/beats.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { scoreBeats, tokenBeats } from './format/streams.ts';
import { writtenOf } from './golden-setup.ts';
import { goldenTopK } from './golden-topk.ts';
import type { TopKLists } from './golden-topk.ts';
import { comparators, eightAddress, importanceBits, keepAddress } from './params.ts';
import type { TopKParameters } from './params.ts';

/** Bits of a token's number in a key. */
const numberBits = ({ maxTokens }: TopKParameters): number =>
  Math.max(4, Math.ceil(Math.log2(maxTokens)));

/**
 * First score to last token of a sequence, inclusive, without outside stalls: tokens are loaded, each level of the
 * selection takes a cycle for each bit of a key and each word of 16 tokens, then both lists are walked.
 *
 * @param tokens of the sequence
 */
export function topKCycles(p: TopKParameters, tokens: number, { eight, four }: TopKLists): number {
  const words = Math.ceil(tokens / comparators);
  const select = 2 * (importanceBits + numberBits(p)) * words;
  /** Words that are looked at up to the one with the list's last token. */
  const looked = (list: readonly number[]): number => Math.floor(list.at(-1)! / comparators) + 1;
  const lists =
    four.length === 0
      ? eight.length + looked(eight)
      : words + eight.length + four.length + looked(four);
  return tokens + select + lists;
}

/**
 * The engine that chooses tokens, as docs/vssa-array.md specifies it, by sorting: one sequence after the other, each
 * with the same k0 and k1.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenTopKDesign(
  p: TopKParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['scores'], 'tokens');
  const count = { usual: 0, min: 0, max: 2 ** 16 - 1 };
  const written = writtenOf(
    job,
    new Map([
      [keepAddress, { name: 'k0', ...count }],
      [eightAddress, { name: 'k1', ...count }],
    ]),
  );
  const [value, isProtected, live, last] = inputColumns(job, 'scores', scoreBeats, blobs);
  const starts = dotStarts(last!, p.maxTokens, 'scores');
  const [ids, bits, ends]: [number[], number[], number[]] = [[], [], []];
  let cycles = 0;
  for (let s = 0; s + 1 < starts.length; s++) {
    const [begin, end] = [starts[s]!, starts[s + 1]!];
    const alive = live!.subarray(begin, end);
    const lists = goldenTopK({
      k0: written(keepAddress),
      k1: written(eightAddress),
      scores: value!.subarray(begin, end),
      live: alive,
      isProtected: isProtected!.subarray(begin, end),
    });
    const { eight, four } = lists;
    if (eight.length + four.length === 0) {
      throw new Error(`No token of sequence ${s} survives; at least one must.`);
    }
    for (const [list, code] of [
      [eight, 2],
      [four, 1],
    ] as const) {
      for (const token of list) {
        ids.push(token);
        bits.push(code);
        ends.push(0);
      }
    }
    ends[ends.length - 1] = 1;
    cycles += topKCycles(p, end - begin, lists);
  }
  checkExpected(job, 'tokens', ids.length);
  return {
    outputs: { tokens: packBeats(tokenBeats.widths, [ids, bits, ends]) },
    cycles,
    counters: {},
  };
}
