import { dirname, join } from 'node:path';

import { InputError } from '../numeric/index.ts';
import { matrix } from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import { readConfig } from './config.ts';
import type { HeadKind, ModelConfig } from './config.ts';
import { openSafetensors } from './safetensors.ts';
import type { TensorFile } from './safetensors.ts';
import { tensorNames } from './tensor-names.ts';
import type { LayerNames, LinearName, NormName } from './tensor-names.ts';

/** A linear layer: y = x weight^T + bias. */
export interface Linear {
  /** Name of the weight in the checkpoint. */
  readonly tensor: string;
  /** [out x in] */
  readonly weight: Matrix;
  /** [out] */
  readonly bias: Float32Array;
}

/** Weight and bias of a LayerNorm. */
export interface Norm {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface EncoderLayer {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly attentionOutput: Linear;
  readonly attentionNorm: Norm;
  readonly intermediate: Linear;
  readonly output: Linear;
  readonly outputNorm: Norm;
}

export type Head =
  | { readonly kind: 'none' }
  | { readonly kind: 'classification'; readonly pooler: Linear; readonly classifier: Linear }
  | {
      /** dense, activation, norm, then the product with the word embeddings, to which the decoder is tied. */
      readonly kind: 'masked-lm';
      readonly dense: Linear;
      readonly norm: Norm;
      readonly bias: Float32Array;
    };

/** A model in memory, its tensors in the places they have in every architecture. */
export interface Checkpoint {
  /** The weights file. */
  readonly path: string;
  readonly config: ModelConfig;
  readonly embeddings: {
    readonly words: Matrix;
    readonly positions: Matrix;
    readonly types: Matrix;
    readonly norm: Norm;
  };
  /** From embedding to hidden width; ALBERT only. */
  readonly mapping?: Linear;
  /** One entry per pass; passes that share weights share the object. */
  readonly layers: readonly EncoderLayer[];
  readonly head: Head;
}

/**
 * Loads a checkpoint in Hugging Face layout.
 *
 * @param path a folder with config.json and model.safetensors, or a .safetensors file with config.json beside it
 * @throws InputError as `readConfig` and `openSafetensors` do, and for tensors that are missing, of the wrong shape or
 *   unknown, all of them in one message
 */
export function loadCheckpoint(path: string): Checkpoint {
  const isFile = path.endsWith('.safetensors');
  const config = readConfig(isFile ? dirname(path) : path);
  const file = openSafetensors(isFile ? path : join(path, 'model.safetensors'));
  const names = tensorNames(config, file.tensors);
  const head = config.head ?? headInFile(names, file);
  const reader = tensorReader(file, names.ignored);

  const { hidden, embedding, intermediate, labels } = config;
  const linear = (name: LinearName, out: number, inputs: number): Linear => ({
    tensor: name.weight,
    weight: reader.matrix(name.weight, out, inputs),
    bias: reader.vector(name.bias, out),
  });
  const norm = (name: NormName, width: number): Norm => ({
    weight: reader.vector(name.weight, width),
    bias: reader.vector(name.bias, width),
  });
  const layer = (name: LayerNames): EncoderLayer => ({
    query: linear(name.query, hidden, hidden),
    key: linear(name.key, hidden, hidden),
    value: linear(name.value, hidden, hidden),
    attentionOutput: linear(name.attentionOutput, hidden, hidden),
    attentionNorm: norm(name.attentionNorm, hidden),
    intermediate: linear(name.intermediate, intermediate, hidden),
    output: linear(name.output, hidden, intermediate),
    outputNorm: norm(name.outputNorm, hidden),
  });
  const readHead = (kind: HeadKind): Head => {
    switch (kind) {
      case 'none':
        return { kind };
      case 'classification':
        return {
          kind,
          pooler: linear(names.pooler, hidden, hidden),
          classifier: linear(names.classifier, labels.length, hidden),
        };
      case 'masked-lm':
        return {
          kind,
          dense: linear(names.mlmDense, embedding, hidden),
          norm: norm(names.mlmNorm, embedding),
          bias: reader.vector(names.mlmBias, config.vocabulary),
        };
    }
  };

  const groups = names.layers.map(layer);
  const passesPerGroup = config.layers / groups.length;
  const checkpoint: Checkpoint = {
    path: file.path,
    config,
    embeddings: {
      words: reader.matrix(names.words, config.vocabulary, embedding),
      positions: reader.matrix(names.positions, config.positions, embedding),
      types: reader.matrix(names.types, config.tokenTypes, embedding),
      norm: norm(names.embeddingNorm, embedding),
    },
    ...(names.mapping && { mapping: linear(names.mapping, hidden, embedding) }),
    layers: Array.from(
      { length: config.layers },
      (_, i) => groups[Math.floor(i / passesPerGroup)]!,
    ),
    head: readHead(head),
  };
  reader.finish();
  return checkpoint;
}

function headInFile(names: ReturnType<typeof tensorNames>, file: TensorFile): HeadKind {
  if (file.tensors.has(names.classifier.weight)) return 'classification';
  return file.tensors.has(names.mlmDense.weight) ? 'masked-lm' : 'none';
}

/**
 * Reads tensors by name and expected shape. A tensor that does not fit is noted and replaced by an empty one, so that
 * `finish` can name all of them in one error.
 */
function tensorReader(file: TensorFile, ignored: RegExp) {
  const problems: string[] = [];
  const used = new Set<string>();
  const read = (name: string, shape: readonly number[]): Float32Array | undefined => {
    used.add(name);
    const info = file.tensors.get(name);
    if (!info) {
      problems.push(`"${name}" [${shape.join(', ')}] is missing`);
    } else if (info.shape.join() !== shape.join()) {
      problems.push(
        `"${name}" has shape [${info.shape.join(', ')}] instead of [${shape.join(', ')}]`,
      );
    } else if (problems.length === 0) {
      return file.read(name);
    }
    return undefined;
  };
  return {
    matrix(name: string, rows: number, columns: number): Matrix {
      const data = read(name, [rows, columns]);
      return data ? matrix(rows, columns, data) : matrix(0, 0);
    },
    vector: (name: string, length: number) => read(name, [length]) ?? new Float32Array(0),
    finish() {
      for (const name of file.tensors.keys()) {
        if (!used.has(name) && !ignored.test(name)) problems.push(`"${name}" is unknown`);
      }
      if (problems.length > 0) {
        throw new InputError(
          `${file.path}: the tensors do not fit config.json: ${problems.join('; ')}. Export the checkpoint again or correct config.json.`,
        );
      }
    },
  };
}
