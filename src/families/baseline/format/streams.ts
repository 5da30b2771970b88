/** The beats of the array's streams; a vector is the list of its lanes. */
import type { BeatFormat } from '../../../testbench/beats.ts';
import { sumBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';

/** One weight per row of cells. */
export function weightBeats(p: Pick<ArrayParameters, 'rows' | 'weightBits'>): BeatFormat {
  return {
    widths: Array.from({ length: p.rows }, () => p.weightBits),
    signed: Array.from({ length: p.rows }, () => true),
  };
}

/** One activation per column of cells, then `last`. */
export function activationBeats(
  p: Pick<ArrayParameters, 'columns' | 'activationBits'>,
): BeatFormat {
  return {
    widths: [...Array.from({ length: p.columns }, () => p.activationBits), 1],
    signed: [...Array.from({ length: p.columns }, () => true), false],
  };
}

/** One sum per column of cells, then `last`. */
export function resultBeats(p: Omit<ArrayParameters, 'rows'>): BeatFormat {
  return {
    widths: [...Array.from({ length: p.columns }, () => sumBits(p)), 1],
    signed: [...Array.from({ length: p.columns }, () => true), false],
  };
}
