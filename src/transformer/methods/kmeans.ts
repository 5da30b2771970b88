import { z } from 'zod';

import { matrix } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { floatEngine } from '../float-engine.ts';
import type { Method } from '../method.ts';
import { clusters, nearest } from './clusters.ts';
import { codedBytes, readCoded, writeCoded } from './packed-file.ts';
import type { CodedKind } from './packed-file.ts';
import { errorFigures, requireWeights } from './weights.ts';

const kmeansOptions = z.strictObject({
  bits: z.int().min(1).max(8).default(3).describe('bits of an index'),
  maxIterations: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(10_000)
    .describe('most updates of the centroids'),
});

export type KmeansOptions = z.infer<typeof kmeansOptions>;

/** A matrix as indexes into a dictionary. */
export interface KmeansMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  /** 2^bits values, ascending. */
  readonly centroids: Float32Array;
  /** [rows x columns], row-major */
  readonly indexes: Uint8Array;
}

const kind: CodedKind = { magic: 'SKMN', signed: false, tableLength: (bits) => 2 ** bits };

function dequantize({ rows, columns, centroids, indexes }: KmeansMatrix): Matrix {
  return matrix(
    rows,
    columns,
    Float32Array.from(indexes, (index) => centroids[index]!),
  );
}

/**
 * K-means over all weights of a matrix, from bins of equal population to the fixpoint: a dictionary without GOBO's two
 * ideas, the outliers set aside and the stop at the least L1 norm. Computed in float64; the centroids are rounded once
 * to float32 and every weight takes the nearest of the rounded ones, a tie going to the upper.
 */
export const kmeans: Method<KmeansOptions, KmeansMatrix> = {
  name: 'kmeans',
  summary: 'baseline: a dictionary per matrix by K-means over all weights',
  options: kmeansOptions,
  weightOnly: true,
  quantize(w, name, { bits, maxIterations }) {
    requireWeights(w, name);
    const search = clusters(Float64Array.from(w.data).sort(), 2 ** bits, maxIterations);
    const centroids = Float32Array.from(search.centroids);
    const packed: KmeansMatrix = {
      rows: w.rows,
      columns: w.columns,
      bits,
      centroids,
      indexes: nearest(centroids, w.data),
    };
    const bytes = codedBytes(kind, w.rows, w.columns, bits);
    return {
      packed,
      report: {
        bits,
        bitsPerWeight: (8 * bytes) / w.data.length,
        ...errorFigures(w, dequantize(packed)),
        centroids: centroids.length,
        iterations: search.iterations,
      },
    };
  },
  dequantize,
  format: {
    extension: 'kmeans',
    write: ({ centroids, indexes, ...m }) =>
      writeCoded(kind, { ...m, table: centroids, codes: indexes }),
    read(bytes, place) {
      const { table, codes, ...m } = readCoded(kind, bytes, place);
      return { ...m, centroids: table, indexes: codes as Uint8Array };
    },
  },
  engine: ({ weights }) =>
    floatEngine([...weights].map(([tensor, packed]) => ({ tensor, weight: dequantize(packed) }))),
};
