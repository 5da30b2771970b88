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
import type { Fields, PortDeclaration, StreamType, UInt } from '../hdl/index.ts';
import { fieldsWidth, packFields, setFields, unpackFields } from './fields.ts';
import { part, refuse } from './part.ts';
import type { Part } from './part.ts';

export interface FifoParameters<F extends Fields = Fields> {
  readonly fields: F;
  /** Beats it can hold: 2 or more. */
  readonly depth: number;
}

type Ports<F extends Fields> = {
  readonly push: PortDeclaration<StreamType<F>, 'input'>;
  readonly pop: PortDeclaration<StreamType<F>, 'output'>;
};

const definition = defineModule(
  'fifo',
  {
    doc: 'First-in first-out queue\n\nA beat can leave in the cycle after it came; no combinational path crosses the queue.',
    parameters: { depth: 'beats it can hold' },
    named: ({ fields, depth }: FifoParameters) => `fifo_${depth}x${fieldsWidth(fields)}`,
  },
  ({ fields, depth }: FifoParameters) => ({
    ports: {
      push: input(stream(fields), 'beats that enter'),
      pop: output(stream(fields), 'beats that leave, in the same order'),
    },
    body({ push, pop }) {
      const beats = mem(uint(fieldsWidth(fields)), depth, { style: 'distributed' });
      const head = reg(uint(beats.addressBits), { init: 0 });
      const tail = reg(uint(beats.addressBits), { init: 0 });
      const count = reg(uint(addressBits(depth + 1)), { init: 0 });
      const pushed = fires(push);
      const popped = fires(pop);
      // A power of two wraps by itself.
      const after = (position: UInt): UInt =>
        depth === 2 ** beats.addressBits
          ? position.addWrap(1)
          : mux(position.eq(depth - 1), 0, position.addWrap(1));

      push.ready.set(count.ne(depth));
      pop.valid.set(count.ne(0));
      const front = beats.read(head);
      setFields(pop.data, unpackFields(fields, front));
      when(pushed, () => {
        beats.write(tail, packFields(push.data));
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
      return { beats, head, tail, count, pushed, popped, front };
    },
  }),
);

/**
 * First-in first-out queue: `push`, `pop`.
 *
 * `push.ready` and `pop.valid` come from the number of stored beats alone: a beat that is pushed
 * into an empty queue can be popped in the next cycle, and a full queue takes no beat in the cycle
 * in which one is popped. So no combinational path crosses it. Our choice: a memory with
 * asynchronous read, which suits depths up to some dozens.
 */
export function fifo<F extends Fields>(
  parameters: FifoParameters<F>,
): Part<FifoParameters<F>, Ports<F>> {
  const { depth } = parameters;
  if (!(Number.isInteger(depth) && depth >= 2)) {
    refuse(fifo, `a FIFO holds 2 beats or more, not ${depth}: use registerSlice to cut paths`);
  }
  return part(definition, parameters);
}
