/** The beats of the streams of the hardware, for packing and unpacking; a vector is the list of its elements. */
import type { BeatFormat } from '../../../testbench/beats.ts';
import { digitBits, importanceBits, sumBits, tokenBits, wordBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';

type Field = readonly [width: number, signed: boolean];

const unsigned = (width: number): Field => [width, false];
const signed = (width: number): Field => [width, true];
const bit = unsigned(1);
const digits: readonly Field[] = [unsigned(digitBits), unsigned(digitBits)];
const many = (count: number, field: Field): readonly Field[] =>
  Array.from({ length: count }, () => field);

const format = (fields: readonly Field[]): BeatFormat => ({
  widths: fields.map(([width]) => width),
  signed: fields.map(([, isSigned]) => isSigned),
});

/** `high`, `low`, `eight`, `first`, `last`: left operands of the processing element, in and out. */
export const peLeftBeats: BeatFormat = format([...digits, bit, bit, bit]);

/** `high`, `low`, `eight`: right operands of the processing element, in and out. */
export const peRightBeats: BeatFormat = format([...digits, bit]);

/** `sum` of a dot product. */
export const peResultBeats: BeatFormat = format([signed(sumBits)]);

/** A word for each row, then `last`. */
export const leftBeats = ({ rows }: Pick<ArrayParameters, 'rows'>): BeatFormat =>
  format([...many(rows, unsigned(wordBits)), bit]);

/** A word for each column. */
export const rightBeats = ({ cols }: Pick<ArrayParameters, 'cols'>): BeatFormat =>
  format(many(cols, unsigned(wordBits)));

/** A sum for each column, then `last`. */
export const resultBeats = ({ cols }: Pick<ArrayParameters, 'cols'>): BeatFormat =>
  format([...many(cols, signed(sumBits)), bit]);

/** `value`, `protected`, `live`, `last`: a token for the selection. */
export const scoreBeats: BeatFormat = format([unsigned(importanceBits), bit, bit, bit]);

/** `id`, `bits`, `last`: a token that was selected. */
export const tokenBeats: BeatFormat = format([unsigned(tokenBits), unsigned(2), bit]);

/** `value`, `eight`, `last`: an 8-bit code, and whether its token keeps both digits. */
export const valueBeats: BeatFormat = format([signed(8), bit, bit]);

/** `high`, `low`, `eight`, `last`: what the two planes get, the low one where `eight` is 1. */
export const digitBeats: BeatFormat = format([...digits, bit, bit]);
