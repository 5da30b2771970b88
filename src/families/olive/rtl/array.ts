import { addressBits } from '../../../ir/index.ts';
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
} from '../../../hdl/index.ts';
import type { Bit, SInt, UInt } from '../../../hdl/index.ts';
import {
  columnsAddress,
  illegalBits,
  rowsAddress,
  setupAddressBits,
  setupDataBits,
  sumBits,
} from '../params.ts';
import type { ArrayParameters } from '../params.ts';
import { border, borderTurns } from './border.ts';
import { group } from './group.ts';
import { formatSetup } from './setup.ts';

const doc = `Output-stationary systolic array for outlier-victim pairs

A tile is one dot product for each element in use. Pairs of codes enter on two sides, decoded on the
way in: rows from the left, columns from above, two steps for each pair. Sums move to shadow registers
when they are finished, and leave row by row while the next tile is being summed; its last pairs wait
for them. With 8 bits, four elements are one.

Setup, while the array is idle: mode at address 0 (0: 4 bits, 1: 8 bits), type of rows and columns at
1 and 2 (0 int4, 1 flint4), bias of rows and columns at 3 and 4, rows and columns in use at 5 and 6.`;

/** The systolic array of OliVe (ISCA 2023): N x M elements of 4 bits or a quarter as many of 8 bits. */
export const array = defineModule(
  'olive_array',
  {
    doc,
    parameters: {
      rows: 'rows of 4-bit elements',
      columns: 'columns of 4-bit elements',
      sharedDecoders: '1: two lanes share a decoder; 0: every lane has its own',
    },
  },
  (p: ArrayParameters) => ({
    ports: {
      setup: input(
        stream({ address: uint(setupAddressBits), data: uint(setupDataBits) }),
        'mode, types, biases, rows and columns in use',
      ),
      left: input(stream({ pairs: vec(uint(8), p.rows) }), 'a pair, or half of one, per row'),
      right: input(
        stream({ pairs: vec(uint(8), p.columns), last: bit() }),
        'the same per column; last ends a tile',
      ),
      results: output(
        stream({
          sums: vec(sint(sumBits), p.columns),
          overflow: uint(p.columns),
          illegal: uint(illegalBits),
          last: bit(),
        }),
        'a row of sums; last ends a tile',
      ),
    },
    body({ setup, left, right, results }) {
      const { rows: N, columns: M, sharedDecoders } = p;
      const [R, C] = [N / 2, M / 2];

      // Setup.
      const format = formatSetup(setup);
      const { eight } = format;
      const rows = reg(uint(addressBits(N + 1)), { init: N });
      const columns = reg(uint(addressBits(M + 1)), { init: M });
      when(setup.valid, () => {
        when(setup.data.address.eq(rowsAddress), () => {
          rows.set(setup.data.data.truncate(rows.width));
        });
        when(setup.data.address.eq(columnsAddress), () => {
          columns.set(setup.data.data.truncate(columns.width));
        });
      });
      // With 8 bits a lane is a group of two, and counts as the even one.
      const usedLanes = (count: UInt, lanes: number): UInt => {
        const used = constant(lanes, 2n ** BigInt(lanes) - 1n)
          .shiftLeft(count)
          .not();
        const wide = Array.from({ length: lanes }, (_, i) =>
          i % 2 === 0 ? used.bit(i / 2) : constant(1, 0),
        );
        return mux(eight, concat(...wide.reverse()), used);
      };
      const usedRows = usedLanes(rows, N);
      const usedColumns = usedLanes(columns, M);

      // Operands: a beat is taken at most every other cycle, and the last of a tile only when the
      // shadows are free.
      const delay = reg(uint(addressBits(R + C + 2)), { init: 0 });
      const rowsLeft = reg(uint(rows.width), { init: 0 });
      const between = reg(bit(), { init: 0 });
      const leaves = results.valid.and(results.ready);
      const lastRow = rowsLeft.eq(1);
      const free = rowsLeft.eq(0).or(leaves.and(lastRow));

      const turns = Math.max(R + 2, borderTurns({ lanes: N }), borderTurns({ lanes: M }));
      const beats = reg(uint(turns), { init: 0 });
      const lasts = reg(uint(turns), { init: 0 });
      const open = beats.bit(0).not().and(right.data.last.not().or(free));
      const accepted = open.and(left.valid).and(right.valid);
      const completed = accepted.and(right.data.last);
      left.ready.set(open.and(right.valid));
      right.ready.set(open.and(left.valid));
      beats.set(concat(beats.bits(0, turns - 1), accepted));
      lasts.set(concat(lasts.bits(0, turns - 1), completed));

      const borderOf = (lanes: number, pairs: typeof left.data.pairs, used: UInt) => {
        const side = instance(border, { lanes, sharedDecoders });
        const turns = borderTurns({ lanes });
        side.eight.set(eight);
        side.used.set(used);
        side.load.set(accepted);
        side.pairs.set(pairs);
        side.turns.set(beats.bits(0, turns));
        side.last.set(lasts.bit(turns - 1));
        return side;
      };
      const leftBorder = borderOf(N, left.data.pairs, usedRows);
      leftBorder.flint.set(format.leftFlint);
      leftBorder.bias.set(format.leftBias);
      const rightBorder = borderOf(M, right.data.pairs, usedColumns);
      rightBorder.flint.set(format.rightFlint);
      rightBorder.bias.set(format.rightBias);

      // Both values of a pair arrive after its turn, the second one last.
      const valids = Array.from({ length: R }, (_, g) => beats.bit(g + 1).or(beats.bit(g + 2)));
      const finals = Array.from({ length: R }, (_, g) => lasts.bit(g + 2));
      const shift = leaves.or(between);
      const groups = instanceArray(group, undefined, [R, C]);
      groups.eight.broadcast(eight);
      groups.shift.broadcast(shift);
      const rightward = { axis: 1, step: 1 } as const;
      const downward = { axis: 0, step: 1 } as const;
      const upward = { axis: 0, step: -1 } as const;
      groups.valid.from('valid_right', { ...rightward, edge: vecOf(valids) });
      groups.last.from('last_right', { ...rightward, edge: vecOf(finals) });
      groups.left_exponents.from('left_exponents_right', {
        ...rightward,
        edge: leftBorder.exponents,
      });
      groups.left_integers.from('left_integers_right', {
        ...rightward,
        edge: leftBorder.integers,
      });
      groups.right_exponents.from('right_exponents_below', {
        ...downward,
        edge: rightBorder.exponents,
      });
      groups.right_integers.from('right_integers_below', {
        ...downward,
        edge: rightBorder.integers,
      });
      const nothing = (width: number) => vecOf(Array.from({ length: C }, () => constant(width, 0)));
      groups.below_sums.from('sums', { ...upward, edge: nothing(2 * sumBits) });
      groups.below_overflows.from('overflows', { ...upward, edge: nothing(2) });

      // Results: the first row of shadows, when the last group has finished.
      when(completed, () => {
        delay.set(R + C + 1);
        rowsLeft.set(rows);
      }).otherwise(() => {
        when(delay.any(), () => {
          delay.set(delay.subWrap(1));
        });
        when(leaves, () => {
          rowsLeft.set(rowsLeft.subWrap(1));
        });
      });
      // With 8 bits only every other row of shadows has sums.
      between.set(leaves.and(eight));
      const sums: SInt<typeof sumBits>[] = [];
      const overflows: Bit[] = [];
      for (let j = 0; j < M; j++) {
        const place = (lane: number): { sum: SInt<typeof sumBits>; overflow: Bit } => ({
          sum: groups.sums
            .at(lane >> 1)
            .bits(sumBits * (lane & 1), sumBits)
            .asSigned(),
          overflow: groups.overflows.at(lane >> 1).bit(lane & 1),
        });
        const four = place(j);
        const wide = j < C ? place(2 * j) : undefined;
        const used = wide
          ? mux(eight, usedColumns.bit(2 * j), usedColumns.bit(j))
          : usedColumns.bit(j).and(eight.not());
        const sum = wide ? mux(eight, wide.sum, four.sum) : four.sum;
        const overflow = wide ? mux(eight, wide.overflow, four.overflow) : four.overflow;
        sums.push(mux(used, sum, 0));
        overflows.push(overflow.and(used));
      }
      results.valid.set(rowsLeft.ne(0).and(delay.eq(0)).and(between.not()));
      results.data.sums.set(vecOf(sums));
      results.data.overflow.set(concat(...overflows.reverse()));
      results.data.illegal.set(leftBorder.illegal.add(rightBorder.illegal).saturate(illegalBits));
      results.data.last.set(lastRow);
      return {
        ...format,
        rows,
        columns,
        usedRows,
        usedColumns,
        delay,
        rowsLeft,
        between,
        leaves,
        lastRow,
        free,
        beats,
        lasts,
        open,
        accepted,
        completed,
        leftBorder,
        rightBorder,
        shift,
        group: groups,
      };
    },
  }),
);
