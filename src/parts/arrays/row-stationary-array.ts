import { addressBits } from '../../ir/index.ts';
import {
  assertAlways,
  bit,
  concat,
  constant,
  defineModule,
  fires,
  input,
  instanceArray,
  mem,
  mux,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../hdl/index.ts';
import type { Bit, Driven, UInt } from '../../hdl/index.ts';
import { part, refuse } from '../part.ts';
import type { Part } from '../part.ts';
import { checkSizes, named, productSumBits, ring } from './weight-array.ts';
import type { Ring, WeightArrayPorts } from './weight-array.ts';

export interface RowStationaryArrayParameters {
  /** Rows of PEs: pieces that the inputs of a pass are cut into. */
  readonly rows: number;
  /** Columns of PEs: tokens of a group. */
  readonly columns: number;
  /** Inputs of a piece: weights of one output that a PE keeps. */
  readonly rowLength: number;
  /** Outputs of a pass: rows of weights that a PE keeps. */
  readonly outputs: number;
  /** Bits of a signed activation and of a signed weight: 8 or 16 in practice. */
  readonly operandBits: number;
  /** Weights that arrive per cycle; divides `rowLength`. */
  readonly lanes: number;
}

/** Bits of a result: a product, and what a sum over all inputs of a pass may add. */
export const rowStationarySumBits = ({
  rows,
  rowLength,
  operandBits,
}: Pick<RowStationaryArrayParameters, 'rows' | 'rowLength' | 'operandBits'>): number =>
  productSumBits(operandBits, rows * rowLength);

/** Widths of the addresses of the two scratchpads. */
function padBits({ rowLength, outputs, lanes }: RowStationaryArrayParameters) {
  const bits = (count: number): number => (count > 1 ? addressBits(count) : 0);
  const word = bits(rowLength / lanes);
  return { weight: 1 + bits(outputs) + word, activation: 1 + word + bits(lanes) };
}

const element = defineModule(
  'row_stationary_pe',
  {
    doc: `PE of a row-stationary array: rows of weights and a row of activations in scratchpads

Multiplies a pair per step. With the last pair of a row its sum joins the one from the PE above. Of
each scratchpad one half is in use while the other is loaded.`,
    parameters: {
      rows: 'PEs that a sum passes',
      rowLength: 'weights of a row',
      outputs: 'rows of weights',
      operandBits: 'bits of a factor',
      lanes: 'weights of a word',
    },
  },
  (p: RowStationaryArrayParameters) => {
    const { operandBits, lanes } = p;
    const address = padBits(p);
    const sumBits = rowStationarySumBits(p);
    return {
      ports: {
        advance: input(bit(), 'everything that computes takes a step'),
        loadWeights: input(bit()),
        loadActivation: input(bit()),
        words: input(vec(sint(operandBits), lanes), 'weights to load'),
        wordAddress: input(uint(address.weight)),
        value: input(sint(operandBits), 'activation to load'),
        valueAddress: input(uint(address.activation)),
        work: input(bit(), 'a pair is multiplied'),
        first: input(bit(), 'it is the first of a row'),
        last: input(bit(), 'it is the last of a row'),
        weightAddress: input(uint(address.weight)),
        activationAddress: input(uint(address.activation)),
        sum: input(sint(sumBits), 'of the PEs above'),
        sumOn: output(sint(sumBits)),
      },
      body(ports) {
        const { advance, words, work, first, last, sum, sumOn } = ports;
        const weights = mem(uint(lanes * operandBits), 2 ** address.weight, {
          style: 'distributed',
        });
        const activations = mem(sint(operandBits), 2 ** address.activation, {
          style: 'distributed',
        });
        const total = reg(sint(sumBits));
        const passed = reg(sint(sumBits));
        when(ports.loadWeights, () => weights.write(ports.wordAddress, words.asUnsigned()));
        when(ports.loadActivation, () => activations.write(ports.valueAddress, ports.value));

        const word = weights.read(ports.weightAddress);
        const each = Array.from({ length: lanes }, (_, lane) =>
          word.bits(lane * operandBits, operandBits).asSigned(),
        );
        const weight =
          lanes === 1
            ? each[0]!
            : vecOf(each).at(ports.activationAddress.bits(0, addressBits(lanes)));
        const product = weight.mul(activations.read(ports.activationAddress));
        const updated = mux(first, 0, total).accumulate(product);
        when(advance.and(work), () => {
          total.set(updated);
          when(last, () => passed.set(sum.accumulate(updated)));
        });
        sumOn.set(passed);
        return { weights, activations, total, passed, word, weight, product, updated };
      },
    };
  },
);

/** What a row of PEs does in a step. */
interface Control {
  readonly work: Bit;
  readonly first: Bit;
  readonly last: Bit;
  /** Last pair of a group of tokens, and of a pass. */
  readonly endsGroup: Bit;
  readonly endsPass: Bit;
  readonly weightAddress: UInt;
  readonly activationAddress: UInt;
}

type Driving = { readonly [K in keyof Control]: Driven<Control[K]> };

const doc = `Row-stationary array, after Eyeriss, for matrix products

A PE keeps rows of weights, one for each output, of a piece of the inputs: those of a row of PEs are the
same, and each of its columns has the activations of a token. Sums pass down a column. A group of
tokens, and the weights of a pass, are loaded while others are in use.`;

const definition = defineModule(
  'row_stationary_array',
  {
    doc,
    parameters: {
      rows: 'rows of PEs',
      columns: 'columns of PEs: tokens of a group',
      rowLength: 'inputs of a row of PEs',
      outputs: 'outputs of a pass',
      operandBits: 'bits of an activation and of a weight',
      lanes: 'weights that arrive per cycle',
    },
    named: (p: RowStationaryArrayParameters) =>
      `row_stationary_array_${p.rows}x${p.columns}x${p.operandBits}`,
  },
  (p: RowStationaryArrayParameters) => {
    const { rows, columns, rowLength, outputs, operandBits, lanes } = p;
    const sumBits = rowStationarySumBits(p);
    const operand = sint(operandBits);
    const address = padBits(p);
    const words = rowLength / lanes;
    return {
      ports: {
        weights: input(
          stream({ words: vec(operand, lanes), last: bit() }),
          'those of output 0, input 0 first, then of output 1; last ends a pass',
        ),
        activations: input(
          stream({ values: vec(operand, columns), last: bit() }),
          'an input of every token of a group; last ends a pass',
        ),
        results: output(
          stream({ sums: vec(sint(sumBits), columns), last: bit() }),
          'an output of every token of a group; last ends a pass',
        ),
      },
      body({ weights, activations, results }) {
        const elements = instanceArray(element, p, [rows, columns]);
        const offered = reg(bit(), { init: 0 });
        const offeredLast = reg(bit());
        const advance = offered.not().or(results.ready);

        // Halves of the scratchpads: loaded and not yet used up by the first row; free for loading,
        // which they are again when the last row has used them up.
        const halves = () =>
          [0, 1].map(() => ({ filled: reg(bit(), { init: 0 }), free: reg(bit(), { init: 1 }) }));
        const weightHalves = halves();
        const activationHalves = halves();
        const of = (half: Bit, pair: ReturnType<typeof halves>, which: 'filled' | 'free') =>
          mux(half, pair[1]![which], pair[0]![which]);

        // Loading weights: a word of one row of PEs per beat.
        const loadHalf = reg(bit(), { init: 0 });
        const loadWord = ring(words);
        const loadRow = ring(rows);
        const loadOutput = ring(outputs);
        weights.ready.set(of(loadHalf, weightHalves, 'free'));
        const weightsTaken = fires(weights);
        const weightsEnd = loadWord.last.and(loadRow.last).and(loadOutput.last);
        const weightsLoaded = weightsTaken.and(weightsEnd);
        when(weightsTaken, () => {
          loadWord.step();
          when(loadWord.last, () => {
            loadRow.step();
            when(loadRow.last, () => loadOutput.step());
          });
          assertAlways(
            'last_ends_weights',
            weights.data.last.eq(weightsEnd),
            'last does not come with the last weight of a pass',
          );
        });
        when(weightsLoaded, () => loadHalf.set(loadHalf.not()));

        // Loading activations: a value of one row of PEs per beat.
        const fillHalf = reg(bit(), { init: 0 });
        const fillLane = ring(lanes);
        const fillWord = ring(words);
        const fillRow = ring(rows);
        // Whether the group in a half is the last of its pass.
        const groupLast = [0, 1].map(() => reg(bit()));
        activations.ready.set(of(fillHalf, activationHalves, 'free'));
        const valuesTaken = fires(activations);
        const valuesEnd = fillLane.last.and(fillWord.last).and(fillRow.last);
        const valuesLoaded = valuesTaken.and(valuesEnd);
        when(valuesTaken, () => {
          fillLane.step();
          when(fillLane.last, () => {
            fillWord.step();
            when(fillWord.last, () => fillRow.step());
          });
          assertAlways(
            'last_ends_group',
            activations.data.last.not().or(valuesEnd),
            'last does not come with the last input of a group',
          );
        });
        when(valuesLoaded, () => {
          fillHalf.set(fillHalf.not());
          groupLast.forEach((flag, half) => {
            when(fillHalf.eq(half), () => flag.set(activations.data.last));
          });
        });

        // The first row computes: output by output, pair by pair; each row does one step later what
        // the one above it did.
        const weightHalf = reg(bit(), { init: 0 });
        const activationHalf = reg(bit(), { init: 0 });
        const lane = ring(lanes);
        const word = ring(words);
        const row = ring(outputs);
        const work = of(weightHalf, weightHalves, 'filled').and(
          of(activationHalf, activationHalves, 'filled'),
        );
        const isFirst = (value?: UInt): Bit => value?.any().not() ?? constant(1, 1);
        const last = lane.last.and(word.last);
        const endsGroup = last.and(row.last);
        const place = (...parts: readonly (UInt | undefined)[]): UInt =>
          concat(...parts.filter((each) => each !== undefined));
        const control: Control[] = [
          {
            work,
            first: isFirst(lane.value).and(isFirst(word.value)),
            last,
            endsGroup,
            endsPass: endsGroup.and(mux(activationHalf, groupLast[1]!, groupLast[0]!)),
            weightAddress: place(weightHalf, row.value, word.value),
            activationAddress: place(activationHalf, word.value, lane.value),
          },
        ];
        for (let at = 1; at < rows; at++) {
          const above = control[at - 1]!;
          const stage: Driving = {
            work: reg(bit(), { init: 0 }),
            first: reg(bit()),
            last: reg(bit()),
            endsGroup: reg(bit()),
            endsPass: reg(bit()),
            weightAddress: reg(uint(address.weight)),
            activationAddress: reg(uint(address.activation)),
          };
          when(advance, () => {
            stage.work.set(above.work);
            stage.first.set(above.first);
            stage.last.set(above.last);
            stage.endsGroup.set(above.endsGroup);
            stage.endsPass.set(above.endsPass);
            stage.weightAddress.set(above.weightAddress);
            stage.activationAddress.set(above.activationAddress);
          });
          control.push(stage);
        }
        const top = control[0]!;
        const bottom = control[rows - 1]!;
        const working = advance.and(top.work);
        when(working, () => {
          lane.step();
          when(lane.last, () => {
            word.step();
            when(word.last, () => row.step());
          });
        });
        const groupDone = working.and(top.endsGroup);
        const passDone = working.and(top.endsPass);
        when(groupDone, () => activationHalf.set(activationHalf.not()));
        when(passDone, () => weightHalf.set(weightHalf.not()));

        // The top bit of an address is the half.
        const leaving = advance.and(bottom.work);
        const groupOver = leaving.and(bottom.endsGroup);
        const passOver = leaving.and(bottom.endsPass);
        const bookkeeping = (
          pair: ReturnType<typeof halves>,
          loaded: Bit,
          loading: Bit,
          done: Bit,
          doing: Bit,
          over: Bit,
          half: Bit,
        ): void => {
          pair.forEach(({ filled, free }, n) => {
            const isLoaded = loaded.and(loading.eq(n));
            when(isLoaded, () => filled.set(1)).elseWhen(done.and(doing.eq(n)), () =>
              filled.set(0),
            );
            when(isLoaded, () => free.set(0)).elseWhen(over.and(half.eq(n)), () => free.set(1));
          });
        };
        bookkeeping(
          weightHalves,
          weightsLoaded,
          loadHalf,
          passDone,
          weightHalf,
          passOver,
          bottom.weightAddress.bit(address.weight - 1),
        );
        bookkeeping(
          activationHalves,
          valuesLoaded,
          fillHalf,
          groupDone,
          activationHalf,
          groupOver,
          bottom.activationAddress.bit(address.activation - 1),
        );

        const eachPe = <T>(value: (row: number, column: number) => T): T[] =>
          Array.from({ length: rows * columns }, (_, n) =>
            value(Math.floor(n / columns), n % columns),
          );
        // Which row of PEs a beat is for.
        const perRow = (taken: Bit, { value }: Ring): Bit[] =>
          Array.from({ length: rows }, (_, at) => (value ? taken.and(value.eq(at)) : taken));
        const rowWeightsTaken = perRow(weightsTaken, loadRow);
        const rowValuesTaken = perRow(valuesTaken, fillRow);
        elements.advance.broadcast(advance);
        elements.loadWeights.each(vecOf(eachPe((at) => rowWeightsTaken[at]!)));
        elements.loadActivation.each(vecOf(eachPe((at) => rowValuesTaken[at]!)));
        elements.words.broadcast(weights.data.words);
        elements.wordAddress.broadcast(place(loadHalf, loadOutput.value, loadWord.value));
        elements.value.each(vecOf(eachPe((_, column) => activations.data.values.at(column))));
        elements.valueAddress.broadcast(place(fillHalf, fillWord.value, fillLane.value));
        for (const name of ['work', 'first', 'last'] as const) {
          elements[name].each(vecOf(eachPe((at) => control[at]![name])));
        }
        for (const name of ['weightAddress', 'activationAddress'] as const) {
          elements[name].each(vecOf(eachPe((at) => control[at]![name])));
        }
        elements.sum.from('sumOn', {
          axis: 0,
          step: 1,
          edge: vecOf(Array.from({ length: columns }, () => constant(sint(sumBits), 0))),
        });
        when(advance, () => {
          offered.set(bottom.work.and(bottom.last));
          offeredLast.set(bottom.endsPass);
        });
        results.valid.set(offered);
        results.data.sums.set(
          vecOf(
            Array.from({ length: columns }, (_, n) => elements.sumOn.at((rows - 1) * columns + n)),
          ),
        );
        results.data.last.set(offeredLast);
        return {
          elements,
          offered,
          offeredLast,
          advance,
          weightHalves,
          activationHalves,
          loadHalf,
          ...named('loadWord', loadWord),
          ...named('loadRow', loadRow),
          ...named('loadOutput', loadOutput),
          weightsTaken,
          weightsEnd,
          weightsLoaded,
          rowWeightsTaken,
          fillHalf,
          ...named('fillLane', fillLane),
          ...named('fillWord', fillWord),
          ...named('fillRow', fillRow),
          groupLast,
          valuesTaken,
          valuesEnd,
          valuesLoaded,
          rowValuesTaken,
          weightHalf,
          activationHalf,
          ...named('lane', lane),
          ...named('word', word),
          ...named('outputRow', row),
          control,
          working,
          groupDone,
          passDone,
          leaving,
          groupOver,
          passOver,
        };
      },
    };
  },
);

/**
 * Row-stationary array of rows x columns PEs: `weights`, `activations`, `results`; see docs/arrays.md.
 *
 * A pass multiplies groups of `columns` tokens by a matrix [outputs x rows rowLength] of weights, which
 * arrives row by row, `lanes` a beat. A group takes outputs x rowLength cycles to compute and rows x
 * rowLength beats to load. No combinational path crosses the array.
 */
export function rowStationaryArray(
  parameters: RowStationaryArrayParameters,
): Part<RowStationaryArrayParameters, WeightArrayPorts> {
  checkSizes(rowStationaryArray, 'a row-stationary array', parameters);
  const { rowLength, lanes } = parameters;
  if (rowLength % lanes !== 0) {
    refuse(
      rowStationaryArray,
      `${lanes} weights per cycle do not divide the ${rowLength} weights of a row: take a divisor`,
    );
  }
  return part(definition, parameters);
}
