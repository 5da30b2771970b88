import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

import { InputError } from '../numeric/index.ts';

/** Architectures whose checkpoints can be read. */
export const architectures = ['albert', 'bert', 'distilbert', 'roberta'] as const;
export type Architecture = (typeof architectures)[number];

const hiddenActivations = ['gelu', 'gelu_new', 'relu'] as const;
/** `gelu` is exact, `gelu_new` its tanh approximation; `tanh` stands in classification heads only. */
export type Activation = (typeof hiddenActivations)[number] | 'tanh';

/** What stands on the encoder; `none` gives hidden states only. */
export type HeadKind = 'classification' | 'masked-lm' | 'none';

/** The sizes and choices of an encoder, under the same names for every architecture. */
export interface ModelConfig {
  readonly architecture: Architecture;
  /** Width of the hidden state. */
  readonly hidden: number;
  /** Width of the embeddings; equals `hidden` except in ALBERT. */
  readonly embedding: number;
  readonly intermediate: number;
  /** Passes through encoder layers. */
  readonly layers: number;
  /** Sets of encoder weights: one per pass in BERT; ALBERT shares each set among consecutive passes. */
  readonly layerGroups: number;
  readonly heads: number;
  readonly vocabulary: number;
  /** Tokens of the longest sequence. */
  readonly positions: number;
  /** Rows of the table of positions before that of the first token: 0, but in RoBERTa index of the padding + 1. */
  readonly positionOffset: number;
  /** 0 in DistilBERT, which has no embeddings of token types. */
  readonly tokenTypes: number;
  /** Between the two linear layers of the feed-forward network. */
  readonly activation: Activation;
  readonly layerNormEpsilon: number;
  /** Class names of a classifier, by index. */
  readonly labels: readonly string[];
  /** The head that config.json announces; undefined when it says nothing. */
  readonly head: HeadKind | undefined;
}

const size = z.int().min(1);

const activation = z.enum(hiddenActivations);

const everyArchitecture = z.object({
  vocab_size: size,
  max_position_embeddings: size,
  tie_word_embeddings: z.literal(true).default(true),
  id2label: z.record(z.string(), z.string()).optional(),
  num_labels: size.optional(),
  architectures: z.array(z.string()).nullish(),
});

const common = everyArchitecture.extend({
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  type_vocab_size: size.default(2),
  hidden_act: activation.default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
  position_embedding_type: z.literal('absolute').default('absolute'),
});

const schemas = {
  bert: common,
  roberta: common.extend({ pad_token_id: z.int().min(0).default(1) }),
  albert: common.extend({
    embedding_size: size.default(128),
    num_hidden_groups: size.default(1),
    inner_group_num: z.literal(1).default(1),
    hidden_act: activation.default('gelu_new'),
  }),
  distilbert: everyArchitecture.extend({
    dim: size.default(768),
    hidden_dim: size.default(3072),
    n_layers: size.default(6),
    n_heads: size.default(12),
    activation: activation.default('gelu'),
    tie_weights_: z.literal(true).default(true),
  }),
};

/**
 * Reads the config.json of a Hugging Face model folder.
 *
 * @throws InputError if it is absent or no JSON, if its `model_type` is not among `architectures`, or for keys with
 *   values outside their range, all of them in one message
 */
