import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { InputError } from '../numeric/index.ts';

/** Architectures whose checkpoints can be read. */
export const architectures = ['albert', 'bert'] as const;
export type Architecture = (typeof architectures)[number];

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
  readonly positions: number;
  readonly tokenTypes: number;
  readonly activation: 'gelu' | 'gelu_new' | 'relu';
  readonly layerNormEpsilon: number;
  /** Class names of a classifier, by index. */
  readonly labels: readonly string[];
  /** The head that config.json announces; undefined when it says nothing. */
  readonly head: HeadKind | undefined;
}

const size = z.int().min(1);

const common = z.object({
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  vocab_size: size,
  max_position_embeddings: size,
  type_vocab_size: size.default(2),
  hidden_act: z.enum(['gelu', 'gelu_new', 'relu']).default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
  position_embedding_type: z.literal('absolute').default('absolute'),
  tie_word_embeddings: z.literal(true).default(true),
  id2label: z.record(z.string(), z.string()).optional(),
  num_labels: size.optional(),
  architectures: z.array(z.string()).nullish(),
});

const schemas = {
  bert: common,
  albert: common.extend({
    embedding_size: size.default(128),
    num_hidden_groups: size.default(1),
    inner_group_num: z.literal(1).default(1),
    hidden_act: z.enum(['gelu', 'gelu_new', 'relu']).default('gelu_new'),
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
    throw new InputError(
      `${path}: model_type is ${JSON.stringify(modelType)}, supported are ${architectures.join(', ')}; choose a checkpoint of one of these.`,
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

function shared(path: string, c: z.infer<typeof common>) {
  if (c.hidden_size % c.num_attention_heads !== 0) {
    throw new InputError(
      `${path}: num_attention_heads is ${c.num_attention_heads}, allowed are divisors of hidden_size, ${c.hidden_size}.`,
    );
  }
  return {
    hidden: c.hidden_size,
    intermediate: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    vocabulary: c.vocab_size,
    positions: c.max_position_embeddings,
    tokenTypes: c.type_vocab_size,
    activation: c.hidden_act,
    layerNormEpsilon: c.layer_norm_eps,
    labels: labelsOf(c),
    head: announcedHead(c.architectures?.[0]),
  };
}

function labelsOf(c: z.infer<typeof common>): string[] {
  const count = c.id2label ? Object.keys(c.id2label).length : (c.num_labels ?? 2);
  return Array.from({ length: count }, (_, i) => c.id2label?.[i] ?? `LABEL_${i}`);
}

function announcedHead(className: string | undefined): HeadKind | undefined {
  if (!className) return undefined;
  if (className.endsWith('ForSequenceClassification')) return 'classification';
  if (/For(MaskedLM|PreTraining)$/.test(className)) return 'masked-lm';
  return 'none';
}
