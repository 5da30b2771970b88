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
import type { Bit, UInt } from '../../../hdl/index.ts';
import type { ShellRegister } from '../../../parts/shell/index.ts';
import { sumBits, wordBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';
import { row, sumOf } from './row.ts';
import { skewFeeder } from './skew-feeder.ts';

const doc = `Grid of processing elements between its feeders and its results

A tile is one dot product for each element in use. Left words come one for each row, right words one for each column;
every word says whether it has one digit or two, and every element takes the cycles that its own pair needs. Sums leave
row by row while the next tile is being summed.

Lanes that are not in use take zeros, whatever is offered; of rows that are not, no sums come.`;

/** Bits of the counts of a run; they wrap. */
export const activityBits = 32;

/** Ones for the lanes in use: the first `count`. */
export const firstLanes = (count: UInt, lanes: number): UInt =>
  constant(uint(lanes), 2n ** BigInt(lanes) - 1n)
    .shiftLeft(count)
    .not();

/** Whether the last result beat of a run leaves, number `beats`; to be named by the module around it. */
export function runEnd(leaves: Bit, beats: UInt) {
  const delivered = reg(uint(activityBits), { init: 0 });
  const next = delivered.addWrap(1);
  const ends = leaves.and(next.eq(beats));
  when(leaves, () => delivered.set(mux(ends, 0, next)));
  return { delivered, next, ends };
}

/** What the array and the accelerator have in common. */
export const grid = defineModule(
  'vssa_grid',
  {
    doc,
    parameters: {
      rows: 'rows of elements',
      cols: 'columns of elements',
      skid: '1: links hold two words, and ready comes from registers',
    },
  },
  (p: Pick<ArrayParameters, 'rows' | 'cols' | 'skid'>) => ({
    ports: {
      left: input(
        stream({ lanes: vec(uint(wordBits), p.rows), inUse: uint(p.rows), last: bit() }),
        'a word for each row; last ends a tile',
      ),
      right: input(
        stream({ lanes: vec(uint(wordBits), p.cols), inUse: uint(p.cols) }),
        'a word for each column',
      ),
      results: output(
        stream({ sums: vec(sint(sumBits), p.cols), last: bit() }),
        'sums of a row; last ends a tile',
      ),
      usedRows: input(uint(addressBits(p.rows + 1)), 'rows in use of the tile whose sums leave'),
      leftSigned: input(bit(), 'high digits of left words are signed'),
      rightSigned: input(bit(), 'high digits of right words are signed'),
      ends: input(bit(), 'the last sums of a run leave'),
      busy: output(uint(activityBits), 'cycles of all elements in which they computed'),
      stalled: output(uint(activityBits), 'those in which they had operands and waited'),
      starved: output(uint(activityBits), 'the others, in which an operand was missing'),
    },
    body({
      left,
      right,
      results,
      usedRows,
      leftSigned,
      rightSigned,
      ends,
      busy,
      stalled,
      starved,
    }) {
      const { rows: R, cols: C, skid } = p;
      // Operands: lanes that are not in use take zeros, and rows that are not have no sums.
      // The first beats of both sides are accepted together, by the first element.
      const accepted = fires(left);
      const inTile = reg(bit(), { init: 0 });
      const leftFeeder = instance(skewFeeder, { width: wordBits + 2, lanes: R, skid });
      const rightFeeder = instance(skewFeeder, { width: wordBits, lanes: C, skid });
      const leftWords = left.data.lanes
        .elements()
        .map((word, i) =>
          mux(left.data.inUse.bit(i), concat(left.data.last, inTile.not(), word), 0),
        );
      const rightWords = right.data.lanes
        .elements()
        .map((word, j) => mux(right.data.inUse.bit(j), word, 0));
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
      lines.leftSigned.broadcast(leftSigned);
      lines.rightSigned.broadcast(rightSigned);

      // Results: each row as soon as it is complete and those above it have left.
      const leaves = fires(results);
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

      // What the elements of a run do. A run begins with its first operands. To start it over the bus takes longer
      // than zeros of the one before are still on their way.
      const begun = reg(bit(), { init: 0 });
      when(ends, () => begun.set(0)).elseWhen(accepted, () => begun.set(1));
      const busyNow = sumOf(lines.busy.elements(), R * C);
      const stalledNow = sumOf(lines.stalled.elements(), R * C);
      const starvedNow = constant(uint(activityBits), R * C)
        .subWrap(busyNow.extend(activityBits))
        .subWrap(stalledNow.extend(activityBits));
      const count = (now: UInt) => {
        const total = reg(uint(activityBits), { init: 0 });
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
        accepted,
        inTile,
        leftFeeder,
        rightFeeder,
        row: lines,
        leaves,
        line,
        lastLine,
        begun,
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

/** Registers of a shell around a grid: ports `beats`, `busy`, `stalled`, `starved`. */
export const activityRegisters = (results: string) =>
  [
    { name: 'RESULTS', access: 'read-write', port: 'beats', reset: 1, doc: results },
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
  ] as const satisfies readonly ShellRegister[];
