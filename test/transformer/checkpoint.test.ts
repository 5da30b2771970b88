import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { InputError, rng } from '../../src/numeric/index.ts';
import {
  encode,
  floatEngine,
  linearSites,
  linearUses,
  loadCheckpoint,
  packBatch,
  readConfig,
  siteKey,
} from '../../src/transformer/index.ts';
import type { Checkpoint } from '../../src/transformer/index.ts';
import {
  messageOf,
  smallBert,
  smallBertTensors,
  temporaryFolder,
  tinyNli,
  writeModel,
} from './fixtures.ts';
import type { FloatTensor } from './fixtures.ts';

const folder = temporaryFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function load(config: object, tensors: Record<string, FloatTensor>): Checkpoint {
  writeModel(folder, config, tensors);
  return loadCheckpoint(folder);
}

async function run(checkpoint: Checkpoint) {
  const batch = packBatch(checkpoint.config, [{ ids: [1, 5, 9, 2], types: [0, 0, 1, 1] }]);
  return encode(checkpoint, batch, floatEngine(linearSites(checkpoint)));
}

/** The same tensors under other names. */
function renamed(
  tensors: Record<string, FloatTensor>,
  rename: (name: string) => string | undefined,
): Record<string, FloatTensor> {
  const entries = Object.entries(tensors).map(([name, t]) => [rename(name), t] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== undefined));
}

