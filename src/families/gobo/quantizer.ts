import { InputError, roundToHalf } from '../../numeric/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { containerSizes } from './format/container-layout.ts';
import type { QuantizedMatrix, ValueType } from './format/quantized-matrix.ts';
import { findCentroids, midpoints } from './quantizer-centroids.ts';
import { sortedWeights } from './quantizer-sort.ts';

export type { QuantizedMatrix, ValueType } from './format/quantized-matrix.ts';

export interface QuantizerOptions {
  /** Bits of an index, 2 .. 6. */
  readonly bits: number;
  /** A weight is an outlier where the natural log of the Gaussian density is at most this. */
  readonly threshold: number;
  /** Whether there are outliers at all; where not, every weight gets an index. */
  readonly outliers: boolean;
  readonly valueType: ValueType;
  /** Most updates of the centroids. */
  readonly maxIterations: number;
  /** What error messages call the matrix, such as the name of its tensor. */
  readonly name: string;
}

export const defaultQuantizerOptions: QuantizerOptions = {
  bits: 3,
  threshold: -4,
  outliers: true,
  valueType: 'f32',
  maxIterations: 1000,
  name: 'the matrix',
};

/** Figures about one quantized matrix; errors are over all weights, those of outliers included. */
export type QuantizationReport = {
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
  /** How many weights are outliers. */
  readonly outliers: number;
  /** Updates of the centroids that lowered the L1 norm. */
  readonly iterations: number;
  /** Sum of the errors' magnitudes. */
  readonly l1: number;
  /** Root of the sum of the errors' squares. */
  readonly l2: number;
  /** Mean of the errors' squares. */
  readonly mse: number;
  /** Bits of the matrix's container, with header, dictionary and checksums, per weight. */
  readonly bitsPerWeight: number;
};

const logRootTwoPi = 0.5 * Math.log(2 * Math.PI);

function checkOptions(options: QuantizerOptions): void {
  const { bits, threshold, maxIterations, name } = options;
  if (!Number.isInteger(bits) || bits < 2 || bits > 6) {
    throw new InputError(
      `${bits} bits were asked for ${name}, but GOBO indexes have 2 to 6 bits; choose a whole number in that range.`,
    );
  }
  if (!Number.isFinite(threshold)) {
    throw new InputError(
      `The outlier threshold for ${name} is ${threshold}, but it must be a finite log density; use -4, the usual value.`,
    );
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 0) {
    throw new InputError(
      `The iteration limit for ${name} is ${maxIterations}, but it must be a whole number from 0; the usual value is ${defaultQuantizerOptions.maxIterations}.`,
    );
  }
}

function checkWeights(weights: Matrix, name: string): void {
  const { rows, columns, data } = weights;
  if (data.length === 0) {
    throw new InputError(
      `${name} has no weights (${rows} x ${columns}); there is nothing to quantize.`,
    );
  }
  const bad = data.findIndex((weight) => !Number.isFinite(weight));
  if (bad >= 0) {
    throw new InputError(
      `The weight in row ${Math.floor(bad / columns)}, column ${bad % columns} of ${name} is ${data[bad]}, but weights must be finite numbers; the checkpoint is damaged or overflowed in training.`,
    );
  }
}

function moments(data: Float32Array): { mean: number; std: number } {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  const mean = sum / data.length;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i]! - mean) ** 2;
  return { mean, std: Math.sqrt(squares / data.length) };
}

/** Row-major positions, ascending, of the weights whose log density is at most the threshold. */
function outlierPositions(
  data: Float32Array,
  mean: number,
  std: number,
  threshold: number,
): Uint32Array {
  // All weights are equal: the density has no spread to be far out in.
  if (std === 0) return new Uint32Array(0);
  const peak = -Math.log(std) - logRootTwoPi;
  const twoVariances = 2 * std * std;
  const positions: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const distance = data[i]! - mean;
    if (peak - (distance * distance) / twoVariances <= threshold) positions.push(i);
  }
  return Uint32Array.from(positions);
}

/** Rounds once, straight from float64, to the type that is stored. */
function toValueType(value: number, type: ValueType, name: string): number {
  const rounded = type === 'f16' ? roundToHalf(value) : Math.fround(value);
  if (!Number.isFinite(rounded)) {
    throw new InputError(
      `The value ${value} of ${name} is too large for ${type}; use f32 values for this matrix.`,
    );
  }
  return rounded;
}

