import { bitsFor } from '../../../numeric/index.ts';
import type { DecompressorParameters } from '../params.ts';
import type { BeatFormat } from '../../../testbench/beats.ts';

/** The beats of the decompressor's streams; see `BeatFormat`. */

const unsigned = (widths: readonly number[]): BeatFormat => ({
  widths,
  signed: widths.map(() => false),
});

/** One byte of the container after the other. */
export function compressedBeats(p: Pick<DecompressorParameters, 'inputBytes'>): BeatFormat {
  return unsigned(Array.from({ length: p.inputBytes }, () => 8));
}

/** One value per lane, lane 0 lowest, then `count` and `last`. */
export function denseBeats(p: Pick<DecompressorParameters, 'valueBytes' | 'lanes'>): BeatFormat {
  const values = Array.from({ length: p.lanes }, () => 8 * p.valueBytes);
  return unsigned([...values, bitsFor(p.lanes), 1]);
}
