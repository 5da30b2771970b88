import {
  bit,
  bitsOf,
  connect,
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
  stream,
  uint,
  vec,
  when,
} from '../../../hdl/index.ts';
import type { PortDeclarations } from '../../../hdl/index.ts';
import { registerSlice } from '../../../parts/index.ts';
import type { Part } from '../../../parts/part.ts';
import { shell } from '../../../parts/shell/index.ts';
import {
  acceleratorSetupBits,
  binCount,
  isFp16,
  lastTileField,
  loadBits,
  resultBits,
  setupAddressBits,
  swapAddress,
  tileBits,
} from '../params.ts';
import type { AcceleratorParameters } from '../params.ts';
import { acceleratorLane, columnBits, either } from './accelerator-lane.ts';
import { numberType } from './number-system.ts';

const doc = `GOBO accelerator: tiles side by side, their weights in memories on the chip

An image of weights is loaded into one of two banks while the tiles compute with the other. Every column
of a token goes to all tiles; a column is over when each has taken it. Row r of the image belongs to tile
r mod tiles; results come in the order of rows.

After the tokens that the register names, the bank is given up, and the next one taken.

Setup, while the tiles are idle: centroid k at address k, then the rows in use.`;

/** What the shell goes around. */
export const accelerator = defineModule(
  'gobo_accelerator_core',
  {
    doc,
    named: (p: AcceleratorParameters) =>
      isFp16(p) ? 'gobo_accelerator_core_fp16' : 'gobo_accelerator_core',
    parameters: {
      tiles: 'tiles, each with its memory',
      pes: 'processing elements of a tile, one row each',
      bits: 'bits of a weight index; 2^bits centroids',
      activationBits: 'bits of an activation',
      weightBits: 'bits of a centroid or outlier',
      maxLength: 'columns of the longest dot product',
      buffers: 'sets of bins per PE',
      queueDepth: 'entries of the outlier queue of a tile',
      bankWords: 'columns in a bank',
      bankRecords: 'outliers of a tile in a bank',
      numbers: 'number system: 0 integers, 1 IEEE halves and singles',
    },
  },
  (p: AcceleratorParameters) => ({
    ports: {
      setup: input(
        stream({ address: uint(setupAddressBits(p)), data: uint(acceleratorSetupBits(p)) }),
        'centroids and rows in use',
      ),
      weights: input(
        stream({ data: uint(loadBits(p)), record: bit(), tile: uint(tileBits(p)), last: bit() }),
        'words of indexes and outlier records for the memory of a tile; last ends an image',
      ),
      activations: input(
        stream({ value: numberType(p, p.activationBits), last: bit() }),
        'one per column, for all rows of the image; last ends a dot product',
      ),
      results: output(
        stream({ value: numberType(p, resultBits(p)), last: bit() }),
        'dot products by rows; last is the last row in use',
      ),
      tokens: input(uint(32), 'tokens after which a bank is given up'),
      weightWaits: output(uint(32), 'cycles in which an activation waited for weights'),
      loadError: output(bit(), 'a word or record does not fit its bank'),
    },
    body({ setup, weights, activations, results, tokens, weightWaits, loadError }) {
      const { tiles, ...ofLane } = p;
      const lanes = instanceArray(acceleratorLane, ofLane, [tiles]);

      // Setup.
      const lastTile = reg(uint(tileBits(p)), { init: tiles - 1 });
      const control = setup.valid.and(setup.data.address.bit(p.bits));
      const isSwap = setup.data.address.eq(swapAddress(p));
      const setsRows = control.and(isSwap.not());
      const newLastTile = setup.data.data.bits(lastTileField.low, tileBits(p));
      when(setsRows, () => lastTile.set(newLastTile));
      setup.ready.set(1);
      const allTiles = constant(uint(tiles), 2n ** BigInt(tiles) - 1n);
      const tilesWithLess = allTiles.shiftLeft(newLastTile).and(oneHot(newLastTile, tiles).not());
      lanes.lessRows.each(bitsOf(tilesWithLess));
      lanes.setup.valid.broadcast(setup.valid.and(isSwap.not()));
      lanes.setup.address.broadcast(setup.data.address);
      lanes.setup.data.broadcast(
        setup.data.data.width > p.weightBits
          ? setup.data.data.truncate(p.weightBits)
          : setup.data.data,
      );

      // Banks: one is filled behind the other, and given up in the same order.
      const banksFull = reg(uint(2), { init: 0 });
      const fillBank = reg(bit(), { init: 0 });
      const useBank = reg(bit(), { init: 0 });
      const primed = reg(bit(), { init: 0 });
      const lastColumns = reg(vec(uint(columnBits(p)), 2));
      weights.ready.set(banksFull.ne(2));
      const loaded = fires(weights);
      const complete = loaded.and(weights.data.last);
      const loadTile = mux(loaded, oneHot(weights.data.tile, tiles), 0);
      lanes.load.valid.each(bitsOf(loadTile));
      lanes.load.record.broadcast(weights.data.record);
      lanes.load.data.broadcast(weights.data.data);
      lanes.load.complete.broadcast(complete);
      lanes.fillBank.broadcast(fillBank);
      loadError.set(lanes.overflow.asUnsigned().any());
      when(complete, () => lastColumns.setAt(fillBank, lanes.lastColumn.at(0)));

      // Columns: an activation, held until every tile has taken it.
      const columns = instance(
        ...registerSlice({ fields: { value: numberType(p, p.activationBits), last: bit() } }),
      );
      connect(activations, columns.from);
      const taken = reg(uint(tiles), { init: 0 });
      const open = columns.to.valid.and(primed);
      const done = taken.or(lanes.activations.ready.asUnsigned());
      const allDone = done.all();
      const columnTaken = open.and(allDone);
      columns.to.ready.set(primed.and(allDone));
      lanes.activations.valid.each(bitsOf(mux(open, taken.not(), 0)));
      lanes.activations.data.value.broadcast(columns.to.data.value);
      lanes.activations.data.last.broadcast(columns.to.data.last);
      when(open, () => taken.set(mux(allDone, 0, done)));

      const column = reg(uint(columnBits(p)), { init: 0 });
      const token = reg(uint(32), { init: 0 });
      const tokenEnds = columnTaken.and(column.eq(lastColumns.at(useBank)));
      const imageEnds = tokenEnds.and(token.eq(tokens.subWrap(1)));
      const released = imageEnds.or(control.and(isSwap).and(banksFull.ne(0)));
      const rewind = tokenEnds.or(released);
      const nextBank = useBank.xor(released);
      const nextColumn = mux(
        rewind,
        either(nextBank, columnBits(p), p.bankWords, 0),
        mux(columnTaken, column.addWrap(1), column),
      );
      column.set(nextColumn);
      when(released, () => token.set(0)).elseWhen(tokenEnds, () => token.set(token.addWrap(1)));
      useBank.set(nextBank);
      fillBank.set(fillBank.xor(complete));
      when(complete.and(released.not()), () => {
        banksFull.set(banksFull.addWrap(1));
      }).elseWhen(released.and(complete.not()), () => {
        banksFull.set(banksFull.subWrap(1));
      });
      // The first word is read in the cycle before it is used: then the bank must be full already.
      primed.set(mux(released, banksFull.eq(2), banksFull.ne(0)));
      lanes.nextBank.broadcast(nextBank);
      lanes.nextColumn.broadcast(nextColumn);
      lanes.rewind.broadcast(rewind);

      const waits = reg(uint(32), { init: 0 });
      when(columns.to.valid.and(primed.not()), () => waits.set(waits.addWrap(1)));
      weightWaits.set(waits);

      // Results: row by row, that is from each tile in turn.
      const turn = reg(uint(tileBits(p)), { init: 0 });
      const isFinal = lanes.results.data.last.at(turn).and(turn.eq(lastTile));
      results.valid.set(lanes.results.valid.at(turn));
      results.data.value.set(lanes.results.data.value.at(turn));
      results.data.last.set(isFinal);
      lanes.results.ready.each(bitsOf(mux(results.ready, oneHot(turn, tiles), 0)));
      when(fires(results), () => {
        turn.set(mux(isFinal.or(turn.eq(tiles - 1)), 0, turn.addWrap(1)));
      });
      return {
        lane: lanes,
        lastTile,
        isSwap,
        setsRows,
        tilesWithLess,
        banksFull,
        fillBank,
        useBank,
        primed,
        lastColumns,
        loaded,
        complete,
        loadTile,
        columns,
        taken,
        open,
        done,
        allDone,
        columnTaken,
        column,
        token,
        tokenEnds,
        imageEnds,
        released,
        rewind,
        nextBank,
        nextColumn,
        waits,
        turn,
        isFinal,
      };
    },
  }),
);

