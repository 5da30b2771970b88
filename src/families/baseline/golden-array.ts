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
import { rowsAddress } from './params.ts';
import type { ArrayParameters } from './params.ts';

type Blobs = ReadonlyMap<string, Uint8Array>;

/**
 * The array behind the shell, as docs/baseline.md specifies it: every sum of a job in exact integers, and
 * the cycles it takes without outside stalls.
 *
 * A job stands for itself: what it does not write is as after reset.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenArray(p: ArrayParameters, job: Job, blobs: Blobs): Outcome {
  const outcome = goldenCore(p, job, blobs);
  checkRegisters(job);
  return { ...outcome, counters: { cycles: outcome.cycles, stalls: 0, starves: 0 } };
}

/** The same for the array on its own, which has no registers and no counters. */
export function goldenCore(p: ArrayParameters, job: Job, blobs: Blobs): Outcome {
  const rows = rowsOf(p, job);
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
  checkExpected(job, 'results', tiles * rows);

  const sums = Array.from({ length: p.columns }, () => new Float64Array(tiles * rows));
  const lastRow = new Uint8Array(tiles * rows);
  for (let tile = 0, beat = 0; tile < tiles; tile++) {
    for (let row = 0; row < rows; row++, beat++) {
      for (let column = 0; column < p.columns; column++) {
        sums[column]![beat] = dot(
          weights[row]!,
          activations[column]!,
          starts[tile]!,
          starts[tile + 1]!,
        );
      }
    }
    lastRow[beat - 1] = 1;
  }
  return {
    outputs: { results: packBeats(resultBeats(p).widths, [...sums, lastRow]) },
    cycles: arrayCycles(
      p,
      starts.slice(1).map((end, tile) => end - starts[tile]!),
      rows,
    ),
    counters: {},
  };
}

/**
 * First accepted operands to last accepted results, inclusive, without outside stalls.
 *
 * @param lengths of the tiles' dot products, at least one
 * @param rows in use
 */
export function arrayCycles(
  { columns }: Pick<ArrayParameters, 'columns'>,
  lengths: readonly number[],
  rows: number,
): number {
  return lengths.reduce(
    (sum, length, tile) => sum + (tile === 0 ? length : Math.max(length, rows)),
    rows + columns - 1,
  );
}

/** Sum of products of two lanes over the beats from `begin` to before `end`; exact, below 2^47. */
function dot(w: Column, a: Column, begin: number, end: number): number {
  let sum = 0;
  for (let k = begin; k < end; k++) sum += w[k]! * a[k]!;
  return sum;
}

/** Rows in use: what a job's writes leave in the array. */
function rowsOf(p: ArrayParameters, job: Job): number {
  let rows = p.rows;
  for (const [address, data] of job.writes) {
    if (address !== rowsAddress) {
      throw new Error(
        `The job writes to address ${address}, but the setup has address ${rowsAddress} alone.`,
      );
    }
    if (!Number.isInteger(data) || data < 1 || data > p.rows) {
      throw new Error(`The job writes rows = ${data}, but the array has 1 to ${p.rows} rows.`);
    }
    rows = data;
  }
  return rows;
}

/** The shell ends the run after so many result beats. */
function checkRegisters(job: Job): void {
  const { RESULTS, ...others } = { RESULTS: 1, ...job.registers };
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new Error(`The job sets register '${other}', but the array has RESULTS alone.`);
  }
  if (RESULTS !== job.expect['results']) {
    throw new Error(
      `The job sets RESULTS = ${RESULTS}, but its inputs make ${job.expect['results']}.`,
    );
  }
}
