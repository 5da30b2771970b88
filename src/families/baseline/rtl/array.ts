import {
  bit,
  bitsOf,
  concat,
  constant,
  defineModule,
  input,
  instance,
  instanceArray,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { Bit, DrivenUInt, PortDeclarations, SInt, UInt, Vec } from '../../../hdl/index.ts';
import type { Part } from '../../../parts/part.ts';
import { shell } from '../../../parts/shell/index.ts';
import { digits, rowsAddress, setupDataBits, sumBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';
import { cell } from './cell.ts';
import { skew } from './skew.ts';

const doc = `Output-stationary systolic array of multiply-accumulate cells

A tile is one dot product for each cell of the rows in use. Weights enter from the left, one row of the
matrix for each row of cells; activations from above, one token for each column; the array skews them.
The rows of a column finish one after the other and share a bus, so sums leave a row at a time while the
next tile is being summed. While a result waits to be taken, everything stands still.

Setup, while the array is idle: rows in use at address 0.`;

/** The lanes of a vector, each one step after the one before it; a single lane needs no hardware. */
function skewEdge(advance: Bit, vector: Vec<SInt>) {
  const lanes = vector.length;
  if (lanes === 1) return { edge: vector };
  const delays = instance(skew, { lanes, width: vector.at(0).width });
  delays.enable.set(advance);
  delays.together.set(vector);
  return { delays, edge: delays.skewed };
}

/** The same for a flag of all lanes: one chain of registers, which every lane taps one step later. */
function flagTaps(advance: Bit, flag: Bit, chain: DrivenUInt | undefined): UInt {
  if (chain === undefined) return flag;
  const taps = concat(chain, flag);
  when(advance, () => {
    chain.set(taps.truncate(chain.width));
  });
  return taps;
}

const reversed = <S extends SInt>(vector: Vec<S>): Vec<S> =>
  vecOf([...vector.elements()].reverse());

/** What the shell goes around: R x C cells between plain streams. */
export const array = defineModule(
  'baseline_core',
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
      setup: input(stream({ address: bit(), data: uint(setupDataBits(p)) }), 'rows in use'),
      weights: input(stream({ values: vec(sint(p.weightBits), p.rows) }), 'one per row of cells'),
      activations: input(
        stream({ values: vec(sint(p.activationBits), p.columns), last: bit() }),
        'one per column of cells; last ends a tile',
      ),
      results: output(
        stream({ sums: vec(sint(sumBits(p)), p.columns), last: bit() }),
        'sums of a row; last ends a tile',
      ),
    },
    body({ setup, weights, activations, results }) {
      const { rows: R, columns: C, weightBits, activationBits, maxLength } = p;
      // Setup.
      const rows = reg(uint(digits(R)), { init: R });
      setup.ready.set(1);
      when(setup.valid.and(setup.data.address.eq(rowsAddress)), () => rows.set(setup.data.data));
      const inUse = constant(uint(R), 2n ** BigInt(R) - 1n)
        .shiftLeft(rows)
        .not();
      // Those with another one behind them.
      const before = R > 1 ? inUse.bits(1, R - 1) : undefined;

      // Operands. The rows of a tile finish in as many steps; the next tile must not end meanwhile.
      const advance = results.valid.not().or(results.ready);
      const [validChain, lastChain] = [0, 1].map(() =>
        R > 1 ? reg(uint(R - 1), { init: 0 }) : undefined,
      );
      const finishing = lastChain && before ? lastChain.and(before).any() : constant(1, 0);
      const open = advance.and(activations.data.last.and(finishing).not());
      const accepted = open.and(activations.valid).and(weights.valid);
      activations.ready.set(open.and(weights.valid));
      weights.ready.set(open.and(activations.valid));
      const completed = accepted.and(activations.data.last);
      const valids = flagTaps(advance, accepted, validChain);
      const lasts = flagTaps(advance, completed, lastChain);

      const weightEdge = skewEdge(advance, weights.data.values);
      const activationEdge = skewEdge(advance, activations.data.values);
      const cells = instanceArray(cell, { weightBits, activationBits, maxLength }, [R, C]);
      const lanes = Array.from({ length: R }, (_, i) => i);
      const rightward = { axis: 1, step: 1 } as const;
      cells.enable.broadcast(advance);
      cells.valid.from('valid_right', { ...rightward, edge: bitsOf(valids.and(inUse)) });
      cells.last.from('last_right', { ...rightward, edge: bitsOf(lasts) });
      cells.weight.from('weight_right', { ...rightward, edge: weightEdge.edge });
      cells.activation.from('activation_below', { axis: 0, step: 1, edge: activationEdge.edge });

      // Results. In each step no more than one cell of a column shows a sum. Column j is j steps
      // behind column 0, so that the others wait for the last one.
      const buses = Array.from({ length: C }, (_, j) =>
        lanes
          .map((i) => cells.sum.at(i * C + j).asUnsigned())
          .reduce((some, each) => some.or(each))
          .asSigned(),
      );
      const resultEdge = skewEdge(advance, reversed(vecOf(buses)));
      // A port of its own says so: the wires of valid_right are those of the edge, too, which depends on this.
      const finished = vecOf(lanes.map((i) => cells.complete.at(i * C + C - 1))).asUnsigned();
      results.valid.set(finished.any());
      results.data.sums.set(reversed(resultEdge.edge));
      results.data.last.set(before ? finished.and(before.extend(R).not()).any() : 1);
      return {
        rows,
        inUse,
        advance,
        finishing,
        open,
        accepted,
        completed,
        ...(validChain && lastChain ? { validChain, lastChain } : {}),
        ...(weightEdge.delays ? { weightSkew: weightEdge.delays } : {}),
        ...(activationEdge.delays ? { activationSkew: activationEdge.delays } : {}),
        cell: cells,
        ...(resultEdge.delays ? { resultSkew: resultEdge.delays } : {}),
        finished,
      };
    },
  }),
);

/** The array behind the common shell, for `elaborate`. */
export const arrayShell = (
  p: ArrayParameters,
): Part<Readonly<Record<string, number>>, PortDeclarations> =>
  shell({
    name: 'baseline_array',
    doc: `Output-stationary systolic array behind the common shell\n\n${p.rows} x ${p.columns} multiply-accumulate cells for weights of ${p.weightBits} and activations of ${p.activationBits} bits.`,
    core: [array, p],
    // `BASE` in ASCII.
    id: 0x42415345,
    version: 0x00010000,
    parameters: p,
    registers: [
      {
        name: 'RESULTS',
        access: 'read-write',
        reset: 1,
        doc: 'result beats of a run: tiles x rows in use',
      },
    ],
    done: { stream: 'results', beats: 'RESULTS' },
  });
