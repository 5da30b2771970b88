/** The beats of the streams of the accelerator and the score accumulator; tokens are those of the selection. */
import type { BeatFormat } from '../../../testbench/beats.ts';
import { importanceCodeBits, sumBits, tokenBits } from '../params.ts';
import type { AcceleratorParameters, ScoresParameters } from '../params.ts';

const codeBits = 8;

const repeat = <T>(count: number, item: T): readonly T[] =>
  Array.from({ length: count }, () => item);

const unsigned = (widths: readonly number[]): BeatFormat => ({
  widths,
  signed: widths.map(() => false),
});

/** `id` of the row's token, then some of its codes, then `last` of the matrix. */
export const operandBeats = ({ loadWords }: Pick<ScoresParameters, 'loadWords'>): BeatFormat =>
  unsigned([tokenBits, ...repeat(loadWords, codeBits), 1]);

/** `row`, `column`, a sum for each column of the array, `last` of the run. */
export const acceleratorResultBeats = ({
  cols,
}: Pick<AcceleratorParameters, 'cols'>): BeatFormat => ({
  widths: [tokenBits, tokenBits, ...repeat(cols, sumBits), 1],
  signed: [false, false, ...repeat(cols, true), false],
});

/** Some codes of probabilities, then `last` of the layer. */
export const probabilityBeats = ({ loadWords }: Pick<ScoresParameters, 'loadWords'>): BeatFormat =>
  unsigned([...repeat(loadWords, importanceCodeBits), 1]);
