import { concatenate, InputError } from '../../numeric/index.ts';
import { exactMatmul } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { unpackBeats } from '../../testbench/beats.ts';
import type {
  BeatPlace,
  Lowering,
  MatrixCall,
  Parameters,
  QuantizedWeights,
} from '../../testbench/design.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { quantizeActivations, scaleFromRange } from './activations.ts';
import type { ActivationScale } from './activations.ts';
import { arrayJob, lanesOf, sideFormat } from './array-job.ts';
import type { Formats, Shape } from './array-job.ts';
import { normalTypes } from './format/number-types.ts';
import type { NormalType } from './format/number-types.ts';
import { ovpCode, packPairs, pairBytes, rowBytes, usualFormat } from './format/ovp-code.ts';
import { narrowed, ovpResult, valuesOf } from './format/ovp-matrix.ts';
import type { OvpMatrix } from './format/ovp-matrix.ts';
import { resultBeats } from './format/streams.ts';
import type { ArrayParameters } from './params.ts';
import { quantizeOlive } from './quantizer.ts';

type Call = MatrixCall<OvpMatrix>;

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

/** What the method calibrated, if it did. */
const scaleOf = ({ scale }: Pick<Call, 'scale'>): ActivationScale | undefined =>
  scale as ActivationScale | undefined;

/** The normal type of the activations' codes, of as many bits as those of the weights. */
function activationType({ weights, scale }: Call): NormalType {
  const { bits } = normalTypes[weights.type];
  // Where nothing was calibrated, activations are values of int4, all of which int8 has, too.
  const type = scaleOf({ scale })?.type ?? (bits === 8 ? 'int8' : 'int4');
  if (type !== 'float' && normalTypes[type].bits === bits) return type;
  throw new InputError(
    `The matrix has ${bits}-bit codes and its activations are ${type}, but the array computes with codes of one width; quantize with w4a4 or w8a8.`,
  );
}

export function requireHardware({ activationBits, outliers }: OvpMatrix): void {
  if (activationBits === 16) {
    throw new InputError(
      'The matrix was quantized for activations in floating point, which the array does not have; quantize with w4a4 or w8a8, or choose the engine exact.',
    );
  }
  if (outliers === 'e2m5') {
    throw new InputError(
      "The matrix has the 8-bit outliers of the authors' published code, which the array does not decode; quantize with rule=paper.",
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
function plan(p: ArrayParameters, w: OvpMatrix, tokens: number): readonly Plan[] {
  const unitBytes = Math.ceil(w.columns / 2) * (p.rows + p.columns + 1);
  const unitsPerJob = Math.max(1, Math.floor(jobBytes / unitBytes));
  return spans(w.rows, lanesOf(p.rows, w.type)).flatMap((rows) =>
    spans(tokens, lanesOf(p.columns, w.type)).flatMap((columns) => {
      const units = rows.starts.flatMap((row) => columns.starts.map((token) => ({ row, token })));
      return Array.from({ length: Math.ceil(units.length / unitsPerJob) }, (_, job) => ({
        rows: rows.size,
        columns: columns.size,
        units: units.slice(job * unitsPerJob, (job + 1) * unitsPerJob),
      }));
    }),
  );
}

/**
 * The pairs of `count` rows from `first` on as beats: a beat has `stride` bytes, and those of each row lie beside each
 * other. What is not in use stays 0.
 */
export function beatsOf(
  pairs: Uint8Array,
  bytesPerRow: number,
  bytesPerPair: number,
  first: number,
  count: number,
  stride: number,
): Uint8Array {
  const beats = bytesPerRow / bytesPerPair;
  const bytes = new Uint8Array(beats * stride);
  for (let lane = 0; lane < count; lane++) {
    const row = (first + lane) * bytesPerRow;
    for (let beat = 0; beat < beats; beat++) {
      for (let byte = 0; byte < bytesPerPair; byte++) {
        bytes[beat * stride + lane * bytesPerPair + byte] =
          pairs[row + beat * bytesPerPair + byte]!;
      }
    }
  }
  return bytes;
}

/** Values by key, each made once. */
function memo<T>(make: (key: number) => T): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key)!;
  };
}

/** A product as pairs. */
export interface PackedCall {
  readonly formats: Formats;
  /** Bytes of a pair. */
  readonly width: number;
  /** Bytes of a row of either side. */
  readonly stride: number;
  /** The activations, row by row. */
  readonly tokenPairs: Uint8Array;
}

/**
 * Packs the activations of a product.
 *
 * @throws InputError where the matrix or the activations are not what the hardware computes with
 */
export function packCall(call: Call): PackedCall {
  const { weights, tokens, activations } = call;
  requireHardware(weights);
  const type = activationType(call);
  if (activations.length !== tokens * weights.columns) {
    throw new InputError(
      `${activations.length} activations were given for ${tokens} tokens of ${weights.columns} columns; ${tokens * weights.columns} are needed.`,
    );
  }
  const code = ovpCode(usualFormat(type));
  return {
    formats: { left: { type: weights.type, bias: weights.bias }, right: sideFormat(type) },
    width: pairBytes(code),
    stride: rowBytes(code, weights.columns),
    tokenPairs: packPairs(code, activations, tokens, weights.columns),
  };
}

