import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  captureActivations,
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
});
