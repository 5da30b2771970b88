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
import { noStalls } from '../../testbench/job.ts';
import { cycleLimit, setupWrites } from './array-job.ts';
import type { Shape } from './array-job.ts';
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

/** Tiles that one job computes, all of one shape. */
interface Plan extends Shape {
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

/** `count` things in groups of `size`: the full groups, and the rest if there is one. */
function spans(count: number, size: number): { size: number; starts: number[] }[] {
  const full = Math.floor(count / size);
  const rest = count - full * size;
  return [
    { size, starts: Array.from({ length: full }, (_, i) => i * size) },
    { size: rest, starts: rest > 0 ? [full * size] : [] },
  ];
}

/** Full tiles first, then those at the edges, which run in jobs of their own; each job of bounded size. */
function plan(p: ArrayParameters, w: LinearMatrix, tokens: number): readonly Plan[] {
  const unitBytes =
    w.columns * (beatBytes(weightBeats(p).widths) + beatBytes(activationBeats(p).widths));
  const unitsPerJob = Math.max(1, Math.floor(jobBytes / unitBytes));
  return spans(w.rows, p.rows).flatMap((rows) =>
    spans(tokens, p.columns).flatMap((columns) => {
      const units = rows.starts.flatMap((row) => columns.starts.map((token) => ({ row, token })));
      return Array.from({ length: Math.ceil(units.length / unitsPerJob) }, (_, job) => ({
        rows: rows.size,
        columns: columns.size,
        units: units.slice(job * unitsPerJob, (job + 1) * unitsPerJob),
      }));
    }),
  );
}

/** `count` lanes from row `first` of a row-major matrix on, and lanes of 0 up to `all`. */
function lanes(
  data: Int32Array | LinearMatrix['codes'],
  columns: number,
  first: number,
  count: number,
  all: number,
): ArrayLike<number>[] {
  const unused = new Uint8Array(columns);
  return Array.from({ length: all }, (_, lane) =>
    lane < count ? data.subarray((first + lane) * columns, (first + lane + 1) * columns) : unused,
  );
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
  return plan(p, weights, tokens).map(({ rows, columns, units }) => {
    const weightImage = memo((row) =>
      packBeats(weightBeats(p).widths, lanes(weights.codes, inner, row, rows, p.rows)),
    );
    const activationImage = memo((token) =>
      packBeats(activationBeats(p).widths, [
        ...lanes(activations, inner, token, columns, p.columns),
        lastFlags(inner),
      ]),
    );
    const results = units.length * rows * columns;
    return {
      writes: setupWrites({ rows, columns }),
      inputs: {
        weights: concatenate(units.map(({ row }) => weightImage(row))),
        activations: concatenate(units.map(({ token }) => activationImage(token))),
      },
      expect: { results },
      stalls: noStalls,
      maxCycles: cycleLimit(p, units.length * inner, results + units.length * rows),
    };
  });
}

/** Puts the outcomes of `lower`'s jobs together: [tokens x rows], exact integers. */
function raise(p: ArrayParameters, call: Call, outcomes: readonly Outcome[]): Float64Array {
  const { weights, tokens } = call;
  const { widths, signed } = resultBeats(p);
  const plans = plan(p, weights, tokens);
  if (outcomes.length !== plans.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${plans.length} jobs.`);
  }
  const product = new Float64Array(tokens * weights.rows);
  plans.forEach(({ rows, columns, units }, job) => {
    const [values] = unpackBeats(widths, outcomes[job]!.outputs['results']!, signed);
    const due = units.length * rows * columns;
    if (values!.length !== due) {
      throw new Error(`Job ${job} has ${values!.length} results instead of ${due}.`);
    }
    let next = 0;
    for (const { row, token } of units) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          product[(token + j) * weights.rows + row + i] = values![next++]!;
        }
      }
    }
  });
  return product;
}

/** Where a beat of `results` of one of `lower`'s jobs belongs. */
function locate(p: ArrayParameters, call: Call, job: number, beat: number): BeatPlace {
  const { rows, columns, units } = plan(p, call.weights, call.tokens)[job]!;
  const { row, token } = units[Math.floor(beat / (rows * columns))]!;
  const within = beat % (rows * columns);
  return {
    tile: Math.floor(row / p.rows),
    row: row + Math.floor(within / columns),
    token: token + (within % columns),
  };
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
  raise,
  locate,
};
