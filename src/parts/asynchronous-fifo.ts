import {
  bit,
  clockDomain,
  concat,
  constant,
  defineModule,
  fires,
  inDomain,
  input,
  mem,
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
import { synchronizer } from './synchronizer.ts';

export interface AsynchronousFifoParameters<F extends Fields = Fields> {
  readonly fields: F;
  /** Words of its memory: a power of two from 2 up. One more beat waits at the output. */
  readonly depth: number;
  /** Registers that a position passes on its way to the other side. Default 2. */
  readonly stages?: number;
}

type Ports<F extends Fields> = {
  readonly push: PortDeclaration<StreamType<F>, 'input'>;
  readonly pop: PortDeclaration<StreamType<F>, 'output'>;
};

const doc = `Queue between two clock domains

Each side counts its position in Gray code, of which one bit changes at a time, and sees that of the
other side through a synchronizer, so late but never wrong: a full or empty queue is noticed at once,
that it is no longer so some edges later. Words are read at least one edge of the read clock after
they were written. Reset both sides together, and push nothing before both are out of it.`;

/** Number `position` of the Gray code. */
const gray = (position: UInt): UInt =>
  position.xor(concat(constant(1, 0), position.bits(1, position.width - 1)));

const writeSide = clockDomain('write');
const readSide = clockDomain('read');

const definition = defineModule(
  'asynchronous_fifo',
  {
    doc,
    parameters: { depth: 'words of the memory', stages: 'registers of a synchronizer' },
    named: ({ fields, depth }: AsynchronousFifoParameters) =>
      `asynchronous_fifo_${depth}x${fieldsWidth(fields)}`,
  },
  ({ fields, depth, stages = 2 }: AsynchronousFifoParameters) => ({
    domains: [writeSide, readSide],
    ports: {
      push: input(stream(fields), 'beats that enter', writeSide),
      pop: output(stream(fields), 'beats that leave, in the same order', readSide),
    },
    body({ push, pop }) {
      const words = mem(uint(fieldsWidth(fields)), depth);
      const bits = words.addressBits + 1;
      const position = () => reg(uint(bits), { init: 0 });
      const [tail, tailGray] = inDomain(writeSide, () => [position(), position()]);
      const [head, headGray] = inDomain(readSide, () => [position(), position()]);

      const write = inDomain(writeSide, () => {
        const headSeen = synchronizer(headGray, { stages });
        // A whole round ahead, the two highest bits of the Gray code differ and the others do not.
        const round = constant(bits, 3 * 2 ** (bits - 2));
        const full = tailGray.eq(headSeen.xor(round));
        const pushed = fires(push);
        push.ready.set(full.not());
        when(pushed, () => {
          words.write(tail.bits(0, bits - 1), packFields(push.data));
          tail.set(tail.addWrap(1));
          tailGray.set(gray(tail.addWrap(1)));
        });
        return { headSeen, full, pushed };
      });
      const read = inDomain(readSide, () => {
        const tailSeen = synchronizer(tailGray, { stages });
        const frontValid = reg(bit(), { init: 0 });
        const fetch = headGray.ne(tailSeen).and(frontValid.not().or(pop.ready));
        const front = words.readNext(head.bits(0, bits - 1), { enable: fetch, mode: 'undefined' });
        when(fetch, () => {
          head.set(head.addWrap(1));
          headGray.set(gray(head.addWrap(1)));
          frontValid.set(1);
        }).elseWhen(pop.ready, () => {
          frontValid.set(0);
        });
        pop.valid.set(frontValid);
        setFields(pop.data, unpackFields(fields, front));
        return { tailSeen, frontValid, fetch, front };
      });
      return { words, tail, tailGray, ...write, head, headGray, ...read };
    },
  }),
);

/**
 * Queue from the clock domain `write` to the domain `read`: `push`, `pop`. Say which domains of yours
 * they are: `instance(...asynchronousFifo({ fields, depth }), { domains: { write: fast, read:
 * mainDomain } })`.
 *
 * It moves a beat in every cycle of the slower clock as long as `depth` covers the way there and
 * back: about 2 * (stages + 1) words for clocks of like speed. Source: C. E. Cummings, "Simulation
 * and Synthesis Techniques for Asynchronous FIFO Design", SNUG 2002, style 1; the registered read
 * port, which block RAM needs, is our choice.
 */
export function asynchronousFifo<F extends Fields>(
  parameters: AsynchronousFifoParameters<F>,
): Part<AsynchronousFifoParameters<F>, Ports<F>> {
  const { depth } = parameters;
  if (!(Number.isInteger(Math.log2(depth)) && depth >= 2)) {
    refuse(
      asynchronousFifo,
      `an asynchronous FIFO has a power of two of words, not ${depth}: use 2, 4, 8, ...`,
    );
  }
  // The header of the module shows what counts.
  const complete: AsynchronousFifoParameters<F> = { stages: 2, ...parameters };
  return part(definition, complete);
}
