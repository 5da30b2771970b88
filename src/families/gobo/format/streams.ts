/** The beats of the GOBO streams, for packing and unpacking. */
import type { BeatFormat } from '../../../testbench/beats.ts';
import type { PeParameters, TileParameters } from '../params.ts';
import { binBits, resultBits, rowBits } from '../params.ts';

/** `activation`, `index`, `outlier`, `last`. */
export function operandBeats(p: Pick<PeParameters, 'activationBits' | 'bits'>): BeatFormat {
  return { widths: [p.activationBits, p.bits, 1, 1], signed: [true, false, false, false] };
}

/** `value`, `last`. */
export function binBeats(p: Pick<PeParameters, 'activationBits' | 'maxLength'>): BeatFormat {
  return { widths: [binBits(p), 1], signed: [true, false] };
}

/** `value`, `last`. */
export function activationBeats(p: Pick<TileParameters, 'activationBits'>): BeatFormat {
  return { widths: [p.activationBits, 1], signed: [true, false] };
}

/** One index per PE, PE 0 lowest, then `outliers`. */
export function weightBeats(p: Pick<TileParameters, 'pes' | 'bits'>): BeatFormat {
  return {
    widths: [...Array.from({ length: p.pes }, () => p.bits), 1],
    signed: Array.from({ length: p.pes + 1 }, () => false),
  };
}

/** `row`, `value`, `last`. */
export function recordBeats(p: Pick<TileParameters, 'pes' | 'weightBits'>): BeatFormat {
  return { widths: [rowBits(p), p.weightBits, 1], signed: [false, true, false] };
}

/** `value`, `last`. */
export function resultBeats(
  p: Pick<TileParameters, 'activationBits' | 'weightBits' | 'maxLength'>,
): BeatFormat {
  return { widths: [resultBits(p), 1], signed: [true, false] };
}
