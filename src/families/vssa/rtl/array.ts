import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  bitsOf,
  concat,
  constant,
  defineModule,
  fires,
  input,
  instance,
  instanceArray,
  mux,
  oneHot,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { PortDeclarations, UInt } from '../../../hdl/index.ts';
import type { Part } from '../../../parts/part.ts';
import { shell } from '../../../parts/shell/index.ts';
import { columnsAddress, rowsAddress, sumBits, wordBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';
import { row, sumOf } from './row.ts';
import { setupFields, signSetup } from './setup.ts';
import { skewFeeder } from './skew-feeder.ts';

const doc = `Variable-speed systolic array

A tile is one dot product for each element in use. Left words come one for each row, right words one for each column;
every word says whether it has one digit or two, and every element takes the cycles that its own pair needs. Sums leave
row by row while the next tile is being summed.

Setup, while the array is idle: whether the high digits of left and right words are signed, at addresses 0 and 1; rows and
columns in use at 2 and 3.`;

/** Bits of the counts of a run; they wrap. */
const countBits = 32;

/** What the shell goes around. */
export const array = defineModule(
  'vssa_array_core',
  {
    doc,
    parameters: {
      rows: 'rows of elements',
      cols: 'columns of elements',
      skid: '1: links hold two words, and ready comes from registers',
    },
  },
  (p: ArrayParameters) => ({
    ports: {
      setup: input(stream(setupFields), 'signs, rows and columns in use'),
      left: input(
        stream({ lanes: vec(uint(wordBits), p.rows), last: bit() }),
        'a word for each row; last ends a tile',
      ),
      right: input(stream({ lanes: vec(uint(wordBits), p.cols) }), 'a word for each column'),
      results: output(
        stream({ sums: vec(sint(sumBits), p.cols), last: bit() }),
        'sums of a row; last ends a tile',
      ),
      beats: input(uint(countBits), 'result beats of a run'),
      busy: output(uint(countBits), 'cycles of all elements in which they computed'),
      stalled: output(uint(countBits), 'those in which they had operands and waited'),
      starved: output(uint(countBits), 'the others, in which an operand was missing'),
    },
    body({ setup, left, right, results, beats, busy, stalled, starved }) {
      const { rows: R, cols: C, skid } = p;
      // Setup.
      const signs = signSetup(setup);
      const usedRows = reg(uint(addressBits(R + 1)), { init: R });
      const usedColumns = reg(uint(addressBits(C + 1)), { init: C });
      when(setup.valid, () => {
        const { address, data } = setup.data;
        when(address.eq(rowsAddress), () => usedRows.set(data.truncate(usedRows.width)));
        when(address.eq(columnsAddress), () => usedColumns.set(data.truncate(usedColumns.width)));
      });
      const inUse = (count: UInt, lanes: number): UInt =>
        constant(uint(lanes), 2n ** BigInt(lanes) - 1n)
          .shiftLeft(count)
          .not();
      const rowsInUse = inUse(usedRows, R);
      const columnsInUse = inUse(usedColumns, C);

      // A run begins with its first operands. To start it over the bus takes longer than zeros of the one before
      // are still on their way.
      const begun = reg(bit(), { init: 0 });
      const delivered = reg(uint(countBits), { init: 0 });
      // The first beats of both sides are accepted together, by the first element.
      const accepted = fires(left);
      const leaves = fires(results);
      const next = delivered.addWrap(1);
      const ends = leaves.and(next.eq(beats));

      // Operands: lanes that are not in use take zeros, and rows that are not have no sums.
      const inTile = reg(bit(), { init: 0 });
      const leftFeeder = instance(skewFeeder, { width: wordBits + 2, lanes: R, skid });
      const rightFeeder = instance(skewFeeder, { width: wordBits, lanes: C, skid });
      const leftWords = left.data.lanes
        .elements()
        .map((word, i) => mux(rowsInUse.bit(i), concat(left.data.last, inTile.not(), word), 0));
      const rightWords = right.data.lanes
        .elements()
        .map((word, j) => mux(columnsInUse.bit(j), word, 0));
      leftFeeder.from.data.words.set(vecOf(leftWords));
      rightFeeder.from.data.words.set(vecOf(rightWords));
      for (const [from, feeder] of [
        [left, leftFeeder],
        [right, rightFeeder],
      ] as const) {
        feeder.from.valid.set(from.valid);
        from.ready.set(feeder.from.ready);
      }
      when(accepted, () => inTile.set(left.data.last.not()));

      const lines = instanceArray(row, { cols: C, skid }, [R]);
      const fed = leftFeeder.words.elements();
      lines.left.valid.each(leftFeeder.valid);
      lines.left.data.word.each(vecOf(fed.map((word) => word.truncate(wordBits))));
      lines.left.data.first.each(vecOf(fed.map((word) => word.bit(wordBits))));
      lines.left.data.last.each(vecOf(fed.map((word) => word.bit(wordBits + 1))));
      leftFeeder.ready.set(lines.left.ready);
      const downward = { axis: 0, step: 1 } as const;
      lines.rightValid.from('below_valid', {
        ...downward,
        edge: vecOf([rightFeeder.valid.asUnsigned()]),
      });
      lines.rightWords.from('below_words', {
        ...downward,
        edge: vecOf([rightFeeder.words.asUnsigned()]),
      });
      // Nobody is below the last row, so words vanish there.
      const everywhere = constant(uint(C), 2n ** BigInt(C) - 1n);
      lines.belowReady.from('right_ready', { axis: 0, step: -1, edge: vecOf([everywhere]) });
      rightFeeder.ready.set(bitsOf(lines.rightReady.at(0)));
      lines.leftSigned.broadcast(signs.leftSigned);
      lines.rightSigned.broadcast(signs.rightSigned);

      // Results: each row as soon as it is complete and those above it have left.
      const line = reg(uint(addressBits(R)), { init: 0 });
      const lastLine = line
        .extend(usedRows.width + 1)
        .addWrap(1)
        .eq(usedRows.extend(usedRows.width + 1));
      const sums = lines.sums.at(line);
      results.valid.set(lines.complete.at(line));
      results.data.sums.set(
        vecOf(Array.from({ length: C }, (_, j) => sums.bits(sumBits * j, sumBits).asSigned())),
      );
      results.data.last.set(lastLine);
      lines.leaves.each(bitsOf(mux(leaves, oneHot(line, R), 0)));
      when(leaves, () => line.set(mux(lastLine, 0, line.addWrap(1))));

      // What the elements of a run do.
      const busyNow = sumOf(lines.busy.elements(), R * C);
      const stalledNow = sumOf(lines.stalled.elements(), R * C);
      const starvedNow = constant(uint(countBits), R * C)
        .subWrap(busyNow.extend(countBits))
        .subWrap(stalledNow.extend(countBits));
      when(ends, () => {
        begun.set(0);
        delivered.set(0);
      }).otherwise(() => {
        when(accepted, () => begun.set(1));
        when(leaves, () => delivered.set(next));
      });
      const count = (now: UInt) => {
        const total = reg(uint(countBits), { init: 0 });
        when(begun.or(accepted), () => total.set(mux(begun, total, 0).accumulate(now)));
        return total;
      };
      const busyCount = count(busyNow);
      const stalledCount = count(stalledNow);
      const starvedCount = count(starvedNow);
      busy.set(busyCount);
      stalled.set(stalledCount);
      starved.set(starvedCount);
      return {
        ...signs,
        usedRows,
        usedColumns,
        rowsInUse,
        columnsInUse,
        begun,
        delivered,
        accepted,
        leaves,
        next,
        ends,
        inTile,
        leftFeeder,
        rightFeeder,
        row: lines,
        line,
        lastLine,
        busyNow,
        stalledNow,
        starvedNow,
        busyCount,
        stalledCount,
        starvedCount,
      };
    },
  }),
);

/** The array behind the common shell, for `elaborate`. */
export const arrayShell = (
  p: ArrayParameters,
): Part<Readonly<Record<string, number>>, PortDeclarations> =>
  shell({
    name: 'vssa_array',
    doc: `Variable-speed systolic array behind the common shell\n\n${p.rows} x ${p.cols} digit-serial processing elements for words of 4 and 8 bits.`,
    core: [array, p],
    id: 0x56535341,
    version: 0x00010000,
    parameters: p,
    registers: [
      {
        name: 'RESULTS',
        access: 'read-write',
        port: 'beats',
        reset: 1,
        doc: 'result beats of a run: tiles x rows in use',
      },
      {
        name: 'BUSY',
        access: 'read-only',
        port: 'busy',
        counter: true,
        doc: 'cycles of all elements in the latest run in which they computed',
      },
      {
        name: 'STALLED',
        access: 'read-only',
        port: 'stalled',
        counter: true,
        doc: 'those in which they had operands, and waited for a neighbour or for a row to leave',
      },
      {
        name: 'STARVED',
        access: 'read-only',
        port: 'starved',
        counter: true,
        doc: 'the others: an operand was missing',
      },
    ],
    done: { stream: 'results', beats: 'RESULTS' },
  });
