import { z } from 'zod';

import { clampSymmetric, roundHalfAway } from '../../numeric/index.ts';
import { matrix, maxMagnitude } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { floatEngine } from '../float-engine.ts';
import type { Method } from '../method.ts';
import { codedBytes, readCoded, writeCoded } from './packed-file.ts';
import type { CodedKind } from './packed-file.ts';
import { errorFigures, requireWeights } from './weights.ts';

const linearOptions = z.strictObject({
  bits: z.int().min(2).max(8).default(8).describe('bits of a weight'),
});

export type LinearOptions = z.infer<typeof linearOptions>;

/** A matrix as integers with one scale: weight = code x scale. */
export interface LinearMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  /** A float32 value, above 0. */
  readonly scale: number;
  /** [rows x columns], row-major; -(2^(bits-1) - 1) .. 2^(bits-1) - 1 */
  readonly codes: Int8Array;
}

const kind: CodedKind = { magic: 'SLIN', signed: true, tableLength: () => 1 };

function dequantize({ rows, columns, scale, codes }: LinearMatrix): Matrix {
  return matrix(
    rows,
    columns,
    Float32Array.from(codes, (code) => code * scale),
  );
}

/**
 * Symmetric uniform quantization with one scale per matrix, the baseline of most papers: scale = max |w| / (2^(b-1) - 1)
 * rounded once to float32, code = w / scale rounded to the nearest integer, halves away from zero (our choice).
 */
export const linear: Method<LinearOptions, LinearMatrix> = {
  name: 'linear',
  summary: 'baseline: uniform symmetric codes, one scale per matrix',
  options: linearOptions,
  weightOnly: true,
  quantize(w, name, { bits }) {
    requireWeights(w, name);
    const scale = Math.fround(maxMagnitude(w) / (2 ** (bits - 1) - 1)) || 1;
    const codes = Int8Array.from(w.data, (x) => clampSymmetric(roundHalfAway(x / scale), bits));
    const packed: LinearMatrix = { rows: w.rows, columns: w.columns, bits, scale, codes };
    const bytes = codedBytes(kind, w.rows, w.columns, bits);
    return {
      packed,
      report: {
        bits,
        bitsPerWeight: (8 * bytes) / codes.length,
        ...errorFigures(w, dequantize(packed)),
        scale,
      },
    };
  },
  dequantize,
  format: {
    extension: 'linear',
    write: ({ scale, ...m }) => writeCoded(kind, { ...m, table: Float32Array.of(scale) }),
    read(bytes, place) {
      const { table, codes, ...m } = readCoded(kind, bytes, place);
      return { ...m, scale: table[0]!, codes: codes as Int8Array };
    },
  },
  engine: ({ weights }) =>
    floatEngine([...weights].map(([tensor, packed]) => ({ tensor, weight: dequantize(packed) }))),
};
