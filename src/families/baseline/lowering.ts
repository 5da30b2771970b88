import { concatenate, InputError } from '../../numeric/index.ts';
import { exactMatmul } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { beatBytes, lastFlags, packBeats, unpackBeats } from '../../testbench/beats.ts';
import type {
  BeatPlace,
  Lowering,
  MatrixCall,
  Parameters,
  QuantizedWeights,
} from '../../testbench/design.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { beatsJob } from './array-job.ts';
import { linearCodes, linearResult, linearScale } from './format/linear.ts';
import type { LinearMatrix } from './format/linear.ts';
import { activationBeats, resultBeats, weightBeats } from './format/streams.ts';
import type { ArrayParameters } from './params.ts';
import { quantizeLinear } from './quantizer.ts';

type Call = MatrixCall<LinearMatrix>;

/** Beats of inputs that one job may hold, in bytes: enough to amortise a round trip. */
const jobBytes = 8 * 2 ** 20;

/** A tile: rows of the matrix from `row`, tokens from `token`. */
interface Unit {
  readonly row: number;
  readonly token: number;
}

/** Tiles that one job computes, with as many rows in use. */
interface Plan {
  readonly rows: number;
  readonly units: readonly Unit[];
}

function checkCall(p: ArrayParameters, { weights, tokens, activations }: Call): void {
  if (weights.weightBits !== p.weightBits) {
    throw new InputError(
      `The matrix has ${weights.weightBits}-bit weights, but the array was made for ${p.weightBits}; quantize with the array's weightBits.`,
    );
  }
  if (weights.columns > p.maxLength) {
    throw new InputError(
      `The matrix has ${weights.columns} columns, but maxLength of the array is ${p.maxLength}; set maxLength to at least ${weights.columns}.`,
    );
  }
  if (activations.length !== tokens * weights.columns) {
    throw new InputError(
      `${activations.length} activations were given for ${tokens} tokens of ${weights.columns} columns; ${tokens * weights.columns} are needed.`,
    );
  }
  const limit = 2 ** (p.activationBits - 1);
  const bad = activations.findIndex((a) => a < -limit || a >= limit);
  if (bad >= 0) {
    throw new InputError(
      `Activation ${activations[bad]} of token ${Math.floor(bad / weights.columns)} does not fit the array's ${p.activationBits} bits; quantize activations with the array's activationBits.`,
    );
  }
}

const starts = (count: number, size: number): readonly number[] =>
  Array.from({ length: Math.ceil(count / size) }, (_, i) => i * size);

/**
 * The tiles of a product in jobs of bounded size. All have the same rows in use, so that one follows the other
 * without a gap; lanes past the edges get 0.
 */
function plan(p: ArrayParameters, w: LinearMatrix, tokens: number): readonly Plan[] {
  const rows = Math.min(p.rows, w.rows);
  const units = starts(w.rows, rows).flatMap((row) =>
    starts(tokens, p.columns).map((token) => ({ row, token })),
  );
  const unitBytes =
    w.columns * (beatBytes(weightBeats(p).widths) + beatBytes(activationBeats(p).widths));
  const unitsPerJob = Math.max(1, Math.floor(jobBytes / unitBytes));
  return starts(units.length, unitsPerJob).map((at) => ({
    rows,
    units: units.slice(at, at + unitsPerJob),
  }));
}

/** `count` lanes from row `first` of a row-major matrix on; lanes of 0 past its end. */
function lanes(
  data: Int32Array | LinearMatrix['codes'],
  columns: number,
  first: number,
  count: number,
): ArrayLike<number>[] {
  const unused = new Uint8Array(columns);
  return Array.from({ length: count }, (_, lane) => {
    const start = (first + lane) * columns;
    return start < data.length ? data.subarray(start, start + columns) : unused;
  });
}

/** Values by key, each made once. */
function memo<T>(make: (key: number) => T): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key)!;
  };
}

/**
 * Cuts a product into jobs for the array: tiles of `rows` rows of the matrix and `columns` tokens.
 *
 * @throws InputError where the matrix or the activations do not fit the array's parameters
 */
