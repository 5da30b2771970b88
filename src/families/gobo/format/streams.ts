/** The beats of the GOBO streams, for packing and unpacking. Numbers of fp16 are their bits, unsigned. */
import type { BeatFormat } from '../../../testbench/beats.ts';
import type { NumberSystem, PeParameters, TileParameters } from '../params.ts';
import { binBits, isFp16, resultBits, rowBits } from '../params.ts';

/** `activation`, `index`, `outlier`, `last`. */
export function operandBeats(
  p: Pick<PeParameters, 'activationBits' | 'bits'> & NumberSystem,
): BeatFormat {
  return { widths: [p.activationBits, p.bits, 1, 1], signed: [!isFp16(p), false, false, false] };
}

/** `value`, `last`. */
export function binBeats(
  p: Pick<PeParameters, 'activationBits' | 'maxLength'> & NumberSystem,
): BeatFormat {
  return { widths: [binBits(p), 1], signed: [!isFp16(p), false] };
}

/** `value`, `last`. */
export function activationBeats(
  p: Pick<TileParameters, 'activationBits'> & NumberSystem,
): BeatFormat {
  return { widths: [p.activationBits, 1], signed: [!isFp16(p), false] };
}

/** One index per PE, PE 0 lowest, then `outliers`. */
export function weightBeats(p: Pick<TileParameters, 'pes' | 'bits'>): BeatFormat {
  return {
    widths: [...Array.from({ length: p.pes }, () => p.bits), 1],
    signed: Array.from({ length: p.pes + 1 }, () => false),
  };
}

/** `row`, `value`, `last`. */
export function recordBeats(
  p: Pick<TileParameters, 'pes' | 'weightBits'> & NumberSystem,
): BeatFormat {
  return { widths: [rowBits(p), p.weightBits, 1], signed: [false, !isFp16(p), false] };
}

/** `value`, `last`. */
export function resultBeats(
  p: Pick<TileParameters, 'activationBits' | 'weightBits' | 'maxLength'> & NumberSystem,
): BeatFormat {
  return { widths: [resultBits(p), 1], signed: [!isFp16(p), false] };
}
