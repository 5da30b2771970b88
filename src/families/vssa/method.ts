import type { Method } from '../../transformer/index.ts';
import { vssaEngine } from './engine.ts';
import { scaleFor } from './format/codes.ts';
import { readMatrix, writeMatrix } from './format/matrix-file.ts';
import type { VssaMatrix } from './format/matrix-file.ts';
import { vssaOptions } from './options.ts';
import type { VssaOptions } from './options.ts';
import { dequantize, quantizeWeights } from './quantizer.ts';

/** Weights of 8 bits, and tokens whose bits are decided while they pass through the model. */
export const vssaMethod: Method<VssaOptions, VssaMatrix> = {
  name: 'vssa',
  summary: 'tokens of 8, 4 and 0 bits, chosen layer by layer by the attention they get',
  options: vssaOptions,
  // Figures of the literature: all tokens with 8 bits, half of them, none after the first layers.
  precisions: {
    t8: { r0End: 1, rho: 1 },
    t84: { r0End: 1, rho: 0.5 },
    t4: { r0End: 1, rho: 0 },
  },
  weightOnly: false,
  attention: true,
  products: true,
  quantize: (w, name) => quantizeWeights(w, name),
  dequantize,
  format: { extension: 'vssa', write: writeMatrix, read: readMatrix },
  calibrate: (_, { range }) => scaleFor(range),
  engine: vssaEngine,
};
