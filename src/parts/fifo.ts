import { addressBits } from '../ir/index.ts';
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
} from '../hdl/index.ts';
import type { UInt } from '../hdl/index.ts';

export interface FifoParameters {
  readonly width: number;
  readonly depth: number;
}

/**
 * First-in first-out queue of words, for depths of at least 2.
 *
 * `push.ready` and `pop.valid` come from the number of stored words alone: a word that is pushed
 * into an empty queue can be popped in the next cycle, and a full queue takes no word in the cycle
 * in which one is popped. So no combinational path crosses it. Our choice: a memory with
 * asynchronous read, which suits depths up to some dozens.
 */
export const fifo = defineModule(
  'fifo',
  {
    doc: 'First-in first-out queue\n\nA word can leave in the cycle after it came; no combinational path crosses the queue.',
    parameters: { width: 'bits of a word', depth: 'words it can hold' },
    named: (p: FifoParameters) => `fifo_${p.depth}x${p.width}`,
  },
  ({ width, depth }: FifoParameters) => ({
    ports: {
      push: input(stream({ word: uint(width) }), 'words that enter'),
      pop: output(stream({ word: uint(width) }), 'words that leave, in the same order'),
    },
    body({ push, pop }) {
      const words = mem(uint(width), depth, { style: 'distributed' });
      const head = reg(uint(words.addressBits), { init: 0 });
      const tail = reg(uint(words.addressBits), { init: 0 });
      const count = reg(uint(addressBits(depth + 1)), { init: 0 });
      const pushed = fires(push);
      const popped = fires(pop);
      // A power of two wraps by itself.
      const after = (position: UInt): UInt =>
        depth === 2 ** words.addressBits
          ? position.addWrap(1)
          : mux(position.eq(depth - 1), position.xor(position), position.addWrap(1));

      push.ready.set(count.ne(depth));
      pop.valid.set(count.ne(0));
      pop.data.word.set(words.read(head));
      when(pushed, () => {
        words.write(tail, push.data.word);
        tail.set(after(tail));
      });
      when(popped, () => {
        head.set(after(head));
      });
      when(pushed.and(popped.not()), () => {
        count.set(count.addWrap(1));
      }).elseWhen(popped.and(pushed.not()), () => {
        count.set(count.subWrap(1));
      });
      return { words, head, tail, count, pushed, popped };
    },
  }),
);
