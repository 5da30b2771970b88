import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import { rowOf } from '../../src/tensor/index.ts';
import {
  captureActivations,
  encode,
  floatEngine,
  linearSites,
  linearUses,
  loadCheckpoint,
  loadTokenizer,
  packBatch,
  readExamples,
  siteKey,
} from '../../src/transformer/index.ts';
import { dataFolder } from './fixtures.ts';

const folder = dataFolder('rxnmapper-albert');

describe.skipIf(!folder)('RXNMapper, a published ALBERT', () => {
  const load = () => ({
    checkpoint: loadCheckpoint(folder!),
    tokenizer: loadTokenizer(folder!),
    examples: readExamples(join(folder!, 'example_rxns.csv')),
  });

  it('tokenizes every example reaction without unknown tokens', () => {
    const { tokenizer, examples } = load();
    expect(examples.length).toBe(500);
    expect(tokenizer.description).toBe('vocab.txt (SMILES)');
    for (const { text } of examples) {
      expect(tokenizer.encode(text).ids).not.toContain(tokenizer.unknownId);
    }
  });

  it('has one set of weights, used in twelve passes', async () => {
    const { checkpoint, tokenizer, examples } = load();
    expect(linearSites(checkpoint).map(({ site }) => siteKey(site))).toEqual([
      '-1.embedding-mapping',
      '0.query',
      '0.key',
      '0.value',
      '0.attention-output',
      '0.intermediate',
      '0.output',
      '12.mlm-dense',
    ]);
    const shortest = examples.map(({ text }) => text).sort((a, b) => a.length - b.length)[0]!;
    const batch = packBatch(checkpoint.config, [tokenizer.encode(shortest)]);
    const captured = await captureActivations(checkpoint, batch);
    expect([...captured.keys()]).toEqual(linearUses(checkpoint).map(({ site }) => siteKey(site)));
    expect(captured.get('11.output')!.site.tensor).toBe(captured.get('0.output')!.site.tensor);
    expect(captured.get('11.output')!.x).not.toEqual(captured.get('0.output')!.x);
    expect(captured.get('-1.embedding-mapping')!.x.columns).toBe(128);
  });

  it('predicts about 98.5 % of masked tokens', async () => {
    const { checkpoint, tokenizer, examples } = load();
    const mask = tokenizer.tokenId('[MASK]')!;
    const engine = floatEngine(linearSites(checkpoint));
    const seed = 7;
    const random = rng(seed);
    let [masked, hits] = [0, 0];
    for (const { text } of examples.slice(0, 12)) {
      const { ids, types } = tokenizer.encode(text);
      const chosen = ids.map((_, i) => i > 0 && i < ids.length - 1 && random.uniform() < 0.15);
      const hidden = ids.map((id, i) => (chosen[i] ? mask : id));
      const batch = packBatch(checkpoint.config, [{ ids: hidden, types }]);
      const { logits } = await encode(checkpoint, batch, engine);
      ids.forEach((id, i) => {
        if (!chosen[i]) return;
        const scores = rowOf(logits!, i);
        masked++;
        if (scores.indexOf(Math.max(...scores)) === id) hits++;
      });
    }
    console.log(`top-1 of ${masked} masked tokens: ${hits / masked} (seed ${seed})`);
    expect(masked).toBeGreaterThan(120);
    expect(hits / masked).toBeGreaterThan(0.96);
  });
});

describe('BERT-tiny on SST-2', () => {
  const bert = dataFolder('bert-tiny-sst2');
  const sst2 = dataFolder('sst2');
  const vocabulary = dataFolder('bert-vocab');
  it.skipIf(!bert || !sst2 || !vocabulary)('classifies 80.3 % of the sentences right', async () => {
    const checkpoint = loadCheckpoint(join(bert!, 'hybrid_full.safetensors'));
    const tokenizer = loadTokenizer(vocabulary!);
    const examples = readExamples(join(sst2!, 'sst2-val.tsv'));
    const batch = packBatch(
      checkpoint.config,
      examples.map(({ text }) => tokenizer.encode(text)),
    );
    const { logits } = await encode(checkpoint, batch, floatEngine(linearSites(checkpoint)));
    const correct = examples.filter(({ label }, i) => {
      const [negative, positive] = rowOf(logits!, i);
      return label === (positive! > negative! ? '1' : '0');
    }).length;
    expect(examples.length).toBe(872);
    expect(correct).toBe(700);
  });
});
