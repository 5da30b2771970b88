import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  bundle,
  connect,
  constant,
  defineModule,
  input,
  instance,
  mem,
  mux,
  output,
  reg,
  stream,
  uint,
  vec,
  when,
} from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { registerSlice } from '../../../parts/index.ts';
import { setFields, unpackFields } from '../../../parts/fields.ts';
import {
  isFp16,
  loadBits,
  recordBits,
  resultBits,
  rowBits,
  rowsField,
  setupAddressBits,
  wordBits,
} from '../params.ts';
import type { AcceleratorParameters } from '../params.ts';
import { asNumber, numberType } from './number-system.ts';
import { tile, tileFp16 } from './tile.ts';

const doc = `A tile of the GOBO accelerator with its weight memory

The memory has two banks, each with a word of indexes for every column and a list of outlier records.
One bank is read while the other is loaded. All tiles read the same column; each has a place of its own
in its records. Results wait in a register slice, so that the tile need not.`;

export type LaneParameters = Omit<AcceleratorParameters, 'tiles'>;

/** Bits of the address of a word in either bank. */
export const columnBits = (p: Pick<LaneParameters, 'bankWords'>): number =>
  addressBits(2 * p.bankWords);

/** One of two constants. */
export const either = (bank: Bit, width: number, one: number, zero: number): UInt =>
  mux(bank, constant(uint(width), one), constant(uint(width), zero));

const low = (data: UInt, width: number): UInt => (data.width > width ? data.truncate(width) : data);

