import type { Job, Outcome } from './job.ts';
import type { FieldLayout, Layout, StreamLayout } from './layout.ts';

/** The first output beat that differs. */
export interface Mismatch {
  /** Position of the job in the list. */
  readonly job: number;
  readonly stream: string;
  readonly beat: number;
  /** The lowest field that differs, as values in decimal (signed fields with their sign). */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/** What a comparison of output beats found. It is a pass only if `isPass` says so. */
export interface Comparison {
  /** Beats that the jobs say must come out. */
  readonly expected: number;
  /** Beats that were compared. */
  readonly compared: number;
  readonly mismatches: number;
  readonly first?: Mismatch;
}

/** Whether every beat that was expected was compared and equal, and there was at least one. */
export function isPass({ expected, compared, mismatches }: Comparison): boolean {
  return expected > 0 && compared === expected && mismatches === 0;
}

/**
 * Compares the output beats of two lists of outcomes, bit for bit.
 *
 * How many comparisons there must be follows from the jobs, not from the outcomes. Throws where an
 * outcome, a stream or a beat is missing or left over, so that less is never compared in silence.
 */
export function compareOutcomes(
  layout: Layout,
  jobs: readonly Job[],
  expected: readonly Outcome[],
  got: readonly Outcome[],
): Comparison {
  requireCount('expected outcomes', jobs.length, expected.length);
  requireCount('outcomes', jobs.length, got.length);
  const outputs = layout.streams.filter((stream) => stream.direction === 'output');
  let total = 0;
  let compared = 0;
  let mismatches = 0;
  let first: Mismatch | undefined;
  jobs.forEach((job, number) => {
    for (const stream of outputs) {
      const beats = job.expect[stream.name] ?? 0;
      total += beats;
      const wanted = beatsOf(expected[number]!, stream, beats, `expected outcome ${number}`);
      const found = beatsOf(got[number]!, stream, beats, `outcome ${number}`);
      compared += beats;
      if (Buffer.compare(wanted, found) === 0) continue;
      for (let beat = 0; beat < beats; beat++) {
        if (sameBeat(wanted, found, stream.beatBytes, beat)) continue;
        mismatches++;
        first ??= describe(stream, wanted, found, beat, number);
      }
    }
  });
  return { expected: total, compared, mismatches, ...(first === undefined ? {} : { first }) };
}

function requireCount(what: string, wanted: number, found: number): void {
  if (wanted !== found) throw new Error(`${wanted} jobs but ${found} ${what} were given.`);
}

function beatsOf(outcome: Outcome, stream: StreamLayout, beats: number, where: string): Uint8Array {
  const bytes = outcome.outputs[stream.name];
  if (bytes === undefined) throw new Error(`Stream '${stream.name}' is missing in ${where}.`);
  if (bytes.length !== beats * stream.beatBytes) {
    throw new Error(
      `Stream '${stream.name}' has ${bytes.length} bytes in ${where}; ${beats} beats of ${stream.beatBytes} bytes are due.`,
    );
  }
  return bytes;
}

function sameBeat(a: Uint8Array, b: Uint8Array, beatBytes: number, beat: number): boolean {
  for (let at = beat * beatBytes; at < (beat + 1) * beatBytes; at++) {
    if (a[at] !== b[at]) return false;
  }
  return true;
}

function describe(
  stream: StreamLayout,
  wanted: Uint8Array,
  found: Uint8Array,
  beat: number,
  job: number,
): Mismatch {
  const from = beat * stream.beatBytes;
  const expected = beatBits(wanted, from, stream.beatBytes);
  const got = beatBits(found, from, stream.beatBytes);
  const place = { job, stream: stream.name, beat };
  for (const field of stream.fields) {
    const values = [fieldValue(expected, field), fieldValue(got, field)] as const;
    if (values[0] !== values[1]) {
      return { ...place, field: field.name, expected: `${values[0]}`, got: `${values[1]}` };
    }
  }
  // Only the padding above the fields differs: an engine that does not keep to the format.
  return { ...place, field: 'padding', expected: `${expected}`, got: `${got}` };
}

function beatBits(bytes: Uint8Array, from: number, count: number): bigint {
  let bits = 0n;
  for (let i = count - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(bytes[from + i]!);
  return bits;
}

function fieldValue(beat: bigint, { offset, width, signed }: FieldLayout): bigint {
  const bits = beat >> BigInt(offset);
  return signed ? BigInt.asIntN(width, bits) : BigInt.asUintN(width, bits);
}
