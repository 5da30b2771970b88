import type { Rng } from '../../src/numeric/index.ts';
import type { FloatTensor } from './fixtures.ts';

/**
 * A second implementation of the encoders, in plain loops over float64 arrays, that shares nothing with the first:
 * names are written out as the modelling code of Hugging Face transformers spells them.
 */
export interface Layout {
  readonly words: string;
  readonly positions: string;
  readonly types?: string;
  readonly embeddingNorm: string;
  /** From the width of the embeddings to that of the layers, where these differ. */
  readonly mapping?: string;
  /** Stems of query, key, value, attention output, its norm, up, down, last norm. */
  readonly layer: (
    i: number,
  ) => readonly [string, string, string, string, string, string, string, string];
  readonly head?:
    | {
        readonly kind: 'classify';
        readonly dense: string;
        readonly f: (x: number) => number;
        readonly out: string;
      }
    | {
        readonly kind: 'mlm';
        readonly dense: string;
        readonly norm: string;
        readonly bias: string;
      };
  /** Row of the first token's position. */
  readonly firstPosition: number;
}

export const sizes = {
  width: 8,
  inner: 12,
  layers: 2,
  heads: 2,
  words: 11,
  positions: 6,
  labels: 3,
};
/** Width of the embeddings where it is not that of the layers. */
export const narrow = 5;
export const epsilon = 1e-5;

const prefixed = (prefix: string, name: string): string => (prefix ? `${prefix}.${name}` : name);

const bertLayer = (prefix: string) => (i: number) => {
  const at = prefixed(prefix, `encoder.layer.${i}`);
  return [
    `${at}.attention.self.query`,
    `${at}.attention.self.key`,
    `${at}.attention.self.value`,
    `${at}.attention.output.dense`,
    `${at}.attention.output.LayerNorm`,
    `${at}.intermediate.dense`,
    `${at}.output.dense`,
    `${at}.output.LayerNorm`,
  ] as const;
};
const relu = (x: number): number => Math.max(0, x);

export type HeadName = 'classify' | 'mlm' | 'bare';

export function bertLayout(prefix: string, head: HeadName): Layout {
  return {
    words: prefixed(prefix, 'embeddings.word_embeddings.weight'),
    positions: prefixed(prefix, 'embeddings.position_embeddings.weight'),
    types: prefixed(prefix, 'embeddings.token_type_embeddings.weight'),
    embeddingNorm: prefixed(prefix, 'embeddings.LayerNorm'),
    layer: bertLayer(prefix),
    firstPosition: 0,
    ...(head === 'classify' && {
      head: {
        kind: 'classify',
        dense: prefixed(prefix, 'pooler.dense'),
        f: Math.tanh,
        out: 'classifier',
      },
    }),
    ...(head === 'mlm' && {
      head: {
        kind: 'mlm',
        dense: 'cls.predictions.transform.dense',
        norm: 'cls.predictions.transform.LayerNorm',
        bias: 'cls.predictions.bias',
      },
    }),
  };
}

export function robertaLayout(prefix: string, head: HeadName): Layout {
  return {
    ...bertLayout(prefix, 'bare'),
    firstPosition: 2,
    ...(head === 'classify' && {
      head: {
        kind: 'classify',
        dense: 'classifier.dense',
        f: Math.tanh,
        out: 'classifier.out_proj',
      },
    }),
    ...(head === 'mlm' && {
      head: {
        kind: 'mlm',
        dense: 'lm_head.dense',
        norm: 'lm_head.layer_norm',
        bias: 'lm_head.bias',
      },
    }),
  };
}

export function distilbertLayout(prefix: string, head: HeadName): Layout {
  return {
    words: prefixed(prefix, 'embeddings.word_embeddings.weight'),
    positions: prefixed(prefix, 'embeddings.position_embeddings.weight'),
    embeddingNorm: prefixed(prefix, 'embeddings.LayerNorm'),
    layer: (i) => {
      const at = prefixed(prefix, `transformer.layer.${i}`);
      return [
        `${at}.attention.q_lin`,
        `${at}.attention.k_lin`,
        `${at}.attention.v_lin`,
        `${at}.attention.out_lin`,
        `${at}.sa_layer_norm`,
        `${at}.ffn.lin1`,
        `${at}.ffn.lin2`,
        `${at}.output_layer_norm`,
      ];
    },
    firstPosition: 0,
    ...(head === 'classify' && {
      head: { kind: 'classify', dense: 'pre_classifier', f: relu, out: 'classifier' },
    }),
    ...(head === 'mlm' && {
      head: {
        kind: 'mlm',
        dense: 'vocab_transform',
        norm: 'vocab_layer_norm',
        bias: 'vocab_projector.bias',
      },
    }),
  };
}

/** ALBERT: one set of weights for all layers, and embeddings that are narrower than the layers. */
export function albertLayout(prefix: string, head: HeadName): Layout {
  const at = prefixed(prefix, 'encoder.albert_layer_groups.0.albert_layers.0');
  return {
    words: prefixed(prefix, 'embeddings.word_embeddings.weight'),
    positions: prefixed(prefix, 'embeddings.position_embeddings.weight'),
    types: prefixed(prefix, 'embeddings.token_type_embeddings.weight'),
    embeddingNorm: prefixed(prefix, 'embeddings.LayerNorm'),
    mapping: prefixed(prefix, 'encoder.embedding_hidden_mapping_in'),
    layer: () => [
      `${at}.attention.query`,
      `${at}.attention.key`,
      `${at}.attention.value`,
      `${at}.attention.dense`,
      `${at}.attention.LayerNorm`,
      `${at}.ffn`,
      `${at}.ffn_output`,
      `${at}.full_layer_layer_norm`,
    ],
    firstPosition: 0,
    ...(head === 'classify' && {
      head: {
        kind: 'classify',
        dense: prefixed(prefix, 'pooler'),
        f: Math.tanh,
        out: 'classifier',
      },
    }),
    ...(head === 'mlm' && {
      head: {
        kind: 'mlm',
        dense: 'predictions.dense',
        norm: 'predictions.LayerNorm',
        bias: 'predictions.bias',
      },
    }),
  };
}

