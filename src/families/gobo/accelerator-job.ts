import { beatBytes, packBeats } from '../../testbench/beats.ts';
import type { Beats, Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import {
  imageRecordBeats,
  markLast,
  packWeights,
  wordBeats,
} from './format/accelerator-streams.ts';
import { activationBeats } from './format/streams.ts';
import {
  binCount,
  groupAddress,
  groupRows,
  lastTileField,
  loadBits,
  rowsField,
  tileBits,
} from './params.ts';
import type { AcceleratorParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs at most, so that heavy stalls still end. */
const stallAllowance = 64;

/** What a bank of all tiles holds: dot products of the same rows, one behind the other. */
export interface WeightImage {
  /** One array per row, as long as the image has columns; 0 where an outlier is. */
  readonly indexes: readonly ArrayLike<number>[];
  /** In any order. */
  readonly outliers: readonly {
    readonly row: number;
    readonly column: number;
    readonly value: number;
  }[];
}

/** How the rows of a group are spread: row r is PE floor(r / tiles) of tile r mod tiles. */
export interface RowSpread {
  /** Tiles with at least one row. */
  readonly tiles: number;
  /** Rows of tile 0, the most that a tile has. */
  readonly rowsOfFirst: number;
  /** The tile that has the last row; those behind it have a row less than tile 0. */
  readonly lastTile: number;
}

/** @param rows 1 .. tiles x pes */
export function spreadRows(p: Pick<AcceleratorParameters, 'tiles'>, rows: number): RowSpread {
  return {
    tiles: Math.min(rows, p.tiles),
    rowsOfFirst: Math.ceil(rows / p.tiles),
    lastTile: (rows - 1) % p.tiles,
  };
}

/** Setup of a dictionary and a number of rows, negative centroids in two's complement. */
export function acceleratorWrites(
  p: AcceleratorParameters,
  centroids: ArrayLike<number>,
  rows: number,
): Job['writes'] {
  const { rowsOfFirst, lastTile } = spreadRows(p, rows);
  return [
    ...Array.from(
      centroids,
      (centroid, k) => [k, centroid < 0 ? centroid + 2 ** p.weightBits : centroid] as const,
    ),
    [groupAddress(p), rowsOfFirst * 2 ** rowsField.low + lastTile * 2 ** lastTileField.low],
  ];
}

/**
 * The beats that load an image, in parts: for each tile in use its words, then its records. Within a part
 * the order counts; the last beat of all must be marked with `markImage`.
 */
export function imageParts(p: AcceleratorParameters, image: WeightImage): readonly Uint8Array[] {
  const { indexes, outliers } = image;
  const columns = indexes[0]!.length;
  const sorted = [...outliers].sort((a, b) => a.column - b.column || a.row - b.row);
  const unused = new Uint8Array(columns);
  return Array.from({ length: spreadRows(p, indexes.length).tiles }, (_, tile) => {
    const own = sorted.filter(({ row }) => row % p.tiles === tile);
    const hasOutliers = new Uint8Array(columns);
    for (const { column } of own) hasOutliers[column] = 1;
    const ofPes = Array.from({ length: p.pes }, (_, pe) => indexes[pe * p.tiles + tile] ?? unused);
    return [
      packWeights(wordBeats(p), [...ofPes, hasOutliers], { record: 0, tile }),
      packWeights(
        imageRecordBeats(p),
        [
          own.map(({ row }) => Math.floor(row / p.tiles)),
          own.map(({ value }) => value),
          own.map(({ column }, i) => (own[i + 1]?.column === column ? 0 : 1)),
        ],
        { record: 1, tile },
      ),
    ];
  }).flat();
}

/** Bytes of a beat of weights. */
export const weightBeatBytes = (p: AcceleratorParameters): number => beatBytes(wordBeats(p).widths);

/** Marks the last beat of an image, in place. */
export function markImage(p: AcceleratorParameters, bytes: Uint8Array): Uint8Array {
  markLast(wordBeats(p), bytes);
  return bytes;
}

/** What a run computes: images of weights, one behind the other, each with the same number of tokens. */
export interface AcceleratorRun {
  /** K codes. */
  readonly centroids: ArrayLike<number>;
  /** Rows of every image, 1 .. tiles x pes. */
  readonly rows: number;
  /** Tokens per image, from 1. */
  readonly tokens: number;
  /** The images' beats of weights. */
  readonly weights: Beats;
  /** How many beats these are. */
  readonly weightBeats: number;
  /** For each image, token by token: a value for every column of the image. */
  readonly values: ArrayLike<number>;
  /** 1 where a dot product ends. */
  readonly ends: ArrayLike<number>;
  /** Dot products of `values`. */
  readonly dots: number;
  /** Outliers of all images. */
  readonly records: number;
}

/** A job of one run. */
export function acceleratorJob(p: AcceleratorParameters, run: AcceleratorRun): Job {
  const { centroids, rows, tokens, weights, values, ends, dots } = run;
  const results = dots * rows;
  const drained = dots * spreadRows(p, rows).rowsOfFirst * binCount(p);
  const cycles = run.weightBeats + values.length + run.records * tokens + drained + results;
  return {
    registers: { TOKENS: tokens, RESULTS: results },
    writes: acceleratorWrites(p, centroids, rows),
    inputs: { weights, activations: packBeats(activationBeats(p).widths, [values, ends]) },
    expect: { results },
    stalls: noStalls,
    maxCycles: stallAllowance * (cycles + groupRows(p) + loadBits(p) + tileBits(p) + 64),
  };
}
