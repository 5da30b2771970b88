import { rmSync } from 'node:fs';

import { afterAll, describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import { rowOf } from '../../src/tensor/index.ts';
import type { Matrix } from '../../src/tensor/index.ts';
import {
  encode,
  floatEngine,
  linearSites,
  loadCheckpoint,
  packBatch,
} from '../../src/transformer/index.ts';
import type { Checkpoint, Encoding } from '../../src/transformer/index.ts';
import { temporaryFolder, writeModel } from './fixtures.ts';
import type { FloatTensor } from './fixtures.ts';
import {
  albertLayout,
  bertLayout,
  distilbertLayout,
  epsilon,
  narrow,
  randomTensors,
  referenceForward,
  robertaLayout,
  sizes,
} from './reference-model.ts';
import type { HeadName, Layout } from './reference-model.ts';

const folder = temporaryFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const { width, inner, layers, heads, words, positions, labels } = sizes;
const classes = { classify: 'ForSequenceClassification', mlm: 'ForMaskedLM', bare: 'Model' };
const bertSizes = {
  hidden_size: width,
  intermediate_size: inner,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  vocab_size: words,
  layer_norm_eps: epsilon,
  num_labels: labels,
};
const configs = {
  albert: (head: HeadName) => ({
    ...bertSizes,
    model_type: 'albert',
    architectures: [`Albert${classes[head]}`],
    max_position_embeddings: positions,
    embedding_size: narrow,
    hidden_act: 'gelu',
  }),
  bert: (head: HeadName) => ({
    ...bertSizes,
    model_type: 'bert',
    architectures: [`Bert${classes[head]}`],
    max_position_embeddings: positions,
  }),
  roberta: (head: HeadName) => ({
    ...bertSizes,
    model_type: 'roberta',
    architectures: [`Roberta${classes[head]}`],
    max_position_embeddings: positions + 2,
    type_vocab_size: 1,
    pad_token_id: 1,
  }),
  distilbert: (head: HeadName) => ({
    model_type: 'distilbert',
    architectures: [`DistilBert${classes[head]}`],
    dim: width,
    hidden_dim: inner,
    n_layers: layers,
    n_heads: heads,
    vocab_size: words,
    max_position_embeddings: positions,
    num_labels: labels,
  }),
};
const layouts = {
  albert: albertLayout,
  bert: bertLayout,
  roberta: robertaLayout,
  distilbert: distilbertLayout,
};
type Name = keyof typeof configs;

/** DistilBERT's epsilon is fixed at 1e-12; the reference has one for all. */
function load(name: Name, head: HeadName, tensors: Record<string, FloatTensor>): Checkpoint {
  writeModel(folder, configs[name](head), tensors);
  const checkpoint = loadCheckpoint(folder);
  return { ...checkpoint, config: { ...checkpoint.config, layerNormEpsilon: epsilon } };
}

const sequences: readonly Encoding[] = [
  { ids: [2, 7, 3], types: [0, 0, 0] },
  { ids: [2, 10, 4, 3, 0, 3], types: [0, 0, 0, 0, 0, 0] },
];

function run(checkpoint: Checkpoint, of: readonly Encoding[] = sequences) {
  const batch = packBatch(checkpoint.config, of);
  return encode(checkpoint, batch, floatEngine(linearSites(checkpoint)));
}

function largestDifference(rows: readonly (readonly number[])[], m: Matrix, first: number): number {
  return Math.max(
    ...rows.flatMap((row, r) => {
      const actual = rowOf(m, first + r);
      expect(actual.length).toBe(row.length);
      return row.map((x, c) => Math.abs(x - actual[c]!));
    }),
  );
}

/** The whole batch against the reference, sequence by sequence. */
async function compare(
  checkpoint: Checkpoint,
  layout: Layout,
  tensors: Record<string, FloatTensor>,
  of = sequences,
): Promise<void> {
  const output = await run(checkpoint, of);
  let [token, sequence] = [0, 0];
  for (const { ids, types } of of) {
    const expected = referenceForward(layout, tensors, ids, types);
    expect(largestDifference(expected.hidden, output.hidden, token)).toBeLessThan(2e-5);
    expect(output.logits === undefined).toBe(expected.logits === undefined);
    if (expected.logits) {
      const first = layout.head?.kind === 'classify' ? sequence : token;
      expect(largestDifference(expected.logits, output.logits!, first)).toBeLessThan(2e-5);
    }
    token += ids.length;
    sequence++;
  }
  expect(output.hidden.rows).toBe(token);
}

const cases = (['albert', 'bert', 'roberta', 'distilbert'] as const).flatMap((name) =>
  (['classify', 'mlm', 'bare'] as const).map((head) => [name, head] as const),
);

describe('a random checkpoint against plain loops in float64', () => {
  it.each(cases)('%s, %s (seed 11)', async (name, head) => {
    const prefix = head === 'bare' ? '' : name;
    const layout = layouts[name](prefix, head);
    const tensors = randomTensors(layout, rng(11));
    await compare(load(name, head, tensors), layout, tensors);
  });

  it('roberta and distilbert: a bare encoder with its prefix too', async () => {
    for (const name of ['roberta', 'distilbert'] as const) {
      const layout = layouts[name](name, 'bare');
      const tensors = randomTensors(layout, rng(12));
      await compare(load(name, 'bare', tensors), layout, tensors);
    }
  });
});

describe('RoBERTa', () => {
  it('counts positions from after the padding, so that two rows of the table are never used', async () => {
    const layout = robertaLayout('roberta', 'bare');
    const tensors = randomTensors(layout, rng(13));
    const before = await run(load('roberta', 'bare', tensors));
    tensors[layout.positions]!.data.fill(1000, 0, 2 * width);
    const checkpoint = load('roberta', 'bare', tensors);
    expect(await run(checkpoint)).toEqual(before);
    expect([checkpoint.config.positions, checkpoint.embeddings.positions.rows]).toEqual([6, 8]);
  });

  it('takes pairs of texts although a tokenizer counts their types', async () => {
    const layout = robertaLayout('roberta', 'mlm');
    const tensors = randomTensors(layout, rng(14));
    const pair: Encoding[] = [{ ids: [2, 7, 3, 3, 5, 3], types: [0, 0, 0, 1, 1, 1] }];
    const plain = [{ ...pair[0]!, types: [0, 0, 0, 0, 0, 0] }];
    const checkpoint = load('roberta', 'mlm', tensors);
    expect(await run(checkpoint, pair)).toEqual(await run(checkpoint, plain));
    await compare(checkpoint, layout, tensors, plain);
  });

  it('finds the decoder’s bias under either of its names', async () => {
    const tensors = randomTensors(robertaLayout('roberta', 'mlm'), rng(15));
    const expected = await run(load('roberta', 'mlm', tensors));
    const { 'lm_head.bias': bias, ...others } = tensors;
    const renamed = { ...others, 'lm_head.decoder.bias': bias! };
    expect(await run(load('roberta', 'mlm', renamed))).toEqual(expected);
    expect(await run(load('roberta', 'mlm', { ...renamed, 'lm_head.bias': bias! }))).toEqual(
      expected,
    );
    const other = { shape: [words], data: Float32Array.from(bias!.data, (x) => x + 1) };
    expect(() => load('roberta', 'mlm', { ...renamed, 'lm_head.bias': other })).toThrow(
      '"lm_head.decoder.bias" differs from "lm_head.bias", to which it must be tied',
    );
  });
});

describe('DistilBERT', () => {
  it('is BERT without token types: the same weights under its names give the same hidden states', async () => {
    const layout = bertLayout('bert', 'mlm');
    const tensors = randomTensors(layout, rng(16));
    tensors[layout.types!]!.data.fill(0);
    const bert = await run(load('bert', 'mlm', tensors));

    const other = distilbertLayout('distilbert', 'mlm');
    const names: [string, string][] = [
      [layout.words, other.words],
      [layout.positions, other.positions],
      [layout.embeddingNorm, other.embeddingNorm],
      ...Array.from({ length: layers }, (_, i) =>
        layout.layer(i).map((stem, at): [string, string] => [stem, other.layer(i)[at]!]),
      ).flat(),
      ['cls.predictions.transform.dense', 'vocab_transform'],
      ['cls.predictions.transform.LayerNorm', 'vocab_layer_norm'],
      ['cls.predictions.bias', 'vocab_projector.bias'],
    ];
    const saved = Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) => {
        const found = names.find(([from]) => name === from || name.startsWith(`${from}.`));
        return found ? [[name.replace(found[0], found[1]), tensor]] : [];
      }),
    );
    const distilled = load('distilbert', 'mlm', {
      ...saved,
      'vocab_projector.weight': saved[other.words]!,
    });
    expect(distilled.embeddings.types).toBeUndefined();
    expect(await run(distilled)).toEqual(bert);
    // Its tokenizer is BERT's and counts types; the model has none.
    expect(
      await run(
        distilled,
        sequences.map(({ ids }) => ({ ids, types: ids.map(() => 1) })),
      ),
    ).toEqual(bert);
  });
});
