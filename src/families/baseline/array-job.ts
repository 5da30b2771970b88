import { concatenate } from '../../numeric/index.ts';
import { lastFlags, packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { activationBeats, weightBeats } from './format/streams.ts';
import { columnsAddress, rowsAddress } from './params.ts';
import type { ArrayParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;

/** Rows and columns of cells that a tile uses. */
export interface Shape {
  readonly rows: number;
  readonly columns: number;
}

/** Operands of one tile, lane by lane: each lane has one value for each inner index. */
export interface Tile {
  /** R lanes. */
  readonly weights: readonly ArrayLike<number>[];
  /** C lanes. */
  readonly activations: readonly ArrayLike<number>[];
}

/** Setup of the rows and columns in use. */
export function setupWrites({ rows, columns }: Shape): Job['writes'] {
  return [
    [rowsAddress, rows],
    [columnsAddress, columns],
  ];
}

/** Cycles after which a job of so many operand beats and results is given up. */
export function cycleLimit(p: Shape, beats: number, results: number): number {
  return stallAllowance * (beats + results + p.rows + p.columns + 64);
}

/** A job that computes these tiles with the given rows and columns in use. */
export function arrayJob(p: ArrayParameters, shape: Shape, tiles: readonly Tile[]): Job {
  const lengths = tiles.map(({ weights }) => weights[0]!.length);
  const beats = lengths.reduce((sum, length) => sum + length, 0);
  const results = tiles.length * shape.rows * shape.columns;
  return {
    writes: setupWrites(shape),
    inputs: {
      weights: concatenate(tiles.map((tile) => packBeats(weightBeats(p).widths, tile.weights))),
      activations: concatenate(
        tiles.map((tile, t) =>
          packBeats(activationBeats(p).widths, [...tile.activations, lastFlags(lengths[t]!)]),
        ),
      ),
    },
    expect: { results },
    stalls: noStalls,
    // A tile leaves no later than it would from a full array.
    maxCycles: cycleLimit(p, beats, results + tiles.length * p.rows),
  };
}
