import { InputError } from '../../numeric/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import type { Quantized } from '../../transformer/index.ts';
import { errorFigures, requireWeights } from '../../transformer/methods/weights.ts';
import { normalTypes } from './format/number-types.ts';
import type { NormalType } from './format/number-types.ts';
import { writeMatrix } from './format/matrix-file.ts';
import { ovpCode, packPairs, usualFormat } from './format/ovp-code.ts';
import type { OvpFormat } from './format/ovp-code.ts';
import { dequantize } from './format/ovp-matrix.ts';
import type { ActivationBits, OvpMatrix } from './format/ovp-matrix.ts';
import { quantizePairs, squaredError } from './format/quantize-pairs.ts';
import type { Comparison, PairKinds, PairRule, PairSettings } from './format/quantize-pairs.ts';

export interface QuantizerOptions {
  /** Bits of a weight's code. */
  readonly bits: 4 | 8;
  /** Normal type of 4-bit codes; `auto` takes the one with the smaller error. */
  readonly type: 'auto' | 'int4' | 'flint4';
  readonly rule: PairRule;
  /** Of the activations that the matrix is meant to meet. */
  readonly activationBits: ActivationBits;
}

/** Largest magnitude that is quantized: above it, errors and results would leave float32. */
const largestMagnitude = 2 ** 100;

/** Candidates for the scale, in hundredths of the largest |mean +- 3 sigma|, as in the authors' published code. */
const firstCandidate = 75;
const candidateStep = 2;
const candidates = 88;

const leastFloat32 = 2 ** -149;

/** Formats to choose among. */
export function formatsFor({
  bits,
  type,
  rule,
}: Pick<QuantizerOptions, 'bits' | 'type' | 'rule'>): readonly OvpFormat[] {
  const types: readonly NormalType[] =
    bits === 8 ? ['int8'] : type === 'auto' ? ['int4', 'flint4'] : [type];
  return types.map((one) => formatOf(one, rule));
}

/** The outliers beside a normal type: in the authors' published code those of int8 run from 132 to 2016. */
export const formatOf = (type: NormalType, rule: PairRule): OvpFormat =>
  type === 'int8' && rule === 'artifact' ? { type, outliers: 'e2m5', bias: 2 } : usualFormat(type);

/** Values whose pairs share one scale: begin .. end - 1, in rows of `columns`. */
export interface Block {
  readonly data: Float32Array;
  readonly begin: number;
  readonly end: number;
  readonly columns: number;
}

/**
 * Where the search for a scale starts: the largest |mean +- 3 sigma| over all values, sigma with n - 1 (0 for a single
 * value), in float64.
 */
export function threeSigma({ data, begin, end }: Block): number {
  const n = end - begin;
  let sum = 0;
  for (let i = begin; i < end; i++) sum += data[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = begin; i < end; i++) {
    const distance = data[i]! - mean;
    squares += distance * distance;
  }
  return Math.abs(mean) + 3 * Math.sqrt(squares / Math.max(1, n - 1));
}

/** Scale of a candidate: what code 1 stands for when the largest normal value stands for this share of `most`. */
export function candidateScale(type: NormalType, most: number, candidate: number): number {
  const share = (firstCandidate + candidateStep * candidate) / 100;
  const scale = Math.fround((most * share) / normalTypes[type].largest);
  return Math.max(scale, leastFloat32);
}

/** A scale and what it costs. */
export interface ScaleSearch {
  readonly scale: number;
  /** Sum of the errors' squares over the block. */
  readonly error: number;
  /** Which candidate won; where the next search may start. */
  readonly candidate: number;
}

/**
 * The candidate scale with the least sum of squared errors, the smallest of equals. Every candidate is given up as soon
 * as it is worse than the best; so the order in which they are tried, which begins at `guess`, does not matter.
 */
export function searchScale(settings: PairSettings, block: Block, guess = 0): ScaleSearch {
  const { type } = settings.code;
  const most = threeSigma(block);
  if (most === 0) return { scale: 1, error: 0, candidate: guess };
  let best: ScaleSearch = { scale: 1, error: Infinity, candidate: candidates };
  const consider = (candidate: number): void => {
    const scale = candidateScale(type, most, candidate);
    const error = blockError(settings, block, scale, best.error);
    if (error < best.error || (error === best.error && candidate < best.candidate)) {
      best = { scale, error, candidate };
    }
  };
  consider(guess);
  // Neighbours first: they lower the limit for those far away.
  for (let distance = 1; distance < candidates; distance++) {
    if (guess + distance < candidates) consider(guess + distance);
    if (guess >= distance) consider(guess - distance);
  }
  return best;
}

