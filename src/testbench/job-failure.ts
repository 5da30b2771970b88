import type { Layout } from './layout.ts';

/** Why an engine gave a job up. */
export type Ending =
  /** `maxCycles` passed; `cycles` is the count since the start of the job. */
  | { readonly kind: 'limit'; readonly cycles: number }
  /** An output stream delivered, or offered, more beats than the job expects. */
  | { readonly kind: 'extra'; readonly stream: string; readonly cycles: number }
  /** An assertion of the design failed; `printed` is what it said. */
  | { readonly kind: 'assertion'; readonly printed: string; readonly cycles: number }
  /** The bus answered an access to `address` with an error. */
  | { readonly kind: 'refused'; readonly address: number; readonly cycles: number }
  /** An output was X or Z (only Icarus can tell). */
  | { readonly kind: 'undefined'; readonly stream: string; readonly cycles: number };

/** How far a stream got: beats accepted, of how many. */
export interface Progress {
  readonly stream: string;
  readonly taken: number;
  readonly total: number;
}

/** A job did not end as it must: the design hangs, delivers too much, or fails an assertion. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  /** Index of the job in its batch. */
  readonly job: number;
  readonly ending: Ending;
  readonly progress: readonly Progress[];

  constructor(layout: Layout, job: number, ending: Ending, progress: readonly Progress[]) {
    super(`Job ${job} on '${layout.top}' ${reason(ending)}: ${progress.map(standing).join(', ')}.`);
    this.job = job;
    this.ending = ending;
    this.progress = progress;
  }
}

function reason(ending: Ending): string {
  switch (ending.kind) {
    case 'limit':
      return `was given up after ${ending.cycles} cycles`;
    case 'extra':
      return `got a beat too many on '${ending.stream}' in cycle ${ending.cycles}`;
    case 'assertion':
      return `was ended in cycle ${ending.cycles} by an assertion (${ending.printed.trim()})`;
    case 'refused': {
      const address = `0x${ending.address.toString(16)}`;
      return `was refused an access to address ${address} in cycle ${ending.cycles}`;
    }
    case 'undefined':
      return `got undefined bits on '${ending.stream}' in cycle ${ending.cycles}`;
  }
}

function standing({ stream, taken, total }: Progress): string {
  return `${stream} ${taken} of ${total} beats`;
}

/**
 * The standing of every stream: `writesTaken` of the configuration beats, where there are any (of the
 * writes to the bus, where there is one), and
 * the beats accepted per stream, in the order of the layout.
 */
export function progressOf(
  layout: Layout,
  job: { readonly writes: number; readonly totals: readonly number[] },
  writesTaken: number,
  taken: readonly number[],
): Progress[] {
  const bus =
    layout.bus === undefined
      ? []
      : [{ stream: layout.bus.prefix, taken: writesTaken, total: job.writes }];
  const streams = layout.streams.flatMap((stream) => {
    if (stream.index === layout.setup) {
      return job.writes === 0
        ? []
        : [{ stream: stream.name, taken: writesTaken, total: job.writes }];
    }
    return [{ stream: stream.name, taken: taken[stream.index]!, total: job.totals[stream.index]! }];
  });
  return [...bus, ...streams];
}
