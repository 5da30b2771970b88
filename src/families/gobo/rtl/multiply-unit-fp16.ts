import {
  bit,
  defineModule,
  input,
  instance,
  mem,
  mux,
  oneHot,
  output,
  reg,
  stream,
  uint,
  when,
} from '../../../hdl/index.ts';
import { floatAdd, floatBits, floatMultiply, half, single } from '../../../parts/float/index.ts';
import { stagesOf } from './delayed.ts';
import { slotBits } from './multiply-unit.ts';
import type { MultiplyUnitParameters } from './multiply-unit.ts';
import { asFloat, bitsOfFloat, floatType } from './number-system.ts';

const doc = `Shared multiply unit of a GOBO tile in fp16: one product per cycle for all rows

Five stages: operands, two of the product, sum, result. Products of outliers are summed per slot, that
is per row and set of bins; products of bins with their centroids per row; a result is the sum of
both. Sums start at +0, and each addition takes one cycle, so that the next may add to it. While a
result waits to be taken, the whole unit stands still.

Sums of outliers rest in a small memory that needs no clearing: a slot that is not marked as used
counts as +0.`;

/** The multiply-accumulate unit that the PEs of a tile share, in fp16. */
export const multiplyUnitFp16 = defineModule(
  'gobo_multiply_unit_fp16',
  { doc, parameters: { pes: 'rows that it serves', buffers: 'sets of bins per row' } },
  (p: MultiplyUnitParameters) => ({
    ports: {
      products: input(
        stream({
          multiplicand: floatType(single),
          multiplier: floatType(half),
          slot: uint(slotBits(p)),
          outlier: bit(),
          first: bit(),
          last: bit(),
          final: bit(),
        }),
        'operands of a product: an activation and an outlier, or a bin and its centroid',
      ),
      results: output(stream({ value: floatType(single), last: bit() }), 'one dot product per row'),
    },
    body({ products, results }) {
      const word = uint(floatBits(single));
      const resultValid = reg(bit(), { init: 0 });
      const advance = resultValid.not().or(results.ready);
      const delayed = stagesOf(advance);
      products.ready.set(advance);

      const issued = products.data;
      const operands = {
        valid: delayed(bit(), products.valid, 0),
        multiplicand: delayed(word, bitsOfFloat(issued.multiplicand)),
        multiplier: delayed(uint(floatBits(half)), bitsOfFloat(issued.multiplier)),
        slot: delayed(uint(slotBits(p)), issued.slot),
        outlier: delayed(bit(), issued.outlier),
        first: delayed(bit(), issued.first),
        last: delayed(bit(), issued.last),
        final: delayed(bit(), issued.final),
      };

      const multiplier = instance(
        ...floatMultiply({ a: half, b: single, result: single, stages: 2 }),
      );
      multiplier.enable.set(advance);
      multiplier.a.set(operands.multiplier);
      multiplier.b.set(operands.multiplicand);
      const exact = {
        valid: delayed(bit(), operands.valid, 0),
        slot: delayed(uint(slotBits(p)), operands.slot),
        outlier: delayed(bit(), operands.outlier),
        first: delayed(bit(), operands.first),
        last: delayed(bit(), operands.last),
        final: delayed(bit(), operands.final),
      };
      const product = {
        valid: delayed(bit(), exact.valid, 0),
        slot: delayed(uint(slotBits(p)), exact.slot),
        outlier: delayed(bit(), exact.outlier),
        first: delayed(bit(), exact.first),
        last: delayed(bit(), exact.last),
        final: delayed(bit(), exact.final),
      };

      const slots = 2 ** slotBits(p);
      const outlierSums = mem(word, slots, { style: 'distributed' });
      const used = reg(uint(slots), { init: 0 });
      // Of the row whose products are being summed: complete since its first one.
      const rowOutliers = reg(word);
      const total = reg(word);
      const totalValid = delayed(bit(), product.valid.and(product.last), 0);
      const totalFinal = reg(bit());

      const slotWord = outlierSums.read(product.slot);
      const outlierSum = mux(used.at(product.slot), slotWord, 0);
      const partial = mux(product.outlier, outlierSum, mux(product.first, 0, total));
      const adder = instance(...floatAdd({ format: single }));
      adder.a.set(partial);
      adder.b.set(multiplier.product);
      const summed = advance.and(product.valid);
      const toOutliers = summed.and(product.outlier);
      const toTotal = summed.and(product.outlier.not());
      when(toOutliers, () => {
        outlierSums.write(product.slot, adder.sum);
        used.set(used.or(oneHot(product.slot, slots)));
      }).elseWhen(toTotal.and(product.first), () => {
        rowOutliers.set(outlierSum);
        used.set(used.and(oneHot(product.slot, slots).not()));
      });
      when(toTotal, () => {
        total.set(adder.sum);
        totalFinal.set(product.final);
      });

      const joiner = instance(...floatAdd({ format: single }));
      joiner.a.set(total);
      joiner.b.set(rowOutliers);
      const result = delayed(word, joiner.sum);
      const resultFinal = delayed(bit(), totalFinal);
      when(advance, () => {
        resultValid.set(totalValid);
      });

      results.valid.set(resultValid);
      results.data.value.set(asFloat(result));
      results.data.last.set(resultFinal);
      return {
        resultValid,
        advance,
        operands,
        multiplier,
        exact,
        product,
        outlierSums,
        used,
        rowOutliers,
        total,
        totalValid,
        totalFinal,
        slotWord,
        outlierSum,
        partial,
        adder,
        summed,
        toOutliers,
        toTotal,
        joiner,
        result,
        resultFinal,
      };
    },
  }),
);
