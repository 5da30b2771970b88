import { accessAddress, countersOf } from './bus-layout.ts';
import { JobFailure, progressOf } from './job-failure.ts';
import type { Ending } from './job-failure.ts';
import type { Outcome } from './job.ts';
import type { Layout } from './layout.ts';
import type { PreparedJob } from './prepared-job.ts';

/** The protocol of the C++ harness; `sim/serve.h` describes the frames. Lengths are left out here. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function putFrame(blob: string, bytes: Uint8Array): Uint8Array[] {
  return [encoder.encode('P'), ...stringParts(blob), bytes];
}

export function runFrame(layout: Layout, jobs: readonly PreparedJob[]): Uint8Array[] {
  return [encoder.encode('R'), u32(jobs.length), ...jobs.flatMap((job) => jobParts(layout, job))];
}

export function closeFrame(): Uint8Array[] {
  return [encoder.encode('C')];
}

function jobParts(layout: Layout, job: PreparedJob): Uint8Array[] {
  const parts = [u32(layout.setup ?? 0, job.writes), job.setup];
  layout.streams.forEach((stream, index) => {
    const { bytes, blob } = job.beats[index]!;
    if (stream.direction === 'output') parts.push(u32(job.totals[index]!));
    else if (blob !== undefined) parts.push(Uint8Array.of(1), ...stringParts(blob));
    else parts.push(Uint8Array.of(0), u32(job.totals[index]!), bytes);
  });
  const { seed, source, sink } = job.stalls;
  parts.push(u32(seed, source, sink, job.maxCycles % 2 ** 32, Math.floor(job.maxCycles / 2 ** 32)));
  return parts;
}

function u32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return bytes;
}

function stringParts(text: string): Uint8Array[] {
  const bytes = encoder.encode(text);
  return [u32(bytes.length), bytes];
}

interface AnswerReader {
  u8(): number;
  u32(): number;
  u64(): number;
  take(length: number): Uint8Array;
  string(): string;
}

/** Reads an answer front to back. */
function answerReader(bytes: Uint8Array): AnswerReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const advance = (length: number): number => {
    at += length;
    return at - length;
  };
  const u32 = (): number => view.getUint32(advance(4), true);
  const take = (length: number): Uint8Array => bytes.slice(advance(length), at);
  return {
    u8: () => view.getUint8(advance(1)),
    u32,
    u64: () => u32() + u32() * 2 ** 32,
    take,
    string: () => decoder.decode(take(u32())),
  };
}

const refused = 255;

/** Throws what the harness complains about, where it does. */
export function checkPutAnswer(answer: Uint8Array): void {
  const reader = answerReader(answer);
  if (reader.u8() === refused) throw new Error(`The test harness refused: ${reader.string()}.`);
}

/** Outcomes in the order of the jobs. Throws `JobFailure` where a job failed. */
export function readRunAnswer(
  layout: Layout,
  jobs: readonly PreparedJob[],
  answer: Uint8Array,
): Outcome[] {
  const reader = answerReader(answer);
  const status = reader.u8();
  if (status === refused) throw new Error(`The test harness refused: ${reader.string()}.`);
  if (status !== 0) throw failureIn(reader, status, layout, jobs);
  return jobs.map(() => {
    const cycles = reader.u64();
    const outputs: Record<string, Uint8Array> = {};
    for (const stream of layout.streams) {
      if (stream.direction === 'output') {
        outputs[stream.name] = reader.take(reader.u32() * stream.beatBytes);
      }
    }
    const words = layout.bus?.reads.map(() => reader.u32()) ?? [];
    return { outputs, cycles, counters: countersOf(layout.bus, words) };
  });
}

function failureIn(
  reader: AnswerReader,
  status: number,
  layout: Layout,
  jobs: readonly PreparedJob[],
): JobFailure {
  const job = reader.u32();
  const culprit = reader.u32();
  const stream = layout.streams[culprit]?.name ?? '';
  const cycles = reader.u64();
  const writesTaken = reader.u64();
  const taken = layout.streams.map(() => reader.u64());
  const printed = reader.string();
  const endingOf = (): Ending => {
    switch (status) {
      case 1:
        return { kind: 'limit', cycles };
      case 2:
        return { kind: 'extra', stream, cycles };
      case 3:
        return { kind: 'assertion', printed, cycles };
      case 5:
        return { kind: 'refused', address: accessAddress(layout.bus, jobs[job]!, culprit), cycles };
      default:
        throw new Error(`The test harness ended a job with code ${status}.`);
    }
  };
  return new JobFailure(
    layout,
    job,
    endingOf(),
    progressOf(layout, jobs[job]!, writesTaken, taken),
  );
}
