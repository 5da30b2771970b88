import { InputError } from '../../numeric/index.ts';
import { exactMatmul } from '../../tensor/index.ts';
import type { IntegerProduct, Matrix, PreciseMatrix } from '../../tensor/index.ts';
import type {
  BeatPlace,
  Lowering,
  MatrixCall,
  Parameters,
  ProductLowering,
  QuantizedWeights,
} from '../../testbench/design.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { inOrder, planOf, productJobs, productSums } from './array-job.ts';
import { tokenOrder } from './decoding.ts';
import type { ArrayProduct } from './array-job.ts';
import { encodeTokens, scaleFor } from './format/codes.ts';
import type { VssaMatrix } from './format/matrix-file.ts';
import { wordMatrix } from './format/words.ts';
import type { ArrayParameters } from './params.ts';
import { quantizeWeights } from './quantizer.ts';

type Call = MatrixCall<VssaMatrix>;

/** Tokens are rows of the array, features of the matrix its columns; all words have 8 bits. */
function productOf({ weights, tokens, activations }: Call): ArrayProduct {
  const { rows, columns, codes } = weights;
  if (activations.length !== tokens * columns) {
    throw new InputError(
      `${activations.length} activations were given for ${tokens} tokens of ${columns} columns; ${tokens * columns} are needed.`,
    );
  }
  return {
    left: wordMatrix({ rows: tokens, columns, data: activations }),
    right: wordMatrix({ rows, columns, data: codes }),
    signed: { left: true, right: true },
  };
}

const lower = (p: ArrayParameters, call: Call): readonly Job[] => productJobs(p, productOf(call));

const raise = (p: ArrayParameters, call: Call, outcomes: readonly Outcome[]): Float64Array =>
  Float64Array.from(productSums(p, productOf(call), outcomes));

/** Whole tiles: rows past the edge leave, too. */
function resultBeats(p: ArrayParameters, { weights, tokens }: Call): number {
  const rows = Math.min(p.rows, tokens);
  return Math.ceil(tokens / rows) * rows * Math.ceil(weights.rows / p.cols);
}

/** Where a beat of results belongs: a token, the first of the tile's features. */
function locate(p: ArrayParameters, call: Call, job: number, beat: number): BeatPlace {
  const { rows, columns, tiles } = planOf(p, productOf(call))[job]!;
  const { left, right } = tiles[Math.floor(beat / rows)]!;
  return { tile: Math.floor(right / columns), row: right, token: left + (beat % rows) };
}

function quantize(_p: ArrayParameters, w: Matrix, name: string): QuantizedWeights<VssaMatrix> {
  const { packed, report } = quantizeWeights(w, name);
  return { weights: packed, outliers: 0, bitsPerWeight: report.bitsPerWeight };
}

/** The array has no parameter that depends on a matrix. */
const adopt = (
  p: ArrayParameters,
  weights: VssaMatrix,
): { parameters: Parameters; weights: VssaMatrix } => ({ parameters: p, weights });

const scaleOf = (range: number, scale: unknown): number =>
  typeof scale === 'number' ? scale : scaleFor(range);

const encode = (
  _p: ArrayParameters,
  activations: Matrix,
  range: number,
  scale?: unknown,
): Int32Array =>
  Int32Array.from(encodeTokens(activations, undefined, scaleOf(range, scale), 'truncation').data);

/** The float32 values of exact sums. */
const decode = (
  _p: ArrayParameters,
  { weights, scale }: Call,
  exact: Float64Array,
  range: number,
): Float32Array => Float32Array.from(exact, (sum) => sum * scaleOf(range, scale) * weights.scale);

/** The product x W^T in integers, computed whole and wrapped to 32 bits: the second way to every result. */
const product = ({ weights, activations, tokens }: Call): Float64Array =>
  Float64Array.from(
    exactMatmul(
      { rows: tokens, columns: weights.columns, data: activations },
      { rows: weights.rows, columns: weights.columns, data: weights.codes },
    ),
    (sum) => sum | 0,
  );

/** The rows that take part, those of 8 bits first. */
const rowsOf = ({ rows, rowBits }: PreciseMatrix): readonly number[] =>
  rowBits ? tokenOrder(rowBits) : Array.from({ length: rows }, (_, row) => row);

/** Both sides in the order of the fetch; indexes of the sums in that of the tokens they belong to. */
function fetched({ left, right, leftSigned }: IntegerProduct): ArrayProduct {
  const inner = right.columnBits && tokenOrder(right.columnBits);
  return {
    left: inOrder(wordMatrix(left), rowsOf(left), inner),
    right: inOrder(wordMatrix(right), rowsOf(right), inner),
    signed: { left: leftSigned, right: true },
  };
}

/** Products of tokens of any precision. */
const arrayProducts: ProductLowering = {
  lower: (p, product) => productJobs(p as ArrayParameters, fetched(product)),
  raise(p, product, outcomes) {
    const { left, right } = product;
    const found = productSums(p as ArrayParameters, fetched(product), outcomes);
    const [rows, columns] = [rowsOf(left), rowsOf(right)];
    const sums = new Int32Array(left.rows * right.rows);
    rows.forEach((row, i) => {
      columns.forEach((column, j) => {
        sums[row * right.rows + column] = found[i * columns.length + j]!;
      });
    });
    return sums;
  },
};

/** Runs matrices on the array: alone with tokens of 8 bits, and whatever the method's engine multiplies. */
export const arrayLowering: Lowering<VssaMatrix, VssaMatrix> = {
  quantize,
  adopt,
  encode,
  decode,
  product: (_p, call) => product(call),
  lower,
  resultBeats,
  raise,
  locate,
  products: arrayProducts,
};
