import {
  bit,
  concat,
  constant,
  defineModule,
  fires,
  input,
  mux,
  output,
  reg,
  sint,
  stream,
  uint,
  when,
} from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { digitBits, sumBits, wordBits } from '../params.ts';
import type { PeParameters } from '../params.ts';
import { link } from './link.ts';

/** A word: low digit, high digit, and whether it has both; of a word of one digit the low one is ignored. */
const rightFields = { word: uint(wordBits) };

/** Left words also say where sums begin and end. */
const leftFields = { word: uint(wordBits), first: bit(), last: bit() };

/** Where a word says whether it has two digits. */
const eightBit = 2 * digitBits;

const doc = `Digit-serial multiply-accumulate element of the variable-speed systolic array

Takes a word from the left and one from above together and passes both on, while it adds their product to its sum:
one product of digits per cycle, so 1, 2 or 4 cycles. A high digit weighs 16, and is signed where the side is; a word
of 4 bits is a high digit. A finished sum waits in the shadow register, and the next one begins.`;

/** A digit of a word as a signed number of 5 bits. */
function digit(word: UInt, isHigh: Bit, isSigned: Bit) {
  const low = word.bits(0, digitBits);
  const high = word.bits(digitBits, digitBits);
  const sign = high.bit(digitBits - 1).and(isSigned);
  return mux(isHigh, concat(sign, high), low.extend(digitBits + 1)).asSigned();
}

/** The processing element, as the array has it. */
export const processingElement = defineModule(
  'vssa_processing_element',
  { doc, parameters: { skid: '1: links hold two words, and ready comes from registers' } },
  ({ skid }: PeParameters) => ({
    ports: {
      left: input(stream(leftFields), 'words from the left'),
      right: input(stream(rightFields), 'words from above'),
      leftOut: output(stream(leftFields), 'passed on to the right'),
      rightOut: output(stream(rightFields), 'passed on downwards'),
      results: output(stream({ sum: sint(sumBits) }), 'finished sums'),
      leftSigned: input(bit(), 'high digits of left words are signed'),
      rightSigned: input(bit(), 'high digits of right words are signed'),
      busy: output(bit(), 'computes a product of digits'),
      stalled: output(bit(), 'has operands, and waits for a neighbour or the shadow'),
    },
    body({ left, right, leftOut, rightOut, results, leftSigned, rightSigned, busy, stalled }) {
      const leftLink = link(wordBits + 2, leftOut, skid);
      const rightLink = link(wordBits, rightOut, skid);
      const working = reg(bit(), { init: 0 });
      const leftHigh = reg(bit());
      const rightHigh = reg(bit());
      const total = reg(sint(sumBits));
      const shadow = reg(sint(sumBits));
      const shadowFull = reg(bit(), { init: 0 });

      // The words of the product are the newest ones of the links.
      const leftWord = leftLink.newest;
      const rightWord = rightLink.newest;
      const leftEight = leftWord.bit(eightBit);
      const rightEight = rightWord.bit(eightBit);
      const first = leftWord.bit(wordBits);
      const last = leftWord.bit(wordBits + 1);

      // Digits, low before high, those of the left word faster.
      const lastDigits = leftHigh.and(rightHigh);
      const firstDigits = leftHigh.xor(leftEight).and(rightHigh.xor(rightEight));
      const shadowFree = shadowFull.not().or(results.ready);
      const steps = working.and(lastDigits.and(last).not().or(shadowFree));
      const finishes = steps.and(lastDigits);
      const completes = finishes.and(last);
      const product = digit(leftWord, leftHigh, leftSigned).mul(
        digit(rightWord, rightHigh, rightSigned),
      );
      const zeros = constant(digitBits, 0);
      const weighted = mux(
        lastDigits,
        concat(product, zeros, zeros).asSigned(),
        mux(
          leftHigh.or(rightHigh),
          concat(product, zeros)
            .asSigned()
            .extend(product.width + 2 * digitBits),
          product.extend(product.width + 2 * digitBits),
        ),
      );
      const sum = mux(first.and(firstDigits), 0, total).accumulate(weighted);
      when(steps, () => {
        total.set(sum);
        leftHigh.set(leftHigh.not().or(leftEight.not()));
        rightHigh.set(rightHigh.or(leftHigh));
      });
      when(completes, () => {
        shadow.set(sum);
        shadowFull.set(1);
      }).elseWhen(results.ready, () => shadowFull.set(0));
      results.valid.set(shadowFull);
      results.data.sum.set(shadow);

      const open = working.not().or(finishes).and(leftLink.room).and(rightLink.room);
      left.ready.set(open.and(right.valid));
      right.ready.set(open.and(left.valid));
      const takes = fires(left);
      when(takes, () => {
        working.set(1);
        leftHigh.set(left.data.word.bit(eightBit).not());
        rightHigh.set(right.data.word.bit(eightBit).not());
      }).elseWhen(finishes, () => working.set(0));
      leftLink.write(takes, concat(left.data.last, left.data.first, left.data.word));
      rightLink.write(takes, right.data.word);
      leftOut.data.word.set(leftLink.offered.truncate(wordBits));
      leftOut.data.first.set(leftLink.offered.bit(wordBits));
      leftOut.data.last.set(leftLink.offered.bit(wordBits + 1));
      rightOut.data.word.set(rightLink.offered);

      busy.set(steps);
      const blocked = working.not().and(left.valid).and(right.valid).and(open.not());
      stalled.set(working.and(steps.not()).or(blocked));
      return {
        left: leftLink.registers,
        right: rightLink.registers,
        working,
        leftHigh,
        rightHigh,
        total,
        shadow,
        shadowFull,
        lastDigits,
        firstDigits,
        steps,
        finishes,
        completes,
        product,
        weighted,
        sum,
        open,
        takes,
      };
    },
  }),
);
