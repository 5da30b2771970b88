import {
  bit,
  concat,
  constant,
  defineModule,
  input,
  instance,
  instanceArray,
  mux,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../src/hdl/index.ts';
import type { Bit, SInt, UInt, Vec } from '../../src/hdl/index.ts';
import { randomSource } from './random-source.ts';

/**
 * Processing element: operands pass through it to the right and down, the total stays. Where `first`
 * arrives, the finished total moves into the drain, which shifts upwards in the other cycles.
 */
const processingElement = defineModule(
  'processing_element',
  { doc: 'Output-stationary multiply-accumulate cell' },
  () => ({
    ports: {
      enable: input(bit(), 'moves everything by one step'),
      left: input(sint(8)),
      above: input(sint(8)),
      first: input(bit(), 'the operands begin a new tile'),
      drain_below: input(sint(32)),
      right: output(sint(8)),
      below: output(sint(8)),
      first_right: output(bit()),
      drain: output(sint(32), 'total of the tile before, then those from below'),
    },
    body({ enable, left, above, first, drain_below, right, below, first_right, drain }) {
      const a = reg(sint(8), { init: 0 });
      const b = reg(sint(8), { init: 0 });
      const starts = reg(bit(), { init: 0 });
      const total = reg(sint(32), { init: 0 });
      const drained = reg(sint(32), { init: 0 });
      when(enable, () => {
        a.set(left);
        b.set(above);
        starts.set(first);
        total.set(mux(first, constant(sint(32), 0), total).accumulate(left.mul(above)));
        drained.set(mux(first, total, drain_below));
      });
      right.set(a);
      below.set(b);
      first_right.set(starts);
      drain.set(drained);
      return { a, b, starts, total, drained };
    },
  }),
);

/** One step of the chain that starts each row one cycle after the row above it. */
const delay = defineModule('delay', { doc: 'One step of a skewed edge' }, () => ({
  ports: {
    enable: input(bit()),
    first_in: input(bit()),
    first: output(bit()),
  },
  body({ enable, first_in, first }) {
    const starts = reg(bit(), { init: 0 });
    when(enable, () => starts.set(first_in));
    first.set(starts);
    return { starts };
  },
}));

/** Wires `size` x `size` cells; returns the drains of all cells, row by row. */
function cellArray(
  size: number,
  enable: Bit,
  rows: Vec<SInt>,
  firsts: Vec<Bit>,
  columns: Vec<SInt>,
) {
  const cells = instanceArray(processingElement, {}, [size, size]);
  cells.enable.broadcast(enable);
  cells.left.from('right', { axis: 1, step: 1, edge: rows });
  cells.first.from('first_right', { axis: 1, step: 1, edge: firsts });
  cells.above.from('below', { axis: 0, step: 1, edge: columns });
  const zeros = vecOf(Array.from({ length: size }, () => constant(sint(32), 0)));
  cells.drain_below.from('drain', { axis: 0, step: -1, edge: zeros });
  return cells;
}

/** Exclusive or of the top row of drains. */
function mixed(drains: Vec<SInt>, size: number): UInt {
  return Array.from({ length: size }, (_, column) => drains.at(column).asUnsigned()).reduce(
    (sum: UInt, word) => sum.xor(word),
  );
}

/**
 * An int8 output-stationary array that feeds itself with pseudo-random operands and sums everything
 * it drains up in a checksum.
 */
export const selfFedArray = defineModule(
  'self_fed_array',
  { doc: 'Output-stationary int8 array with its own stimulus', parameters: { size: 'rows' } },
  ({ size }: { size: number }) => ({
    ports: { checksum: output(uint(32), 'of all totals so far') },
    body({ checksum }) {
      const on = constant(1, 1);
      const source = instance(randomSource, { seed: 0x1234567 });
      source.advance.set(on);
      const position = reg(uint(6), { init: 0 });
      position.set(position.addWrap(1));
      const firsts = instanceArray(delay, {}, [size]);
      firsts.enable.broadcast(on);
      firsts.first_in.from('first', { axis: 0, step: 1, edge: vecOf([position.eq(0)]) });
      // Every row and column sees other bits, or the same ones at another time.
      const operands = (stride: number) =>
        vecOf(
          Array.from({ length: size }, (_, index) =>
            source.word.bits((stride * index) % 24, 8).asSigned(),
          ),
        );
      const cells = cellArray(size, on, operands(5), firsts.first, operands(7));
      const sum = reg(uint(32), { init: 0 });
      sum.set(concat(sum.bits(0, 31), sum.bit(31)).xor(mixed(cells.drain, size)));
      checksum.set(sum);
      return { source, position, firsts, cells, sum };
    },
  }),
);

/** The same array fed through streams: a beat of operands in for each column of a tile. */
export const streamedArray = defineModule(
  'streamed_array',
  { doc: 'Output-stationary int8 array between two streams', parameters: { size: 'rows' } },
  ({ size }: { size: number }) => ({
    ports: {
      operands: input(
        stream({ rows: vec(sint(8), size), columns: vec(sint(8), size), first: bit() }),
        'skewed: the operands that enter in the same cycle',
      ),
      sums: output(stream({ words: vec(sint(32), size) }), 'what the top row drains'),
    },
    body({ operands, sums }) {
      const moves = operands.valid.and(sums.ready);
      operands.ready.set(sums.ready);
      sums.valid.set(operands.valid);
      const { rows, columns, first } = operands.data;
      const firsts = instanceArray(delay, {}, [size]);
      firsts.enable.broadcast(moves);
      firsts.first_in.from('first', { axis: 0, step: 1, edge: vecOf([first]) });
      const cells = cellArray(size, moves, rows, firsts.first, columns);
      sums.data.words.set(
        vecOf(Array.from({ length: size }, (_, column) => cells.drain.at(column))),
      );
      return { firsts, cells };
    },
  }),
);