/** Pairs never cross rows. */
function blockError(settings: PairSettings, block: Block, scale: number, limit: number): number {
  const { data, begin, end, columns } = block;
  // Rows of even length can be read as one.
  if (columns % 2 === 0) return squaredError(settings, data, begin, end, scale, limit, 0);
  let sum = 0;
  for (let row = begin; row < end && sum <= limit; row += columns) {
    sum = squaredError(settings, data, row, row + columns, scale, limit, sum);
  }
  return sum;
}

function checkMagnitudes({ data, columns }: Matrix, name: string): void {
  const bad = data.findIndex((weight) => Math.abs(weight) > largestMagnitude);
  if (bad < 0) return;
  throw new InputError(
    `${name}: the weight in row ${Math.floor(bad / columns)}, column ${bad % columns} is ${data[bad]}, allowed are magnitudes up to 2^100; the checkpoint is damaged or its training diverged.`,
  );
}

interface RowScales {
  readonly settings: PairSettings;
  readonly scales: Float32Array;
  /** Over all rows. */
  readonly error: number;
}

/** The scales of all rows, or undefined as soon as their error is above `limit`. */
function searchRows(settings: PairSettings, w: Matrix, limit: number): RowScales | undefined {
  const { rows, columns, data } = w;
  const scales = new Float32Array(rows);
  let error = 0;
  let guess = candidates >> 1;
  for (let row = 0; row < rows; row++) {
    const begin = row * columns;
    const found = searchScale(settings, { data, begin, end: begin + columns, columns }, guess);
    scales[row] = found.scale;
    error += found.error;
    guess = found.candidate;
    if (error > limit) return undefined;
  }
  return { settings, scales, error };
}

/**
 * OliVe's quantizer (Guo et al., ISCA 2023, section 3): every row gets the scale with the least squared error, victims
 * included, and the matrix the normal type with which the sum over its rows is less, int4 where they are equal.
 *
 * @param name what messages call the matrix
 * @throws InputError for a matrix without weights, and for weights that are not finite or above 2^100
 */
export function quantizeOlive(
  w: Matrix,
  name: string,
  options: QuantizerOptions,
): Quantized<OvpMatrix> {
  requireWeights(w, name);
  checkMagnitudes(w, name);
  const { rule, bits, activationBits } = options;
  const comparison: Comparison = 'real';
  let best: RowScales | undefined;
  for (const format of formatsFor(options)) {
    const settings = { code: ovpCode(format), rule, comparison };
    const found = searchRows(settings, w, best?.error ?? Infinity);
    if (found && (!best || found.error < best.error)) best = found;
  }
  const { settings, scales } = best!;
  const { code } = settings;
  const { rows, columns } = w;
  const values = new Int32Array(w.data.length);
  const pairs = { normalNormal: 0, outlierNormal: 0, outlierOutlier: 0 };
  for (let row = 0; row < rows; row++) {
    const [begin, end] = [row * columns, (row + 1) * columns];
    add(pairs, quantizePairs(settings, w.data, begin, end, scales[row]!, values));
  }
  const packed: OvpMatrix = {
    ...{ rows, columns, activationBits, scales },
    ...{ type: code.type, outliers: code.outliers, bias: code.bias },
    pairs: packPairs(code, values, rows, columns),
  };
  return {
    packed,
    report: {
      bits,
      bitsPerWeight: (8 * writeMatrix(packed).length) / w.data.length,
      ...errorFigures(w, dequantize(packed)),
      type: code.type,
      outliers: pairs.outlierNormal + pairs.outlierOutlier,
      pairs,
      scales: [...scales],
    },
  };
}

function add(sum: { -readonly [kind in keyof PairKinds]: number }, more: PairKinds): void {
  sum.normalNormal += more.normalNormal;
  sum.outlierNormal += more.outlierNormal;
  sum.outlierOutlier += more.outlierOutlier;
}
