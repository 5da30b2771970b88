import { packBeats } from '../../testbench/beats.ts';
import { checkExpected, checkStreams, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { digitBeats, valueBeats } from './format/streams.ts';
import { highWeight } from './params.ts';

/**
 * The requantizer as docs/vssa-array.md specifies it: what the two planes get of each 8-bit code.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenRequantizer(
  _p: unknown,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['values'], 'digits');
  if (job.writes.length > 0) throw new Error('The requantizer has no setup to write to.');
  const [value, eight, last] = inputColumns(job, 'values', valueBeats, blobs);
  const beats = value!.length;
  checkExpected(job, 'digits', beats);
  const high = new Int8Array(beats);
  const low = new Uint8Array(beats);
  for (let i = 0; i < beats; i++) {
    const code = value![i]!;
    const digit = Math.floor(code / highWeight);
    const rest = code - highWeight * digit;
    const rounded = digit + (2 * rest >= highWeight ? 1 : 0);
    high[i] = eight![i] === 1 ? digit : Math.min(highWeight / 2 - 1, rounded);
    low[i] = eight![i] === 1 ? rest : 0;
  }
  return {
    outputs: { digits: packBeats(digitBeats.widths, [high, low, eight!, last!]) },
    cycles: beats + 1,
    counters: {},
  };
}
