import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { bytePairJson } from './byte-pairs.ts';
import { readJson } from './config.ts';
import { textTokenizer } from './text-tokenizer.ts';
import type { TextTokenizer } from './text-tokenizer.ts';
import {
  bertSpecialTokens,
  isSmiles,
  readVocabulary,
  smilesRule,
  tokenizerJson,
  wordPieceRule,
} from './tokenizer-rule.ts';
import type { VocabularyRule } from './tokenizer-rule.ts';

/**
 * Builds the tokenizer of a model folder; the tokenizing itself is `@huggingface/tokenizers` in every case.
 *
 * In this order: `rule` with its vocabulary if given; tokenizer.json; vocab.json with merges.txt as byte-level byte
 * pairs; vocab.txt as SMILES if every entry is one whole SMILES token (none is then a word or a `##` piece, so the two
 * cannot be confused); vocab.txt as WordPiece with the options of tokenizer_config.json (BERT's defaults if absent).
 *
 * @throws InputError if a file is absent or unusable, or lacks a special token the model needs
 */
export function loadTokenizer(folder: string, rule?: VocabularyRule): TextTokenizer {
  const configPath = join(folder, 'tokenizer_config.json');
  const config = existsSync(configPath) ? readJson(configPath) : {};
  if (!rule) {
    const whole = join(folder, 'tokenizer.json');
    if (existsSync(whole)) return textTokenizer(whole, 'tokenizer.json', readJson(whole), config);
    const pairs = join(folder, 'vocab.json');
    if (existsSync(pairs)) {
      return textTokenizer(pairs, 'vocab.json (byte pairs)', bytePairJson(folder), config);
    }
  }
  const name = rule?.vocabulary ?? 'vocab.txt';
  const path = resolve(folder, name);
  const vocabulary = readVocabulary(path);
  const chosen = rule ?? (isSmiles(vocabulary) ? smilesRule : wordPieceRule(config));
  const special = { ...bertSpecialTokens, ...chosen.special };
  return textTokenizer(
    path,
    `${name} (${nameOf(chosen)})`,
    tokenizerJson(path, vocabulary, chosen),
    { ...config, unk_token: special.unknown, mask_token: special.mask },
  );
}

function nameOf(rule: VocabularyRule): string {
  switch (rule.kind) {
    case 'word-piece':
      return 'WordPiece';
    case 'word-level':
      return rule === smilesRule ? 'SMILES' : 'regular expression';
  }
}
