import { packBeats } from '../../testbench/beats.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { binBeats, operandBeats } from './format/streams.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import { binCount } from './params.ts';
import type { PeParameters } from './params.ts';

/**
 * The processing element as docs/gobo-tile.md specifies it: the sets of bins that a job's operands
 * fill, and the cycles that takes without outside stalls.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenPe(
  p: PeParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['operands'], 'bins');
  if (job.writes.length > 0) throw new Error('The processing element has no setup to write to.');
  const [activation, index, outlier, last] = inputColumns(job, 'operands', operandBeats(p), blobs);
  const starts = dotStarts(last!, p.maxLength, 'operands');
  const count = binCount(p);
  const sets = starts.length - 1;
  checkExpected(job, 'bins', sets * count);

  const values = new Float64Array(sets * count);
  const lasts = new Uint8Array(sets * count);
  for (let set = 0; set < sets; set++) {
    const base = set * count;
    for (let beat = starts[set]!; beat < starts[set + 1]!; beat++) {
      if (outlier![beat] === 0) values[base + index![beat]!]! += activation![beat]!;
    }
    lasts[base + count - 1] = 1;
  }
  return {
    outputs: { bins: packBeats(binBeats(p).widths, [values, lasts]) },
    cycles: peCycles(p, last!),
    counters: {},
  };
}

/** First accepted operand to last accepted bin, inclusive; `last` flags a set's last operand. */
export function peCycles(p: PeParameters, last: ArrayLike<number>): number {
  const count = binCount(p);
  let beat = 0;
  let full = 0;
  let drained = 0;
  let cycle = 0;
  while (beat < last.length || full > 0) {
    let filled = 0;
    let emptied = 0;
    if (beat < last.length && full < p.buffers) filled = last[beat++]!;
    if (full > 0 && ++drained === count) {
      drained = 0;
      emptied = 1;
    }
    full += filled - emptied;
    cycle++;
  }
  return cycle;
}
