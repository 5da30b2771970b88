import { maxMagnitude } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import type { Quantized } from '../../transformer/index.ts';
import { errorFigures, requireWeights } from '../../transformer/methods/weights.ts';
import { dequantize, linearCodes, linearScale } from './format/linear.ts';
import type { LinearMatrix } from './format/linear.ts';
import { writeMatrix } from './format/matrix-file.ts';

export interface QuantizerOptions {
  readonly weightBits: number;
  readonly activationBits: number;
}

/**
 * Symmetric uniform quantization with one scale per matrix, from its largest weight.
 *
 * @param name what messages call the matrix
 * @throws InputError for a matrix without weights and for weights that are not finite
 */
export function quantizeLinear(
  w: Matrix,
  name: string,
  { weightBits, activationBits }: QuantizerOptions,
): Quantized<LinearMatrix> {
  requireWeights(w, name);
  const scale = linearScale(maxMagnitude(w), weightBits);
  const packed: LinearMatrix = {
    rows: w.rows,
    columns: w.columns,
    weightBits,
    activationBits,
    scale,
    codes: linearCodes(w.data, scale, weightBits),
  };
  return {
    packed,
    report: {
      bits: weightBits,
      bitsPerWeight: (8 * writeMatrix(packed).length) / w.data.length,
      ...errorFigures(w, dequantize(packed)),
      scale,
    },
  };
}
