/** Models over any arithmetic: real layers on designs, quantized models, and their accuracy, for every family and engine. */
export { layerCases, testData } from './layer-cases.ts';
export type { LayerCase, LayerIssue, LayerSelection } from './layer-cases.ts';
export { verifyLayers } from './verify-layers.ts';
export type { LayerResult, VerifyLayersOptions } from './verify-layers.ts';
export { designEngine } from './design-engine.ts';
export type { DesignEngine, DesignEngineOptions, DesignWork } from './design-engine.ts';
export {
  isQuantizationManifest,
  openModel,
  quantizationFile,
  quantizedFiles,
} from './stored-model.ts';
export type {
  ModelFile,
  PackedMatrix,
  QuantizedModel,
  SiteScale,
  StoredModel,
} from './stored-model.ts';
export type { GivenOptions, MatrixSettings, PatternOptions } from './matrix-settings.ts';
export { assembleModel, quantizeModel, remainingTensors, wholeModel } from './quantize-model.ts';
export type { NamedReport, QuantizeOptions, WholeModel } from './quantize-model.ts';
export { evaluateModel, evaluationWorker } from './evaluate.ts';
export type { EvaluateModelOptions, WorkerAnswer, WorkerRequest } from './evaluate.ts';
export { openEngine, openEvaluator } from './evaluator.ts';
export type { EvaluationEngine, EvaluationSetup, Evaluator, Resolve } from './evaluator.ts';
