import { addressBits } from '../../ir/index.ts';
import {
  assertAlways,
  bit,
  constant,
  defineModule,
  fires,
  input,
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
} from '../../hdl/index.ts';
import type { Bit, SInt } from '../../hdl/index.ts';
import { part, refuse } from '../part.ts';
import type { Part } from '../part.ts';
import { checkSizes, productSumBits } from './weight-array.ts';
import type { WeightArrayPorts } from './weight-array.ts';

export interface SystolicArrayParameters {
  /** Rows of cells: inputs that a pass sums over. */
  readonly rows: number;
  /** Columns of cells: outputs of a pass. */
  readonly columns: number;
  /** Bits of a signed activation and of a signed weight: 8 or 16 in practice. */
  readonly operandBits: number;
  /** Weights that arrive per cycle; divides `rows`. */
  readonly lanes: number;
}

/** Bits of a result: a product, and what a sum over all rows may add. */
export const systolicSumBits = ({
  rows,
  operandBits,
}: Pick<SystolicArrayParameters, 'rows' | 'operandBits'>): number =>
  productSumBits(operandBits, rows);

type CellParameters = Pick<SystolicArrayParameters, 'operandBits'> & { readonly sumBits: number };

const cell = defineModule(
  'systolic_cell',
  {
    doc: `Cell of a weight-stationary array: adds activation x weight to the sum that passes by

The next weight waits beside the one in use; \`swap\` comes with the first activation that means it.`,
    parameters: { operandBits: 'bits of a factor', sumBits: 'bits of a sum' },
  },
  ({ operandBits, sumBits }: CellParameters) => ({
    ports: {
      advance: input(bit(), 'everything that flows takes a step'),
      load: input(bit(), 'takes the next weight'),
      weight: input(sint(operandBits)),
      swap: input(bit(), 'the next weight takes over'),
      activation: input(sint(operandBits)),
      sum: input(sint(sumBits)),
      swapOn: output(bit()),
      activationOn: output(sint(operandBits)),
      sumOn: output(sint(sumBits)),
    },
    body({ advance, load, weight, swap, activation, sum, swapOn, activationOn, sumOn }) {
      const next = reg(sint(operandBits));
      const current = reg(sint(operandBits));
      const swapped = reg(bit(), { init: 0 });
      const passed = reg(sint(operandBits));
      const total = reg(sint(sumBits));
      const used = mux(swap, next, current);
      when(load, () => next.set(weight));
      when(advance, () => {
        current.set(used);
        swapped.set(swap);
        passed.set(activation);
        total.set(sum.accumulate(activation.mul(used)));
      });
      swapOn.set(swapped);
      activationOn.set(passed);
      sumOn.set(total);
      return { next, current, swapped, passed, total, used };
    },
  }),
);

const doc = `Weight-stationary systolic array, after the matrix unit of the TPU

Cell (r, c) holds the weight of input r for output c. Activations enter at the left, one step later
for each row, and pass to the right; sums pass down. A second set of weights is loaded while the first
is in use, and takes over with the first beat of activations of the next pass.`;

