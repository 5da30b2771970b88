import { concatenate } from '../../numeric/index.ts';
import { packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { formatWrites } from './array-job.ts';
import type { Formats, Shape, SideFormat } from './array-job.ts';
import { markLast, rowScalingBeats, weightBeatBytes } from './format/accelerator-streams.ts';
import type { Scaling } from './golden-encoder.ts';
import {
  columnsAddress,
  flint4Type,
  int4Type,
  loadBits,
  outputAddress,
  outputBiasAddress,
  outputTypeAddress,
  pairsOutput,
  rowsAddress,
  sumsOutput,
} from './params.ts';
import type { AcceleratorParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;

/** Beats that scale rows, from row 0 on. */
export function scalingBeatsOf(
  p: Pick<AcceleratorParameters, 'rows'>,
  scalings: readonly Scaling[],
): Uint8Array {
  const { widths } = rowScalingBeats(p);
  const zeros = scalings.map(() => 0);
  return packBeats(widths, [
    scalings.map(({ bias }) => bias),
    scalings.map(({ multiplier }) => multiplier),
    scalings.map(({ shift }) => shift),
    ...widths.slice(3, -2).map(() => zeros),
    scalings.map(() => 1),
    zeros,
  ]);
}

/**
 * The beats of an image.
 *
 * @param words beats of `weightBeatBytes` bytes, of which only the bytes of rows are set
 */
export function imageBeats(
  p: Pick<AcceleratorParameters, 'rows'>,
  words: Uint8Array,
  scalings: readonly Scaling[] = [],
): Uint8Array {
  const bytes = concatenate([scalingBeatsOf(p, scalings), words]);
  markLast(p, bytes);
  return bytes;
}

/** What a run computes: images of weights, one behind the other, each with the same number of tiles. */
export interface AcceleratorRun {
  readonly formats: Formats;
  readonly shape: Shape;
  /** Results become pairs of this format; sums where it is absent. */
  readonly output?: SideFormat;
  /** Of each image, from 1. */
  readonly tiles: number;
  readonly images: number;
  /** The beats of all images. */
  readonly weights: Uint8Array;
  /** For each image, tile by tile, as many beats as the image has words. */
  readonly activations: Uint8Array;
}

/** A job of one run. */
export function acceleratorJob(p: AcceleratorParameters, run: AcceleratorRun): Job {
  const { formats, shape, output, tiles, images, weights, activations } = run;
  const rowsOut = output ? Math.ceil(shape.rows / 2) : shape.rows;
  const results = images * tiles * rowsOut;
  const beats = weights.length / weightBeatBytes(p) + (2 * activations.length) / p.columns;
  const ofTile = p.rows + p.columns + 2 * shape.rows;
  return {
    registers: { TILES: tiles, RESULTS: results },
    writes: [
      ...formatWrites(formats),
      [rowsAddress, shape.rows],
      [columnsAddress, shape.columns],
      [outputAddress, output ? pairsOutput : sumsOutput],
      [outputTypeAddress, output?.type === 'flint4' ? flint4Type : int4Type],
      [outputBiasAddress, output?.bias ?? 2],
    ],
    inputs: { weights, activations },
    expect: { results },
    stalls: noStalls,
    maxCycles: stallAllowance * (beats + (images * tiles + 1) * ofTile + loadBits(p) + 64),
  };
}
