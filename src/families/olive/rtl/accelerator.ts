import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  defineModule,
  fires,
  input,
  instance,
  mux,
  output,
  reg,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { PortDeclarations } from '../../../hdl/index.ts';
import type { Part } from '../../../parts/part.ts';
import { shell } from '../../../parts/shell/index.ts';
import {
  loadBits,
  modeAddress,
  outputAddress,
  outputBiasAddress,
  outputTypeAddress,
  releaseAddress,
  setupAddressBits,
  setupDataBits,
  sumBits,
} from '../params.ts';
import type { AcceleratorParameters } from '../params.ts';
import { acceleratorWeights } from './accelerator-weights.ts';
import { array } from './array.ts';
import { requantizer } from './requantizer.ts';

const doc = `OliVe accelerator: the systolic array, its weights in a memory on the chip, and an encoder

An image of weights is loaded into one of two banks while the array computes with the other. After the
tiles that the register names, the bank is given up, and the next one taken. Results are sums, or the
pairs of codes that the next layer takes.

Setup, while the array is idle: addresses 0 to 6 as in the array, then what results are, their type and
the bias of their outliers, and what gives up the bank in use.`;

/** What the shell goes around. */
export const accelerator = defineModule(
  'olive_accelerator_core',
  {
    doc,
    parameters: {
      rows: 'rows of 4-bit elements',
      columns: 'columns of 4-bit elements',
      sharedDecoders: '1: two lanes share a decoder; 0: every lane has its own',
      bankBeats: 'words in a bank: pairs of a row',
    },
  },
  (p: AcceleratorParameters) => ({
    ports: {
      setup: input(
        stream({ address: uint(setupAddressBits), data: uint(setupDataBits) }),
        'mode, types, biases, rows and columns in use; what results are',
      ),
      weights: input(
        stream({ data: uint(loadBits(p)), scaling: bit(), last: bit() }),
        'a pair for every row, or how a row is scaled; last ends an image',
      ),
      activations: input(
        stream({ pairs: vec(uint(8), p.columns) }),
        'a pair, or half of one, per column',
      ),
      results: output(
        stream({ words: vec(uint(sumBits), p.columns), last: bit() }),
        'a row of sums, or in the lowest bytes a pair per column; last ends a tile',
      ),
      tiles: input(uint(32), 'tiles after which a bank is given up'),
      illegalPairs: output(uint(32), 'illegal pairs since the mode was written'),
      overflows: output(uint(32), 'rows with a sum that left 32 bits, since the mode was written'),
      illegalPair: output(bit(), 'a tile with illegal pairs leaves the array'),
      overflow: output(bit(), 'a row with a sum that left 32 bits leaves the array'),
      loadError: output(bit(), 'a beat of weights does not fit its bank'),
    },
    body(ports) {
      const { setup, activations, results } = ports;
      const { rows, columns, sharedDecoders, bankBeats } = p;

      // Setup.
      const eight = reg(bit(), { init: 0 });
      const encodes = reg(bit(), { init: 0 });
      const flint = reg(bit(), { init: 0 });
      const wideBias = reg(bit(), { init: 0 });
      const { address, data } = setup.data;
      const isMode = setup.valid.and(address.eq(modeAddress));
      setup.ready.set(1);
      when(isMode, () => eight.set(data.bit(0)));
      when(setup.valid, () => {
        when(address.eq(outputAddress), () => encodes.set(data.bit(0)));
        when(address.eq(outputTypeAddress), () => flint.set(data.bit(0)));
        when(address.eq(outputBiasAddress), () => wideBias.set(data.bit(0)));
      });

      // Operands: a word of weights for each beat of activations.
      const weights = instance(acceleratorWeights, { rows, bankBeats });
      const core = instance(array, { rows, columns, sharedDecoders });
      core.setup.valid.set(setup.valid);
      core.setup.data.address.set(address);
      core.setup.data.data.set(data);
      weights.load.valid.set(ports.weights.valid);
      weights.load.data.data.set(ports.weights.data.data);
      weights.load.data.scaling.set(ports.weights.data.scaling);
      weights.load.data.last.set(ports.weights.data.last);
      ports.weights.ready.set(weights.load.ready);
      weights.tiles.set(ports.tiles);
      weights.giveUp.set(setup.valid.and(address.eq(releaseAddress)));
      core.left.valid.set(weights.isOpen);
      core.left.data.pairs.set(
        vecOf(Array.from({ length: rows }, (_, i) => weights.word.bits(8 * i, 8))),
      );
      core.right.valid.set(activations.valid);
      core.right.data.pairs.set(activations.data.pairs);
      core.right.data.last.set(weights.last);
      activations.ready.set(core.right.ready);
      weights.taken.set(fires(activations));

      // Results.
      const row = reg(uint(addressBits(rows)), { init: 0 });
      const leaves = fires(core.results);
      const { sums, last } = core.results.data;
      when(leaves, () => row.set(mux(last, 0, row.addWrap(1))));
      weights.row.set(row);
      const encoder = instance(requantizer, { columns });
      encoder.eight.set(eight);
      encoder.flint.set(flint);
      encoder.wideBias.set(wideBias);
      encoder.rows.valid.set(core.results.valid.and(encodes));
      encoder.rows.data.sums.set(sums);
      encoder.rows.data.last.set(last);
      encoder.bias.set(weights.bias);
      encoder.multiplier.set(weights.multiplier);
      encoder.shift.set(weights.shift);
      encoder.pairs.ready.set(results.ready);
      core.results.ready.set(mux(encodes, encoder.rows.ready, results.ready));
      results.valid.set(mux(encodes, encoder.pairs.valid, core.results.valid));
      const bytes = encoder.pairs.data.bytes.asUnsigned().extend(sumBits * columns);
      const chosen = mux(encodes, bytes, sums.asUnsigned());
      results.data.words.set(
        vecOf(Array.from({ length: columns }, (_, j) => chosen.bits(sumBits * j, sumBits))),
      );
      results.data.last.set(mux(encodes, encoder.pairs.data.last, last));

      // Counters.
      const illegalPairs = reg(uint(32), { init: 0 });
      const overflows = reg(uint(32), { init: 0 });
      const endsTile = leaves.and(last);
      const overflow = leaves.and(core.results.data.overflow.any());
      when(isMode, () => {
        illegalPairs.set(0);
        overflows.set(0);
      }).otherwise(() => {
        when(endsTile, () => {
          illegalPairs.set(illegalPairs.accumulate(core.results.data.illegal));
        });
        when(overflow, () => overflows.set(overflows.addWrap(1)));
      });
      ports.illegalPairs.set(illegalPairs);
      ports.overflows.set(overflows);
      ports.illegalPair.set(endsTile.and(core.results.data.illegal.any()));
      ports.overflow.set(overflow);
      ports.loadError.set(weights.overflow);
      return {
        eight,
        encodes,
        flint,
        wideBias,
        bank: weights,
        array: core,
        row,
        leaves,
        encoder,
        chosen,
        illegal: illegalPairs,
        overflowed: overflows,
      };
    },
  }),
);

