/** GOBO: dictionary-quantized weights, adders instead of multipliers, outliers on a side path. */
import type { Family } from '../family.ts';
import { goboCosts } from './costs.ts';
import { goboAccelerator, goboDecompressor, goboPe, goboTile } from './designs.ts';
import { containerKind, modelKind } from './format/describe.ts';
import { goboMethod } from './method.ts';

export { dequantize, quantizeGobo } from './quantizer.ts';
export type { QuantizationReport, QuantizedMatrix, QuantizerOptions } from './quantizer.ts';

export const gobo: Family = {
  name: 'gobo',
  paper:
    'Zadeh, Edo, Awad, Moshovos: GOBO: Quantizing Attention-Based NLP Models for Low Latency and Energy Efficient Inference, MICRO 2020, arXiv 2005.03842',
  method: goboMethod,
  files: [containerKind, modelKind],
  designs: [goboTile, goboPe, goboDecompressor, goboAccelerator],
  costs: goboCosts,
};
