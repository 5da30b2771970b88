import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { loadTokenizer, readExamples } from '../../src/transformer/index.ts';
import { dataFolder, messageOf, temporaryFolder, tinyNli } from './fixtures.ts';

const folder = temporaryFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function withVocabulary(name: string, tokens: readonly string[], config = {}): string {
  const at = join(folder, name);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'vocab.txt'), `${tokens.join('\n')}\n`);
  writeFileSync(join(at, 'tokenizer_config.json'), JSON.stringify(config));
  return at;
}

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const words = [...special, 'play', '##ing', '##s', 'cafe', 'café', 'Play', ',', '中'];
const smiles = [...special, 'C', 'Cl', 'c', '(', ')', '=', '[nH]', '>>', '%12', '\\'];

describe('WordPiece from vocab.txt', () => {
  it('lowercases, strips accents, splits punctuation and words, and frames the text', () => {
    const tokenizer = loadTokenizer(withVocabulary('words', words));
    expect(tokenizer.description).toBe('vocab.txt (WordPiece)');
    expect(tokenizer.encode('Playing,  CAFÉ 中x')).toEqual({
      ids: [2, 5, 6, 11, 8, 12, 1, 3],
      types: [0, 0, 0, 0, 0, 0, 0, 0],
    });
    expect(tokenizer.encode('plays', 'play [MASK]')).toEqual({
      ids: [2, 5, 7, 3, 5, 4, 3],
      types: [0, 0, 0, 0, 1, 1, 1],
    });
    expect(tokenizer.unknownId).toBe(1);
    expect(tokenizer.tokenId('[MASK]')).toBe(4);
  });

  it('follows tokenizer_config.json, and a rule before it', () => {
    const cased = withVocabulary('cased', words, { do_lower_case: false });
    expect(loadTokenizer(cased).encode('Play café play').ids).toEqual([2, 10, 9, 5, 3]);
    const lowercase = loadTokenizer(cased, { kind: 'word-piece', lowercase: true });
    expect(lowercase.encode('Play café').ids).toEqual([2, 5, 8, 3]);
    const accents = { kind: 'word-piece', lowercase: true, stripAccents: false } as const;
    expect(loadTokenizer(cased, accents).encode('Café').ids).toEqual([2, 9, 3]);
  });
});

describe('word level from vocab.txt', () => {
  it('recognises a SMILES vocabulary and keeps what it does not know as unknown', () => {
    const tokenizer = loadTokenizer(withVocabulary('smiles', smiles));
    expect(tokenizer.description).toBe('vocab.txt (SMILES)');
    expect(tokenizer.encode('Clc(C)=C\\[nH]>>%12').ids).toEqual([
      2, 6, 7, 8, 5, 9, 10, 5, 14, 11, 12, 13, 3,
    ]);
    expect(tokenizer.encode('C!C').ids).toEqual([2, 5, 1, 5, 3]);
  });

  it('splits by the expression of a rule', () => {
    const at = withVocabulary('letters', [...special, 'ab', 'c']);
    const tokenizer = loadTokenizer(at, { kind: 'word-level', pattern: 'ab|c' });
    expect(tokenizer.description).toBe('vocab.txt (regular expression)');
    expect(tokenizer.encode('abcx').ids).toEqual([2, 5, 6, 1, 3]);
  });

  it('takes one word-like entry as proof that a vocabulary is not SMILES', () => {
    const at = withVocabulary('almost', [...smiles, 'the']);
    expect(loadTokenizer(at).description).toBe('vocab.txt (WordPiece)');
  });
});

describe('what cannot be used', () => {
  it('is refused in one sentence', () => {
    const lacking = withVocabulary('lacking', ['[PAD]', '[CLS]', 'a']);
    expect(messageOf(folder, () => loadTokenizer(lacking))).toBe(
      '<folder>/lacking/vocab.txt: the vocabulary lacks [UNK], [SEP], which every sequence needs; add a tokenizer.json to the folder.',
    );
    expect(messageOf(folder, () => loadTokenizer(join(folder, 'nowhere')))).toBe(
      '<folder>/nowhere/vocab.txt: cannot be read (ENOENT); a model folder needs tokenizer.json or vocab.txt.',
    );
    const broken = withVocabulary('broken', smiles);
    expect(
      messageOf(folder, () => loadTokenizer(broken, { kind: 'word-level', pattern: '(' })),
    ).toMatch(/^<folder>\/broken\/vocab\.txt: no tokenizer can be built from it \(Invalid regular/);
    writeFileSync(join(broken, 'tokenizer.json'), '{"model": {}}');
    expect(messageOf(folder, () => loadTokenizer(broken))).toMatch(
      /^<folder>\/broken\/tokenizer\.json: no tokenizer can be built from it \(/,
    );
  });
});

describe('tokenizer.json', () => {
  const bert = dataFolder('bert-vocab');
  const sst2 = dataFolder('sst2');
  it.skipIf(!bert || !sst2)('agrees with the tokenizer built from the same vocab.txt', () => {
    const fromJson = loadTokenizer(bert!);
    const fromText = loadTokenizer(bert!, { kind: 'word-piece' });
    expect(fromJson.description).toBe('tokenizer.json');
    for (const { text } of readExamples(join(sst2!, 'sst2-val.tsv'), 200)) {
      expect(fromText.encode(text, 'Second text')).toEqual(fromJson.encode(text, 'Second text'));
    }
  });
});

describe('the bundled vocabulary', () => {
  it('knows every word of the bundled test set', () => {
    const tokenizer = loadTokenizer(tinyNli);
    for (const { text, pair } of readExamples(join(tinyNli, 'test.jsonl'), 500)) {
      expect(tokenizer.encode(text, pair).ids).not.toContain(tokenizer.unknownId);
    }
  });
});
