import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  constant,
  defineModule,
  input,
  instanceArray,
  output,
  sint,
  stream,
  uint,
  vec,
  vecOf,
} from '../../../hdl/index.ts';
import type { UInt } from '../../../hdl/index.ts';
import { sumBits, wordBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';
import { processingElement } from './processing-element.ts';

/** The sum of several numbers, which is at most `most`. */
export function sumOf(values: readonly UInt[], most: number): UInt {
  const width = addressBits(most + 1);
  return values
    .map((value) => (value.width < width ? value.extend(width) : value))
    .reduce((sum, value) => sum.addWrap(value));
}

export type RowParameters = Pick<ArrayParameters, 'cols' | 'skid'>;

const doc = `Row of processing elements

Left words pass through it, right words come from above and go on below. The sums leave together, when every element
has one.`;

/** A row of the array. */
export const row = defineModule(
  'vssa_row',
  {
    doc,
    parameters: {
      cols: 'elements',
      skid: '1: links hold two words, and ready comes from registers',
    },
  },
  ({ cols, skid }: RowParameters) => ({
    ports: {
      left: input(stream({ word: uint(wordBits), first: bit(), last: bit() }), 'from the left'),
      rightValid: input(vec(bit(), cols), 'words from above'),
      rightReady: output(vec(bit(), cols)),
      rightWords: input(vec(uint(wordBits), cols)),
      belowValid: output(vec(bit(), cols), 'words to the row below'),
      belowReady: input(vec(bit(), cols)),
      belowWords: output(vec(uint(wordBits), cols)),
      leftSigned: input(bit(), 'high digits of left words are signed'),
      rightSigned: input(bit(), 'high digits of right words are signed'),
      complete: output(bit(), 'every element has a finished sum'),
      leaves: input(bit(), 'these sums are taken'),
      sums: output(vec(sint(sumBits), cols)),
      busy: output(uint(addressBits(cols + 1)), 'elements that compute'),
      stalled: output(uint(addressBits(cols + 1)), 'elements that have operands and wait'),
    },
    body(p) {
      const elements = instanceArray(processingElement, { skid }, [cols]);
      const rightward = { axis: 0, step: 1 } as const;
      elements.left.valid.from('left_out_valid', { ...rightward, edge: vecOf([p.left.valid]) });
      elements.left.data.word.from('left_out_word', {
        ...rightward,
        edge: vecOf([p.left.data.word]),
      });
      elements.left.data.first.from('left_out_first', {
        ...rightward,
        edge: vecOf([p.left.data.first]),
      });
      elements.left.data.last.from('left_out_last', {
        ...rightward,
        edge: vecOf([p.left.data.last]),
      });
      // Nobody is beyond the last column, so words vanish there.
      elements.leftOut.ready.from('left_ready', {
        axis: 0,
        step: -1,
        edge: vecOf([constant(1, 1)]),
      });
      p.left.ready.set(elements.left.ready.at(0));

      elements.right.valid.each(p.rightValid);
      elements.right.data.word.each(p.rightWords);
      p.rightReady.set(elements.right.ready);
      p.belowValid.set(elements.rightOut.valid);
      p.belowWords.set(elements.rightOut.data.word);
      elements.rightOut.ready.each(p.belowReady);

      elements.leftSigned.broadcast(p.leftSigned);
      elements.rightSigned.broadcast(p.rightSigned);
      p.complete.set(elements.results.valid.asUnsigned().all());
      elements.results.ready.broadcast(p.leaves);
      p.sums.set(elements.results.data.sum);
      p.busy.set(sumOf(elements.busy.elements(), cols));
      p.stalled.set(sumOf(elements.stalled.elements(), cols));
      return { element: elements };
    },
  }),
);
