/**
 * Trained BERT-family models in software: checkpoints, tokenizers and data sets from disk; the encoder, written once
 * over a pluggable matrix engine; and what a hardware run needs from it: every linear layer's weight, the activations
 * that reach it, and their ranges over a calibration set.
 */
export { linearRoles, siteKey } from './matmul-engine.ts';
export type { LinearRole, MatmulEngine, Product, Role, Site, Tokens } from './matmul-engine.ts';
export type { Method } from './method.ts';
export { floatEngine } from './float-engine.ts';
export { openSafetensors } from './safetensors.ts';
export type { Dtype, TensorFile, TensorInfo } from './safetensors.ts';
export { architectures, readConfig } from './config.ts';
export type { Architecture, HeadKind, ModelConfig } from './config.ts';
export { loadCheckpoint } from './checkpoint.ts';
export type { Checkpoint, EncoderLayer, Head, Linear, Norm } from './checkpoint.ts';
export { linearSites, linearUses } from './sites.ts';
export type { LinearSite } from './sites.ts';
export { loadTokenizer, smilesRule } from './tokenizer.ts';
export type { Encoding, TextTokenizer, VocabularyRule } from './tokenizer.ts';
export { readExamples } from './examples.ts';
export type { Example } from './examples.ts';
export { packBatch } from './batch.ts';
export type { Batch } from './batch.ts';
export { encode } from './encoder.ts';
export type { EncoderOutput } from './encoder.ts';
export { calibrate, captureActivations, observingEngine } from './capture.ts';
export type { Captured } from './capture.ts';
