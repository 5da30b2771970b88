import { packBeats } from '../../testbench/beats.ts';
import type { Column } from '../../testbench/beats.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { activationBeats, resultBeats, weightBeats } from './format/streams.ts';
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
  checkStreams(job, ['weights', 'activations'], 'results');
  const weights = inputColumns(job, 'weights', weightBeats(p), blobs);
  const activations = inputColumns(job, 'activations', activationBeats(p), blobs);
  const last = activations[p.columns]!;
  if (weights[0]!.length !== last.length) {
    throw new Error(
      `The job has ${last.length} beats of activations but ${weights[0]!.length} of weights; every index needs one of each.`,
    );
  }
  const starts = dotStarts(last, p.maxLength, 'activations');
  const tiles = starts.length - 1;
  const results = tiles * rows * columns;
  checkExpected(job, 'results', results);

  const value = new Float64Array(results);
  const lastOfTile = new Uint8Array(results);
  let next = 0;
  for (let tile = 0; tile < tiles; tile++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        value[next++] = dot(weights[i]!, activations[j]!, starts[tile]!, starts[tile + 1]!);
      }
    }
    lastOfTile[next - 1] = 1;
  }
  return {
    outputs: { results: packBeats(resultBeats(p).widths, [value, lastOfTile]) },
    cycles: arrayCycles(
      starts.slice(1).map((end, tile) => end - starts[tile]!),
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
