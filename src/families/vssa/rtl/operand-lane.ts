import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  concat,
  defineModule,
  input,
  mem,
  mux,
  output,
  uint,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { UInt } from '../../../hdl/index.ts';
import { digitBits, wordBits } from '../params.ts';

export interface OperandLaneParameters {
  /** Operands in a block: 1, 2, 4 or 8. */
  readonly loadWords: number;
  /** Blocks in each of the two banks. */
  readonly blocks: number;
}

const doc = `Lane of an operand store: what one row or column of the array is fed

Two planes hold the high and the low digits, in blocks of as many operands as are loaded in a cycle. Of an operand of
4 bits the low digit is never written, and not shown.`;

/** Two planes of digits, with two banks each. */
export const operandLane = defineModule(
  'vssa_operand_lane',
  {
    doc,
    parameters: {
      loadWords: 'operands in a block',
      blocks: 'blocks in each of the two banks',
    },
    named: ({ loadWords, blocks }: OperandLaneParameters) =>
      `vssa_operand_lane_${2 * blocks}x${loadWords}`,
  },
  ({ loadWords, blocks }: OperandLaneParameters) => ({
    ports: {
      write: input(bit(), 'operands of this lane come'),
      target: input(uint(addressBits(2 * blocks)), 'block that they are written to'),
      highSlots: input(uint(loadWords), 'operands that come'),
      lowSlots: input(uint(loadWords), 'those of them with two digits'),
      highs: input(uint(digitBits * loadWords), 'their digits, side by side'),
      lows: input(uint(digitBits * loadWords)),
      source: input(uint(addressBits(2 * blocks)), 'block that is shown in the next cycle'),
      slot: input(uint(addressBits(loadWords)), 'operand of the block that is shown'),
      eight: input(bit(), 'it has two digits'),
      word: output(uint(wordBits), 'the operand'),
    },
    body({ write, target, highSlots, lowSlots, highs, lows, source, slot, eight, word }) {
      const plane = () => mem(uint(digitBits * loadWords), 2 * blocks);
      const high = plane();
      const low = plane();
      when(write, () => {
        high.write(target, highs, { mask: highSlots });
        low.write(target, lows, { mask: lowSlots });
      });
      const digit = (block: UInt): UInt => {
        const digits = Array.from({ length: loadWords }, (_, i) =>
          block.bits(digitBits * i, digitBits),
        );
        return loadWords === 1 ? digits[0]! : vecOf(digits).at(slot);
      };
      const highBlock = high.readNext(source);
      const lowBlock = low.readNext(source);
      word.set(concat(eight, digit(highBlock), mux(eight, digit(lowBlock), 0)));
      return { high, low, highBlock, lowBlock };
    },
  }),
);
