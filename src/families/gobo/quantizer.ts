import { InputError, roundToHalf } from '../../numeric/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { findCentroids, midpoints, nearestIndex } from './quantizer-centroids.ts';

/** Type of the values that stay: the dictionary's and the outliers'. */
export type ValueType = 'f32' | 'f16';

export interface QuantizerOptions {
  /** Bits of an index, 2 .. 6. */
  readonly bits: number;
  /** A weight is an outlier where the natural log of the Gaussian density is at most this. */
  readonly threshold: number;
  readonly valueType: ValueType;
  /** Most updates of the centroids. */
  readonly maxIterations: number;
  /** What error messages call the matrix, such as the name of its tensor. */
  readonly name: string;
}

export const defaultQuantizerOptions: QuantizerOptions = {
  bits: 3,
  threshold: -4,
  valueType: 'f32',
  maxIterations: 1000,
  name: 'the matrix',
};

/** A matrix as a dictionary, an index per weight, and the few weights that stay as they are. */
export interface QuantizedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly valueType: ValueType;
  /** The dictionary: K = 2^bits values, ascending, each representable in `valueType`. */
  readonly centroids: Float32Array;
  /** [rows x columns], row-major, one index per byte; 0 where an outlier is. */
  readonly indexes: Uint8Array;
  /** `positions` are row-major (row x columns + column) and ascending. */
  readonly outliers: { readonly positions: Uint32Array; readonly values: Float32Array };
}

/** Figures about one quantized matrix; norms are of the error, over the weights that have an index. */
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
  /** Bits in storage for everything (dictionary, indexes, outliers and where they are) per weight. */
  readonly bitsPerWeight: number;
};

/** Weights of a row that are stored together. */
const blockLength = 256;
/** A block with more outliers than this holds all its weights as values, without indexes. */
const maxOutliersPerBlock = 254;

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

/** Bytes of the blocks' counts, outlier records {1-byte offset, value} and packed indexes. */
function blockBytes(
  weights: Matrix,
  positions: Uint32Array,
  bits: number,
  valueBytes: number,
): number {
  const { rows, columns } = weights;
  let bytes = 0;
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let begin = 0; begin < columns; begin += blockLength) {
      const length = Math.min(blockLength, columns - begin);
      const end = row * columns + begin + length;
      const first = next;
      while (next < positions.length && positions[next]! < end) next++;
      const outliers = next - first;
      bytes +=
        outliers > maxOutliersPerBlock
          ? 1 + length * valueBytes
          : 1 + outliers * (1 + valueBytes) + Math.ceil((bits * length) / 8);
    }
  }
  return bytes;
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
  const positions = outlierPositions(data, mean, std, threshold);
  if (positions.length === data.length) {
    const limit = Math.exp(-threshold - logRootTwoPi);
    throw new InputError(
      `Every weight of ${name} is an outlier at threshold ${threshold}: their standard deviation is ${std.toPrecision(4)}, and it must stay well below ${limit.toPrecision(4)}; scale the weights down or choose a lower threshold.`,
    );
  }

  const gaussian = new Float64Array(data.length - positions.length);
  forEachGaussian(data, positions, (weight, _, i) => {
    gaussian[i] = weight;
  });
  gaussian.sort();
  const search = findCentroids(gaussian, 2 ** bits, maxIterations);
  const centroids = Float32Array.from(search.centroids, (c) => toValueType(c, valueType, name));

  const indexes = new Uint8Array(data.length);
  const boundaries = midpoints(centroids);
  let l1 = 0;
  let squares = 0;
  forEachGaussian(data, positions, (weight, position) => {
    const index = nearestIndex(boundaries, weight);
    const error = weight - centroids[index]!;
    indexes[position] = index;
    l1 += Math.abs(error);
    squares += error * error;
  });
  const values = Float32Array.from(positions, (i) => toValueType(data[i]!, valueType, name));

  const valueBytes = valueType === 'f16' ? 2 : 4;
  const bytes = centroids.length * valueBytes + blockBytes(weights, positions, bits, valueBytes);
  return {
    packed: { rows, columns, bits, valueType, centroids, indexes, outliers: { positions, values } },
    report: {
      mean,
      std,
      outliers: positions.length,
      iterations: search.iterations,
      l1,
      l2: Math.sqrt(squares),
      bitsPerWeight: (bytes * 8) / data.length,
    },
  };
}

/** Visits the weights that are no outliers, in row-major order: value, position, running number. */
function forEachGaussian(
  data: Float32Array,
  positions: Uint32Array,
  visit: (weight: number, position: number, i: number) => void,
): void {
  let outlier = 0;
  for (let position = 0; position < data.length; position++) {
    if (positions[outlier] === position) outlier++;
    else visit(data[position]!, position, position - outlier);
  }
}

/** The matrix that the quantized form stands for: dictionary[index], and the outliers as they were kept. */
export function dequantize(q: QuantizedMatrix): Matrix {
  const data = Float32Array.from(q.indexes, (index) => q.centroids[index]!);
  q.outliers.positions.forEach((position, i) => {
    data[position] = q.outliers.values[i]!;
  });
  return { rows: q.rows, columns: q.columns, data };
}
