import type { CodedMatrix } from '../../../src/families/gobo/format/coded-matrix.ts';
import type { FixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import { halfDraw } from '../../../src/families/gobo/random-half.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { naiveDot } from './naive-fp16.ts';

/** A matrix in `fixed` with this share of outliers. */
export function randomFixedMatrix(
  p: { readonly bits: number; readonly weightBits: number },
  rows: number,
  columns: number,
  share: number,
  random: Rng,
): FixedMatrix {
  const limit = 2 ** (p.weightBits - 1);
  const code = (): number => random.below(2 * limit - 1) - (limit - 1);
  const positions = Array.from({ length: rows * columns }, (_, i) => i).filter(
    () => random.uniform() < share,
  );
  return {
    ...{ rows, columns, bits: p.bits, weightBits: p.weightBits, scale: 1 },
    centroids: Int32Array.from({ length: 2 ** p.bits }, code).sort(),
    indexes: Uint8Array.from({ length: rows * columns }, () => random.below(2 ** p.bits)),
    outliers: { positions: Uint32Array.from(positions), codes: Int32Array.from(positions, code) },
  };
}

export function randomCodes(bits: number, count: number, random: Rng): Int32Array {
  const limit = 2 ** (bits - 1);
  return Int32Array.from({ length: count }, () => random.below(2 * limit) - limit);
}

/** x W^T by the definition, in BigInt: [tokens x rows]. */
export function productByDefinition(
  w: FixedMatrix,
  activations: Int32Array,
  tokens: number,
): bigint[] {
  const outliers = new Map(
    [...w.outliers.positions].map((position, i) => [position, w.outliers.codes[i]!]),
  );
  return Array.from({ length: tokens * w.rows }, (_, i) => {
    const [token, row] = [Math.floor(i / w.rows), i % w.rows];
    let sum = 0n;
    for (let column = 0; column < w.columns; column++) {
      const position = row * w.columns + column;
      const code = outliers.get(position) ?? w.centroids[w.indexes[position]!]!;
      sum += BigInt(code) * BigInt(activations[token * w.columns + column]!);
    }
    return sum;
  });
}

/** A matrix in fp16 with this share of outliers; corners among its halves. */
export function randomHalfMatrix(
  p: { readonly bits: number },
  rows: number,
  columns: number,
  share: number,
  random: Rng,
): CodedMatrix {
  const half = halfDraw(random);
  const positions = Array.from({ length: rows * columns }, (_, i) => i).filter(
    () => random.uniform() < share,
  );
  return {
    ...{ rows, columns, bits: p.bits, weightBits: 16 },
    centroids: Int32Array.from({ length: 2 ** p.bits }, half),
    indexes: Uint8Array.from({ length: rows * columns }, () => random.below(2 ** p.bits)),
    outliers: {
      positions: Uint32Array.from(positions),
      codes: Int32Array.from(positions, half),
    },
  };
}

/** Bits of the results of fp16 by the definition in whole numbers: [tokens x rows]. */
export function productOfHalves(w: CodedMatrix, activations: Int32Array, tokens: number): number[] {
  const outliers = new Map(
    Array.from(w.outliers.positions, (position, i) => [position, w.outliers.codes[i]!]),
  );
  return Array.from({ length: tokens * w.rows }, (_, i) => {
    const row = i % w.rows;
    const columns = Array.from({ length: w.columns }, (_unused, column) => {
      const position = row * w.columns + column;
      const value = outliers.get(position);
      return {
        activation: activations[Math.floor(i / w.rows) * w.columns + column]!,
        indexes: [w.indexes[position]!],
        outliers: value === undefined ? [] : [{ row: 0, value }],
      };
    });
    return naiveDot(0, [...w.centroids], columns);
  });
}