/** The accelerator behind the common shell, for `elaborate`. */
export const acceleratorShell = (
  p: AcceleratorParameters,
): Part<Readonly<Record<string, number>>, PortDeclarations> =>
  shell({
    name: 'olive_accelerator',
    doc: `OliVe accelerator behind the common shell\n\nAn array of ${p.rows} x ${p.columns} 4-bit elements with weights on the chip and an encoder of its results.`,
    core: [accelerator, p],
    id: 0x4f4c5641,
    version: 0x00010000,
    parameters: p,
    registers: [
      {
        name: 'TILES',
        access: 'read-write',
        port: 'tiles',
        reset: 1,
        doc: `tiles after which the bank in use is given up; 0 keeps it until word ${releaseAddress} of setup is written`,
      },
      { name: 'RESULTS', access: 'read-write', reset: 1, doc: 'beats of results of a run' },
      {
        name: 'ILLEGAL_PAIRS',
        access: 'read-only',
        port: 'illegalPairs',
        counter: true,
        doc: `illegal pairs that tiles used, since word ${modeAddress} of setup was written`,
      },
      {
        name: 'OVERFLOWS',
        access: 'read-only',
        port: 'overflows',
        counter: true,
        doc: `rows of sums of which one left 32 bits, since word ${modeAddress} of setup was written`,
      },
    ],
    errors: [
      { name: 'illegal_pair', port: 'illegalPair', doc: 'a tile used illegal pairs' },
      { name: 'overflow', port: 'overflow', doc: 'a sum left 32 bits' },
      {
        name: 'load_error',
        port: 'loadError',
        doc: 'a beat of weights did not fit its bank, and is lost',
      },
    ],
    done: { stream: 'results', beats: 'RESULTS' },
    background: ['weights'],
  });
