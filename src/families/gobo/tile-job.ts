import { packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { activationBeats, recordBeats, weightBeats } from './format/streams.ts';
import { binCount, rowsAddress } from './params.ts';
import type { TileParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs at most, so that heavy stalls still end. */
const stallAllowance = 64;

/** Setup writes of a dictionary and a number of rows, negative centroids in two's complement. */
export function setupWrites(
  p: TileParameters,
  centroids: ArrayLike<number>,
  rows: number,
): Job['writes'] {
  const writes = Array.from(
    centroids,
    (centroid, k) => [k, centroid < 0 ? centroid + 2 ** p.weightBits : centroid] as const,
  );
  return [...writes, [rowsAddress(p), rows]];
}

/**
 * Cycles after which a job is given up, with room for heavy stalls.
 *
 * @param columnCycles what its columns take without stalls
 * @param dots its dot products, of `rows` rows each
 */
export function cycleLimit(
  p: Pick<TileParameters, 'bits'>,
  columnCycles: number,
  dots: number,
  rows: number,
): number {
  return stallAllowance * (columnCycles + dots * rows * binCount(p) + 64);
}

/** One column of a dot product as the tile sees it. */
export interface TileColumn {
  readonly activation: number;
  /** An index per PE of the tile. */
  readonly indexes: readonly number[];
  /** In ascending row order. */
  readonly outliers: readonly { readonly row: number; readonly value: number }[];
}

/** A job that computes these dot products on the first `rows` PEs. */
export function tileJob(
  p: TileParameters,
  rows: number,
  centroids: readonly number[],
  dots: readonly (readonly TileColumn[])[],
): Job {
  const columns = dots.flat();
  const records = columns.flatMap(({ outliers }) =>
    outliers.map((record, i) => ({ ...record, last: i === outliers.length - 1 ? 1 : 0 })),
  );
  const columnCycles = columns.reduce((sum, { outliers }) => sum + Math.max(1, outliers.length), 0);
  return {
    writes: setupWrites(p, centroids, rows),
    inputs: {
      activations: packBeats(activationBeats(p).widths, [
        columns.map((column) => column.activation),
        dots.flatMap((dot) => dot.map((_, i) => (i === dot.length - 1 ? 1 : 0))),
      ]),
      weights: packBeats(weightBeats(p).widths, [
        ...Array.from({ length: p.pes }, (_, pe) => columns.map((column) => column.indexes[pe]!)),
        columns.map((column) => (column.outliers.length > 0 ? 1 : 0)),
      ]),
      records: packBeats(recordBeats(p).widths, [
        records.map((record) => record.row),
        records.map((record) => record.value),
        records.map((record) => record.last),
      ]),
    },
    expect: { results: dots.length * rows },
    stalls: noStalls,
    maxCycles: cycleLimit(p, columnCycles, dots.length, rows),
  };
}