describe('loadCheckpoint', () => {
  it('finds every linear layer of the bundled classifier', () => {
    const sites = linearSites(loadCheckpoint(tinyNli));
    expect(sites.length).toBe(4 * 6 + 2);
    expect(sites.slice(0, 7).map(({ site }) => siteKey(site))).toEqual([
      '0.query',
      '0.key',
      '0.value',
      '0.attention-output',
      '0.intermediate',
      '0.output',
      '1.query',
    ]);
    expect(sites.slice(-2).map(({ site, tensor }) => [siteKey(site), tensor])).toEqual([
      ['4.pooler', 'bert.pooler.dense.weight'],
      ['4.classifier', 'classifier.weight'],
    ]);
    const { weight, bias, tensor } = sites[5]!;
    expect(tensor).toBe('bert.encoder.layer.0.output.dense.weight');
    expect([weight.rows, weight.columns, bias.length]).toEqual([128, 512, 128]);
  });

  it('reads old LayerNorm names, copies of tied tensors and bare encoders alike', async () => {
    const tensors = smallBertTensors(rng(1));
    const expected = await run(load(smallBert, tensors));
    expect(expected.logits).toMatchObject({ rows: 4, columns: 10 });

    const old = renamed(tensors, (name) =>
      name
        .replace('LayerNorm.weight', 'LayerNorm.gamma')
        .replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    const copies = {
      'bert.embeddings.position_ids': { shape: [1, 6], data: new Float32Array(6) },
      'cls.predictions.decoder.weight': tensors['bert.embeddings.word_embeddings.weight']!,
      'cls.predictions.decoder.bias': tensors['cls.predictions.bias']!,
      'bert.pooler.dense.weight': { shape: [8, 8], data: new Float32Array(64) },
      'cls.seq_relationship.bias': { shape: [2], data: new Float32Array(2) },
    };
    const checkpoint = load(smallBert, { ...old, ...copies });
    expect(await run(checkpoint)).toEqual(expected);
    expect(checkpoint.unused).toEqual([
      {
        tensor: 'bert.embeddings.position_ids',
        reason: 'a constant that older versions of Hugging Face transformers saved',
      },
      {
        tensor: 'bert.pooler.dense.weight',
        reason: 'a pooler that the head does not use; masked-LM training leaves it untrained',
      },
      { tensor: 'cls.seq_relationship.bias', reason: 'the sentence-pair head of pre-training' },
    ]);

    const bare = renamed(tensors, (name) =>
      name.startsWith('bert.') ? name.slice('bert.'.length) : undefined,
    );
    const output = await run(load({ ...smallBert, architectures: ['BertModel'] }, bare));
    expect(output).toEqual({ hidden: expected.hidden });
  });

  it('refuses a decoder that is not the table of word embeddings', () => {
    const tensors = smallBertTensors(rng(1));
    const decoder = { shape: [10, 8], data: new Float32Array(80) };
    const attempt = () =>
      load(smallBert, { ...tensors, 'cls.predictions.decoder.weight': decoder });
    expect(messageOf(folder, attempt)).toBe(
      '<folder>/model.safetensors: the tensors do not fit config.json: ' +
        '"cls.predictions.decoder.weight" differs from "bert.embeddings.word_embeddings.weight", ' +
        'to which it must be tied. Export the checkpoint again or correct config.json.',
    );
  });

  it('takes the head from the tensors when config.json is silent', () => {
    const tensors = smallBertTensors(rng(1));
    expect(load({ ...smallBert, architectures: undefined }, tensors).head.kind).toBe('masked-lm');
  });

  it('shares ALBERT’s groups of weights among consecutive passes', () => {
    const bert = smallBertTensors(rng(2));
    const parts: [string, string][] = [
      ['attention.self.', 'attention.'],
      ['attention.output.dense', 'attention.dense'],
      ['attention.output.LayerNorm', 'attention.LayerNorm'],
      ['intermediate.dense', 'ffn'],
      ['output.dense', 'ffn_output'],
      ['output.LayerNorm', 'full_layer_layer_norm'],
    ];
    const albert = renamed(bert, (name) => {
      const match = /^bert\.encoder\.layer\.(\d)\.(.*)$/.exec(name);
      if (!match)
        return name
          .replace('cls.predictions.transform.', 'predictions.')
          .replace('cls.', '')
          .replace('bert.', 'albert.');
      const [from, to] = parts.find(([part]) => match[2]!.startsWith(part))!;
      return `albert.encoder.albert_layer_groups.${match[1]}.albert_layers.0.${match[2]!.replace(from, to)}`;
    });
    albert['albert.encoder.embedding_hidden_mapping_in.weight'] = {
      shape: [8, 8],
      data: new Float32Array(64),
    };
    albert['albert.encoder.embedding_hidden_mapping_in.bias'] = {
      shape: [8],
      data: new Float32Array(8),
    };
    const config = {
      ...smallBert,
      model_type: 'albert',
      architectures: ['AlbertForMaskedLM'],
      embedding_size: 8,
      num_hidden_layers: 4,
      num_hidden_groups: 2,
    };
    const checkpoint = load(config, albert);
    const [a, b, c, d] = checkpoint.layers;
    expect(a).toBe(b);
    expect(c).toBe(d);
    expect(a).not.toBe(c);
    expect(linearSites(checkpoint).map(({ site }) => siteKey(site))).toEqual([
      '-1.embedding-mapping',
      ...[0, 2].flatMap((layer) =>
        ['query', 'key', 'value', 'attention-output', 'intermediate', 'output'].map(
          (role) => `${layer}.${role}`,
        ),
      ),
      '4.mlm-dense',
    ]);
    expect(linearUses(checkpoint).length).toBe(1 + 4 * 6 + 1);
  });

  it('lists every missing, misshapen and unknown tensor in one message', () => {
    const { 'bert.encoder.layer.1.output.dense.bias': gone, ...tensors } = smallBertTensors(rng(3));
    tensors['bert.encoder.layer.2.output.dense.bias'] = gone!;
    tensors['bert.embeddings.LayerNorm.weight'] = { shape: [4, 2], data: new Float32Array(8) };
    tensors['classifier.weight'] = { shape: [2, 8], data: new Float32Array(16) };
    const attempt = () => load(smallBert, tensors);
    expect(attempt).toThrow(InputError);
    expect(messageOf(folder, attempt)).toBe(
      '<folder>/model.safetensors: the tensors do not fit config.json: ' +
        '"bert.encoder.layer.1.output.dense.bias" [8] is missing; ' +
        '"bert.embeddings.LayerNorm.weight" has shape [4, 2] instead of [8]; ' +
        '"bert.encoder.layer.2.output.dense.bias" is unknown; ' +
        '"classifier.weight" is unknown. Export the checkpoint again or correct config.json.',
    );
  });
});

describe('readConfig', () => {
  const refusal = (config: object | string): string => {
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    writeFileSync(join(folder, 'config.json'), text);
    return messageOf(folder, () => readConfig(folder));
  };

  it('reads the bundled model', () => {
    expect(readConfig(tinyNli)).toEqual({
      architecture: 'bert',
      hidden: 128,
      embedding: 128,
      intermediate: 512,
      layers: 4,
      layerGroups: 4,
      heads: 2,
      vocabulary: 219,
      positions: 64,
      positionOffset: 0,
      tokenTypes: 2,
      activation: 'gelu',
      layerNormEpsilon: 1e-12,
      labels: ['entailment', 'neutral', 'contradiction'],
      head: 'classification',
    });
  });

  it('refuses what it cannot run, in one sentence', () => {
    expect(refusal({ model_type: 'gpt2' })).toBe(
      '<folder>/config.json: model_type is "gpt2", supported are albert, bert, distilbert, roberta; choose a checkpoint of one of these.',
    );
    expect(refusal({ model_type: 'distillbert' })).toMatch(/did you mean "distilbert"\? Supported/);
    expect(refusal({ hidden_size: 8 })).toMatch(/model_type is absent, supported are/);
    expect(refusal({ ...smallBert, architectures: ['BertForQuestionAnswering'] })).toBe(
      '<folder>/config.json: architectures names BertForQuestionAnswering, supported are heads ForSequenceClassification, ForMaskedLM and ForPreTraining, and bare models; choose a checkpoint with one of these.',
    );
    expect(refusal({ ...smallBert, model_type: 'roberta', max_position_embeddings: 2 })).toBe(
      "<folder>/config.json: max_position_embeddings is 2, allowed is more than 2, because RoBERTa's positions begin after pad_token_id, 1.",
    );
    expect(
      refusal({ model_type: 'distilbert', vocab_size: 9, max_position_embeddings: 4, n_heads: 5 }),
    ).toBe('<folder>/config.json: n_heads is 5, allowed are divisors of dim, 768.');
    expect(
      refusal({ ...smallBert, hidden_size: 0, vocab_size: undefined, hidden_act: 'silu' }),
    ).toBe(
      '<folder>/config.json: vocab_size is absent (Invalid input: expected number, received undefined); ' +
        'hidden_size is 0 (Too small: expected number to be >=1); ' +
        'hidden_act is "silu" (Invalid option: expected one of "gelu"|"gelu_new"|"relu").',
    );
    expect(refusal({ ...smallBert, num_attention_heads: 3 })).toBe(
      '<folder>/config.json: num_attention_heads is 3, allowed are divisors of hidden_size, 8.',
    );
    expect(refusal({ ...smallBert, model_type: 'albert', num_hidden_groups: 3 })).toBe(
      '<folder>/config.json: num_hidden_groups is 3, allowed are divisors of num_hidden_layers, 2.',
    );
    expect(refusal('{')).toMatch(/^<folder>\/config\.json: is not valid JSON \(.*\)\.$/);
    expect(refusal('3')).toBe('<folder>/config.json: holds no JSON object.');
    expect(messageOf(folder, () => readConfig(join(folder, 'nowhere')))).toBe(
      '<folder>/nowhere/config.json: cannot be read (ENOENT); give a folder in Hugging Face layout with config.json, model.safetensors and a tokenizer.',
    );
  });
});
