import {
  bit,
  concat,
  defineModule,
  input,
  instance,
  output,
  sint,
  stream,
  uint,
} from '../../../hdl/index.ts';
import { digitBits, sumBits } from '../params.ts';
import type { PeParameters } from '../params.ts';
import { processingElement } from './processing-element.ts';
import { setupFields, signSetup } from './setup.ts';

const rightFields = { high: uint(digitBits), low: uint(digitBits), eight: bit() };
const leftFields = { ...rightFields, first: bit(), last: bit() };

const doc = `Digit-serial processing element of the variable-speed systolic array, on its own

Words come on two sides and are passed on; one product of digits is added per cycle. A word of 4 bits is a high digit,
and its low one is ignored. \`first\` starts a sum and \`last\` ends it.

Setup, while the element is idle: whether the high digits of left and right words are signed, at addresses 0 and 1.`;

/** A processing element with setup registers, between plain streams. */
export const singleElement = defineModule(
  'vssa_pe',
  { doc, parameters: { skid: '1: links hold two words, and ready comes from registers' } },
  (p: PeParameters) => ({
    ports: {
      setup: input(stream(setupFields), 'signs of both sides'),
      left: input(stream(leftFields), 'words from the left'),
      right: input(stream(rightFields), 'words from above'),
      leftOut: output(stream(leftFields), 'passed on to the right'),
      rightOut: output(stream(rightFields), 'passed on downwards'),
      results: output(stream({ sum: sint(sumBits) }), 'finished sums'),
      busy: output(bit(), 'computes a product of digits'),
      stalled: output(bit(), 'has operands, and waits for a neighbour or the shadow'),
    },
    body({ setup, left, right, leftOut, rightOut, results, busy, stalled }) {
      const signs = signSetup(setup);
      const element = instance(processingElement, p);
      element.leftSigned.set(signs.leftSigned);
      element.rightSigned.set(signs.rightSigned);

      element.left.valid.set(left.valid);
      element.left.data.word.set(concat(left.data.eight, left.data.high, left.data.low));
      element.left.data.first.set(left.data.first);
      element.left.data.last.set(left.data.last);
      left.ready.set(element.left.ready);
      element.right.valid.set(right.valid);
      element.right.data.word.set(concat(right.data.eight, right.data.high, right.data.low));
      right.ready.set(element.right.ready);

      for (const [to, from] of [
        [leftOut, element.leftOut],
        [rightOut, element.rightOut],
      ] as const) {
        to.valid.set(from.valid);
        from.ready.set(to.ready);
        to.data.low.set(from.data.word.bits(0, digitBits));
        to.data.high.set(from.data.word.bits(digitBits, digitBits));
        to.data.eight.set(from.data.word.bit(2 * digitBits));
      }
      leftOut.data.first.set(element.leftOut.data.first);
      leftOut.data.last.set(element.leftOut.data.last);
      results.valid.set(element.results.valid);
      results.data.sum.set(element.results.data.sum);
      element.results.ready.set(results.ready);
      busy.set(element.busy);
      stalled.set(element.stalled);
      return { ...signs, element };
    },
  }),
);
