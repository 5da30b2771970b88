import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  bitsOf,
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
import type { Bit, SInt, Vec } from '../../../hdl/index.ts';
import { digits, rowsAddress, setupDataBits, sumBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';
import { cell } from './cell.ts';
import { skew } from './skew.ts';

const doc = `Output-stationary systolic array of multiply-accumulate cells

A tile is one dot product for each cell in use. Weights enter from the left, one row of the matrix
for each row of cells; activations from above, one token for each column; the array skews them. Sums
leave row by row from the top, while the next tile is being summed. While a result waits to be
taken, everything stands still.

Setup, while the array is idle: rows in use at address 0, columns in use at address 1.`;

/** The lanes of a vector, each one step after the one before it; a single lane needs no hardware. */
function skewEdge(advance: Bit, vector: Vec<SInt>) {
  const lanes = vector.length;
  if (lanes === 1) return { edge: vector };
  const delays = instance(skew, { lanes, width: vector.at(0).width });
  delays.enable.set(advance);
  delays.together.set(vector);
  return { delays, edge: delays.skewed };
}

/** The same for a flag of all lanes: one chain, which every lane taps one step later. */
function flagEdge(advance: Bit, flag: Bit, lanes: number, init?: number) {
  if (lanes === 1) return { edge: vecOf([flag]) };
  const chain = reg(uint(lanes - 1), init === undefined ? {} : { init });
  const taps = concat(chain, flag);
  when(advance, () => {
    chain.set(taps.truncate(lanes - 1));
  });
  return { chain, edge: bitsOf(taps) };
}

/** The baseline: R x C cells between plain streams. */
export const array = defineModule(
  'baseline_array',
  {
    doc,
    parameters: {
      rows: 'rows of cells',
      columns: 'columns of cells',
      weightBits: 'bits of a signed weight',
      activationBits: 'bits of a signed activation',
      maxLength: 'longest dot product',
    },
  },
  (p: ArrayParameters) => ({
    ports: {
      setup: input(
        stream({ address: bit(), data: uint(setupDataBits(p)) }),
        'rows and columns in use',
      ),
      weights: input(stream({ values: vec(sint(p.weightBits), p.rows) }), 'one per row of cells'),
      activations: input(
        stream({ values: vec(sint(p.activationBits), p.columns), last: bit() }),
        'one per column of cells; last ends a tile',
      ),
      results: output(
        stream({ value: sint(sumBits(p)), last: bit() }),
        'sums, row by row; last ends a tile',
      ),
    },
    body({ setup, weights, activations, results }) {
      const { rows: R, columns: C, weightBits, activationBits, maxLength } = p;
      // Setup.
      const rows = reg(uint(digits(R)), { init: R });
      const columns = reg(uint(digits(C)), { init: C });
      setup.ready.set(1);
      when(setup.valid, () => {
        when(setup.data.address.eq(rowsAddress), () => {
          rows.set(setup.data.data.truncate(rows.width));
        }).otherwise(() => {
          columns.set(setup.data.data.truncate(columns.width));
        });
      });

      // Results: what is left of the tile that leaves, and where it is.
      const rowsLeft = reg(uint(rows.width), { init: 0 });
      const resultColumn = reg(uint(addressBits(C)), { init: 0 });
      // Row 1 moves up with the last result of row 0; with fewer columns than rows that is too soon.
      const pause = R > 1 ? reg(uint(addressBits(R))) : undefined;
      const pausing = pause?.any() ?? constant(1, 0);
      const advance = results.valid.not().or(results.ready);
      const taken = results.valid.and(results.ready);
      const lastColumn = resultColumn.extend(columns.width).addWrap(1).eq(columns);
      const lastRow = rowsLeft.eq(1);
      const rowTaken = taken.and(lastColumn);
      const drained = rowsLeft.eq(0).or(rowTaken.and(lastRow));

      // Operands.
      const open = advance.and(activations.data.last.not().or(drained));
      const accepted = open.and(activations.valid).and(weights.valid);
      const completed = accepted.and(activations.data.last);
      activations.ready.set(open.and(weights.valid));
      weights.ready.set(open.and(activations.valid));

      const valids = flagEdge(advance, accepted, R, 0);
      const lasts = flagEdge(advance, completed, R);
      const weightEdge = skewEdge(advance, weights.data.values);
      const activationEdge = skewEdge(advance, activations.data.values);
      const cells = instanceArray(cell, { weightBits, activationBits, maxLength }, [R, C]);
      cells.enable.broadcast(advance);
      cells.valid.from('valid_right', { axis: 1, step: 1, edge: valids.edge });
      cells.last.from('last_right', { axis: 1, step: 1, edge: lasts.edge });
      cells.weight.from('weight_right', {
        axis: 1,
        step: 1,
        edge: weightEdge.edge,
      });
      cells.activation.from('activation_below', {
        axis: 0,
        step: 1,
        edge: activationEdge.edge,
      });
      cells.shift.from('shift_right', {
        axis: 1,
        step: 1,
        edge: vecOf(Array.from({ length: R }, () => rowTaken)),
      });
      const zeros = Array.from({ length: C }, () => constant(sint(sumBits(p)), 0));
      cells.drain_below.from('drain', { axis: 0, step: -1, edge: vecOf(zeros) });

      when(completed, () => {
        rowsLeft.set(rows);
      }).elseWhen(rowTaken, () => {
        rowsLeft.set(rowsLeft.subWrap(1));
      });
      when(taken, () => {
        resultColumn.set(mux(lastColumn, 0, resultColumn.addWrap(1)));
      });
      if (pause) {
        const width = Math.max(rows.width, columns.width);
        const excess = rows.extend(width).subWrap(columns.extend(width));
        when(completed, () => {
          pause.set(
            mux(rows.extend(width).gt(columns.extend(width)), excess.truncate(pause.width), 0),
          );
        }).elseWhen(pausing, () => {
          pause.set(pause.subWrap(1));
        });
      }

      const top = vecOf(Array.from({ length: C }, (_, j) => cells.drain.at(j)));
      const value = top.at(resultColumn);
      results.valid.set(rowsLeft.ne(0).and(pausing.not()));
      results.data.value.set(value);
      results.data.last.set(lastColumn.and(lastRow));
      return {
        rows,
        columns,
        rowsLeft,
        resultColumn,
        ...(pause ? { pause, pausing } : {}),
        advance,
        taken,
        lastColumn,
        lastRow,
        rowTaken,
        drained,
        open,
        accepted,
        completed,
        ...(valids.chain && lasts.chain
          ? { validChain: valids.chain, lastChain: lasts.chain }
          : {}),
        ...(weightEdge.delays ? { weightSkew: weightEdge.delays } : {}),
        ...(activationEdge.delays ? { activationSkew: activationEdge.delays } : {}),
        cell: cells,
        value,
      };
    },
  }),
);
