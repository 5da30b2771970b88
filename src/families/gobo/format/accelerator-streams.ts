/** The beats of the accelerator's streams that the tile does not have. */
import { packBeats } from '../../../testbench/beats.ts';
import type { BeatFormat } from '../../../testbench/beats.ts';
import { isFp16, loadBits, recordBits, rowBits, tileBits, wordBits } from '../params.ts';
import type { AcceleratorParameters, NumberSystem } from '../params.ts';

type WeightParameters = Pick<AcceleratorParameters, 'tiles' | 'pes' | 'bits' | 'weightBits'> &
  NumberSystem;

/** Widths of fields of 0 that fill up `bits` bits. */
function filler(bits: number): number[] {
  const widths: number[] = [];
  for (let left = bits; left > 0; left -= 32) widths.push(Math.min(32, left));
  return widths;
}

/** `record`, `tile`, `last`, behind what a beat of weights carries. */
const tail = (p: WeightParameters): number[] => [1, tileBits(p), 1];

const unsigned = (widths: readonly number[]): boolean[] => widths.map(() => false);

/** A beat of weights with a word: one index per PE, PE 0 lowest, `outliers`, filler, tail. */
export function wordBeats(p: WeightParameters): BeatFormat {
  const indexes = Array.from({ length: p.pes }, () => p.bits);
  const widths = [...indexes, 1, ...filler(loadBits(p) - wordBits(p)), ...tail(p)];
  return { widths, signed: unsigned(widths) };
}

/** A beat of weights with a record: `row`, `value`, `last` of the column, filler, tail. */
export function imageRecordBeats(p: WeightParameters): BeatFormat {
  const widths = [
    ...[rowBits(p), p.weightBits, 1],
    ...filler(loadBits(p) - recordBits(p)),
    ...tail(p),
  ];
  return { widths, signed: widths.map((_, field) => field === 1 && !isFp16(p)) };
}

/** Packs the first fields of beats of weights, the filler as 0, then record, tile and last 0. */
export function packWeights(
  { widths }: BeatFormat,
  fields: readonly ArrayLike<number>[],
  { record, tile }: { readonly record: 0 | 1; readonly tile: number },
): Uint8Array {
  const beats = fields[0]!.length;
  const all = (value: number): Uint8Array => new Uint8Array(beats).fill(value);
  const fill = widths.slice(fields.length, -3).map(() => all(0));
  return packBeats(widths, [...fields, ...fill, all(record), all(tile), all(0)]);
}

/** Marks the final beat of packed weights as the last of its image, in place. */
export function markLast({ widths }: BeatFormat, bytes: Uint8Array): void {
  const bits = widths.reduce((sum, width) => sum + width, 0);
  const beat = bytes.length - Math.ceil(bits / 8);
  bytes[beat + ((bits - 1) >>> 3)]! |= 1 << ((bits - 1) & 7);
}
