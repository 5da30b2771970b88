import { halfToNumber, InputError, numberToHalf } from '../../numeric/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import type { Parameters, QuantizedWeights } from '../../testbench/design.ts';
import type { CodedMatrix } from './format/coded-matrix.ts';
import type { TileParameters } from './params.ts';
import { quantizeGobo } from './quantizer.ts';
import type { QuantizedMatrix } from './quantizer.ts';

/**
 * The number system `fp16`: activations, centroids and outliers as the bits of IEEE halves, results
 * as those of singles. Bits rather than values, so that every NaN and both zeros compare as they are.
 */

/** Bits of a half. */
const halfBits = 16;
/** The bits of the largest finite half, 65504, and of infinity. */
const largestHalf = 0x7bff;
const infiniteHalf = 0x7c00;
const signBit = 0x8000;

/** Values of the dictionary or outliers as bits, each rounded once. */
function weightCodes(values: Float32Array): Int32Array {
  return Int32Array.from(values, (value) => {
    const bits = numberToHalf(value);
    if ((bits & ~signBit) >= infiniteHalf) {
      throw new InputError(
        `The weight ${value} is too large for a half, which ends at ${halfToNumber(largestHalf)}; use the number system fixed for this matrix.`,
      );
    }
    return bits;
  });
}

/**
 * A quantized matrix in halves; indexes are taken over, not computed again.
 *
 * @throws InputError for a value beyond the largest half
 */
export function halfMatrix(q: QuantizedMatrix): CodedMatrix {
  const { rows, columns, bits, centroids, indexes, outliers } = q;
  return {
    ...{ rows, columns, bits, indexes, weightBits: halfBits },
    centroids: weightCodes(centroids),
    outliers: { positions: outliers.positions, codes: weightCodes(outliers.values) },
  };
}

/** A real matrix as the tile holds it: GOBO's dictionary and outliers, rounded once to halves. */
export function quantizeHalves(
  p: TileParameters,
  matrix: Matrix,
  name: string,
): QuantizedWeights<CodedMatrix> {
  const { packed, report } = quantizeGobo(matrix, { bits: p.bits, valueType: 'f16', name });
  const { outliers, bitsPerWeight } = report;
  return { weights: halfMatrix(packed), outliers, bitsPerWeight };
}

/**
 * What the method packed, at the width of its indexes and for rows of its length. A dictionary that
 * was stored in single precision is rounded here a second time.
 */
export function adoptHalves(
  p: TileParameters,
  packed: QuantizedMatrix,
): { parameters: Parameters; weights: CodedMatrix } {
  const maxLength = Math.max(p.maxLength, packed.columns);
  return {
    parameters: { ...p, bits: packed.bits, maxLength },
    weights: halfMatrix(packed),
  };
}

/**
 * Activations as the bits of the nearest halves. Beyond the largest half they are as large as it is,
 * as `fixed` clamps: one infinity would be every result of its token.
 *
 * @throws InputError for NaN
 */
export function halfCodes(activations: ArrayLike<number>): Int32Array {
  return Int32Array.from(activations, (value, i) => {
    if (Number.isNaN(value)) {
      throw new InputError(
        `Activation ${i} is NaN, and so would be every result of its token; find out where the model produced it.`,
      );
    }
    const bits = numberToHalf(value);
    const sign = bits & signBit;
    return sign + Math.min(bits - sign, largestHalf);
  });
}

/** The values of bits of singles. */
export function halfResults(bits: Float64Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** The bits of a single; those of the canonical NaN for every NaN. */
function singleCodes(values: Float32Array): Float64Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Float64Array.from(words, (bits, i) => (Number.isNaN(values[i]) ? 0x7fc00000 : bits));
}

/**
 * The product x W^T with the roundings and the order of docs/gobo-tile.md, computed whole, row by row
 * of the matrix without groups, jobs or beats: the second way to every result of the tile.
 *
 * @param activations bits of halves, [tokens x columns], row-major
 * @returns bits of singles, [tokens x rows], row-major
 */
export function halfProduct(
  weights: CodedMatrix,
  activations: Int32Array,
  tokens: number,
): Float64Array {
  const { rows, columns, indexes, outliers } = weights;
  const x = Float32Array.from(activations, halfToNumber);
  const centroids = Float64Array.from(weights.centroids, halfToNumber);
  const exceptions = Float64Array.from(outliers.codes, halfToNumber);
  const { positions } = outliers;
  const product = new Float32Array(tokens * rows);
  const sums = new Float32Array(centroids.length);
  let begin = 0;
  for (let row = 0; row < rows; row++) {
    let end = begin;
    while (end < positions.length && positions[end]! < (row + 1) * columns) end++;
    for (let token = 0; token < tokens; token++) {
      sums.fill(0);
      let apart = 0;
      let next = begin;
      for (let column = 0; column < columns; column++) {
        const position = row * columns + column;
        const activation = x[token * columns + column]!;
        if (next < end && positions[next] === position) {
          apart = Math.fround(apart + Math.fround(activation * exceptions[next++]!));
        } else {
          // The array rounds what it is given to single precision.
          sums[indexes[position]!]! += activation;
        }
      }
      let total = 0;
      centroids.forEach((centroid, k) => {
        total = Math.fround(total + Math.fround(centroid * sums[k]!));
      });
      product[token * rows + row] = total + apart;
    }
    begin = end;
  }
  return singleCodes(product);
}
