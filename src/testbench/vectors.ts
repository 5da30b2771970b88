import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { busBeats } from './bus-layout.ts';
import type { Outcome } from './job.ts';
import type { Layout, StreamLayout } from './layout.ts';
import type { PreparedJob } from './prepared-job.ts';

/**
 * Jobs and results as text files, for Icarus and for the harness in a handed-off folder
 * (`sim/hexfiles.h` describes the format): one beat per line, a hexadecimal number.
 */
export const vectorFile = (job: number, stream: string): string => `job${job}-${stream}.hex`;

const digits = '0123456789abcdef';

/** Beats as lines of ceil(width / 4) hexadecimal digits. */
export function beatsToHex(
  stream: Pick<StreamLayout, 'width' | 'beatBytes'>,
  bytes: Uint8Array,
): string {
  const count = Math.ceil(stream.width / 4);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += stream.beatBytes) {
    let line = '';
    for (let i = count - 1; i >= 0; i--) {
      const byte = bytes[at + (i >> 1)]!;
      line += digits[(i & 1) === 1 ? byte >>> 4 : byte & 15]!;
    }
    lines.push(line);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The beats of a text in that form; undefined where a line is not such a number (X, say). */
export function hexToBeats(stream: StreamLayout, text: string): Uint8Array | undefined {
  const lines = text.split('\n').filter((line) => line !== '');
  const bytes = new Uint8Array(lines.length * stream.beatBytes);
  let at = 0;
  for (const line of lines) {
    if (!/^[0-9a-f]+$/i.test(line) || line.length > 2 * stream.beatBytes) return undefined;
    for (let i = 0; i < line.length; i++) {
      const digit = Number.parseInt(line[line.length - 1 - i]!, 16);
      bytes[at + (i >> 1)]! |= (i & 1) === 1 ? digit << 4 : digit;
    }
    at += stream.beatBytes;
  }
  return bytes;
}

export interface VectorFile {
  readonly name: string;
  readonly text: string;
}

/** `jobs.txt` and a file of the beats of every input stream of every job. */
export function vectorFiles(layout: Layout, jobs: readonly PreparedJob[]): VectorFile[] {
  const lines = jobs.map(({ stalls, maxCycles, totals, writes }) => {
    const beats = totals.map((total, index) => (index === layout.setup ? writes : total));
    const bus = layout.bus === undefined ? [] : [writes];
    return [stalls.seed, stalls.source, stalls.sink, maxCycles, ...beats, ...bus].join(' ');
  });
  const inputs = layout.streams.filter((stream) => stream.direction === 'input');
  const beatFiles = jobs.flatMap((job, number) =>
    inputs.map((stream) => {
      const bytes = stream.index === layout.setup ? job.setup : job.beats[stream.index]!.bytes;
      return { name: vectorFile(number, stream.name), text: beatsToHex(stream, bytes) };
    }),
  );
  const { bus } = layout;
  const busFiles =
    bus === undefined
      ? []
      : jobs.map((job, number) => ({
          name: vectorFile(number, bus.prefix),
          text: beatsToHex(busBeats, job.setup),
        }));
  return [
    { name: 'jobs.txt', text: lines.map((line) => `${line}\n`).join('') },
    ...beatFiles,
    ...busFiles,
  ];
}

/** Writes them into an existing folder. */
export async function writeVectors(
  layout: Layout,
  jobs: readonly PreparedJob[],
  folder: string,
): Promise<void> {
  for (const { name, text } of vectorFiles(layout, jobs)) await writeFile(join(folder, name), text);
}

/**
 * `cycles.txt` and a file of the beats of every output stream of every outcome. Where `stalled`
 * says that a job is run with stalls from outside, its cycles are not compared: the outcomes are
 * those of the golden model, which counts without stalls.
 */
export function expectedFiles(
  layout: Layout,
  outcomes: readonly Outcome[],
  stalled: (job: number) => boolean,
): VectorFile[] {
  const cycles = outcomes.map((outcome, job) => (stalled(job) ? '-\n' : `${outcome.cycles}\n`));
  const outputs = layout.streams.filter((stream) => stream.direction === 'output');
  const beatFiles = outcomes.flatMap((outcome, number) =>
    outputs.map((stream) => {
      const bytes = outcome.outputs[stream.name];
      if (bytes === undefined) throw new Error(`Outcome ${number} lacks stream '${stream.name}'.`);
      return { name: vectorFile(number, stream.name), text: beatsToHex(stream, bytes) };
    }),
  );
  return [{ name: 'cycles.txt', text: cycles.join('') }, ...beatFiles];
}
