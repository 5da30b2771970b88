import { addressBits } from '../../../ir/index.ts';
import {
  assertAlways,
  bitsOf,
  bit,
  constant,
  defineModule,
  input,
  instance,
  instanceArray,
  mem,
  mux,
  oneHot,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  when,
} from '../../../hdl/index.ts';
import type { Inside } from '../../../hdl/index.ts';
import { fifo } from '../../../parts/index.ts';
import { binBits, binCount, isFp16, resultBits, rowBits, setupAddressBits } from '../params.ts';
import type { TileParameters } from '../params.ts';
import { multiplyUnitFp16 } from './multiply-unit-fp16.ts';
import { multiplyUnit, slotBits, slotOf } from './multiply-unit.ts';
import {
  asFloat,
  asNumber,
  bitsOfFloat,
  floatType,
  numberType,
  toSingle,
  wideHalf,
  widener,
} from './number-system.ts';
import { processingElement, processingElementFp16 } from './processing-element.ts';

const doc = `GOBO tile: processing elements that share one multiply unit

Each PE owns one row of the weight matrix; one activation goes to all of them. A column with
outliers is held until its records are in the outlier queue. The multiply unit takes outliers
first, then the bins of complete dot products, row by row. Results come row by row, in the order of
the dot products.

Setup, while the tile is idle: centroid k at address k, then the number of rows in use.`;

const docFp16 = `GOBO tile in fp16: processing elements that share one multiply unit

Numbers are the bits of IEEE halves, sums and results those of singles. Each PE owns one row of the
weight matrix; one activation goes to all of them. A column with outliers is held until its records
are in the outlier queue. The multiply unit takes outliers first, then the bins of complete dot
products, row by row. Results come row by row, in the order of the dot products.

Setup, while the tile is idle: centroid k at address k, then the number of rows in use.`;

