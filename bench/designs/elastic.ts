import {
  bit,
  concat,
  constant,
  defineModule,
  input,
  instance,
  instanceArray,
  output,
  reg,
  sint,
  uint,
  vecOf,
  when,
} from '../../src/hdl/index.ts';
import type { Bit } from '../../src/hdl/index.ts';
import { randomSource } from './random-source.ts';

/**
 * Multiply-accumulate cell between two pairs of neighbours, which takes an operand from the left and
 * one from above together, as soon as both are there and both places they go to are free. Whether a
 * place is free depends on its neighbour in the same cycle, so `ready` runs through the whole array.
 */
const elasticCell = defineModule(
  'elastic_cell',
  { doc: 'Elastic multiply-accumulate cell' },
  () => ({
    ports: {
      left_valid: input(bit()),
      left: input(sint(8)),
      above_valid: input(bit()),
      above: input(sint(8)),
      right_ready: input(bit()),
      below_ready: input(bit()),
      taken: output(bit(), 'ready, to the left and upwards'),
      right_valid: output(bit()),
      right: output(sint(8)),
      below_valid: output(bit()),
      below: output(sint(8)),
      sum: output(sint(32)),
    },
    body(p) {
      const a = reg(sint(8), { init: 0 });
      const b = reg(sint(8), { init: 0 });
      const total = reg(sint(32), { init: 0 });
      const rightFull = reg(bit(), { init: 0 });
      const belowFull = reg(bit(), { init: 0 });
      const free = rightFull.not().or(p.right_ready).and(belowFull.not().or(p.below_ready));
      const takes = free.and(p.left_valid).and(p.above_valid);
      when(p.right_ready, () => rightFull.set(0));
      when(p.below_ready, () => belowFull.set(0));
      when(takes, () => {
        a.set(p.left);
        b.set(p.above);
        total.set(total.accumulate(p.left.mul(p.above)));
        rightFull.set(1);
        belowFull.set(1);
      });
      p.taken.set(takes);
      p.right_valid.set(rightFull);
      p.right.set(a);
      p.below_valid.set(belowFull);
      p.below.set(b);
      p.sum.set(total);
      return { a, b, total, rightFull, belowFull, takes };
    },
  }),
);

/** An elastic array that feeds itself; its right and lower edges stall at random. */
export const elasticArray = defineModule(
  'elastic_array',
  { doc: 'Elastic int8 array with its own stimulus', parameters: { size: 'rows' } },
  ({ size }: { size: number }) => ({
    ports: { checksum: output(uint(32), 'of the last totals in every row') },
    body({ checksum }) {
      const source = instance(randomSource, { seed: 0x2345678 });
      source.advance.set(1);
      const { word } = source;
      const each = <T>(make: (index: number) => T): T[] =>
        Array.from({ length: size }, (_, index) => make(index));
      // Every line sees other bits of the word, and the edges are ready 7 times out of 8.
      const operand = (index: number) => word.bits((5 * index) % 24, 8).asSigned();
      const isReady = (index: number): Bit => word.bits((7 * index) % 28, 3).ne(0);
      const on = constant(1, 1);
      const cells = instanceArray(elasticCell, {}, [size, size]);
      cells.left.from('right', { axis: 1, step: 1, edge: vecOf(each(operand)) });
      cells.left_valid.from('right_valid', { axis: 1, step: 1, edge: vecOf(each(() => on)) });
      cells.above.from('below', { axis: 0, step: 1, edge: vecOf(each((i) => operand(i + 3))) });
      cells.above_valid.from('below_valid', { axis: 0, step: 1, edge: vecOf(each(() => on)) });
      cells.right_ready.from('taken', { axis: 1, step: -1, edge: vecOf(each(isReady)) });
      cells.below_ready.from('taken', {
        axis: 0,
        step: -1,
        edge: vecOf(each((i) => isReady(i + 5))),
      });
      const sum = reg(uint(32), { init: 0 });
      const ends = each((row) => cells.sum.at(row * size + size - 1).asUnsigned());
      const mixed = ends.reduce((all, total) => all.xor(total));
      sum.set(concat(sum.bits(0, 31), sum.bit(31)).xor(mixed));
      checksum.set(sum);
      return { source, cells, sum };
    },
  }),
);