/** A tile of any number system with its two banks of weights. */
export const acceleratorLane = defineModule(
  'gobo_accelerator_lane',
  {
    doc,
    named: (p: LaneParameters) =>
      isFp16(p) ? 'gobo_accelerator_lane_fp16' : 'gobo_accelerator_lane',
    parameters: {
      pes: 'processing elements, one row each',
      bits: 'bits of a weight index; 2^bits centroids',
      activationBits: 'bits of an activation',
      weightBits: 'bits of a centroid or outlier',
      maxLength: 'columns of the longest dot product',
      buffers: 'sets of bins per PE',
      queueDepth: 'entries of the outlier queue',
      bankWords: 'columns in a bank',
      bankRecords: 'outliers in a bank',
      numbers: 'number system: 0 integers, 1 IEEE halves and singles',
    },
  },
  (p: LaneParameters) => {
    const recordAddressBits = addressBits(2 * p.bankRecords);
    return {
      ports: {
        setup: input(
          bundle({ valid: bit(), address: uint(setupAddressBits(p)), data: uint(p.weightBits) }),
          'centroids, and rows of tile 0',
        ),
        lessRows: input(bit(), 'this tile has one row less than tile 0'),
        load: input(
          bundle({ valid: bit(), record: bit(), data: uint(loadBits(p)), complete: bit() }),
          'a word or a record for this tile; complete ends the image of all tiles',
        ),
        fillBank: input(bit(), 'bank that is loaded'),
        nextBank: input(bit(), 'bank that is read in the next cycle'),
        nextColumn: input(
          uint(columnBits(p)),
          'address of the word that is used in the next cycle',
        ),
        rewind: input(bit(), 'the next cycle begins with the first record again'),
        activations: input(
          stream({ value: numberType(p, p.activationBits), last: bit() }),
          'one per column, of which the words are in the bank',
        ),
        results: output(
          stream({ value: numberType(p, resultBits(p)), last: bit() }),
          'dot products; last is the last row in use',
        ),
        lastColumn: output(
          uint(columnBits(p)),
          'address of the last word loaded, that of this cycle included',
        ),
        overflow: output(bit(), 'what is to be loaded does not fit the bank'),
      },
      body({
        setup,
        lessRows,
        load,
        fillBank,
        nextBank,
        nextColumn,
        rewind,
        activations,
        results,
        lastColumn,
        overflow,
      }) {
        const inner = instance(isFp16(p) ? tileFp16 : tile, {
          pes: p.pes,
          bits: p.bits,
          activationBits: p.activationBits,
          weightBits: p.weightBits,
          maxLength: p.maxLength,
          buffers: p.buffers,
          queueDepth: p.queueDepth,
          ...(p.numbers !== undefined && { numbers: p.numbers }),
        });

        // Setup. A tile cannot have no row, so one without is not told, and left out.
        const isRows = setup.address.bit(p.bits);
        const rowsOfFirst = setup.data.bits(rowsField.low, rowsField.width);
        const rows = mux(lessRows, rowsOfFirst.subWrap(1), rowsOfFirst);
        const inUse = reg(bit(), { init: 1 });
        when(setup.valid.and(isRows), () => inUse.set(rows.any()));
        inner.setup.valid.set(setup.valid.and(isRows.not().or(rows.any())));
        inner.setup.data.address.set(setup.address);
        inner.setup.data.data.set(mux(isRows, rows.extend(p.weightBits), setup.data));

        // Loading: words and records behind each other, each in its part of the memory.
        const words = mem(uint(wordBits(p)), 2 * p.bankWords);
        const records = mem(uint(recordBits(p)), 2 * p.bankRecords);
        const wordEnd = reg(uint(columnBits(p) + 1), { init: 0 });
        const recordEnd = reg(uint(recordAddressBits + 1), { init: 0 });
        const wordLimit = either(fillBank, wordEnd.width, 2 * p.bankWords, p.bankWords);
        const recordLimit = either(fillBank, recordEnd.width, 2 * p.bankRecords, p.bankRecords);
        const full = mux(load.record, recordEnd.eq(recordLimit), wordEnd.eq(wordLimit));
        const taken = load.valid.and(full.not());
        when(load.complete, () => {
          wordEnd.set(either(fillBank, wordEnd.width, 0, p.bankWords));
          recordEnd.set(either(fillBank, recordEnd.width, 0, p.bankRecords));
        }).elseWhen(taken, () => {
          when(load.record, () => {
            recordEnd.set(recordEnd.addWrap(1));
          }).otherwise(() => {
            wordEnd.set(wordEnd.addWrap(1));
          });
        });
        const wordAddress = wordEnd.truncate(columnBits(p));
        when(taken, () => {
          when(load.record, () => {
            records.write(recordEnd.truncate(recordAddressBits), low(load.data, recordBits(p)));
          }).otherwise(() => {
            words.write(wordAddress, low(load.data, wordBits(p)));
          });
        });
        const wordTaken = taken.and(load.record.not());
        lastColumn.set(mux(wordTaken, wordAddress, wordAddress.subWrap(1)));
        overflow.set(load.valid.and(full));

        // Reading: what is used in the next cycle is read in this one.
        const recordAt = reg(uint(recordAddressBits), { init: 0 });
        const word = words.readNext(nextColumn);
        const recordTaken = inner.records.ready;
        const nextRecord = mux(
          rewind,
          either(nextBank, recordAddressBits, p.bankRecords, 0),
          mux(recordTaken, recordAt.addWrap(1), recordAt),
        );
        recordAt.set(nextRecord);
        const record = records.readNext(nextRecord);

        const offered = activations.valid.and(inUse);
        activations.ready.set(inner.activations.ready.or(inUse.not()));
        inner.activations.valid.set(offered);
        inner.activations.data.value.set(activations.data.value);
        inner.activations.data.last.set(activations.data.last);
        inner.weights.valid.set(offered);
        const wordFields = { indexes: vec(uint(p.bits), p.pes), outliers: bit() };
        setFields(inner.weights.data, unpackFields(wordFields, word));
        inner.records.valid.set(1);
        const recordFields = { row: uint(rowBits(p)), value: uint(p.weightBits), last: bit() };
        const { row, value, last } = unpackFields(recordFields, record);
        setFields(inner.records.data, { row, value: asNumber(p, value), last });

        const slice = instance(
          ...registerSlice({ fields: { value: numberType(p, resultBits(p)), last: bit() } }),
        );
        connect(inner.results, slice.from);
        connect(slice.to, results);
        return {
          tile: inner,
          isRows,
          rows,
          inUse,
          words,
          records,
          wordEnd,
          recordEnd,
          full,
          taken,
          wordTaken,
          recordAt,
          recordTaken,
          nextRecord,
          word,
          record,
          offered,
          slice,
        };
      },
    };
  },
);