/**
 * Cuts a product into jobs for the array: tiles of `rows` rows of the matrix and `columns` tokens, half as many of each
 * with codes of 8 bits.
 *
 * @throws InputError where the matrix or the activations do not fit the array
 */
function lower(p: ArrayParameters, call: Call): readonly Job[] {
  const { weights, tokens } = call;
  const { formats, width, stride, tokenPairs } = packCall(call);
  const beats = stride / width;
  return plan(p, weights, tokens).map(({ rows, columns, units }) => {
    const left = memo((row) => beatsOf(weights.pairs, stride, width, row, rows, p.rows));
    const right = memo((token) => {
      const bytes = beatsOf(tokenPairs, stride, width, token, columns, p.columns + 1);
      bytes[bytes.length - 1] = 1;
      return bytes;
    });
    return arrayJob(
      p,
      formats,
      { rows, columns },
      {
        left: concatenate(units.map(({ row }) => left(row))),
        right: concatenate(units.map(({ token }) => right(token))),
        tiles: units.length,
        beats: units.length * beats,
      },
    );
  });
}

/**
 * Puts the outcomes of `lower`'s jobs together: [tokens x rows], exact integers.
 *
 * @throws InputError where a sum left 32 bits
 */
function raise(p: ArrayParameters, call: Call, outcomes: readonly Outcome[]): Float64Array {
  const { weights, tokens } = call;
  const { widths, signed } = resultBeats(p);
  const plans = plan(p, weights, tokens);
  if (outcomes.length !== plans.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${plans.length} jobs.`);
  }
  const product = new Float64Array(tokens * weights.rows);
  plans.forEach(({ rows, columns, units }, job) => {
    const fields = unpackBeats(widths, outcomes[job]!.outputs['results']!, signed);
    const sums = fields.slice(0, p.columns);
    const overflows = fields.slice(p.columns, 2 * p.columns);
    const illegal = fields[2 * p.columns]!;
    const due = units.length * rows;
    if (illegal.length !== due) {
      throw new Error(`Job ${job} has ${illegal.length} rows of results instead of ${due}.`);
    }
    const wrong = illegal.findIndex((count) => count > 0);
    if (wrong >= 0) {
      throw new Error(`Beat ${wrong} of job ${job} counts ${illegal[wrong]} illegal pairs.`);
    }
    units.forEach(({ row, token }, unit) => {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const beat = unit * rows + i;
          if (overflows[j]![beat] !== 0) {
            throw new InputError(
              `The sum of row ${row + i} and token ${token + j} left the 32 bits of the array; use codes of 4 bits for this matrix.`,
            );
          }
          product[(token + j) * weights.rows + row + i] = sums[j]![beat]!;
        }
      }
    });
  });
  return product;
}

/** Where a beat of `results` of one of `lower`'s jobs belongs: a row of the matrix, the first of the tile's tokens. */
function locate(p: ArrayParameters, call: Call, job: number, beat: number): BeatPlace {
  const { rows, units } = plan(p, call.weights, call.tokens)[job]!;
  const { row, token } = units[Math.floor(beat / rows)]!;
  return {
    tile: Math.floor(row / lanesOf(p.rows, call.weights.type)),
    row: row + (beat % rows),
    token,
  };
}

function quantize(_p: ArrayParameters, w: Matrix, name: string): QuantizedWeights<OvpMatrix> {
  const { packed, report } = quantizeOlive(w, name, {
    ...{ bits: 4, type: 'auto', rule: 'paper', activationBits: 4 },
  });
  return {
    weights: packed,
    outliers: Number(report['outliers']),
    bitsPerWeight: report.bitsPerWeight,
  };
}

/** The array has no parameter that depends on a matrix. */
function adopt(
  p: ArrayParameters,
  weights: OvpMatrix,
): { parameters: Parameters; weights: OvpMatrix } {
  requireHardware(weights);
  return { parameters: p, weights };
}

const encode = (
  _p: ArrayParameters,
  activations: Matrix,
  range: number,
  scale?: unknown,
): Int32Array => quantizeActivations(activations, scaleOf({ scale }) ?? scaleFromRange(range));

/** The float32 values of exact sums. */
function decode(_p: ArrayParameters, call: Call, exact: Float64Array, range: number): Float32Array {
  const { scale } = scaleOf(call) ?? scaleFromRange(range);
  const { rows, scales } = call.weights;
  return Float32Array.from(exact, (sum, i) => ovpResult(sum, scale, scales[i % rows]!));
}

/** The product x W^T in integers, computed whole and wrapped to 32 bits: the second way to every result of the array. */
const product = ({ weights, activations, tokens }: Call): Float64Array =>
  exactMatmul(
    { rows: tokens, columns: weights.columns, data: narrowed(activations) },
    { rows: weights.rows, columns: weights.columns, data: narrowed(valuesOf(weights)) },
  ).map((sum) => sum | 0);

/** Runs a matrix on the array: its rows are left operands, tokens right ones. */
export const arrayLowering: Lowering<OvpMatrix, OvpMatrix> = {
  quantize,
  adopt,
  encode,
  decode,
  product: (_p, call) => product(call),
  lower,
  resultBeats: (p, { weights, tokens }) =>
    weights.rows * Math.ceil(tokens / lanesOf(p['columns']!, weights.type)),
  raise,
  locate,
};
