/** The beats of the OliVe streams, for packing and unpacking; a vector is the list of its elements. */
import type { BeatFormat } from '../../../testbench/beats.ts';
import {
  decodedBits,
  exponentBits,
  illegalBits,
  integerBits,
  multiplierBits,
  operationIllegalBits,
  shiftBits,
  sumBits,
} from '../params.ts';
import type {
  ArrayParameters,
  DecoderParameters,
  EncoderParameters,
  TensorCoreParameters,
} from '../params.ts';

type Field = readonly [width: number, signed: boolean];

const unsigned = (width: number): Field => [width, false];
const signed = (width: number): Field => [width, true];
const bit = unsigned(1);
const many = (count: number, field: Field): readonly Field[] =>
  Array.from({ length: count }, () => field);

const format = (fields: readonly Field[]): BeatFormat => ({
  widths: fields.map(([width]) => width),
  signed: fields.map(([, isSigned]) => isSigned),
});

/** `first`, `second`, `last`: pairs into the decoder. */
export const codeBeats = ({ bits }: DecoderParameters): BeatFormat =>
  format([unsigned(bits), unsigned(bits), bit]);

/** `firstExponent`, `firstInteger`, `secondExponent`, `secondInteger`, `illegal`, `last`. */
export function decodedBeats(p: DecoderParameters): BeatFormat {
  const value = [unsigned(exponentBits), signed(decodedBits(p))];
  return format([...value, ...value, bit, bit]);
}

/** `first`, `second`, `last`: sums into the encoder. */
export const sumBeats: BeatFormat = format([signed(sumBits), signed(sumBits), bit]);

/** Bias, multiplier and shift of the first and of the second sum. */
export const scalingBeats: BeatFormat = format(
  [0, 1].flatMap(() => [signed(sumBits), unsigned(multiplierBits), unsigned(shiftBits)]),
);

/** `first`, `second`, `outliers`, `last`: pairs out of the encoder. */
export const encodedBeats = ({ bits }: EncoderParameters): BeatFormat =>
  format([unsigned(bits), unsigned(bits), unsigned(2), bit]);

/** `leftExponent`, `leftInteger`, `rightExponent`, `rightInteger`, `last`. */
export const operandBeats: BeatFormat = format([
  ...[0, 1].flatMap(() => [unsigned(exponentBits), signed(integerBits)]),
  bit,
]);

/** `sum`, `overflow`. */
export const peResultBeats: BeatFormat = format([signed(sumBits), bit]);

/** A byte for each row of the array. */
export const leftBeats = ({ rows }: Pick<ArrayParameters, 'rows'>): BeatFormat =>
  format(many(rows, unsigned(8)));

/** A byte for each column of the array, then `last`. */
export const rightBeats = ({ columns }: Pick<ArrayParameters, 'columns'>): BeatFormat =>
  format([...many(columns, unsigned(8)), bit]);

/** `sums` and `overflow` of every column, `illegal`, `last`. */
export const resultBeats = ({ columns }: Pick<ArrayParameters, 'columns'>): BeatFormat =>
  format([...many(columns, signed(sumBits)), ...many(columns, bit), unsigned(illegalBits), bit]);

/** `left` and `right`, half a byte per element each, `addend`, `last`. */
export const operationBeats = ({ elements }: TensorCoreParameters): BeatFormat =>
  format([...many(elements, unsigned(8)), signed(sumBits), bit]);

/** `value`, `overflow`, `illegal`, `last`. */
export const operationResultBeats: BeatFormat = format([
  signed(sumBits),
  bit,
  unsigned(operationIllegalBits),
  bit,
]);
