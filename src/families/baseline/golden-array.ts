import { beatBytes, packBeats, unpackBeats } from '../../testbench/beats.ts';
import type { Column } from '../../testbench/beats.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { activationBeats, resultBeats, weightBeats } from './format/streams.ts';
import type { BeatFormat } from './format/streams.ts';
import { columnsAddress, rowsAddress } from './params.ts';
import type { ArrayParameters } from './params.ts';

/**
 * The array as docs/baseline.md specifies it: every result of a job in exact integers, and the cycles
 * it takes without outside stalls.
 *
 * A job stands for itself: it writes rows and columns in use unless it means all.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenArray(
  p: ArrayParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  const { rows, columns } = setupOf(p, job);
  for (const stream of Object.keys(job.inputs)) {
    if (stream !== 'weights' && stream !== 'activations') {
      throw new Error(
        `The job offers beats on '${stream}', but the input streams are weights, activations.`,
      );
    }
  }
  const weights = lanesOf(job, 'weights', weightBeats(p), blobs);
  const activations = lanesOf(job, 'activations', activationBeats(p), blobs);
  const last = activations[p.columns]!;
  if (weights[0]!.length !== last.length) {
    throw new Error(
      `The job has ${last.length} beats of activations but ${weights[0]!.length} of weights; every index needs one of each.`,
    );
  }
  const ends = tileEnds(last, p.maxLength);
  const results = ends.length * rows * columns;
  checkExpected(job, results);

  const value = new Float64Array(results);
  const lastOfTile = new Uint8Array(results);
  let next = 0;
  ends.forEach((end, tile) => {
    const begin = ends[tile - 1] ?? 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        value[next++] = dot(weights[i]!, activations[j]!, begin, end);
      }
    }
    lastOfTile[next - 1] = 1;
  });
  return {
    outputs: { results: packBeats(resultBeats(p).widths, [value, lastOfTile]) },
    cycles: arrayCycles(
      ends.map((end, tile) => end - (ends[tile - 1] ?? 0)),
      rows,
      columns,
    ),
    counters: {},
  };
}

/**
 * First accepted operands to last accepted result, inclusive, without outside stalls.
 *
 * @param lengths of the tiles' dot products, at least one
 * @param rows in use
 * @param columns in use
 */
export function arrayCycles(lengths: readonly number[], rows: number, columns: number): number {
  const leaving = rows * columns + Math.max(0, rows - columns);
  return lengths.reduce(
    (sum, length, tile) => sum + (tile === 0 ? length : Math.max(length, leaving)),
    leaving,
  );
}

/** Sum of products of two lanes over the beats from `begin` to before `end`; exact, below 2^47. */
function dot(w: Column, a: Column, begin: number, end: number): number {
  let sum = 0;
  for (let k = begin; k < end; k++) sum += w[k]! * a[k]!;
  return sum;
}

/** What a job's writes leave in the array. */
function setupOf(p: ArrayParameters, job: Job): { rows: number; columns: number } {
  const inUse = { rows: p.rows, columns: p.columns };
  for (const [address, data] of job.writes) {
    if (address !== rowsAddress && address !== columnsAddress) {
      throw new Error(
        `The job writes to address ${address}, but the setup has addresses ${rowsAddress} and ${columnsAddress}.`,
      );
    }
    const key = address === rowsAddress ? 'rows' : 'columns';
    if (!Number.isInteger(data) || data < 1 || data > p[key]) {
      throw new Error(`The job writes ${key} = ${data}, but the array has 1 to ${p[key]} ${key}.`);
    }
    inUse[key] = data;
  }
  return inUse;
}

/** Columns of the fields of an input stream, which the job must offer as a whole number of beats. */
function lanesOf(
  job: Job,
  stream: string,
  format: BeatFormat,
  blobs: ReadonlyMap<string, Uint8Array>,
): readonly Column[] {
  // A stream that is left out offers nothing.
  const beats = job.inputs[stream] ?? new Uint8Array(0);
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

/** The beat after each tile's last one. */
function tileEnds(last: Column, maxLength: number): readonly number[] {
  const ends: number[] = [];
  for (let beat = 0; beat < last.length; beat++) if (last[beat] === 1) ends.push(beat + 1);
  if (last.length === 0) {
    throw new Error("Stream 'activations' offers no beat, so there is no result.");
  }
  if (ends.at(-1) !== last.length) {
    throw new Error(
      `Stream 'activations' ends within tile ${ends.length}: its final beat lacks \`last\`.`,
    );
  }
  ends.forEach((end, tile) => {
    const length = end - (ends[tile - 1] ?? 0);
    if (length > maxLength) {
      throw new Error(
        `Tile ${tile} on 'activations' has ${length} beats, more than the ${maxLength} that the design was made for.`,
      );
    }
  });
  return ends;
}

/** Fails unless the job expects exactly the beats that its inputs make. */
function checkExpected(job: Job, results: number): void {
  for (const [stream, expected] of Object.entries({ results: 0, ...job.expect })) {
    if (stream !== 'results') {
      throw new Error(`The job expects beats on '${stream}', but the output stream is results.`);
    }
    if (expected !== results) {
      throw new Error(
        `The job expects ${expected} beats on 'results', but its inputs make ${results}.`,
      );
    }
  }
}