/** A tile of any number system. */
function tileOf(p: TileParameters) {
  const ports = {
    setup: input(
      stream({ address: uint(setupAddressBits(p)), data: uint(p.weightBits) }),
      'centroids and rows in use',
    ),
    activations: input(
      stream({ value: numberType(p, p.activationBits), last: bit() }),
      'one per column; last ends a dot product',
    ),
    weights: input(
      stream({ indexes: vec(uint(p.bits), p.pes), outliers: bit() }),
      'one index per row; outliers where the column has records',
    ),
    records: input(
      stream({ row: uint(rowBits(p)), value: numberType(p, p.weightBits), last: bit() }),
      'outliers by column and row; last ends a column',
    ),
    results: output(
      stream({ value: numberType(p, resultBits(p)), last: bit() }),
      'dot products; last is the last row in use',
    ),
  };
  const body = ({ setup, activations, weights, records, results }: Inside<typeof ports>) => {
    // Setup.
    const centroids = mem(numberType(p, p.weightBits), binCount(p), { style: 'distributed' });
    const rows = reg(uint(addressBits(p.pes + 1)), { init: p.pes });
    setup.ready.set(1);
    when(setup.valid, () => {
      when(setup.data.address.bit(p.bits), () => {
        rows.set(setup.data.data.truncate(rows.width));
      }).otherwise(() => {
        centroids.write(setup.data.address.truncate(p.bits), asNumber(p, setup.data.data));
      });
    });

    // Columns: an activation and its weights, held until their records are queued.
    const pes = isFp16(p)
      ? instanceArray(
          processingElementFp16,
          { bits: p.bits, buffers: p.buffers, operands: 'wide' },
          [p.pes],
        )
      : instanceArray(
          processingElement,
          {
            bits: p.bits,
            activationBits: p.activationBits,
            maxLength: p.maxLength,
            buffers: p.buffers,
          },
          [p.pes],
        );
    // One unit widens for all PEs and for the queue.
    const widen = isFp16(p) ? widener() : undefined;
    widen?.value.set(bitsOfFloat(activations.data.value));
    const activation = widen ? asFloat(widen.converted) : activations.data.value;
    const queue = instance(
      ...fifo({
        fields: {
          slot: uint(slotBits(p)),
          value: numberType(p, p.weightBits),
          activation: isFp16(p) ? floatType(wideHalf) : sint(p.activationBits),
        },
        depth: p.queueDepth,
      }),
    );
    const fillSet = p.buffers === 2 ? reg(bit(), { init: 0 }) : undefined;
    const drainSet = p.buffers === 2 ? reg(bit(), { init: 0 }) : undefined;

    const setFree = pes.operands.ready.asUnsigned().all();
    const open = activations.valid.and(weights.valid).and(setFree);
    const takesRecords = open.and(weights.data.outliers);
    const recordOffered = takesRecords.and(records.valid);
    const recordTaken = recordOffered.and(queue.push.ready);
    const columnTaken = open.and(
      weights.data.outliers.not().or(recordTaken.and(records.data.last)),
    );
    activations.ready.set(columnTaken);
    weights.ready.set(columnTaken);
    records.ready.set(takesRecords.and(queue.push.ready));
    queue.push.valid.set(recordOffered);
    queue.push.data.slot.set(slotOf(fillSet, records.data.row));
    queue.push.data.value.set(records.data.value);
    queue.push.data.activation.set(activation);
    when(recordTaken, () => {
      assertAlways(
        'record_row_in_use',
        records.data.row.extend(rows.width + 1).lt(rows.extend(rows.width + 1)),
        'a record names a row that is not in use',
      );
    });

    // Rows of this column whose weight is an outlier.
    const recordRow = oneHot(records.data.row, p.pes);
    const earlierRows = reg(uint(p.pes), { init: 0 });
    const outlierRows = earlierRows.or(mux(recordTaken, recordRow, 0));
    when(columnTaken, () => {
      earlierRows.set(0);
    }).otherwise(() => {
      earlierRows.set(outlierRows);
    });

    const rowsUsed = constant(p.pes, 2 ** p.pes - 1)
      .shiftLeft(rows)
      .not();
    pes.operands.valid.each(bitsOf(mux(columnTaken, rowsUsed, 0)));
    pes.operands.data.activation.broadcast(activation);
    pes.operands.data.index.each(weights.data.indexes);
    pes.operands.data.outlier.each(bitsOf(outlierRows));
    pes.operands.data.last.broadcast(activations.data.last);

    // Products: outliers first, then the bins of complete dot products, row by row.
    const unit = instance(isFp16(p) ? multiplyUnitFp16 : multiplyUnit, {
      pes: p.pes,
      activationBits: p.activationBits,
      weightBits: p.weightBits,
      maxLength: p.maxLength,
      buffers: p.buffers,
    });
    const drainRow = reg(uint(rowBits(p)), { init: 0 });
    const drainIndex = reg(uint(p.bits), { init: 0 });
    const bin = pes.bins.data.value.at(drainRow);
    const binValid = pes.bins.valid.at(drainRow);
    const outlierValid = queue.pop.valid;
    const binTurn = outlierValid.not();
    queue.pop.ready.set(unit.products.ready);
    const binReady = binTurn.and(unit.products.ready);
    pes.bins.ready.each(bitsOf(mux(binReady, oneHot(drainRow, p.pes), 0)));

    const outlier = queue.pop.data;
    const centroid = centroids.read(drainIndex);
    const firstBin = drainIndex.eq(0);
    const lastBin = drainIndex.all();
    const lastRow = drainRow
      .extend(rows.width + 1)
      .addWrap(1)
      .eq(rows.extend(rows.width + 1));
    const { products } = unit;
    products.valid.set(outlierValid.or(binValid));
    const outlierActivation = isFp16(p)
      ? asFloat(toSingle(bitsOfFloat(outlier.activation)))
      : outlier.activation.extend(binBits(p));
    products.data.multiplicand.set(mux(outlierValid, outlierActivation, bin));
    products.data.multiplier.set(mux(outlierValid, outlier.value, centroid));
    products.data.slot.set(mux(outlierValid, outlier.slot, slotOf(drainSet, drainRow)));
    products.data.outlier.set(outlierValid);
    products.data.first.set(binTurn.and(firstBin));
    products.data.last.set(binTurn.and(lastBin));
    products.data.final.set(binTurn.and(lastRow));

    const binTaken = binReady.and(binValid);
    const rowDrained = binTaken.and(lastBin);
    const tileDrained = rowDrained.and(lastRow);
    when(binTaken, () => {
      drainIndex.set(drainIndex.addWrap(1));
    });
    when(tileDrained, () => {
      drainRow.set(0);
    }).elseWhen(rowDrained, () => {
      drainRow.set(drainRow.addWrap(1));
    });
    fillSet?.set(fillSet.xor(columnTaken.and(activations.data.last)));
    drainSet?.set(drainSet.xor(tileDrained));

    results.valid.set(unit.results.valid);
    unit.results.ready.set(results.ready);
    results.data.value.set(unit.results.data.value);
    results.data.last.set(unit.results.data.last);
    return {
      centroids,
      rows,
      pe: pes,
      ...(widen ? { widen } : {}),
      queue,
      multiply: unit,
      ...(fillSet && drainSet ? { fillSet, drainSet } : {}),
      setFree,
      open,
      takesRecords,
      recordOffered,
      recordTaken,
      columnTaken,
      earlierRows,
      outlierRows,
      rowsUsed,
      drainRow,
      drainIndex,
      centroid,
      bin,
      binValid,
      binTurn,
      binReady,
      binTaken,
      firstBin,
      lastBin,
      lastRow,
      rowDrained,
      tileDrained,
    };
  };
  return { ports, body };
}

/** The tile of GOBO (MICRO 2020): 16 PEs by default around one multiply-accumulate unit. */
export const tile = defineModule(
  'gobo_tile',
  {
    doc,
    parameters: {
      pes: 'processing elements, one row each',
      bits: 'bits of a weight index; 2^bits centroids',
      activationBits: 'bits of a signed activation',
      weightBits: 'bits of a signed centroid or outlier',
      maxLength: 'columns of the longest dot product',
      buffers: 'sets of bins per PE',
      queueDepth: 'entries of the outlier queue',
    },
  },
  tileOf,
);

/** The same tile in fp16; `activationBits` and `weightBits` are 16. */
export const tileFp16 = defineModule(
  'gobo_tile_fp16',
  {
    doc: docFp16,
    parameters: {
      pes: 'processing elements, one row each',
      bits: 'bits of a weight index; 2^bits centroids',
      buffers: 'sets of bins per PE',
      queueDepth: 'entries of the outlier queue',
    },
  },
  tileOf,
);
