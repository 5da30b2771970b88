/**
 * Trained BERT-family models in software: checkpoints, tokenizers and data sets from disk; the encoder, written once
 * over a pluggable matrix engine; and what a hardware run needs from it: every linear layer's weight, the activations
 * that reach it, and their ranges over a calibration set.
 */
export { attentionOperands, linearRoles, siteKey } from './matmul-engine.ts';
export type {
  AttentionOperand,
  LinearRole,
  MatmulEngine,
  Product,
  Role,
  Site,
  TokenMerge,
  Tokens,
} from './matmul-engine.ts';
export type {
  AnyMethod,
  Figure,
  MatrixReport,
  Method,
  OptionsSchema,
  PackedFormat,
  Quantized,
  QuantizedLayers,
  SiteActivations,
} from './method.ts';
export { optionsOf, resolveOptions } from './method-options.ts';
export type { OptionHelp, OptionIssue } from './method-options.ts';
export { baselines, kmeans, linear } from './methods/index.ts';
export { modelMatrices } from './model-matrices.ts';
export type { MatrixKind, ModelMatrix } from './model-matrices.ts';
export { writeSafetensors } from './safetensors-write.ts';
export type { FloatTensor } from './safetensors-write.ts';
export { floatEngine } from './float-engine.ts';
export { openSafetensors } from './safetensors.ts';
export { openSharded, openWeights } from './sharded.ts';
export type { Dtype, TensorFile, TensorInfo } from './safetensors.ts';
export { architectures, readConfig } from './config.ts';
export type { Activation, Architecture, HeadKind, ModelConfig } from './config.ts';
export { tensorNames } from './tensor-names.ts';
export type { TensorNames } from './tensor-names.ts';
export { checkpointFrom, loadCheckpoint } from './checkpoint.ts';
export type { Checkpoint, EncoderLayer, Head, Linear, Norm } from './checkpoint.ts';
export { attentionSites, linearSites, linearUses } from './sites.ts';
export type { LinearSite } from './sites.ts';
export { loadTokenizer } from './tokenizer.ts';
export type { Encoding, TextTokenizer } from './text-tokenizer.ts';
export { readTokenizerFile } from './tokenizer-file.ts';
export { smilesRule } from './tokenizer-rule.ts';
export type { SpecialTokens, VocabularyRule } from './tokenizer-rule.ts';
export { readExamples } from './examples.ts';
export type { Example } from './examples.ts';
export { packBatch } from './batch.ts';
export type { Batch } from './batch.ts';
export { encode } from './encoder.ts';
export type { EncodeOptions, EncoderOutput } from './encoder.ts';
export type { LayerEvent, Observer, ProductEvent } from './observer.ts';
export {
  askTask,
  classify,
  evaluateTask,
  labelIndex,
  maskedLm,
  maskedShare,
  scoreQuestions,
  taskNamed,
  tasks,
} from './tasks/index.ts';
export type {
  EvaluateOptions,
  Evaluation,
  Question,
  Questionnaire,
  Score,
  Target,
  Task,
  TaskContext,
} from './tasks/index.ts';
export { calibrate, captureActivations } from './capture.ts';
export type { Captured } from './capture.ts';
