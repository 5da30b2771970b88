import { addressBits } from '../../../ir/index.ts';
import {
  defineModule,
  fires,
  input,
  mem,
  mux,
  output,
  reg,
  stream,
  uint,
  when,
} from '../../../hdl/index.ts';
import type { UInt } from '../../../hdl/index.ts';

const doc = `Queue in a memory with a registered read port

A word can leave in the cycle after it came; no combinational path crosses the queue. The memory is
read at the place where the queue will begin after this cycle, so that block RAM can hold it.`;

export interface QueueParameters {
  readonly width: number;
  /** Words that it holds: 2 or more. */
  readonly depth: number;
}

/** Behaves as the `fifo` of the parts, for depths that deserve block RAM. */
export const deepQueue = defineModule(
  'gobo_queue',
  {
    doc,
    parameters: { width: 'bits of a word', depth: 'words it can hold' },
    named: ({ width, depth }: QueueParameters) => `gobo_queue_${depth}x${width}`,
  },
  ({ width, depth }: QueueParameters) => ({
    ports: {
      push: input(stream({ word: uint(width) }), 'words that enter'),
      pop: output(stream({ word: uint(width) }), 'words that leave, in the same order'),
    },
    body({ push, pop }) {
      const words = mem(uint(width), depth);
      const head = reg(uint(words.addressBits), { init: 0 });
      const tail = reg(uint(words.addressBits), { init: 0 });
      const count = reg(uint(addressBits(depth + 1)), { init: 0 });
      const pushed = fires(push);
      const popped = fires(pop);
      // A power of two wraps by itself.
      const after = (position: UInt): UInt =>
        depth === 2 ** words.addressBits
          ? position.addWrap(1)
          : mux(position.eq(depth - 1), 0, position.addWrap(1));

      const headNext = mux(popped, after(head), head);
      // A word that is written where the queue begins must be there in the next cycle.
      const front = words.readNext(headNext, { mode: 'new' });
      push.ready.set(count.ne(depth));
      pop.valid.set(count.ne(0));
      pop.data.word.set(front);
      head.set(headNext);
      when(pushed, () => {
        words.write(tail, push.data.word);
        tail.set(after(tail));
      });
      when(pushed.and(popped.not()), () => {
        count.set(count.addWrap(1));
      }).elseWhen(popped.and(pushed.not()), () => {
        count.set(count.subWrap(1));
      });
      return { words, head, tail, count, pushed, popped, headNext, front };
    },
  }),
);