const definition = defineModule(
  'systolic_array',
  {
    doc,
    parameters: {
      rows: 'inputs that a pass sums over',
      columns: 'outputs of a pass',
      operandBits: 'bits of an activation and of a weight',
      lanes: 'weights that arrive per cycle',
    },
    named: (p: SystolicArrayParameters) => `systolic_array_${p.rows}x${p.columns}x${p.operandBits}`,
  },
  (p: SystolicArrayParameters) => {
    const { rows, columns, operandBits, lanes } = p;
    const sumBits = systolicSumBits(p);
    const operand = sint(operandBits);
    const groups = rows / lanes;
    return {
      ports: {
        weights: input(
          stream({ words: vec(operand, lanes), last: bit() }),
          'those of output 0, input 0 first, then of output 1; last ends a pass',
        ),
        activations: input(
          stream({ values: vec(operand, rows), last: bit() }),
          'one per input; last is the last beat of a pass',
        ),
        results: output(
          stream({ sums: vec(sint(sumBits), columns), last: bit() }),
          'one per output, for each beat of activations',
        ),
      },
      body({ weights, activations, results }) {
        const cells = instanceArray(cell, { operandBits, sumBits }, [rows, columns]);

        // Results stand still, and everything with them, until they are taken.
        const depth = rows + columns - 1;
        const valid = Array.from({ length: depth }, () => reg(bit(), { init: 0 }));
        const last = Array.from({ length: depth }, () => reg(bit()));
        const advance = valid[depth - 1]!.not().or(results.ready);

        // Loading: a group of rows of one column per beat.
        const loaded = reg(bit(), { init: 0 });
        const group = groups > 1 ? reg(uint(addressBits(groups)), { init: 0 }) : undefined;
        const column = columns > 1 ? reg(uint(addressBits(columns)), { init: 0 }) : undefined;
        weights.ready.set(loaded.not());
        const taken = fires(weights);
        const lastGroup = group ? group.eq(groups - 1) : constant(1, 1);
        const lastColumn = column ? column.eq(columns - 1) : constant(1, 1);
        const complete = taken.and(lastGroup).and(lastColumn);
        when(taken, () => {
          group?.set(mux(lastGroup, 0, group.addWrap(1)));
          when(lastGroup, () => column?.set(mux(lastColumn, 0, column.addWrap(1))));
          assertAlways(
            'last_ends_pass',
            weights.data.last.eq(lastGroup.and(lastColumn)),
            'last does not come with the last weight of a pass',
          );
        });
        const inGroup = group ? oneHot(group, groups) : constant(1, 1);
        const inColumn = column ? oneHot(column, columns) : constant(1, 1);
        const groupTaken = Array.from({ length: groups }, (_, g) => taken.and(inGroup.bit(g)));
        const load = eachCell(p, (row, c) =>
          groupTaken[Math.floor(row / lanes)]!.and(inColumn.bit(c)),
        );
        cells.load.each(vecOf(load));
        cells.weight.each(vecOf(eachCell(p, (row) => weights.data.words.at(row % lanes))));

        // Activations wait for the weights of their pass.
        const first = reg(bit(), { init: 1 });
        const swapping = reg(bit(), { init: 0 });
        const go = advance.and(first.not().or(loaded.and(swapping.not())));
        activations.ready.set(go);
        const entered = fires(activations);
        const swap = entered.and(first);
        const lastSwap = cells.swapOn.at(rows * columns - 1).and(advance);
        when(entered, () => first.set(activations.data.last));
        when(swap, () => swapping.set(1)).elseWhen(lastSwap, () => swapping.set(0));
        when(complete, () => loaded.set(1)).elseWhen(lastSwap, () => loaded.set(0));

        // Row r starts r steps late, so that sums and activations meet.
        const delayed = <T extends Bit | SInt>(value: T, steps: number, make: () => T): T => {
          let at = value;
          for (let step = 0; step < steps; step++) {
            const stage = make() as T & { set(next: T): void };
            const from = at;
            when(advance, () => {
              stage.set(from);
            });
            at = stage;
          }
          return at;
        };
        const entry = activations.data.values
          .elements()
          .map((value, row) => delayed<SInt>(value, row, () => reg(operand)));
        const swaps = entry.map((_, row) => delayed<Bit>(swap, row, () => reg(bit(), { init: 0 })));
        cells.advance.broadcast(advance);
        cells.activation.from('activationOn', { axis: 1, step: 1, edge: vecOf(entry) });
        cells.swap.from('swapOn', { axis: 1, step: 1, edge: vecOf(swaps) });
        cells.sum.from('sumOn', {
          axis: 0,
          step: 1,
          edge: vecOf(Array.from({ length: columns }, () => constant(sint(sumBits), 0))),
        });

        when(advance, () => {
          valid.forEach((stage, step) => {
            stage.set(step === 0 ? entered : valid[step - 1]!);
          });
          last.forEach((stage, step) => {
            stage.set(step === 0 ? activations.data.last : last[step - 1]!);
          });
        });
        const bottom = Array.from({ length: columns }, (_, c) =>
          delayed<SInt>(cells.sumOn.at((rows - 1) * columns + c), columns - 1 - c, () =>
            reg(sint(sumBits)),
          ),
        );
        results.valid.set(valid[depth - 1]!);
        results.data.sums.set(vecOf(bottom));
        results.data.last.set(last[depth - 1]!);
        return {
          cells,
          valid,
          last,
          advance,
          loaded,
          ...(group ? { group } : {}),
          ...(column ? { column } : {}),
          taken,
          groupTaken,
          complete,
          first,
          swapping,
          go,
          entered,
          swap,
          lastSwap,
        };
      },
    };
  },
);

/** One value for each cell, row by row. */
const eachCell = <T>(
  { rows, columns }: SystolicArrayParameters,
  value: (row: number, column: number) => T,
): T[] =>
  Array.from({ length: rows * columns }, (_, n) => value(Math.floor(n / columns), n % columns));

/**
 * Weight-stationary systolic array of rows x columns cells: `weights`, `activations`, `results`.
 *
 * A pass multiplies beats of `rows` activations by a matrix [columns x rows] of weights, which arrives
 * row by row, `lanes` a beat: as the decompressor of GOBO gives them, with a pass as a row of its
 * matrix. A beat of activations is taken in every cycle; its results are offered rows + columns - 1
 * cycles later. The weights of the next pass are loaded in rows x columns / lanes cycles while one runs,
 * from rows + columns cycles after it has begun. Where activations or results wait, everything but
 * loading stands still. Combinational path: from `results.ready` to `activations.ready`.
 */
export function systolicArray(
  parameters: SystolicArrayParameters,
): Part<SystolicArrayParameters, WeightArrayPorts> {
  const { rows, lanes } = parameters;
  checkSizes(systolicArray, 'a systolic array', parameters);
  if (rows % lanes !== 0) {
    refuse(
      systolicArray,
      `${lanes} weights per cycle do not divide ${rows} rows of cells: take a divisor`,
    );
  }
  return part(definition, parameters);
}
