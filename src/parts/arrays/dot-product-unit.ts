import { addressBits } from '../../ir/index.ts';
import {
  assertAlways,
  bit,
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
import type { UInt } from '../../hdl/index.ts';
import { part, refuse } from '../part.ts';
import type { Part } from '../part.ts';
import { checkSizes, named, productSumBits, ring } from './weight-array.ts';
import type { WeightArrayPorts } from './weight-array.ts';

export interface DotProductUnitParameters {
  /** Outputs of a tile. */
  readonly outputs: number;
  /** Tokens of a tile. */
  readonly tokens: number;
  /** Inputs of a tile: what one cycle sums over. */
  readonly inputs: number;
  /** Bits of a signed activation and of a signed weight: 8 or 16 in practice. */
  readonly operandBits: number;
  /** Weights that arrive per cycle; divides `outputs` x `inputs`. */
  readonly lanes: number;
  /** Groups of tokens whose sums are held at once: what a tile of weights serves before the next. */
  readonly groups: number;
  /** Inputs of the longest pass. */
  readonly maxLength: number;
}

/** Bits of a result: a product, and what a sum over the longest pass may add. */
export const dotProductSumBits = ({
  operandBits,
  maxLength,
}: Pick<DotProductUnitParameters, 'operandBits' | 'maxLength'>): number =>
  productSumBits(operandBits, maxLength);

type CellParameters = Pick<DotProductUnitParameters, 'inputs' | 'operandBits' | 'groups'> & {
  readonly sumBits: number;
};

const cell = defineModule(
  'dot_product_cell',
  {
    doc: `Dot product of an output and a token, and the sums it has so far

The product of this step meets its sum in the next one.`,
    parameters: {
      inputs: 'pairs of factors',
      operandBits: 'bits of a factor',
      groups: 'sums that it holds',
      sumBits: 'bits of a sum',
    },
  },
  ({ inputs, operandBits, groups, sumBits }: CellParameters) => ({
    ports: {
      advance: input(bit(), 'everything takes a step'),
      weights: input(vec(sint(operandBits), inputs)),
      activations: input(vec(sint(operandBits), inputs)),
      update: input(bit(), 'the product of the last step goes into a sum'),
      fresh: input(bit(), 'that sum starts anew'),
      slot: input(uint(addressBits(groups)), 'which sum it is'),
      sum: output(sint(sumBits), 'what it was two steps ago'),
    },
    body({ advance, weights, activations, update, fresh, slot, sum }) {
      const dot = reg(sint(sumBits));
      const total = reg(sint(sumBits));
      const sums = mem(sint(sumBits), groups, { style: 'distributed' });
      const updated = mux(fresh, 0, sums.read(slot)).accumulate(dot);
      const products = weights.elements().map((weight, i) => weight.mul(activations.at(i)));
      when(advance, () => {
        dot.set(products.map((each) => each.extend(sumBits)).reduce((a, b) => a.accumulate(b)));
        total.set(updated);
        when(update, () => sums.write(slot, updated));
      });
      sum.set(total);
      return { products, dot, total, sums, updated };
    },
  }),
);

const doc = `Dot-product unit for small tiles, after the matrix units of GPUs

In a cycle every pair of an output and a token gets the dot product of a few inputs, added to a sum that
the unit holds. A tile of weights meets one group of tokens after the other; then the next tile of
the same outputs takes over, which is loaded meanwhile. Sums leave with the last tile of a pass.`;

const definition = defineModule(
  'dot_product_unit',
  {
    doc,
    parameters: {
      outputs: 'outputs of a tile',
      tokens: 'tokens of a tile',
      inputs: 'inputs of a tile',
      operandBits: 'bits of an activation and of a weight',
      lanes: 'weights that arrive per cycle',
      groups: 'groups of tokens whose sums it holds',
      maxLength: 'inputs of the longest pass',
    },
    named: (p: DotProductUnitParameters) =>
      `dot_product_unit_${p.outputs}x${p.tokens}x${p.inputs}x${p.operandBits}`,
  },
  (p: DotProductUnitParameters) => {
    const { outputs, tokens, inputs, operandBits, lanes, groups } = p;
    const sumBits = dotProductSumBits(p);
    const operand = sint(operandBits);
    const loads = (outputs * inputs) / lanes;
    return {
      ports: {
        weights: input(
          stream({ words: vec(operand, lanes), last: bit() }),
          'tile by tile, in each those of output 0, input 0 first; last ends a pass',
        ),
        activations: input(
          stream({ values: vec(operand, tokens * inputs), last: bit() }),
          'a group, token 0 first; last is the last group for a tile of weights',
        ),
        results: output(
          stream({ sums: vec(sint(sumBits), outputs * tokens), last: bit() }),
          'a group, output 0 first; last ends a pass',
        ),
      },
      body({ weights, activations, results }) {
        const cells = instanceArray(cell, { inputs, operandBits, groups, sumBits }, [
          outputs,
          tokens,
        ]);
        // Results stand still, and everything with them, until they are taken.
        const offered = reg(bit(), { init: 0 });
        const offeredLast = reg(bit());
        const advance = offered.not().or(results.ready);

        // Activations wait for their tile of weights.
        const first = reg(bit(), { init: 1 });
        const loaded = reg(bit(), { init: 0 });
        const open = advance.and(first.not().or(loaded));
        activations.ready.set(open);
        const entered = fires(activations);
        const swap = entered.and(first);
        when(entered, () => first.set(activations.data.last));

        // Loading: some weights of the next tile per beat.
        const load = ring(loads);
        const next = Array.from({ length: loads }, () => reg(vec(operand, lanes)));
        const nextEnds = reg(bit());
        weights.ready.set(loaded.not().or(swap));
        const taken = fires(weights);
        when(taken, () => {
          load.step();
          nextEnds.set(weights.data.last);
          next.forEach((words, i) => {
            when(load.value ? load.value.eq(i) : constant(1, 1), () =>
              words.set(weights.data.words),
            );
          });
          assertAlways(
            'last_ends_tile',
            weights.data.last.not().or(load.last),
            'last does not come with the last weight of a tile',
          );
        });
        when(taken.and(load.last), () => loaded.set(1)).elseWhen(swap, () => loaded.set(0));

        // The tile in use, and whether it is the first or the last of its pass.
        const current = reg(vec(operand, outputs * inputs));
        const ends = reg(bit(), { init: 1 });
        const begins = reg(bit());
        const used = mux(
          swap,
          vecOf(next.flatMap((words) => words.elements())).asUnsigned(),
          current.asUnsigned(),
        );
        const usedBegins = mux(swap, ends, begins);
        const usedEnds = mux(swap, nextEnds, ends);
        const factor = (n: number) => used.bits(n * operandBits, operandBits).asSigned();
        when(swap, () => {
          current.set(vecOf(Array.from({ length: outputs * inputs }, (_, n) => factor(n))));
          begins.set(ends);
          ends.set(nextEnds);
        });
        const position = ring(groups);
        when(entered, () => {
          when(activations.data.last, () => position.restart()).otherwise(() => position.step());
          assertAlways(
            'groups_fit',
            activations.data.last.or(position.last.not()),
            'a tile of weights meets more groups than sums are held for',
          );
        });

        // One step later the products meet their sums.
        const update = reg(bit(), { init: 0 });
        const fresh = reg(bit());
        const complete = reg(bit());
        const lastGroup = reg(bit());
        const slot = position.value ? reg(uint(position.value.width)) : undefined;
        when(advance, () => {
          update.set(entered);
          fresh.set(usedBegins);
          complete.set(usedEnds);
          lastGroup.set(activations.data.last);
          if (slot && position.value) slot.set(position.value);
          offered.set(update.and(complete));
          offeredLast.set(lastGroup);
        });
        const side = operandBits * inputs;
        const ofTokens = activations.data.values.asUnsigned();
        const eachCell = <T>(value: (output: number, token: number) => T): T[] =>
          Array.from({ length: outputs * tokens }, (_, n) =>
            value(Math.floor(n / tokens), n % tokens),
          );
        cells.advance.broadcast(advance);
        cells.weights.each(vecOf(eachCell((output) => used.bits(output * side, side))));
        cells.activations.each(vecOf(eachCell((_, token) => ofTokens.bits(token * side, side))));
        cells.update.broadcast(update);
        cells.fresh.broadcast(fresh);
        cells.slot.broadcast((slot ?? constant(1, 0)) as UInt);
        results.valid.set(offered);
        results.data.sums.set(cells.sum);
        results.data.last.set(offeredLast);
        return {
          cells,
          offered,
          offeredLast,
          advance,
          first,
          loaded,
          open,
          entered,
          swap,
          ...named('load', load),
          next,
          nextEnds,
          taken,
          current,
          ends,
          begins,
          used,
          usedBegins,
          usedEnds,
          ...named('position', position),
          update,
          fresh,
          complete,
          lastGroup,
          ...(slot ? { slot } : {}),
        };
      },
    };
  },
);

/**
 * Dot-product unit of outputs x tokens x inputs multipliers, 4 x 4 x 4 in a Tensor Core: `weights`,
 * `activations`, `results`; see docs/arrays.md.
 *
 * A group of `tokens` tokens is taken in every cycle, and its results are offered two cycles later, with
 * the last tile of a pass. The weights of the next tile are loaded from the cycle on in which one takes
 * over. Combinational paths: from `results.ready` to `activations.ready`, and from it and
 * `activations.valid` to `weights.ready`.
 */
export function dotProductUnit(
  parameters: DotProductUnitParameters,
): Part<DotProductUnitParameters, WeightArrayPorts> {
  checkSizes(dotProductUnit, 'a dot-product unit', parameters);
  const { outputs, inputs, lanes, maxLength } = parameters;
  if ((outputs * inputs) % lanes !== 0) {
    refuse(
      dotProductUnit,
      `${lanes} weights per cycle do not divide a tile of ${outputs * inputs}: take a divisor`,
    );
  }
  if (maxLength < inputs) {
    refuse(
      dotProductUnit,
      `a pass of a dot-product unit has ${inputs} inputs or more: maxLength is ${maxLength}`,
    );
  }
  return part(definition, parameters);
}
