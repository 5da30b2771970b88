/** Runs real layers on designs, whatever the family and whatever the engine. */
export { layerCases } from './layer-cases.ts';
export type { LayerCase, LayerIssue, LayerSelection } from './layer-cases.ts';
export { verifyLayers } from './verify-layers.ts';
export type { LayerResult, VerifyLayersOptions } from './verify-layers.ts';
