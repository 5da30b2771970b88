import { concatenate } from '../../numeric/index.ts';
import { lastFlags, packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { activationBeats, weightBeats } from './format/streams.ts';
import { rowsAddress } from './params.ts';
import type { ArrayParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;

/** Operands of one tile, lane by lane: each lane has one value for each inner index. */
export interface Tile {
  /** R lanes. */
  readonly weights: readonly ArrayLike<number>[];
  /** C lanes. */
  readonly activations: readonly ArrayLike<number>[];
}

/** Operand beats of tiles, as the array takes them. */
export interface TileBeats {
  readonly weights: Uint8Array;
  readonly activations: Uint8Array;
  /** Beats of either stream. */
  readonly beats: number;
  readonly tiles: number;
}

/** A job that computes these tiles with `rows` rows in use. */
export function beatsJob(
  p: Pick<ArrayParameters, 'rows' | 'columns'>,
  rows: number,
  { weights, activations, beats, tiles }: TileBeats,
): Job {
  const results = tiles * rows;
  return {
    registers: { RESULTS: results },
    writes: [[rowsAddress, rows]],
    inputs: { weights, activations },
    expect: { results },
    stalls: noStalls,
    maxCycles: stallAllowance * (beats + results + p.rows + p.columns + 64),
  };
}

/** The same for tiles whose operands are not packed yet. */
export function arrayJob(p: ArrayParameters, rows: number, tiles: readonly Tile[]): Job {
  const lengths = tiles.map(({ weights }) => weights[0]!.length);
  return beatsJob(p, rows, {
    weights: concatenate(tiles.map((tile) => packBeats(weightBeats(p).widths, tile.weights))),
    activations: concatenate(
      tiles.map((tile, t) =>
        packBeats(activationBeats(p).widths, [...tile.activations, lastFlags(lengths[t]!)]),
      ),
    ),
    beats: lengths.reduce((sum, length) => sum + length, 0),
    tiles: tiles.length,
  });
}
