import {
  bit,
  concat,
  constant,
  defineModule,
  input,
  mem,
  mux,
  output,
  reg,
  uint,
  when,
} from '../../../hdl/index.ts';
import type { UInt } from '../../../hdl/index.ts';
import { addressBits } from '../../../ir/index.ts';
import { digitBits, importanceBits, importanceCodeBits } from '../params.ts';
import type { ScoresParameters } from '../params.ts';

/** Bits of an operand. */
export const byteBits = 2 * digitBits;

/** Beats of the longest row, and so sums that a lane holds. */
export const rowBeats = ({ maxTokens, loadWords }: ScoresParameters): number =>
  Math.ceil(maxTokens / loadWords);

const doc = `Lane of the score accumulator: one probability of every beat, as an operand and in the sum of its place

A sum is read in the cycle in which its probability comes, and written in the one in which the operand leaves. Where
rows have one beat, the row before writes while this one reads: then the register of the last sum stands in.`;

/** Sums of a lane by beat of the row, one of which is read and one written per cycle. */
export const scoreLane = defineModule(
  'vssa_score_lane',
  {
    doc,
    parameters: {
      maxTokens: 'tokens of the longest sequence',
      loadWords: 'lanes',
    },
  },
  (p: ScoresParameters) => {
    const beats = uint(addressBits(rowBeats(p)));
    return {
      ports: {
        read: input(bit(), 'a sum is read'),
        beat: input(beats, 'that is read'),
        add: input(bit(), 'the code is added to the sum that was read'),
        target: input(beats, 'of the code'),
        code: input(uint(importanceCodeBits), 'a probability'),
        fresh: input(bit(), 'it is the first one of its sum'),
        again: input(bit(), 'the sum was written in the cycle in which it was read'),
        isShort: input(bit(), 'the operand has one digit'),
        operand: output(uint(byteBits)),
        sum: output(uint(importanceBits), 'as it was read'),
      },
      body(ports) {
        const { code, target } = ports;
        const sums = mem(uint(importanceBits), rowBeats(p));
        const earlier = sums.readNext(ports.beat, { enable: ports.read, mode: 'undefined' });
        const written = reg(uint(importanceBits));
        const soFar = mux(ports.fresh, 0, mux(ports.again, written, earlier));
        const total = soFar.accumulate(code);
        when(ports.add, () => {
          sums.write(target, total);
          written.set(total);
        });
        ports.sum.set(earlier);
        // (code + 128) / 257 rounded down. Since code = 257 high + difference, that is high or beside it.
        const high = code.bits(byteBits, byteBits);
        const difference = code.bits(0, byteBits).sub(high);
        const half = 2 ** (byteBits - 1);
        const isAbove = difference.gt(half);
        const isBelow = difference.lt(-half);
        const whole = mux(isAbove, high.addWrap(1), mux(isBelow, high.subWrap(1), high));
        ports.operand.set(mux(ports.isShort, digitOf(whole), whole));
        return { sums, earlier, written, soFar, total, difference, whole };
      },
    };
  },
);

/** A code of 8 bits rounded to its high digit, half up, and clamped to the largest. */
function digitOf(whole: UInt): UInt {
  const rounded = whole.add(constant(byteBits, 2 ** (digitBits - 1)));
  const digit = mux(rounded.bit(byteBits), 2 ** digitBits - 1, rounded.bits(digitBits, digitBits));
  return concat(digit, constant(digitBits, 0));
}