/** The accelerator behind the common shell, for `elaborate`. */
export function acceleratorShell(
  given: AcceleratorParameters,
): Part<Readonly<Record<string, number>>, PortDeclarations> {
  const p = { ...given, numbers: isFp16(given) ? 1 : 0 };
  const system = p.numbers === 1 ? ' in fp16' : '';
  return shell({
    name: p.numbers === 1 ? 'gobo_accelerator_fp16' : 'gobo_accelerator',
    doc: `GOBO accelerator${system} behind the common shell\n\n${p.tiles} tiles of ${p.pes} processing elements, the weights of a layer in memories on the chip.`,
    core: [accelerator, p],
    id: 0x474f4241,
    version: 0x00010000,
    parameters: p,
    registers: [
      {
        name: 'TOKENS',
        access: 'read-write',
        port: 'tokens',
        reset: 1,
        doc: `tokens after which the bank in use is given up; 0 keeps it until word ${binCount(p) + 1} of setup is written`,
      },
      { name: 'RESULTS', access: 'read-write', reset: 1, doc: 'results of a run' },
      {
        name: 'WEIGHT_WAITS',
        access: 'read-only',
        port: 'weightWaits',
        counter: true,
        doc: 'cycles since reset in which an activation waited for weights to be loaded',
      },
    ],
    errors: [
      {
        name: 'load_error',
        port: 'loadError',
        doc: 'a word or record did not fit its bank, and is lost',
      },
    ],
    done: { stream: 'results', beats: 'RESULTS' },
    background: ['weights'],
  });
}