function lower(p: ArrayParameters, call: Call): readonly Job[] {
  checkCall(p, call);
  const { weights, tokens, activations } = call;
  const inner = weights.columns;
  const weightImage = memo((row) =>
    packBeats(weightBeats(p).widths, lanes(weights.codes, inner, row, p.rows)),
  );
  const activationImage = memo((token) =>
    packBeats(activationBeats(p).widths, [
      ...lanes(activations, inner, token, p.columns),
      lastFlags(inner),
    ]),
  );
  return plan(p, weights, tokens).map(({ rows, units }) =>
    beatsJob(p, rows, {
      weights: concatenate(units.map(({ row }) => weightImage(row))),
      activations: concatenate(units.map(({ token }) => activationImage(token))),
      beats: units.length * inner,
      tiles: units.length,
    }),
  );
}

/** Whole tiles: rows past the edge leave, too. */
const resultRows = (p: ArrayParameters, { weights, tokens }: Call): number =>
  plan(p, weights, tokens).reduce((sum, { rows, units }) => sum + rows * units.length, 0);

/** Puts the outcomes of `lower`'s jobs together: [tokens x rows], exact integers. */
function raise(p: ArrayParameters, call: Call, outcomes: readonly Outcome[]): Float64Array {
  const { weights, tokens } = call;
  const { widths, signed } = resultBeats(p);
  const plans = plan(p, weights, tokens);
  if (outcomes.length !== plans.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${plans.length} jobs.`);
  }
  const product = new Float64Array(tokens * weights.rows);
  plans.forEach(({ rows, units }, job) => {
    const sums = unpackBeats(widths, outcomes[job]!.outputs['results']!, signed);
    const due = units.length * rows;
    if (sums[0]!.length !== due) {
      throw new Error(`Job ${job} has ${sums[0]!.length} rows of results instead of ${due}.`);
    }
    units.forEach(({ row, token }, unit) => {
      const usedRows = Math.min(rows, weights.rows - row);
      const usedColumns = Math.min(p.columns, tokens - token);
      for (let j = 0; j < usedColumns; j++) {
        const at = (token + j) * weights.rows + row;
        for (let i = 0; i < usedRows; i++) product[at + i] = sums[j]![unit * rows + i]!;
      }
    });
  });
  return product;
}

/** Where a beat of `results` of one of `lower`'s jobs belongs: a row of the matrix, the first of the tile's tokens. */
function locate(p: ArrayParameters, call: Call, job: number, beat: number): BeatPlace {
  const { rows, units } = plan(p, call.weights, call.tokens)[job]!;
  const { row, token } = units[Math.floor(beat / rows)]!;
  return { tile: Math.floor(row / rows), row: row + (beat % rows), token };
}

function quantize(p: ArrayParameters, w: Matrix, name: string): QuantizedWeights<LinearMatrix> {
  const { packed, report } = quantizeLinear(w, name, p);
  return { weights: packed, outliers: 0, bitsPerWeight: report.bitsPerWeight };
}

const encode = (p: ArrayParameters, activations: Matrix, range: number): Int32Array =>
  Int32Array.from(
    linearCodes(activations.data, linearScale(range, p.activationBits), p.activationBits),
  );

/** What the method packed, at its widths and for rows of its length. */
const adopt = (
  p: ArrayParameters,
  packed: LinearMatrix,
): { parameters: Parameters; weights: LinearMatrix } => ({
  parameters: {
    ...p,
    weightBits: packed.weightBits,
    activationBits: packed.activationBits,
    maxLength: Math.max(p.maxLength, packed.columns),
  },
  weights: packed,
});

/** The float32 values of exact sums. */
function decode(
  p: ArrayParameters,
  { weights }: Call,
  exact: Float64Array,
  range: number,
): Float32Array {
  const scale = linearScale(range, p.activationBits);
  return Float32Array.from(exact, (sum) => linearResult(sum, scale, weights.scale));
}

/** The exact product x W^T in integers, computed whole: the second way to every result of the array. */
const product = ({ weights, activations, tokens }: Call): Float64Array =>
  exactMatmul(
    { rows: tokens, columns: weights.columns, data: activations },
    { rows: weights.rows, columns: weights.columns, data: weights.codes },
  );

/** Runs a matrix on the array. */
export const arrayLowering: Lowering<LinearMatrix, LinearMatrix> = {
  quantize,
  adopt,
  encode,
  decode,
  product: (_p, call) => product(call),
  lower,
  resultBeats: resultRows,
  raise,
  locate,
};
