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

/** Tensors that may be present without being used, and why that does no harm. */
export interface Harmless {
  readonly pattern: RegExp;
  readonly reason: string;
}

/** Where an architecture's checkpoints keep each tensor. */
export interface TensorNames {
  readonly words: string;
  readonly positions: string;
  /** Absent in DistilBERT. */
  readonly types?: string;
  readonly embeddingNorm: NormName;
  /** ALBERT only. */
  readonly mapping?: LinearName;
  /** One entry per set of weights. */
  readonly layers: readonly LayerNames[];
  /** The linear layer between the first token's hidden state and the classifier. */
  readonly pooler: LinearName;
  readonly classifier: LinearName;
  readonly mlmDense: LinearName;
  readonly mlmNorm: NormName;
  /** The masked-LM decoder: its weight is that of the words, its bias stands under one of two names or both. */
  readonly mlmBias: string;
  readonly decoder: LinearName;
  readonly harmless: readonly Harmless[];
}

const linear = (name: string): LinearName => ({ weight: `${name}.weight`, bias: `${name}.bias` });

const buffers: Harmless = {
  pattern: /^(\w+\.)?embeddings\.(position_ids|token_type_ids)$/,
  reason: 'a constant that older versions of Hugging Face transformers saved',
};
const unusedPooler: Harmless = {
  pattern: /^(\w+\.)?pooler\./,
  reason: 'a pooler that the head does not use; masked-LM training leaves it untrained',
};

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
  const prefix = present.has('embeddings.word_embeddings.weight') ? '' : `${config.architecture}.`;
  const norm = (name: string): NormName =>
    present.has(`${name}.gamma`) ? { weight: `${name}.gamma`, bias: `${name}.beta` } : linear(name);
  const embeddings = {
    words: `${prefix}embeddings.word_embeddings.weight`,
    positions: `${prefix}embeddings.position_embeddings.weight`,
    embeddingNorm: norm(`${prefix}embeddings.LayerNorm`),
  };
  const types = `${prefix}embeddings.token_type_embeddings.weight`;
  const groups = Array.from({ length: config.layerGroups }, (_, i) => i);
  const bertLayer = (i: number): LayerNames => {
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
  };
  const sentenceOrder = (name: string): Harmless => ({
    pattern: new RegExp(`^${name}\\.(weight|bias)$`),
    reason: 'the sentence-pair head of pre-training',
  });

  switch (config.architecture) {
    case 'bert':
      return {
        ...embeddings,
        types,
        layers: groups.map(bertLayer),
        pooler: linear(`${prefix}pooler.dense`),
        classifier: linear('classifier'),
        mlmDense: linear('cls.predictions.transform.dense'),
        mlmNorm: norm('cls.predictions.transform.LayerNorm'),
        mlmBias: 'cls.predictions.bias',
        decoder: linear('cls.predictions.decoder'),
        harmless: [buffers, unusedPooler, sentenceOrder('cls\\.seq_relationship')],
      };
    case 'roberta':
      return {
        ...embeddings,
        types,
        layers: groups.map(bertLayer),
        pooler: linear('classifier.dense'),
        classifier: linear('classifier.out_proj'),
        mlmDense: linear('lm_head.dense'),
        mlmNorm: linear('lm_head.layer_norm'),
        mlmBias: 'lm_head.bias',
        decoder: linear('lm_head.decoder'),
        harmless: [buffers, unusedPooler],
      };
    case 'distilbert':
      return {
        ...embeddings,
        layers: groups.map((i) => {
          const at = `${prefix}transformer.layer.${i}`;
          return {
            query: linear(`${at}.attention.q_lin`),
            key: linear(`${at}.attention.k_lin`),
            value: linear(`${at}.attention.v_lin`),
            attentionOutput: linear(`${at}.attention.out_lin`),
            attentionNorm: linear(`${at}.sa_layer_norm`),
            intermediate: linear(`${at}.ffn.lin1`),
            output: linear(`${at}.ffn.lin2`),
            outputNorm: linear(`${at}.output_layer_norm`),
          };
        }),
        pooler: linear('pre_classifier'),
        classifier: linear('classifier'),
        mlmDense: linear('vocab_transform'),
        mlmNorm: linear('vocab_layer_norm'),
        mlmBias: 'vocab_projector.bias',
        decoder: linear('vocab_projector'),
        harmless: [buffers],
      };
    case 'albert':
      return {
        ...embeddings,
        types,
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
        decoder: linear('predictions.decoder'),
        harmless: [buffers, unusedPooler, sentenceOrder('sop_classifier\\.classifier')],
      };
  }
}
