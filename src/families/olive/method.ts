import { z } from 'zod';

import { InputError } from '../../numeric/index.ts';
import { exactMatmul } from '../../tensor/index.ts';
import { floatEngine, siteKey } from '../../transformer/index.ts';
import type { MatmulEngine, Method, QuantizedLayers } from '../../transformer/index.ts';
import { quantizeActivations, searchActivationScale } from './activations.ts';
import type { ActivationScale } from './activations.ts';
import { readMatrix, writeMatrix } from './format/matrix-file.ts';
import { dequantize, narrowed, ovpResult, valuesOf } from './format/ovp-matrix.ts';
import type { OvpMatrix } from './format/ovp-matrix.ts';
import { quantizeOlive } from './quantizer.ts';
import type { QuantizerOptions } from './quantizer.ts';

const oliveOptions = z.strictObject({
  precision: z
    .enum(['w4a4', 'w8a8', 'w4a16'])
    .default('w4a4')
    .describe('bits of weights and activations; those of 16 stay in floating point'),
  type: z
    .enum(['auto', 'int4', 'flint4'])
    .default('auto')
    .describe('normal type of 4-bit codes; auto takes the one with the smaller error'),
  rule: z
    .enum(['paper', 'artifact', 'nearest-pair'])
    .default('paper')
    .describe(
      "pairs as in the paper, as in its authors' published code, or those with the least squared error",
    ),
});

export type OliveOptions = z.infer<typeof oliveOptions>;

const bitsOf = {
  w4a4: { bits: 4, activationBits: 4 },
  w8a8: { bits: 8, activationBits: 8 },
  w4a16: { bits: 4, activationBits: 16 },
} as const satisfies Record<
  OliveOptions['precision'],
  Pick<QuantizerOptions, 'bits' | 'activationBits'>
>;

type Layers = QuantizedLayers<OliveOptions, OvpMatrix, ActivationScale>;

/**
 * OliVe as a method: outlier-victim pairs for weights, and for activations, too, unless those are to stay in floating
 * point. Linear layers only, as in the paper.
 */
export const oliveMethod: Method<OliveOptions, OvpMatrix, ActivationScale> = {
  name: 'olive',
  summary: 'outlier-victim pairs by OliVe: an outlier takes the code of its neighbour',
  options: oliveOptions,
  precisions: {
    w4a4: { precision: 'w4a4' },
    w8a8: { precision: 'w8a8' },
    w4a16: { precision: 'w4a16' },
  },
  weightOnly: false,
  kinds: ['linear'],
  quantize: (w, name, { precision, type, rule }) =>
    quantizeOlive(w, name, { ...bitsOf[precision], type, rule }),
  dequantize,
  format: { extension: 'olive', write: writeMatrix, read: readMatrix },
  calibrate(_, { samples }, { precision, type, rule }) {
    const { activationBits } = bitsOf[precision];
    if (activationBits === 16) return { type: 'float', scale: 1, rule };
    return searchActivationScale(samples, { bits: activationBits, type, rule });
  },
  engine: (layers) =>
    bitsOf[layers.options.precision].activationBits === 16 ? weightsAlone(layers) : exact(layers),
};

/** Weights quantized, activations in floating point. */
const weightsAlone = ({ weights }: Layers): MatmulEngine =>
  floatEngine([...weights].map(([tensor, packed]) => ({ tensor, weight: dequantize(packed) })));

/**
 * Linear layers as exact integer products, each computed whole; products of two activations in floating point. A sum
 * that the 32 bits of the hardware do not hold is an error.
 */
function exact({ weights, scales }: Layers): MatmulEngine {
  const unpacked = new Map<string, ReturnType<typeof narrowed>>();
  const valuesFor = (tensor: string, packed: OvpMatrix): ReturnType<typeof narrowed> => {
    const values = unpacked.get(tensor) ?? narrowed(valuesOf(packed));
    unpacked.set(tensor, values);
    return values;
  };
  return {
    ...floatEngine([]),
    linear: async (site, x) => {
      const tensor = site.tensor ?? '';
      const w = weights.get(tensor);
      if (!w) throw new RangeError(`the OliVe engine holds no weight "${tensor}"`);
      const scale = scales.get(siteKey(site));
      if (!scale) {
        throw new RangeError(`the OliVe engine holds no activation scale for ${siteKey(site)}`);
      }
      const sums = exactMatmul(
        {
          rows: x.rows,
          columns: x.columns,
          data: narrowed(quantizeActivations(x, scale)),
        },
        { rows: w.rows, columns: w.columns, data: valuesFor(tensor, w) },
      );
      const bad = sums.findIndex((sum) => sum !== (sum | 0));
      if (bad >= 0) {
        throw new InputError(
          `${tensor}: a sum is ${sums[bad]}, which 32 bits do not hold, as they must in the hardware; use codes of 4 bits for this matrix.`,
        );
      }
      const value = Float32Array.from(sums, (sum, i) =>
        ovpResult(sum, scale.scale, w.scales[i % w.rows]!),
      );
      return { value: { rows: x.rows, columns: w.rows, data: value }, exact: sums };
    },
  };
}
