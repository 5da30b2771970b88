import {
  assertAlways,
  bit,
  connect,
  defineModule,
  input,
  instance,
  output,
  sint,
  stream,
  uint,
  vec,
  vecOf,
} from '../../../hdl/index.ts';
import {
  dotProductSumBits,
  dotProductUnit,
  rowStationaryArray,
  rowStationarySumBits,
  systolicArray,
  systolicSumBits,
} from '../../../parts/arrays/index.ts';
import type {
  DotProductUnitParameters,
  RowStationaryArrayParameters,
  SystolicArrayParameters,
  WeightArrayPorts,
} from '../../../parts/arrays/index.ts';
import type { Part } from '../../../parts/index.ts';
import { decompressorSetupBits, setupAddressBits } from '../params.ts';
import type { DecompressorParameters } from '../params.ts';
import { decompressor } from './decompressor.ts';

/** One of the plain arrays of the parts, with its parameters. */
export type ArrayChoice =
  | { readonly kind: 'systolic'; readonly p: SystolicArrayParameters }
  | { readonly kind: 'row-stationary'; readonly p: RowStationaryArrayParameters }
  | { readonly kind: 'dot-product'; readonly p: DotProductUnitParameters };

/** Numbers in a beat of activations and of results, and bits of a result. */
export interface ArrayShape {
  readonly values: number;
  readonly sums: number;
  readonly sumBits: number;
}

export function arrayShape(choice: ArrayChoice): ArrayShape {
  switch (choice.kind) {
    case 'systolic':
      return { values: choice.p.rows, sums: choice.p.columns, sumBits: systolicSumBits(choice.p) };
    case 'row-stationary':
      return {
        values: choice.p.columns,
        sums: choice.p.columns,
        sumBits: rowStationarySumBits(choice.p),
      };
    case 'dot-product':
      return {
        values: choice.p.tokens * choice.p.inputs,
        sums: choice.p.outputs * choice.p.tokens,
        sumBits: dotProductSumBits(choice.p),
      };
  }
}

/** The part that was chosen. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of the parameters of any array
export function arrayPart(choice: ArrayChoice): Part<any, WeightArrayPorts> {
  switch (choice.kind) {
    case 'systolic':
      return systolicArray(choice.p);
    case 'row-stationary':
      return rowStationaryArray(choice.p);
    case 'dot-product':
      return dotProductUnit(choice.p);
  }
}

export interface DecompressorArrayParameters extends Pick<
  DecompressorParameters,
  'bits' | 'valueBytes' | 'inputBytes'
> {
  /** Its `operandBits` are at most 8 `valueBytes`; its `lanes` those of the decompressor. */
  readonly array: ArrayChoice;
}

/**
 * Use 1 of GOBO (MICRO 2020): a plain array that is fed compressed weights. A row of the compressed
 * matrix is a pass of the array, in the order in which the array takes its weights; blocks must be
 * whole beats, so that `lanes` is a power of two and divides the weights of a pass.
 */
export const decompressorArray = defineModule(
  'gobo_decompressor_array',
  {
    doc: 'Plain array behind a GOBO decompressor: a row of the compressed matrix is a pass',
    parameters: {
      bits: 'bits of a weight index',
      valueBytes: 'bytes of a value',
      inputBytes: 'bytes that arrive per cycle',
    },
    named: ({ array }: DecompressorArrayParameters) =>
      `gobo_decompressor_${array.kind.replace('-', '_')}`,
  },
  ({ bits, valueBytes, inputBytes, array }: DecompressorArrayParameters) => {
    const { operandBits, lanes } = array.p;
    const { values, sums, sumBits } = arrayShape(array);
    const p = { bits, valueBytes, inputBytes, lanes };
    return {
      ports: {
        setup: input(
          stream({ address: uint(setupAddressBits(p)), data: uint(decompressorSetupBits(p)) }),
          'dictionary, columns and rows',
        ),
        compressed: input(stream({ bytes: vec(uint(8), inputBytes) }), 'blocks of the container'),
        activations: input(stream({ values: vec(sint(operandBits), values), last: bit() })),
        results: output(stream({ sums: vec(sint(sumBits), sums), last: bit() })),
      },
      body({ setup, compressed, activations, results }) {
        const expand = instance(decompressor, p);
        const multiply = instance(...arrayPart(array));
        const { weights } = expand;
        connect(setup, expand.setup);
        connect(compressed, expand.compressed);
        multiply.weights.valid.set(weights.valid);
        weights.ready.set(multiply.weights.ready);
        multiply.weights.data.words.set(
          vecOf(weights.data.words.elements().map((word) => word.bits(0, operandBits).asSigned())),
        );
        multiply.weights.data.last.set(weights.data.last);
        assertAlways(
          'whole_beats',
          weights.valid.not().or(weights.data.count.eq(lanes)),
          'a block of compressed weights is not whole beats',
        );
        connect(activations, multiply.activations);
        connect(multiply.results, results);
        return { expand, multiply };
      },
    };
  },
);
