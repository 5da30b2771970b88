import { packBeats } from '../../testbench/beats.ts';
import { checkExpected, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { operandBeats, probabilityBeats } from './format/accelerator-streams.ts';
import { truncatedUnsigned } from './format/probabilities.ts';
import { scoreBeats, tokenBeats } from './format/streams.ts';
import { writtenOf } from './golden-setup.ts';
import { tokenLists } from './golden-token-list.ts';
import type { TokenList } from './golden-token-list.ts';
import {
  accumulateFlag,
  highWeight,
  importanceBits,
  lengthAddress,
  newSequenceAddress,
  protectAddress,
  queryPrecisionFlag,
  scoreFlagsAddress,
} from './params.ts';
import type { ScoresParameters } from './params.ts';

/** Cycles of a layer beside its tokens, its beats of probabilities and its scores. */
const layerCycles = 3;
const modulus = 2 ** importanceBits;

/** What stands for a code of 16 bits where probabilities meet values: floor(255 p + 1/2), for p = code / 65535. */
export const probabilityCodeOf = (code: number): number => Math.floor((code + 128) / 257);

/**
 * The score accumulator as docs/vssa-array.md specifies it: the codes and scores of every layer, and the cycles
 * without outside stalls.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenScores(
  p: ScoresParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  const { length, byQuery, accumulates, isProtected } = setupOf(p, job);
  const lists = tokenLists(inputColumns(job, 'tokens', tokenBeats, blobs), length);
  const beats = inputColumns(job, 'probabilities', probabilityBeats(p), blobs);
  const last = beats[p.loadWords]!;
  const codes = operandBeats(p).widths.map((): number[] => []);
  const scores = scoreBeats.widths.map((): number[] => []);
  let importance = new Float64Array(length);
  let beat = 0;
  let cycles = 0;

  lists.forEach((list, layer) => {
    const begin = beat;
    while (beat < last.length && last[beat] === 0) beat++;
    if (beat === last.length) throw new Error(`The probabilities of layer ${layer} are not ended.`);
    beat++;
    const sums = layerOf(p, { list, byQuery }, beats, begin, beat, codes);
    if (!accumulates) importance = new Float64Array(length);
    list.ids.forEach((id, place) => {
      importance[id] = (importance[id]! + sums[place]!) % modulus;
    });
    for (let id = 0; id < length; id++) {
      const live = list.places.has(id) ? 1 : 0;
      const fields = [importance[id]!, isProtected[id]!, live, id === length - 1 ? 1 : 0];
      fields.forEach((field, i) => scores[i]!.push(field));
    }
    cycles += list.ids.length + (beat - begin) + length + layerCycles;
  });
  if (lists.length === 0 || beat < last.length) {
    throw new Error(`The job has ${lists.length} token lists, but probabilities of other layers.`);
  }
  checkExpected(job, 'codes', codes[0]!.length);
  checkExpected(job, 'scores', scores[0]!.length);
  return {
    outputs: {
      codes: packBeats(operandBeats(p).widths, codes),
      scores: packBeats(scoreBeats.widths, scores),
    },
    cycles,
    counters: {},
  };
}

/** Beats begin .. end - 1 are a layer: adds its codes to `codes`, returns what each place of the list got. */
function layerOf(
  { loadWords }: ScoresParameters,
  { list, byQuery }: { readonly list: TokenList; readonly byQuery: boolean },
  beats: ReturnType<typeof inputColumns>,
  begin: number,
  end: number,
  codes: readonly number[][],
): Float64Array {
  const n = list.ids.length;
  const perRow = Math.ceil(n / loadWords);
  if ((end - begin) % (n * perRow) !== 0) {
    throw new Error(
      `A layer has ${end - begin} beats of probabilities, but ${n} tokens take ${n * perRow} for each head.`,
    );
  }
  const sums = new Float64Array(n);
  for (let beat = begin; beat < end; beat++) {
    const query = Math.floor((beat - begin) / perRow) % n;
    const part = (beat - begin) % perRow;
    const short = byQuery && query >= list.eight;
    codes[0]!.push(list.ids[query]!);
    for (let lane = 0; lane < loadWords; lane++) {
      const code = beats[lane]![beat]!;
      const place = part * loadWords + lane;
      if (place < n) sums[place] = (sums[place]! + code) % modulus;
      const whole = probabilityCodeOf(code);
      codes[lane + 1]!.push(short ? highWeight * truncatedUnsigned(whole) : whole);
    }
    codes[loadWords + 1]!.push(query === n - 1 && part === perRow - 1 ? 1 : 0);
  }
  return sums;
}

/** What a job's writes leave; protected tokens are those named behind the last `newSequence`. */
function setupOf(p: ScoresParameters, job: Job) {
  const { maxTokens } = p;
  const written = writtenOf(
    job,
    new Map([
      [lengthAddress, { name: 'the length', usual: 1, min: 1, max: maxTokens }],
      [scoreFlagsAddress, { name: 'the flags', usual: 0, min: 0, max: 3 }],
      [protectAddress, { name: 'a token', usual: 0, min: 0, max: maxTokens - 1 }],
      [newSequenceAddress, { name: 'a new sequence', usual: 0, min: 0, max: 2 ** 16 - 1 }],
    ]),
  );
  const length = written(lengthAddress);
  const flags = written(scoreFlagsAddress);
  const begins = job.writes.map(([address]) => address).lastIndexOf(newSequenceAddress);
  if (begins < 0) throw new Error('The job does not begin a new sequence.');
  const isProtected = new Uint8Array(length);
  job.writes.forEach(([address, id], i) => {
    if (address !== protectAddress) return;
    if (i < begins || id >= length) {
      throw new Error(
        `The job protects token ${id} of ${length} before the sequence begins or beyond.`,
      );
    }
    isProtected[id] = 1;
  });
  return {
    length,
    byQuery: ((flags >> queryPrecisionFlag) & 1) === 1,
    accumulates: ((flags >> accumulateFlag) & 1) === 1,
    isProtected,
  };
}
