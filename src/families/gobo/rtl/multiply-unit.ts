import {
  bit,
  concat,
  defineModule,
  input,
  mem,
  mux,
  oneHot,
  output,
  reg,
  sint,
  stream,
  uint,
  when,
} from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { binBits, resultBits, rowBits } from '../params.ts';
import type { TileParameters } from '../params.ts';
import { stagesOf } from './delayed.ts';

const doc = `Shared multiply unit of a GOBO tile: one product per cycle for all rows

Three stages: operands, product, sum. Products of outliers are summed per slot, that is per row and
set of bins; the sum of a row starts from there and takes the products of its bins with their
centroids. While a result waits to be taken, the whole unit stands still.

Sums of outliers rest in a small memory that needs no clearing: a slot that is not marked as used
counts as 0.`;

export type MultiplyUnitParameters = Pick<
  TileParameters,
  'pes' | 'activationBits' | 'weightBits' | 'maxLength' | 'buffers'
>;

/** Bits that number the rows of all sets of bins. */
export const slotBits = (p: MultiplyUnitParameters): number => rowBits(p) + p.buffers - 1;

/** The slot of a row in a set of bins. */
export const slotOf = (set: Bit | undefined, row: UInt): UInt => (set ? concat(set, row) : row);

/** The multiply-accumulate unit that the PEs of a tile share. */
export const multiplyUnit = defineModule(
  'gobo_multiply_unit',
  {
    doc,
    parameters: {
      pes: 'rows that it serves',
      activationBits: 'bits of a signed activation',
      weightBits: 'bits of a signed centroid or outlier',
      maxLength: 'columns of the longest dot product',
      buffers: 'sets of bins per row',
    },
  },
  (p: MultiplyUnitParameters) => ({
    ports: {
      products: input(
        stream({
          multiplicand: sint(binBits(p)),
          multiplier: sint(p.weightBits),
          slot: uint(slotBits(p)),
          outlier: bit(),
          first: bit(),
          last: bit(),
          final: bit(),
        }),
        'operands of a product: an activation and an outlier, or a bin and its centroid',
      ),
      results: output(
        stream({ value: sint(resultBits(p)), last: bit() }),
        'one dot product per row',
      ),
    },
    body({ products, results }) {
      const resultValid = reg(bit(), { init: 0 });
      const advance = resultValid.not().or(results.ready);
      const delayed = stagesOf(advance);
      products.ready.set(advance);

      const issued = products.data;
      const operands = {
        valid: delayed(bit(), products.valid, 0),
        multiplicand: delayed(sint(binBits(p)), issued.multiplicand),
        multiplier: delayed(sint(p.weightBits), issued.multiplier),
        slot: delayed(uint(slotBits(p)), issued.slot),
        outlier: delayed(bit(), issued.outlier),
        first: delayed(bit(), issued.first),
        last: delayed(bit(), issued.last),
        final: delayed(bit(), issued.final),
      };

      const product = {
        valid: delayed(bit(), operands.valid, 0),
        value: delayed(sint(resultBits(p)), operands.multiplicand.mul(operands.multiplier)),
        slot: delayed(uint(slotBits(p)), operands.slot),
        outlier: delayed(bit(), operands.outlier),
        first: delayed(bit(), operands.first),
        last: delayed(bit(), operands.last),
        final: delayed(bit(), operands.final),
      };

      const slots = 2 ** slotBits(p);
      const outlierSums = mem(sint(resultBits(p)), slots, { style: 'distributed' });
      const used = reg(uint(slots), { init: 0 });
      const total = reg(sint(resultBits(p)));
      const totalFinal = reg(bit());

      const slotWord = outlierSums.read(product.slot);
      const outlierSum = mux(used.at(product.slot), slotWord, 0);
      const partial = mux(product.outlier.or(product.first), outlierSum, total);
      const sum = partial.accumulate(product.value);
      const summed = advance.and(product.valid);
      const toOutliers = summed.and(product.outlier);
      const toTotal = summed.and(product.outlier.not());
      when(toOutliers, () => {
        outlierSums.write(product.slot, sum);
        used.set(used.or(oneHot(product.slot, slots)));
      }).elseWhen(toTotal.and(product.first), () => {
        used.set(used.and(oneHot(product.slot, slots).not()));
      });
      when(toTotal, () => {
        total.set(sum);
        totalFinal.set(product.final);
      });
      when(advance, () => {
        resultValid.set(product.valid.and(product.last));
      });

      results.valid.set(resultValid);
      results.data.value.set(total);
      results.data.last.set(totalFinal);
      return {
        resultValid,
        advance,
        operands,
        product,
        outlierSums,
        used,
        total,
        totalFinal,
        slotWord,
        outlierSum,
        partial,
        sum,
        summed,
        toOutliers,
        toTotal,
      };
    },
  }),
);
