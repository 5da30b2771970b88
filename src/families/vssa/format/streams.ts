/** The beats of the streams of the hardware, for packing and unpacking; a vector is the list of its elements. */
import type { BeatFormat } from '../../../testbench/beats.ts';
import { digitBits, importanceBits } from '../params.ts';

type Field = readonly [width: number, signed: boolean];

const unsigned = (width: number): Field => [width, false];
const signed = (width: number): Field => [width, true];
const bit = unsigned(1);
/** `high`, `low`, `eight`: a word of one digit or of two. */
const word: readonly Field[] = [unsigned(digitBits), unsigned(digitBits), bit];
const many = (count: number, fields: readonly Field[]): readonly Field[] =>
  Array.from({ length: count }, () => fields).flat();

const format = (fields: readonly Field[]): BeatFormat => ({
  widths: fields.map(([width]) => width),
  signed: fields.map(([, isSigned]) => isSigned),
});

/** Columns of a word in a beat of lanes. */
export const wordFields = word.length;

/** `high`, `low`, `eight`, `first`, `last`: left operands of the processing element, in and out. */
export const peLeftBeats: BeatFormat = format([...word, bit, bit]);

/** `high`, `low`, `eight`: right operands of the processing element, in and out. */
export const peRightBeats: BeatFormat = format(word);

/** `sum` of a dot product. */
export const peResultBeats: BeatFormat = format([signed(32)]);

/** A word for each row, then `last`. */
export const leftBeats = ({ rows }: { readonly rows: number }): BeatFormat =>
  format([...many(rows, word), bit]);

/** A word for each column. */
export const rightBeats = ({ cols }: { readonly cols: number }): BeatFormat =>
  format(many(cols, word));

/** A sum for each column, then `last`. */
export const resultBeats = ({ cols }: { readonly cols: number }): BeatFormat =>
  format([...many(cols, [signed(32)]), bit]);

/** `value`, `protected`, `live`, `last`: a token for the selection. */
export const scoreBeats: BeatFormat = format([unsigned(importanceBits), bit, bit, bit]);

/** `id`, `bits`, `last`: a token that was selected. */
export const tokenBeats: BeatFormat = format([unsigned(10), unsigned(2), bit]);

/** `value`, `eight`, `last`: an 8-bit code, and whether its token keeps both digits. */
export const valueBeats: BeatFormat = format([signed(8), bit, bit]);

/** `high`, `low`, `last`: what the two planes get. */
export const digitBeats: BeatFormat = format([unsigned(digitBits), unsigned(digitBits), bit]);
