import { z } from 'zod';

import { exactMatmul } from '../../tensor/index.ts';
import type { ParameterSpec } from '../../testbench/design.ts';
import { floatEngine, siteKey } from '../../transformer/index.ts';
import type { MatmulEngine, Method, QuantizedLayers } from '../../transformer/index.ts';
import { dequantize, linearCodes, linearResult, linearScale } from './format/linear.ts';
import type { LinearMatrix } from './format/linear.ts';
import { readMatrix, writeMatrix } from './format/matrix-file.ts';
import { arrayParameters } from './params.ts';
import { quantizeLinear } from './quantizer.ts';

const bitsOption = ({ min, max, default: usual }: ParameterSpec) =>
  z.int().min(min).max(max).default(usual);

const baselineOptions = z.strictObject({
  weightBits: bitsOption(arrayParameters.weightBits).describe('bits of a weight'),
  activationBits: bitsOption(arrayParameters.activationBits).describe('bits of an activation'),
});

export type BaselineOptions = z.infer<typeof baselineOptions>;

type Layers = QuantizedLayers<BaselineOptions, LinearMatrix>;

/** Integers throughout, with one scale per matrix and per site: what every other method is compared with. */
export const baselineMethod: Method<BaselineOptions, LinearMatrix> = {
  name: 'baseline',
  summary: 'baseline: weights and activations as integers, one scale per matrix and per site',
  options: baselineOptions,
  precisions: {
    w4a4: { weightBits: 4, activationBits: 4 },
    w4a8: { weightBits: 4, activationBits: 8 },
    w4a16: { weightBits: 4, activationBits: 16 },
    w8a8: { weightBits: 8, activationBits: 8 },
    w8a16: { weightBits: 8, activationBits: 16 },
    w16a16: { weightBits: 16, activationBits: 16 },
  },
  weightOnly: false,
  quantize: quantizeLinear,
  dequantize,
  format: { extension: 'baseline', write: writeMatrix, read: readMatrix },
  calibrate: (_, { range }, { activationBits }) => linearScale(range, activationBits),
  engine: exact,
};

/** Linear layers as exact integer products, each computed whole; products of two activations in floating point. */
function exact({ weights, scales, options: { activationBits } }: Layers): MatmulEngine {
  return {
    ...floatEngine([]),
    linear: async (site, x) => {
      const w = weights.get(site.tensor ?? '');
      if (!w) throw new RangeError(`the baseline engine holds no weight "${site.tensor}"`);
      const scale = scales.get(siteKey(site));
      if (scale === undefined) {
        throw new RangeError(`the baseline engine holds no activation scale for ${siteKey(site)}`);
      }
      const data = linearCodes(x.data, scale, activationBits);
      const sums = exactMatmul(
        { rows: x.rows, columns: x.columns, data },
        { rows: w.rows, columns: w.columns, data: w.codes },
      );
      const value = Float32Array.from(sums, (sum) => linearResult(sum, scale, w.scale));
      return { value: { rows: x.rows, columns: w.rows, data: value }, exact: sums };
    },
  };
}
