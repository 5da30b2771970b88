import { InputError } from '../../numeric/index.ts';
import type { IntegerProduct } from '../../tensor/index.ts';
import type {
  BeatPlace,
  Lowering,
  MatrixCall,
  Parameters,
  ProductLowering,
} from '../../testbench/design.ts';
import { piecesOf } from './accelerator-plan.ts';
import { acceleratorJobs, acceleratorSums } from './accelerator-products.ts';
import type { VssaMatrix } from './format/matrix-file.ts';
import { arrayLowering } from './lowering.ts';
import type { AcceleratorParameters } from './params.ts';

type Call = MatrixCall<VssaMatrix>;

const ofAccelerator = (p: Parameters): AcceleratorParameters => p as AcceleratorParameters;

/** Tokens of 8 bits in a list, times the rows of the matrix. */
function productOf({ weights, tokens, activations }: Call): IntegerProduct {
  const { rows, columns, codes } = weights;
  if (activations.length !== tokens * columns) {
    throw new InputError(
      `${activations.length} activations were given for ${tokens} tokens of ${columns} columns; ${tokens * columns} are needed.`,
    );
  }
  return {
    left: { rows: tokens, columns, data: activations, rowBits: new Uint8Array(tokens).fill(8) },
    right: { rows, columns, data: codes },
    leftSigned: true,
  };
}

/** Every token for each group of columns, as often as sums are cut to fit a bank. */
function resultBeats(p: AcceleratorParameters, { weights, tokens }: Call): number {
  const room = Math.min(p.leftBlocks, p.rightBlocks) * p.loadWords;
  return tokens * Math.ceil(weights.rows / p.cols) * Math.ceil(weights.columns / room);
}

/** Where a beat of results belongs: a token, the first of a group's features. */
function locate(p: AcceleratorParameters, call: Call, job: number, beat: number): BeatPlace {
  const { rows, groups } = piecesOf(p, productOf(call))[job]!;
  const row = groups[Math.floor(beat / rows.length)]![0]!;
  return { tile: Math.floor(row / p.cols), row, token: rows[beat % rows.length]! };
}

/** Products of tokens of any precision, one to a job or several. */
const acceleratorProducts: ProductLowering = {
  lower: (p, product) => acceleratorJobs(ofAccelerator(p), [product]),
  raise: (p, product, outcomes) => acceleratorSums(ofAccelerator(p), [product], outcomes)[0]!,
};

/** Runs matrices on the accelerator: alone with tokens of 8 bits, and whatever the method's engine multiplies. */
export const acceleratorLowering: Lowering<VssaMatrix, VssaMatrix> = {
  ...arrayLowering,
  lower: (p, call) => acceleratorJobs(ofAccelerator(p), [productOf(call)]),
  resultBeats: (p, call) => resultBeats(ofAccelerator(p), call),
  raise: (p, call, outcomes) =>
    Float64Array.from(acceleratorSums(ofAccelerator(p), [productOf(call)], outcomes)[0]!),
  locate: (p, call, job, beat) => locate(ofAccelerator(p), call, job, beat),
  products: acceleratorProducts,
};
