import { z } from 'zod';

import { exactMatmul } from '../../tensor/index.ts';
import type { IntegerMatrix } from '../../tensor/index.ts';
import { floatEngine, siteKey } from '../../transformer/index.ts';
import type { MatmulEngine, Method, QuantizedLayers } from '../../transformer/index.ts';
import { readContainer, writeContainer } from './format/container.ts';
import { denseCodes, fixedCodes, fixedMatrix, fixedResult, fixedScale } from './format/fixed.ts';
import type { QuantizedMatrix } from './format/quantized-matrix.ts';
import { defaultQuantizerOptions as usual, dequantize, quantizeGobo } from './quantizer.ts';

const goboOptions = z.strictObject({
  bits: z.int().min(2).max(6).default(usual.bits).describe('bits of an index'),
  outliers: z
    .boolean()
    .default(usual.outliers)
    .describe('whether improbable weights stay as they are; if not, all get an index'),
  threshold: z
    .number()
    .default(usual.threshold)
    .describe('natural log of the Gaussian density up to which a weight is an outlier'),
  valueType: z
    .enum(['f32', 'f16'])
    .default(usual.valueType)
    .describe('type of dictionary entries and outliers'),
  maxIterations: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(usual.maxIterations)
    .describe('most updates of the centroids'),
  activationBits: z
    .int()
    .min(8)
    .max(16)
    .default(16)
    .describe('bits of an activation in fixed arithmetic'),
  weightBits: z
    .int()
    .min(8)
    .max(16)
    .default(16)
    .describe('bits of a dictionary entry or outlier in fixed arithmetic'),
});

export type GoboOptions = z.infer<typeof goboOptions>;

type Layers = QuantizedLayers<GoboOptions, QuantizedMatrix>;

/**
 * GOBO as a method. The container is its format. Its own engine computes as the tile does, in the
 * number system `fixed`; the paper's setting, weights alone quantized, is the dequantized model in
 * floating point.
 */
export const goboMethod: Method<GoboOptions, QuantizedMatrix> = {
  name: 'gobo',
  summary: 'a dictionary per matrix by GOBO, improbable weights kept as they are',
  options: goboOptions,
  weightOnly: true,
  quantize(w, name, { bits, outliers, threshold, valueType, maxIterations }) {
    const { packed, report } = quantizeGobo(w, {
      ...{ bits, outliers, threshold, valueType, maxIterations, name },
    });
    return { packed, report: { bits, ...report, centroids: [...packed.centroids] } };
  },
  dequantize,
  format: { extension: 'gobo', write: writeContainer, read: readContainer },
  calibrate: (_, { range }, { activationBits }) => fixedScale(range, activationBits),
  engine: fixed,
};

/**
 * Linear layers in the number system `fixed`, each product computed whole as exact integers; products
 * of two activations stay in floating point.
 */
function fixed({ weights, scales, options }: Layers): MatmulEngine {
  const { activationBits, weightBits } = options;
  const images = new Map<string, { readonly codes: IntegerMatrix; readonly scale: number }>();
  const imageOf = (tensor: string): { readonly codes: IntegerMatrix; readonly scale: number } => {
    const ready = images.get(tensor);
    if (ready) return ready;
    const packed = weights.get(tensor);
    if (!packed) throw new RangeError(`the GOBO engine holds no weight "${tensor}"`);
    const image = fixedMatrix(packed, weightBits);
    const { rows, columns, data } = denseCodes(image);
    const made = { codes: { rows, columns, data: Int16Array.from(data) }, scale: image.scale };
    images.set(tensor, made);
    return made;
  };
  return {
    ...floatEngine([]),
    linear: async (site, x) => {
      const { codes, scale } = imageOf(site.tensor ?? '');
      const activationScale = scales.get(siteKey(site));
      if (activationScale === undefined) {
        throw new RangeError(`the GOBO engine holds no activation scale for ${siteKey(site)}`);
      }
      const data = Int16Array.from(fixedCodes(x.data, activationScale, activationBits));
      const exact = exactMatmul({ rows: x.rows, columns: x.columns, data }, codes);
      const value = Float32Array.from(exact, (sum) => fixedResult(sum, activationScale, scale));
      return { value: { rows: x.rows, columns: codes.rows, data: value }, exact };
    },
  };
}