export function readConfig(folder: string): ModelConfig {
  const path = join(folder, 'config.json');
  const json = readJson(path);
  const modelType = json['model_type'];
  const architecture = architectures.find((name) => name === modelType);
  if (!architecture) {
    const near = typeof modelType === 'string' ? closest(modelType, architectures) : undefined;
    // "gpt2" is no misspelt "bert".
    const guess =
      near && distance(near, String(modelType)) <= 2
        ? `did you mean "${near}"? Supported`
        : 'supported';
    throw new InputError(
      `${path}: model_type is ${JSON.stringify(modelType) ?? 'absent'}, ${guess} are ${architectures.join(', ')}; choose a checkpoint of one of these.`,
    );
  }
  switch (architecture) {
    case 'bert': {
      const c = parse(path, schemas.bert, json);
      return {
        ...shared(path, c),
        architecture,
        embedding: c.hidden_size,
        layerGroups: c.num_hidden_layers,
      };
    }
    case 'roberta': {
      const c = parse(path, schemas.roberta, json);
      const positionOffset = c.pad_token_id + 1;
      if (c.max_position_embeddings <= positionOffset) {
        throw new InputError(
          `${path}: max_position_embeddings is ${c.max_position_embeddings}, allowed is more than ${positionOffset}, because RoBERTa's positions begin after pad_token_id, ${c.pad_token_id}.`,
        );
      }
      return {
        ...shared(path, c),
        architecture,
        embedding: c.hidden_size,
        layerGroups: c.num_hidden_layers,
        positions: c.max_position_embeddings - positionOffset,
        positionOffset,
      };
    }
    case 'distilbert': {
      const c = parse(path, schemas.distilbert, json);
      requireWholeHeads(path, ['n_heads', c.n_heads], ['dim', c.dim]);
      return {
        ...vocabularyAndHead(path, c),
        architecture,
        hidden: c.dim,
        embedding: c.dim,
        intermediate: c.hidden_dim,
        layers: c.n_layers,
        layerGroups: c.n_layers,
        heads: c.n_heads,
        tokenTypes: 0,
        activation: c.activation,
        // DistilBERT's code fixes it.
        layerNormEpsilon: 1e-12,
      };
    }
    case 'albert': {
      const c = parse(path, schemas.albert, json);
      if (c.num_hidden_layers % c.num_hidden_groups !== 0) {
        throw new InputError(
          `${path}: num_hidden_groups is ${c.num_hidden_groups}, allowed are divisors of num_hidden_layers, ${c.num_hidden_layers}.`,
        );
      }
      return {
        ...shared(path, c),
        architecture,
        embedding: c.embedding_size,
        layerGroups: c.num_hidden_groups,
      };
    }
  }
}

/** Reads a file that must hold a JSON object. */
export function readJson(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); give a folder in Hugging Face layout with config.json, model.safetensors and a tokenizer.`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path}: is not valid JSON (${(error as Error).message}).`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new InputError(`${path}: holds no JSON object.`);
  }
  return json as Record<string, unknown>;
}

function parse<T>(path: string, schema: z.ZodType<T>, json: Record<string, unknown>): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const value = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      json,
    );
    return `${issue.path.join('.')} is ${value === undefined ? 'absent' : JSON.stringify(value)} (${issue.message})`;
  });
  throw new InputError(`${path}: ${problems.join('; ')}.`);
}

type Named = readonly [name: string, value: number];

function requireWholeHeads(path: string, [name, heads]: Named, [width, hidden]: Named): void {
  if (hidden % heads === 0) return;
  throw new InputError(
    `${path}: ${name} is ${heads}, allowed are divisors of ${width}, ${hidden}.`,
  );
}

function shared(path: string, c: z.infer<typeof common>) {
  requireWholeHeads(
    path,
    ['num_attention_heads', c.num_attention_heads],
    ['hidden_size', c.hidden_size],
  );
  return {
    ...vocabularyAndHead(path, c),
    hidden: c.hidden_size,
    intermediate: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    tokenTypes: c.type_vocab_size,
    activation: c.hidden_act,
    layerNormEpsilon: c.layer_norm_eps,
  };
}

function vocabularyAndHead(path: string, c: z.infer<typeof everyArchitecture>) {
  return {
    vocabulary: c.vocab_size,
    positions: c.max_position_embeddings,
    positionOffset: 0,
    labels: labelsOf(c),
    head: announcedHead(path, c.architectures?.[0]),
  };
}

function labelsOf(c: z.infer<typeof everyArchitecture>): string[] {
  const count = c.id2label ? Object.keys(c.id2label).length : (c.num_labels ?? 2);
  return Array.from({ length: count }, (_, i) => c.id2label?.[i] ?? `LABEL_${i}`);
}

function announcedHead(path: string, className: string | undefined): HeadKind | undefined {
  if (!className) return undefined;
  if (className.endsWith('ForSequenceClassification')) return 'classification';
  if (/For(MaskedLM|PreTraining)$/.test(className)) return 'masked-lm';
  if (/For[A-Z]/.test(className)) {
    throw new InputError(
      `${path}: architectures names ${className}, supported are heads ForSequenceClassification, ForMaskedLM and ForPreTraining, and bare models; choose a checkpoint with one of these.`,
    );
  }
  return 'none';
}
