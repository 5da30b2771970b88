import { packBeats } from '../../testbench/beats.ts';
import type { Column } from '../../testbench/beats.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { activationBeats, recordBeats, resultBeats, weightBeats } from './format/streams.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import { binCount, isFp16, rowsAddress } from './params.ts';
import type { NumberSystem, TileParameters } from './params.ts';

/**
 * Cycles from the issue of a row's last bin to its result: product, sum, output; in fp16 a product takes
 * two, and there is a last sum.
 */
export const resultLatency = (p: NumberSystem): number => (isFp16(p) ? 5 : 3);

/**
 * The tile as docs/gobo-tile.md specifies it: every result of a job in exact integers, and the
 * cycles it takes without outside stalls.
 *
 * A job stands for itself: it writes all K centroids, and `rows` unless it means all PEs.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenTile(
  p: TileParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['activations', 'weights', 'records'], 'results');
  const { centroids, rows } = setupOf(p, job);
  const [activation, last] = inputColumns(job, 'activations', activationBeats(p), blobs);
  const weights = inputColumns(job, 'weights', weightBeats(p), blobs);
  const [row, value, endOfColumn] = inputColumns(job, 'records', recordBeats(p), blobs);
  const hasOutliers = weights[p.pes]!;
  if (hasOutliers.length !== activation!.length) {
    throw new Error(
      `The job has ${activation!.length} beats of activations but ${hasOutliers.length} of weights; every column needs one of each.`,
    );
  }
  const starts = dotStarts(last!, p.maxLength, 'activations');
  const dots = starts.length - 1;
  checkExpected(job, 'results', dots * rows);
  const recordStarts = recordsOf(hasOutliers, row!, endOfColumn!, rows);

  const count = binCount(p);
  // Each PE has one bin more, which nobody reads: it takes the activations of outlier slots.
  const unread = count;
  const stride = count + 1;
  for (let column = 0; column < hasOutliers.length; column++) {
    for (let i = recordStarts[column]!; i < recordStarts[column + 1]!; i++) {
      weights[row![i]!]![column] = unread;
    }
  }

  const bins = new Int32Array(rows * stride);
  const outlierSums = new Float64Array(rows);
  const results = new Float64Array(dots * rows);
  const lastRow = new Uint8Array(dots * rows);
  for (let dot = 0; dot < dots; dot++) {
    const begin = starts[dot]!;
    const end = starts[dot + 1]!;
    bins.fill(0);
    outlierSums.fill(0);
    for (let pe = 0; pe < rows; pe++) {
      accumulate(bins, pe * stride, weights[pe]!, activation!, begin, end);
    }
    for (let column = begin; column < end; column++) {
      for (let i = recordStarts[column]!; i < recordStarts[column + 1]!; i++) {
        outlierSums[row![i]!]! += activation![column]! * value![i]!;
      }
    }
    for (let pe = 0; pe < rows; pe++) {
      let sum = outlierSums[pe]!;
      for (let k = 0; k < count; k++) sum += centroids[k]! * bins[pe * stride + k]!;
      results[dot * rows + pe] = sum;
    }
    lastRow[dot * rows + rows - 1] = 1;
  }
  return {
    outputs: { results: packBeats(resultBeats(p).widths, [results, lastRow]) },
    cycles: tileCycles(p, rows, last!, recordStarts),
    counters: {},
  };
}

function accumulate(
  bins: Int32Array,
  base: number,
  index: Column,
  activation: Column,
  begin: number,
  end: number,
): void {
  for (let column = begin; column < end; column++) {
    bins[base + index[column]!]! += activation[column]!;
  }
}

/** What a job's writes leave in the tile: the dictionary, as signed codes, and the PEs in use. */
export function setupOf(p: TileParameters, job: Job): { centroids: Int32Array; rows: number } {
  const count = binCount(p);
  const span = 2 ** p.weightBits;
  const written = new Uint8Array(count);
  const centroids = new Int32Array(count);
  let rows = p.pes;
  for (const [address, data] of job.writes) {
    if (!Number.isInteger(data) || data < -span / 2 || data >= span) {
      throw new Error(
        `The write of ${data} to address ${address} does not fit ${p.weightBits} bits.`,
      );
    }
    if (address === rowsAddress(p)) {
      if (data < 1 || data > p.pes) {
        throw new Error(`The job writes rows = ${data}, but the tile has 1 to ${p.pes} rows.`);
      }
      rows = data;
    } else if (Number.isInteger(address) && address >= 0 && address < count) {
      centroids[address] = data >= span / 2 ? data - span : data;
      written[address] = 1;
    } else {
      throw new Error(
        `The job writes to address ${address}, but the setup has addresses 0 to ${rowsAddress(p)}.`,
      );
    }
  }
  const missing = written.indexOf(0);
  if (missing >= 0) {
    throw new Error(
      `The job does not write centroid ${missing}; a job writes all ${count}, so that its results do not depend on the job before.`,
    );
  }
  return { centroids, rows };
}

/** First record of each column, and the number of records as last entry. */
export function recordsOf(
  hasOutliers: Column,
  row: Column,
  endOfColumn: Column,
  rows: number,
): Int32Array {
  const starts = new Int32Array(hasOutliers.length + 1);
  let next = 0;
  for (let column = 0; column < hasOutliers.length; column++) {
    starts[column] = next;
    if (hasOutliers[column] === 0) continue;
    let previous = -1;
    for (let ended = false; !ended; next++) {
      if (next >= row.length) {
        throw new Error(`The records end before those of column ${column} are complete.`);
      }
      if (row[next]! <= previous || row[next]! >= rows) {
        throw new Error(
          `Record ${next} of column ${column} is for row ${row[next]}, but rows ascend within a column and stay below ${rows}.`,
        );
      }
      previous = row[next]!;
      ended = endOfColumn[next] === 1;
    }
  }
  if (next !== row.length) {
    throw new Error(`The job has ${row.length} records, but its columns take only ${next}.`);
  }
  starts[hasOutliers.length] = next;
  return starts;
}

/**
 * First accepted column or record to last accepted result, inclusive, cycle by cycle as in the
 * specification's section "Columns".
 *
 * @param last flags the last column of each dot product
 * @param recordStarts first record of each column, then their number
 */
export function tileCycles(
  p: TileParameters,
  rows: number,
  last: Column,
  recordStarts: Int32Array,
): number {
  const binsOfDot = rows * binCount(p);
  let column = 0;
  let record = 0;
  let queued = 0;
  let full = 0;
  let issued = 0;
  let cycle = 0;
  let lastIssue = 0;
  while (column < last.length || full > 0) {
    let taken = 0;
    let filled = 0;
    if (column < last.length && full < p.buffers) {
      const end = recordStarts[column + 1]!;
      if (record < end && queued < p.queueDepth) {
        record++;
        taken = 1;
      }
      if (record === end) filled = last[column++]!;
    }
    let left = 0;
    let emptied = 0;
    if (queued > 0) {
      left = 1;
    } else if (full > 0) {
      lastIssue = cycle;
      if (++issued === binsOfDot) {
        issued = 0;
        emptied = 1;
      }
    }
    queued += taken - left;
    full += filled - emptied;
    cycle++;
  }
  return lastIssue + resultLatency(p) + 1;
}
