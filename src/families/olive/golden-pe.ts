import { packBeats } from '../../testbench/beats.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { operandBeats, peResultBeats } from './format/streams.ts';
import type { PeParameters } from './params.ts';

/** A sum of 32 bits that wraps, and whether it ever has. */
export interface WrappingSum {
  readonly sum: number;
  readonly overflow: boolean;
}

export const emptySum: WrappingSum = { sum: 0, overflow: false };

/** The sum with one more term, which is exact in float64. */
export function accumulate({ sum, overflow }: WrappingSum, term: number): WrappingSum {
  const exact = sum + term;
  const wrapped = exact | 0;
  return { sum: wrapped, overflow: overflow || wrapped !== exact };
}

/**
 * The processing element as docs/olive.md specifies it: sums of products of values that are integer x 2^exponent.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenPe(
  _p: PeParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['operands'], 'results');
  if (job.writes.length > 0) throw new Error('The processing element has no setup to write to.');
  const [a, b, c, d, last] = inputColumns(job, 'operands', operandBeats, blobs);
  const starts = dotStarts(last!, Infinity, 'operands');
  checkExpected(job, 'results', starts.length - 1);
  const results = starts.slice(1).map((end, dot) => {
    let sum = emptySum;
    for (let k = starts[dot]!; k < end; k++) {
      sum = accumulate(sum, b![k]! * d![k]! * 2 ** (a![k]! + c![k]!));
    }
    return sum;
  });
  return {
    outputs: {
      results: packBeats(peResultBeats.widths, [
        results.map(({ sum }) => sum),
        results.map(({ overflow }) => (overflow ? 1 : 0)),
      ]),
    },
    cycles: last!.length + 1,
    counters: {},
  };
}
