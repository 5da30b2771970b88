import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { loadTokenizer, readExamples, readTokenizerFile } from '../../src/transformer/index.ts';
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
      frame: [0, 7],
    });
    expect(tokenizer.encode('plays', 'play [MASK]')).toEqual({
      ids: [2, 5, 7, 3, 5, 4, 3],
      types: [0, 0, 0, 0, 1, 1, 1],
      frame: [0, 3, 6],
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

describe('byte pairs from vocab.json and merges.txt', () => {
  // Byte-level tokens of GPT-2: Ġ stands for a space.
  const tokens = [
    '<s>',
    '<pad>',
    '</s>',
    '<unk>',
    '<mask>',
    'l',
    'o',
    'w',
    'e',
    'r',
    'Ġ',
    'lo',
    'low',
    'Ġlow',
    'er',
  ];
  const merges = ['#version: 0.2', 'l o', 'lo w', 'Ġ low', 'e r'];
  const write = (name: string, vocabulary: readonly string[], lines: readonly string[]): string => {
    const at = join(folder, name);
    mkdirSync(at, { recursive: true });
    writeFileSync(
      join(at, 'vocab.json'),
      JSON.stringify(Object.fromEntries(vocabulary.map((t, id) => [t, id]))),
    );
    writeFileSync(join(at, 'merges.txt'), `${lines.join('\n')}\n`);
    return at;
  };

  it('takes another mask from tokenizer_config.json', () => {
    const at = write('mask', [...tokens, '[hole]'], merges);
    const config = { mask_token: { content: '[hole]', lstrip: true } };
    writeFileSync(join(at, 'tokenizer_config.json'), JSON.stringify(config));
    expect(loadTokenizer(at).maskId).toBe(15);
  });

  it('joins the pairs in their order, between <s> and </s>', () => {
    const tokenizer = loadTokenizer(write('roberta', tokens, merges));
    expect(tokenizer.description).toBe('vocab.json (byte pairs)');
    expect(tokenizer.encode('lower low').ids).toEqual([0, 12, 14, 13, 2]);
    expect(tokenizer.encode('low <mask>').ids).toEqual([0, 12, 4, 2]);
    expect(tokenizer.encode('low', 'low').ids).toEqual([0, 12, 2, 2, 12, 2]);
    expect(tokenizer.maskId).toBe(4);
    expect([...tokenizer.specialIds].sort()).toEqual([0, 1, 2, 3, 4]);
    // Three special tokens and one are around a pair: room for two more.
    expect(tokenizer.encode('lower', 'low low', 6)).toEqual({
      ids: [0, 12, 2, 2, 12, 2],
      types: [0, 0, 0, 1, 1, 1],
      frame: [0, 2, 3, 5],
      dropped: 2,
    });
  });

  it('says which line of the merges cannot be one', () => {
    const at = write('damaged', tokens, [...merges, 'l o w']);
    expect(messageOf(folder, () => loadTokenizer(at))).toBe(
      '<folder>/damaged/merges.txt:6: the line is "l o w", allowed are two tokens and a space between them; download the file again.',
    );
    const lacking = write('no-end', ['<s>', 'l'], merges);
    expect(messageOf(folder, () => loadTokenizer(lacking))).toBe(
      '<folder>/no-end/vocab.json: the vocabulary lacks </s>, which every sequence needs; add a tokenizer.json to the folder.',
    );
  });
});

describe('a limit', () => {
  it('cuts the ends of the texts, the longer first, and leaves the special tokens', () => {
    const tokenizer = loadTokenizer(withVocabulary('limit', words));
    const [a, b] = ['plays cafe , 中', 'cafe cafe cafe'] as const;
    const whole = tokenizer.encode(a, b);
    expect(whole).toEqual({
      ids: [2, 5, 7, 8, 11, 12, 3, 8, 8, 8, 3],
      types: [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1],
      frame: [0, 6, 10],
    });
    expect(tokenizer.encode(a, b, 11)).toEqual(whole);
    expect(tokenizer.encode(a, b, 8)).toEqual({
      ids: [2, 5, 7, 8, 3, 8, 8, 3],
      types: [0, 0, 0, 0, 0, 1, 1, 1],
      frame: [0, 4, 7],
      dropped: 3,
    });
    expect(tokenizer.encode(a, undefined, 4)).toEqual({
      ids: [2, 5, 7, 3],
      types: [0, 0, 0, 0],
      frame: [0, 3],
      dropped: 3,
    });
    expect(tokenizer.encode(a, undefined, 2).ids).toEqual([2, 3]);
    expect(() => tokenizer.encode(a, undefined, 1)).toThrow(
      'a sequence of at most 1 tokens is asked for, but 2 special tokens alone are around every text',
    );
  });
});

describe('a tokenizer file', () => {
  const file = (text: string): string => {
    const path = join(folder, 'tokenizer.yaml');
    writeFileSync(path, text);
    return path;
  };
  const refusal = (text: string): string =>
    messageOf(folder, () => readTokenizerFile(file(text))).replace('<folder>/tokenizer.yaml: ', '');

  it('makes a tokenizer of a vocabulary under any name, with special tokens under any name', () => {
    const at = withVocabulary('yaml', []);
    writeFileSync(join(at, 'words.lst'), '?\n^\n$\n_\nab\nc\n');
    const rule = readTokenizerFile(
      file(
        "kind: word-level\npattern: 'ab|c'\nvocabulary: words.lst\n" +
          "special: { unknown: '?', begin: '^', end: '$', mask: _ }\n",
      ),
    );
    const tokenizer = loadTokenizer(at, rule);
    expect(tokenizer.description).toBe('words.lst (regular expression)');
    expect(tokenizer.encode('cabx').ids).toEqual([1, 5, 4, 0, 2]);
    expect(tokenizer.encode('c_c').ids).toEqual([1, 5, 3, 5, 2]);
    expect([tokenizer.unknownId, tokenizer.maskId]).toEqual([0, 3]);
    expect([...tokenizer.specialIds].sort()).toEqual([0, 1, 2, 3]);
    expect([tokenizer.token(4), tokenizer.token(99)]).toEqual(['ab', undefined]);
  });

  it('sets the options of WordPiece', () => {
    const at = withVocabulary('cased-file', words);
    const rule = readTokenizerFile(file('kind: word-piece\nlowercase: false\n'));
    expect(rule).toEqual({ kind: 'word-piece', lowercase: false });
    expect(loadTokenizer(at, rule).encode('Play').ids).toEqual([2, 10, 3]);
  });

  it('is refused in one sentence for everything that is wrong in it', () => {
    expect(refusal('kind: wordlevel')).toBe(
      'kind is "wordlevel"; did you mean "word-level"? Kinds are word-level, word-piece.',
    );
    expect(refusal('pattern: a')).toBe('kind is absent; write word-level, word-piece.');
    expect(refusal('')).toBe('kind is absent; write word-level, word-piece.');
    expect(refusal('kind: word-level\npatern: a\nspecial: { mark: x, end: 3 }')).toBe(
      'pattern is absent (Invalid input: expected string, received undefined); ' +
        'special.end is 3 (Invalid input: expected string, received number); ' +
        'there is no key special.mark, did you mean mask? Keys are unknown, begin, end, mask, padding; ' +
        'there is no key patern, did you mean pattern? Keys are kind, pattern, vocabulary, special.',
    );
    expect(refusal("kind: 'word")).toMatch(
      /^is not valid YAML \(.* at line 1, column \d+\); put regular expressions in single quotes\.$/,
    );
    expect(messageOf(folder, () => readTokenizerFile(join(folder, 'none.yaml')))).toBe(
      '<folder>/none.yaml: cannot be read (ENOENT); give the path of a tokenizer file.',
    );
  });

  const albert = dataFolder('rxnmapper-albert');
  it.skipIf(!albert)('takes the expression of RXNMapper as its authors wrote it', () => {
    const rule = readTokenizerFile(
      file(
        String.raw`kind: word-level
pattern: '(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|\%[0-9]{2}|[0-9])'
`,
      ),
    );
    const [fromFile, recognised] = [loadTokenizer(albert!, rule), loadTokenizer(albert!)];
    for (const { text } of readExamples(join(albert!, 'example_rxns.csv'), 100)) {
      expect(fromFile.encode(text)).toEqual(recognised.encode(text));
    }
    expect(fromFile.encode('[nH]%12\\/$').ids).toEqual(recognised.encode('[nH]%12\\/$').ids);
  });
});

describe('what cannot be used', () => {
  it('is refused in one sentence', () => {
    const lacking = withVocabulary('lacking', ['[PAD]', '[CLS]', 'a']);
    expect(messageOf(folder, () => loadTokenizer(lacking))).toBe(
      '<folder>/lacking/vocab.txt: the vocabulary lacks [UNK], [SEP], which every sequence needs; add a tokenizer.json to the folder, or say in a tokenizer file what stands for them.',
    );
    expect(messageOf(folder, () => loadTokenizer(join(folder, 'nowhere')))).toBe(
      '<folder>/nowhere/vocab.txt: cannot be read (ENOENT); a model folder needs tokenizer.json, vocab.txt, or vocab.json and merges.txt.',
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
    for (const tokenizer of [fromJson, fromText]) {
      expect([tokenizer.maskId, tokenizer.unknownId]).toEqual([103, 100]);
      expect([...tokenizer.specialIds].sort()).toEqual([0, 100, 101, 102, 103]);
    }
    expect(fromJson.encode('one two three', 'four', 6)).toEqual(
      fromText.encode('one two three', 'four', 6),
    );
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