/** Random tensors of a layout, weights of standard deviation 0.5. */
export function randomTensors(layout: Layout, random: Rng): Record<string, FloatTensor> {
  const { width, inner, words, positions, labels } = sizes;
  const embedding = layout.mapping ? narrow : width;
  const tensors: Record<string, FloatTensor> = {};
  const add = (name: string, ...shape: number[]): void => {
    const length = shape.reduce((a, b) => a * b, 1);
    tensors[name] = { shape, data: Float32Array.from({ length }, () => random.normal() * 0.5) };
  };
  const linear = (stem: string, out: number, inputs: number): void => {
    add(`${stem}.weight`, out, inputs);
    add(`${stem}.bias`, out);
  };
  const norm = (stem: string, of: number): void => {
    add(`${stem}.weight`, of);
    add(`${stem}.bias`, of);
  };
  add(layout.words, words, embedding);
  add(layout.positions, positions + layout.firstPosition, embedding);
  if (layout.types) add(layout.types, layout.firstPosition > 0 ? 1 : 2, embedding);
  norm(layout.embeddingNorm, embedding);
  if (layout.mapping) linear(layout.mapping, width, embedding);
  for (let i = 0; i < sizes.layers; i++) {
    const [q, k, v, o, n1, up, down, n2] = layout.layer(i);
    for (const stem of [q, k, v, o]) linear(stem, width, width);
    linear(up, inner, width);
    linear(down, width, inner);
    norm(n1, width);
    norm(n2, width);
  }
  const { head } = layout;
  if (head) linear(head.dense, head.kind === 'mlm' ? embedding : width, width);
  if (head?.kind === 'classify') linear(head.out, labels, width);
  if (head?.kind === 'mlm') {
    norm(head.norm, embedding);
    add(head.bias, words);
  }
  return tensors;
}

/** 2 / sqrt(pi) e^(-x^2) times the sum of 2^n x^(2n+1) / (2n+1)!!, whose terms are all of one sign. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
const gelu = (x: number): number => (x * (1 + erf(x / Math.SQRT2))) / 2;

/** The hidden states and logits of one sequence: logits per label, or per token and word. */
export function referenceForward(
  layout: Layout,
  tensors: Readonly<Record<string, FloatTensor>>,
  ids: readonly number[],
  types: readonly number[],
): { hidden: number[][]; logits?: number[][] } {
  const vector = (name: string): number[] => Array.from(tensors[name]!.data);
  const row = (name: string, r: number): number[] => {
    const columns = tensors[name]!.shape[1]!;
    return Array.from(tensors[name]!.data.subarray(r * columns, (r + 1) * columns));
  };
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const linear = (stem: string, x: readonly number[]): number[] =>
    vector(`${stem}.bias`).map((b, j) => b + dot(x, row(`${stem}.weight`, j)));
  const norm = (stem: string, x: readonly number[]): number[] => {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    const [weight, bias] = [vector(`${stem}.weight`), vector(`${stem}.bias`)];
    return x.map((y, i) => ((y - mean) / Math.sqrt(variance + epsilon)) * weight[i]! + bias[i]!);
  };
  const sum = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x + b[i]!);

  let hidden = ids.map((id, i) => {
    const words = sum(row(layout.words, id), row(layout.positions, i + layout.firstPosition));
    const normed = norm(
      layout.embeddingNorm,
      layout.types ? sum(words, row(layout.types, types[i]!)) : words,
    );
    return layout.mapping ? linear(layout.mapping, normed) : normed;
  });
  const size = sizes.width / sizes.heads;
  for (let layer = 0; layer < sizes.layers; layer++) {
    const [q, k, v, o, n1, up, down, n2] = layout.layer(layer);
    const [queries, keys, values] = [q, k, v].map((stem) => hidden.map((x) => linear(stem, x))) as [
      number[][],
      number[][],
      number[][],
    ];
    hidden = hidden.map((x, i) => {
      const mixed: number[] = [];
      for (let h = 0; h < sizes.heads; h++) {
        const part = (y: number[]): number[] => y.slice(h * size, (h + 1) * size);
        const e = keys.map((key) => Math.exp(dot(part(queries[i]!), part(key)) / Math.sqrt(size)));
        const total = e.reduce((a, b) => a + b);
        for (let c = 0; c < size; c++) {
          mixed.push(e.reduce((a, p, j) => a + (p / total) * part(values[j]!)[c]!, 0));
        }
      }
      const attended = norm(n1, sum(linear(o, mixed), x));
      return norm(n2, sum(linear(down, linear(up, attended).map(gelu)), attended));
    });
  }
  const { head } = layout;
  if (!head) return { hidden };
  if (head.kind === 'classify') {
    return { hidden, logits: [linear(head.out, linear(head.dense, hidden[0]!).map(head.f))] };
  }
  const bias = vector(head.bias);
  const logits = hidden.map((x) => {
    const y = norm(head.norm, linear(head.dense, x).map(gelu));
    return bias.map((b, w) => b + dot(y, row(layout.words, w)));
  });
  return { hidden, logits };
}
