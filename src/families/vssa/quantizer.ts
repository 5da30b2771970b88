import { maxMagnitude, matrix } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import type { Quantized } from '../../transformer/index.ts';
import { errorFigures, requireWeights } from '../../transformer/methods/weights.ts';
import { scaleFor, wholeCode } from './format/codes.ts';
import { matrixBytes } from './format/matrix-file.ts';
import type { VssaMatrix } from './format/matrix-file.ts';

/** The matrix that the codes stand for. */
export const dequantize = ({ rows, columns, scale, codes }: VssaMatrix): Matrix =>
  matrix(
    rows,
    columns,
    Float32Array.from(codes, (code) => code * scale),
  );

/**
 * Weights as 8-bit codes with one scale, from the largest of them.
 *
 * @param name what messages call the matrix
 * @throws InputError for a matrix without weights and for weights that are not finite
 */
export function quantizeWeights(w: Matrix, name: string): Quantized<VssaMatrix> {
  requireWeights(w, name);
  const scale = scaleFor(maxMagnitude(w));
  const codes = Int8Array.from(w.data, (x) => wholeCode(x, scale));
  const packed: VssaMatrix = { rows: w.rows, columns: w.columns, scale, codes };
  return {
    packed,
    report: {
      bits: 8,
      bitsPerWeight: (8 * matrixBytes(w.rows, w.columns)) / codes.length,
      ...errorFigures(w, dequantize(packed)),
      scale,
    },
  };
}
