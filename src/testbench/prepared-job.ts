import { packBeats } from './beats.ts';
import { packBusWrites } from './bus-layout.ts';
import type { Job, Stalls } from './job.ts';
import type { Layout, StreamLayout } from './layout.ts';

/** Beats of one input stream: their bytes, or the name of a blob that holds them. */
export interface PreparedBeats {
  readonly bytes: Uint8Array;
  readonly blob?: string;
}

/** A job checked against a layout, stream by stream. */
export interface PreparedJob {
  /**
   * Configuration, packed: beats of the stream `layout.setup`, or, of 8 bytes each, address and data of
   * the writes to `layout.bus`.
   */
  readonly setup: Uint8Array;
  /** Number of configuration beats, or of writes to the bus. */
  readonly writes: number;
  /** Per stream of the layout; outputs and the configuration stream have no bytes. */
  readonly beats: readonly PreparedBeats[];
  /** Per stream of the layout: beats to offer, or to expect. */
  readonly totals: readonly number[];
  readonly stalls: Stalls;
  readonly maxCycles: number;
}

const noBytes = new Uint8Array(0);

/** Checks a job and resolves its blobs. Throws where it does not fit the design. */
export function prepareJob(
  layout: Layout,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): PreparedJob {
  checkNames(layout, job);
  checkStalls(job.stalls);
  if (!Number.isSafeInteger(job.maxCycles) || job.maxCycles < 1) {
    throw new Error(`maxCycles is ${job.maxCycles}; it must be a whole number of at least 1.`);
  }
  const beats = layout.streams.map((stream) => prepareBeats(stream, job, blobs));
  const { bus } = layout;
  const setup = bus === undefined ? packWrites(layout, job.writes) : packBusWrites(bus, job);
  return {
    setup,
    writes: bus === undefined ? job.writes.length : setup.length / 8,
    beats,
    totals: layout.streams.map((stream, index) =>
      stream.direction === 'input'
        ? beats[index]!.bytes.length / stream.beatBytes
        : job.expect[stream.name]!,
    ),
    stalls: job.stalls,
    maxCycles: job.maxCycles,
  };
}

function checkNames(layout: Layout, job: Job): void {
  const inputs = layout.streams.filter(
    (stream) => stream.direction === 'input' && stream.index !== layout.setup,
  );
  const outputs = layout.streams.filter((stream) => stream.direction === 'output');
  for (const name of Object.keys(job.inputs)) {
    if (!inputs.some((stream) => stream.name === name)) {
      throw new Error(
        `The job feeds '${name}', which is not an input stream of '${layout.top}' (${list(inputs)}).`,
      );
    }
  }
  for (const name of Object.keys(job.expect)) {
    if (!outputs.some((stream) => stream.name === name)) {
      throw new Error(
        `The job expects '${name}', which is not an output stream of '${layout.top}' (${list(outputs)}).`,
      );
    }
  }
  for (const { name } of outputs) {
    const count = job.expect[name];
    if (count === undefined || !Number.isSafeInteger(count) || count < 0) {
      throw new Error(`The job must say how many beats '${name}' delivers; it says ${count}.`);
    }
  }
  if (layout.bus === undefined && Object.keys(job.registers ?? {}).length > 0) {
    throw new Error(`The job sets registers, but '${layout.top}' has none.`);
  }
  if (job.writes.length > 0 && layout.setup === undefined && layout.bus === undefined) {
    throw new Error(`The job has writes, but '${layout.top}' has no input stream 'setup'.`);
  }
}

function list(streams: readonly StreamLayout[]): string {
  return streams.length === 0 ? 'it has none' : streams.map((stream) => stream.name).join(', ');
}

function checkStalls({ seed, source, sink }: Stalls): void {
  if (!Number.isInteger(seed) || seed < 1 || seed > 0xffffffff) {
    throw new Error(`The seed of the stalls is ${seed}; it must be in 1 .. 2^32 - 1.`);
  }
  for (const [name, chance] of Object.entries({ source, sink })) {
    if (!Number.isInteger(chance) || chance < 0 || chance > 255) {
      throw new Error(
        `The chance of ${name} stalls is ${chance}; it must be in 0 .. 255 (of 256).`,
      );
    }
  }
}

function prepareBeats(
  stream: StreamLayout,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): PreparedBeats {
  const given = job.inputs[stream.name];
  if (given === undefined) return { bytes: noBytes };
  const blob = given instanceof Uint8Array ? undefined : given.blob;
  const bytes = given instanceof Uint8Array ? given : blobs.get(given.blob);
  if (bytes === undefined) {
    throw new Error(`Stream '${stream.name}' names blob '${blob}', which was never put.`);
  }
  if (bytes.length % stream.beatBytes !== 0) {
    throw new Error(
      `Stream '${stream.name}' got ${bytes.length} bytes, not a multiple of its ${stream.beatBytes} bytes a beat.`,
    );
  }
  return blob === undefined ? { bytes } : { bytes, blob };
}

function packWrites(layout: Layout, writes: Job['writes']): Uint8Array {
  const stream = layout.setup === undefined ? undefined : layout.streams[layout.setup];
  if (stream === undefined || writes.length === 0) return noBytes;
  return packBeats(
    stream.fields.map((field) => field.width),
    [writes.map(([address]) => address), writes.map(([, value]) => value)],
  );
}
