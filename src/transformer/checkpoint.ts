import { dirname } from 'node:path';

import { InputError } from '../numeric/index.ts';
import { matrix } from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import { readConfig } from './config.ts';
import type { Activation, HeadKind, ModelConfig } from './config.ts';
import { isReadable, readableDtypes } from './safetensors.ts';
import type { TensorFile } from './safetensors.ts';
import { openWeights } from './sharded.ts';
import { tensorNames } from './tensor-names.ts';
import type { LayerNames, LinearName, NormName, TensorNames } from './tensor-names.ts';

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
  | {
      /** The first token's hidden state through `pooler`, `activation` and `classifier`. */
      readonly kind: 'classification';
      readonly pooler: Linear;
      readonly activation: Activation;
      readonly classifier: Linear;
    }
  | {
      /** dense, activation, norm, then the product with the word embeddings, to which the decoder is tied. */
      readonly kind: 'masked-lm';
      readonly dense: Linear;
      readonly activation: Activation;
      readonly norm: Norm;
      readonly bias: Float32Array;
    };

/** A model in memory, its tensors in the places they have in every architecture. */
export interface Checkpoint {
  /** The weights file, or the index of several. */
  readonly path: string;
  readonly config: ModelConfig;
  readonly embeddings: {
    /** [vocabulary x embedding] */
    readonly words: Matrix;
    /** [positionOffset + positions x embedding] */
    readonly positions: Matrix;
    /** [tokenTypes x embedding]; absent in DistilBERT */
    readonly types?: Matrix;
    readonly norm: Norm;
  };
  /** From embedding to hidden width; ALBERT only. */
  readonly mapping?: Linear;
  /** One entry per pass; passes that share weights share the object. */
  readonly layers: readonly EncoderLayer[];
  readonly head: Head;
  /** Tensors of the file that the model does not use, and why that does no harm. */
  readonly unused: readonly { readonly tensor: string; readonly reason: string }[];
}

/**
 * Loads a checkpoint in Hugging Face layout. Weights of 16 bits are widened to float32.
 *
 * @param path a folder with config.json and model.safetensors or model.safetensors.index.json, or the path of such a
 *   weights file with config.json beside it
 * @throws InputError as `readConfig` and `openWeights` do, and for tensors that are missing, of the wrong shape or type,
 *   or unknown, and for copies of tied weights that differ, all of them in one message
 */
export function loadCheckpoint(path: string): Checkpoint {
  const isFile = /\.(safetensors|json)$/.test(path);
  const config = readConfig(isFile ? dirname(path) : path);
  return checkpointFrom(config, openWeights(path));
}

/**
 * As `loadCheckpoint`, from tensors that may rest in any form.
 *
 * @throws InputError for tensors that do not fit `config`, all of them in one message
 */
export function checkpointFrom(config: ModelConfig, file: TensorFile): Checkpoint {
  const names = tensorNames(config, file.tensors);
  const head = config.head ?? headInFile(names, file);
  const reader = tensorReader(file);

  const { hidden, embedding, intermediate, labels, vocabulary } = config;
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
          activation: config.architecture === 'distilbert' ? 'relu' : 'tanh',
          classifier: linear(names.classifier, labels.length, hidden),
        };
      case 'masked-lm':
        return {
          kind,
          dense: linear(names.mlmDense, embedding, hidden),
          // RoBERTa's code fixes it; the others follow the feed-forward network.
          activation: config.architecture === 'roberta' ? 'gelu' : config.activation,
          norm: norm(names.mlmNorm, embedding),
          bias: decoderBias(),
        };
    }
  };
  const decoderBias = (): Float32Array => {
    // Of two tensors that are one, a file may hold the first, the second or both.
    const [first, second] = [names.mlmBias, names.decoder.bias];
    if (first === second || !file.tensors.has(second)) return reader.vector(first, vocabulary);
    if (!file.tensors.has(first)) return reader.vector(second, vocabulary);
    const bias = reader.vector(first, vocabulary);
    reader.copy(second, [vocabulary], first, bias);
    return bias;
  };

  const groups = names.layers.map(layer);
  const passesPerGroup = config.layers / groups.length;
  const words = reader.matrix(names.words, vocabulary, embedding);
  const positions = config.positions + config.positionOffset;
  const loaded = {
    path: file.path,
    config,
    embeddings: {
      words,
      positions: reader.matrix(names.positions, positions, embedding),
      ...(names.types && { types: reader.matrix(names.types, config.tokenTypes, embedding) }),
      norm: norm(names.embeddingNorm, embedding),
    },
    ...(names.mapping && { mapping: linear(names.mapping, hidden, embedding) }),
    layers: Array.from(
      { length: config.layers },
      (_, i) => groups[Math.floor(i / passesPerGroup)]!,
    ),
    head: readHead(head),
  };
  if (head === 'masked-lm' && file.tensors.has(names.decoder.weight)) {
    reader.copy(names.decoder.weight, [vocabulary, embedding], names.words, words.data);
  }
  return { ...loaded, unused: reader.finish(names) };
}

function headInFile(names: TensorNames, file: TensorFile): HeadKind {
  if (file.tensors.has(names.classifier.weight)) return 'classification';
  return file.tensors.has(names.mlmDense.weight) ? 'masked-lm' : 'none';
}

/**
 * Reads tensors by name and expected shape. A tensor that does not fit is noted and replaced by an empty one, so that
 * `finish` can name all of them in one error.
 */
function tensorReader(file: TensorFile) {
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
    } else if (!isReadable(info.dtype)) {
      problems.push(`"${name}" is ${info.dtype} instead of ${readableDtypes.join(', ')}`);
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
    /** Requires that a tensor equals another one, to which it is tied. */
    copy(name: string, shape: readonly number[], original: string, values: Float32Array): void {
      const data = read(name, shape);
      if (data && data.some((x, i) => x !== values[i])) {
        problems.push(`"${name}" differs from "${original}", to which it must be tied`);
      }
    },
    /** Ends the reading; returns what was left over for a good reason. */
    finish({ harmless }: TensorNames): Checkpoint['unused'] {
      const unused = [...file.tensors.keys()].flatMap((tensor) => {
        if (used.has(tensor)) return [];
        const reason = harmless.find(({ pattern }) => pattern.test(tensor))?.reason;
        if (reason) return [{ tensor, reason }];
        problems.push(`"${tensor}" is unknown`);
        return [];
      });
      if (problems.length > 0) {
        throw new InputError(
          `${file.path}: the tensors do not fit config.json: ${problems.join('; ')}. Export the checkpoint again or correct config.json.`,
        );
      }
      return unused;
    },
  };
}
