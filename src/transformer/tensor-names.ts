import type { ModelConfig } from './config.ts';

export interface LinearName {
  readonly weight: string;
  readonly bias: string;
}
export type NormName = LinearName;

export interface LayerNames {
  readonly query: LinearName;
  readonly key: LinearName;
  readonly value: LinearName;
  readonly attentionOutput: LinearName;
  readonly attentionNorm: NormName;
  readonly intermediate: LinearName;
  readonly output: LinearName;
  readonly outputNorm: NormName;
}

/** Where an architecture's checkpoints keep each tensor. */
export interface TensorNames {
  readonly words: string;
  readonly positions: string;
  readonly types: string;
  readonly embeddingNorm: NormName;
  readonly mapping?: LinearName;
  /** One entry per set of weights. */
  readonly layers: readonly LayerNames[];
  readonly pooler: LinearName;
  readonly classifier: LinearName;
  readonly mlmDense: LinearName;
  readonly mlmNorm: NormName;
  readonly mlmBias: string;
  /** Tensors that may be present without being used: heads of other tasks, copies of tied weights, constants. */
  readonly ignored: RegExp;
}

/**
 * The names that Hugging Face transformers gives the tensors of an architecture.
 *
 * @param present names in the file: a bare encoder is saved without the architecture's prefix, and checkpoints
 *   converted from TensorFlow call the LayerNorm's tensors gamma and beta
 */
export function tensorNames(
  config: ModelConfig,
  present: { has(name: string): boolean },
): TensorNames {
  const prefixed = `${config.architecture}.`;
  const prefix = present.has('embeddings.word_embeddings.weight') ? '' : prefixed;
  const linear = (name: string): LinearName => ({
    weight: `${name}.weight`,
    bias: `${name}.bias`,
  });
  const norm = (name: string): NormName =>
    present.has(`${name}.gamma`) ? { weight: `${name}.gamma`, bias: `${name}.beta` } : linear(name);
  const embeddings = {
    words: `${prefix}embeddings.word_embeddings.weight`,
    positions: `${prefix}embeddings.position_embeddings.weight`,
    types: `${prefix}embeddings.token_type_embeddings.weight`,
    embeddingNorm: norm(`${prefix}embeddings.LayerNorm`),
  };
  const groups = Array.from({ length: config.layerGroups }, (_, i) => i);
  switch (config.architecture) {
    case 'bert':
      return {
        ...embeddings,
        layers: groups.map((i) => {
          const at = `${prefix}encoder.layer.${i}`;
          return {
            query: linear(`${at}.attention.self.query`),
            key: linear(`${at}.attention.self.key`),
            value: linear(`${at}.attention.self.value`),
            attentionOutput: linear(`${at}.attention.output.dense`),
            attentionNorm: norm(`${at}.attention.output.LayerNorm`),
            intermediate: linear(`${at}.intermediate.dense`),
            output: linear(`${at}.output.dense`),
            outputNorm: norm(`${at}.output.LayerNorm`),
          };
        }),
        pooler: linear(`${prefix}pooler.dense`),
        classifier: linear('classifier'),
        mlmDense: linear('cls.predictions.transform.dense'),
        mlmNorm: norm('cls.predictions.transform.LayerNorm'),
        mlmBias: 'cls.predictions.bias',
        ignored:
          /^(bert\.)?(embeddings\.position_ids$|pooler\.)|^cls\.(predictions\.decoder|seq_relationship)\./,
      };
    case 'albert':
      return {
        ...embeddings,
        mapping: linear(`${prefix}encoder.embedding_hidden_mapping_in`),
        layers: groups.map((i) => {
          const at = `${prefix}encoder.albert_layer_groups.${i}.albert_layers.0`;
          return {
            query: linear(`${at}.attention.query`),
            key: linear(`${at}.attention.key`),
            value: linear(`${at}.attention.value`),
            attentionOutput: linear(`${at}.attention.dense`),
            attentionNorm: norm(`${at}.attention.LayerNorm`),
            intermediate: linear(`${at}.ffn`),
            output: linear(`${at}.ffn_output`),
            outputNorm: norm(`${at}.full_layer_layer_norm`),
          };
        }),
        pooler: linear(`${prefix}pooler`),
        classifier: linear('classifier'),
        mlmDense: linear('predictions.dense'),
        mlmNorm: norm('predictions.LayerNorm'),
        mlmBias: 'predictions.bias',
        ignored:
          /^(albert\.)?(embeddings\.position_ids$|pooler\.)|^predictions\.decoder\.|^sop_classifier\./,
      };
  }
}
