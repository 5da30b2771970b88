import { packBeats } from '../../testbench/beats.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { leftBeats, resultBeats, rightBeats } from './format/streams.ts';
import { codeOf, isEight } from './format/words.ts';
import { arrayTime } from './golden-array-cycles.ts';
import { writtenOf } from './golden-setup.ts';
import { columnsAddress, leftSignedAddress, rightSignedAddress, rowsAddress } from './params.ts';
import type { ArrayParameters } from './params.ts';

/** Lanes of one side, those that are not in use as words of one digit, 0. */
interface Side {
  readonly values: readonly Float64Array[];
  /** 1 or 2 for each beat. */
  readonly digits: readonly Uint8Array[];
}

/** @param used lanes in use */
function sideOf(lanes: readonly ArrayLike<number>[], used: number, signed: boolean): Side {
  return {
    values: lanes
      .slice(0, used)
      .map((lane) => Float64Array.from(lane, (word) => codeOf(word, signed))),
    digits: lanes.map((lane, i) =>
      Uint8Array.from(lane, (word) => (i < used && isEight(word) ? 2 : 1)),
    ),
  };
}

/**
 * The array as docs/vssa-array.md specifies it: every sum, and the cycles with what the processing elements did in
 * them, without outside stalls. A job stands for itself: what it does not write is as after reset.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenArray(
  p: ArrayParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['left', 'right'], 'results');
  const setup = setupOf(p, job);
  const left = inputColumns(job, 'left', leftBeats(p), blobs);
  const right = inputColumns(job, 'right', rightBeats(p), blobs);
  const last = left[p.rows]!;
  if (right[0]!.length !== last.length) {
    throw new Error(
      `The job has ${last.length} beats of left operands but ${right[0]!.length} of right ones; every index needs one of each.`,
    );
  }
  const starts = dotStarts(last, Infinity, 'left');
  const tiles = starts.length - 1;
  const { rows, columns } = setup;
  checkExpected(job, 'results', tiles * rows);
  checkRegisters(job, tiles * rows);
  const leftSide = sideOf(left.slice(0, p.rows), rows, setup.leftSigned);
  const rightSide = sideOf(right, columns, setup.rightSigned);

  const sums = Array.from({ length: p.cols }, () => new Int32Array(tiles * rows));
  const lastRow = new Uint8Array(tiles * rows);
  for (let tile = 0, beat = 0; tile < tiles; tile++) {
    for (let row = 0; row < rows; row++, beat++) {
      for (let column = 0; column < columns; column++) {
        sums[column]![beat] = dot(
          leftSide.values[row]!,
          rightSide.values[column]!,
          starts[tile]!,
          starts[tile + 1]!,
        );
      }
    }
    lastRow[beat - 1] = 1;
  }
  const time = arrayTime(p, {
    ...{ left: leftSide.digits, right: rightSide.digits },
    ends: Uint8Array.from(last, (flag) => flag * rows),
  });
  const { cycles, busy, stalled, starved } = time;
  return {
    outputs: { results: packBeats(resultBeats(p).widths, [...sums, lastRow]) },
    cycles,
    counters: { cycles, stalls: 0, starves: 0, busy, stalled, starved },
  };
}

/** Sum of products from `begin` to before `end`: exact below 2^53, so that wrapping it once is wrapping it always. */
function dot(a: Float64Array, b: Float64Array, begin: number, end: number): number {
  let sum = 0;
  for (let k = begin; k < end; k++) sum += a[k]! * b[k]!;
  return sum | 0;
}

/** What a job's writes leave in the array. */
function setupOf(p: ArrayParameters, job: Job) {
  const written = writtenOf(
    job,
    new Map([
      [leftSignedAddress, { name: 'the sign of left words', usual: 1, min: 0, max: 1 }],
      [rightSignedAddress, { name: 'the sign of right words', usual: 1, min: 0, max: 1 }],
      [rowsAddress, { name: 'rows in use', usual: p.rows, min: 1, max: p.rows }],
      [columnsAddress, { name: 'columns in use', usual: p.cols, min: 1, max: p.cols }],
    ]),
  );
  return {
    leftSigned: written(leftSignedAddress) === 1,
    rightSigned: written(rightSignedAddress) === 1,
    rows: written(rowsAddress),
    columns: written(columnsAddress),
  };
}

/** The shell ends the run after so many result beats. */
function checkRegisters(job: Job, results: number): void {
  const { RESULTS, ...others } = { RESULTS: 1, ...job.registers };
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new Error(`The job sets register '${other}', but the array has RESULTS alone.`);
  }
  if (RESULTS !== results) {
    throw new Error(`The job sets RESULTS = ${RESULTS}, but its inputs make ${results}.`);
  }
}
