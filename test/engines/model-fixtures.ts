import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  openModel,
  quantizeModel,
  quantizedFiles,
  remainingTensors,
} from '../../src/engines/index.ts';
import type {
  MatrixSettings,
  QuantizedModel,
  Resolve,
  StoredModel,
} from '../../src/engines/index.ts';
import { designOf, findMethod } from '../../src/families/index.ts';
import { findDesign } from '../../src/families/index.ts';
import { checkpointFrom } from '../../src/transformer/index.ts';
import type { AnyMethod, Checkpoint } from '../../src/transformer/index.ts';

export const resolve: Resolve = {
  method: (name) => findMethod(name),
  design: (name) => findDesign(name).design,
};

/** The design of a method that has one. */
export const hardwareOf = (method: AnyMethod) => designOf(method)!;

export const settings = (given: Partial<MatrixSettings> = {}): MatrixSettings => ({
  model: [],
  embeddings: [],
  patterns: [],
  ...given,
});

/** Settings with these options for the whole model. */
export const withOptions = (options: Readonly<Record<string, unknown>>): MatrixSettings =>
  settings({ model: [{ place: 'test', options }] });

export function opened(path: string): { stored: StoredModel; checkpoint: Checkpoint } {
  const stored = openModel(path);
  return { stored, checkpoint: checkpointFrom(stored.config, stored.file) };
}

export async function quantized(
  path: string,
  method: AnyMethod,
  given: MatrixSettings = settings(),
): Promise<QuantizedModel> {
  const { stored, checkpoint } = opened(path);
  return (await quantizeModel(stored, checkpoint, method, given)).model;
}

/** Writes what `systole quantize` writes besides copies and the report. */
export function writeQuantized(
  folder: string,
  path: string,
  model: QuantizedModel,
  method: AnyMethod,
): void {
  const { stored, checkpoint } = opened(path);
  const tensors = remainingTensors(stored, checkpoint, model);
  for (const file of quantizedFiles(model, method.format.extension, tensors)) {
    mkdirSync(dirname(join(folder, file.path)), { recursive: true });
    writeFileSync(join(folder, file.path), file.content);
  }
}