/**
 * GOBO's quantizer (Zadeh et al., MICRO 2020, Algorithm 1): weights that are improbable under the
 * layer's own Gaussian stay as they are, all others become indexes into 2^bits representative values.
 *
 * Our choices where the paper is silent: float64 arithmetic on the FP32 weights, population standard
 * deviation, the threshold itself belongs to the outliers, and after the centroids are rounded to
 * `valueType` every index is the nearest entry of the rounded table, a tie going to the upper one.
 *
 * @throws InputError for options out of range, weights that are not finite, and a matrix of which
 *   every weight would be an outlier
 */
export function quantizeGobo(
  weights: Matrix,
  options: Partial<QuantizerOptions> = {},
): { readonly packed: QuantizedMatrix; readonly report: QuantizationReport } {
  const settings = { ...defaultQuantizerOptions, ...options };
  const { bits, threshold, valueType, maxIterations, name } = settings;
  checkOptions(settings);
  checkWeights(weights, name);
  const { rows, columns, data } = weights;

  const { mean, std } = moments(data);
  const positions = settings.outliers
    ? outlierPositions(data, mean, std, threshold)
    : new Uint32Array(0);
  if (positions.length === data.length) {
    const limit = Math.exp(-threshold - logRootTwoPi);
    throw new InputError(
      `Every weight of ${name} is an outlier at threshold ${threshold}: their standard deviation is ${std.toPrecision(4)}, and it must stay well below ${limit.toPrecision(4)}; scale the weights down or choose a lower threshold.`,
    );
  }

  const sorted = sortedWeights(without(data, positions));
  const search = findCentroids(sorted, 2 ** bits, maxIterations);
  const centroids = Float32Array.from(search.centroids, (c) => toValueType(c, valueType, name));
  const indexes = nearestIndexes(data, centroids);
  for (const position of positions) indexes[position] = 0;
  const values = Float32Array.from(positions, (i) => toValueType(data[i]!, valueType, name));

  const packed = {
    ...{ rows, columns, bits, valueType, centroids, indexes },
    outliers: { positions, values },
  };
  return {
    packed,
    report: {
      mean,
      std,
      outliers: positions.length,
      iterations: search.iterations,
      ...errorsOf(data, packed),
      bitsPerWeight: (containerSizes(packed, positions).total * 8) / data.length,
    },
  };
}

/** The values whose positions, ascending, are not listed. */
function without(data: Float32Array, positions: Uint32Array): Float32Array {
  const rest = new Float32Array(data.length - positions.length);
  let from = 0;
  let to = 0;
  for (const position of positions) {
    rest.set(data.subarray(from, position), to);
    to += position - from;
    from = position + 1;
  }
  rest.set(data.subarray(from), to);
  return rest;
}

/** For each weight the nearest entry of an ascending table of 2^b values; ties go to the upper one. */
function nearestIndexes(data: Float32Array, table: Float32Array): Uint8Array {
  const boundaries = midpoints(table);
  const indexes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const weight = data[i]!;
    let index = 0;
    for (let step = table.length >>> 1; step > 0; step >>>= 1) {
      if (boundaries[index + step - 1]! <= weight) index += step;
    }
    indexes[i] = index;
  }
  return indexes;
}

/** Norms of original minus dequantized. */
function errorsOf(
  data: Float32Array,
  { centroids, indexes, outliers }: QuantizedMatrix,
): { l1: number; l2: number; mse: number } {
  const { positions, values } = outliers;
  let l1 = 0;
  let squares = 0;
  let next = 0;
  for (let i = 0; i < data.length; i++) {
    const value = positions[next] === i ? values[next++]! : centroids[indexes[i]!]!;
    const error = data[i]! - value;
    l1 += Math.abs(error);
    squares += error * error;
  }
  return { l1, l2: Math.sqrt(squares), mse: squares / data.length };
}

/** The matrix that the quantized form stands for: dictionary[index], and the outliers as they were kept. */
export function dequantize(q: QuantizedMatrix): Matrix {
  const data = Float32Array.from(q.indexes, (index) => q.centroids[index]!);
  q.outliers.positions.forEach((position, i) => {
    data[position] = q.outliers.values[i]!;
  });
  return { rows: q.rows, columns: q.columns, data };
}
