/** What golden models share: reading a job's beats, and refusing a job that does not fit the design. */
import { beatBytes, unpackBeats } from './beats.ts';
import type { BeatFormat, Column } from './beats.ts';
import type { Job } from './job.ts';

/** Columns of the fields of an input stream, which the job must offer as a whole number of beats. */
export function inputColumns(
  job: Job,
  stream: string,
  format: BeatFormat,
  blobs: ReadonlyMap<string, Uint8Array>,
): readonly Column[] {
  const beats = job.inputs[stream];
  // A stream that is left out offers nothing.
  if (beats === undefined) return unpackBeats(format.widths, new Uint8Array(0), format.signed);
  const bytes = beats instanceof Uint8Array ? beats : blobs.get(beats.blob);
  if (bytes === undefined) {
    throw new Error(
      `Stream '${stream}' takes its beats from blob '${(beats as { blob: string }).blob}', which was not put into the session.`,
    );
  }
  const stride = beatBytes(format.widths);
  if (bytes.length % stride !== 0) {
    throw new Error(
      `Stream '${stream}' has ${bytes.length} bytes, which is not a multiple of the ${stride} bytes of a beat.`,
    );
  }
  return unpackBeats(format.widths, bytes, format.signed);
}

/** Fails for streams that the design does not have, which would be ignored silently. */
export function checkStreams(job: Job, inputs: readonly string[], output: string): void {
  for (const stream of Object.keys(job.inputs)) {
    if (!inputs.includes(stream)) {
      throw new Error(
        `The job offers beats on '${stream}', but the input streams are ${inputs.join(', ')}.`,
      );
    }
  }
  for (const stream of Object.keys(job.expect)) {
    if (stream !== output) {
      throw new Error(`The job expects beats on '${stream}', but the output stream is ${output}.`);
    }
  }
}

/** Fails unless the job expects exactly the beats that its inputs make. */
export function checkExpected(job: Job, output: string, made: number): void {
  const expected = job.expect[output] ?? 0;
  if (expected !== made) {
    throw new Error(
      `The job expects ${expected} beats on '${output}', but its inputs make ${made}.`,
    );
  }
}

/**
 * First column of each dot product, and the number of columns as last entry, from the `last` flags.
 *
 * @param stream the stream that carries the flags, for messages
 * @throws Error if there is no dot product, the last one is not ended, or one is too long
 */
export function dotStarts(
  last: ArrayLike<number>,
  maxLength: number,
  stream: string,
): readonly number[] {
  const starts = [0];
  for (let column = 0; column < last.length; column++) {
    if (last[column] === 1) starts.push(column + 1);
  }
  if (last.length === 0)
    throw new Error(`Stream '${stream}' offers no beat, so there is no result.`);
  if (starts.at(-1) !== last.length) {
    throw new Error(
      `Stream '${stream}' ends within dot product ${starts.length - 1}: its final beat lacks \`last\`.`,
    );
  }
  for (let dot = 0; dot + 1 < starts.length; dot++) {
    const length = starts[dot + 1]! - starts[dot]!;
    if (length > maxLength) {
      throw new Error(
        `Dot product ${dot} on '${stream}' has ${length} columns, more than the ${maxLength} that the design was made for.`,
      );
    }
  }
  return starts;
}
