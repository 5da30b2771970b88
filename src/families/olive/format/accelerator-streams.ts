/** The beats of the accelerator's streams; a vector is the list of its elements. */
import { beatBytes } from '../../../testbench/beats.ts';
import type { BeatFormat } from '../../../testbench/beats.ts';
import { loadBits, multiplierBits, scalingBits, shiftBits, sumBits, wordBits } from '../params.ts';
import type { AcceleratorParameters } from '../params.ts';

type Rows = Pick<AcceleratorParameters, 'rows'>;
type Columns = Pick<AcceleratorParameters, 'columns'>;

const many = (count: number, width: number): number[] => Array.from({ length: count }, () => width);

/** Widths of fields of 0 that fill up `bits` bits. */
const filler = (bits: number): number[] => [
  ...many(Math.floor(bits / 32), 32),
  ...(bits % 32 === 0 ? [] : [bits % 32]),
];

const unsigned = (widths: readonly number[]): BeatFormat => ({
  widths,
  signed: widths.map(() => false),
});

/** A beat of weights with a word: a byte for each row of the array, filler, `scaling`, `last`. */
export const wordBeats = (p: Rows): BeatFormat =>
  unsigned([...many(p.rows, 8), ...filler(loadBits(p) - wordBits(p)), 1, 1]);

/** A beat of weights with the scaling of a row: `bias`, `multiplier`, `shift`, filler, `scaling`, `last`. */
export function rowScalingBeats(p: Rows): BeatFormat {
  const own = [sumBits, multiplierBits, shiftBits];
  const widths = [...own, ...filler(loadBits(p) - scalingBits), 1, 1];
  return { widths, signed: widths.map((_, field) => field === 0) };
}

/** Bytes of a beat of weights. */
export const weightBeatBytes = (p: Rows): number => beatBytes(wordBeats(p).widths);

/** Sets the flag `last` of the final beat of packed weights, in place. */
export function markLast(p: Rows, bytes: Uint8Array): void {
  const bit = loadBits(p) + 1;
  bytes[bytes.length - weightBeatBytes(p) + (bit >>> 3)]! |= 1 << (bit & 7);
}

/** A byte for each column of the array. */
export const activationBeats = ({ columns }: Columns): BeatFormat => unsigned(many(columns, 8));

/** A beat of results with sums: a word for each column, `last`. */
export const sumResultBeats = ({ columns }: Columns): BeatFormat => ({
  widths: [...many(columns, sumBits), 1],
  signed: [...many(columns, 1).map(() => true), false],
});

/** A beat of results with pairs: a byte for each column, filler, `last`. */
export const pairResultBeats = ({ columns }: Columns): BeatFormat =>
  unsigned([...many(columns, 8), ...many(columns, sumBits - 8), 1]);
