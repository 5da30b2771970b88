import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Tokenizer } from '@huggingface/tokenizers';

import { InputError } from '../numeric/index.ts';
import { readJson } from './config.ts';

/** A tokenized text or pair of texts, special tokens included. */
export interface Encoding {
  /** Vocabulary indexes. */
  readonly ids: readonly number[];
  /** Token types, one per id. */
  readonly types: readonly number[];
}

export interface TextTokenizer {
  /** One line on where it came from. */
  readonly description: string;
  /** Tokenizes a text, or a pair of texts, with special tokens around. */
  encode(text: string, pair?: string): Encoding;
  /** Vocabulary index of a token such as `[MASK]`. */
  tokenId(token: string): number | undefined;
  /** What unknown text becomes; undefined for tokenizers that know everything. */
  readonly unknownId: number | undefined;
}

/** How to read a vocab.txt. */
export type VocabularyRule =
  /** Whole words and `##` continuations, after BERT's normalisation. */
  | {
      readonly kind: 'word-piece';
      readonly lowercase?: boolean;
      /** Absent: accents go exactly when the text is lowercased. */
      readonly stripAccents?: boolean;
      readonly chineseCharacters?: boolean;
    }
  /** Every match of a regular expression (and whatever lies between two) is one entry. */
  | { readonly kind: 'word-level'; readonly pattern: string };

/**
 * SMILES split into atoms, bonds, branches and ring closures: the expression of Schwaller et al., "Found in
 * Translation" (2018), which RXNMapper uses.
 */
export const smilesRule: VocabularyRule & { kind: 'word-level' } = {
  kind: 'word-level',
  pattern: String.raw`\[[^\]]+\]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|%[0-9]{2}|[0-9]`,
};

/**
 * Builds the tokenizer of a model folder; the tokenizing itself is `@huggingface/tokenizers` in every case.
 *
 * In this order: `rule` with vocab.txt if given; tokenizer.json; vocab.txt as SMILES if every entry is one whole SMILES
 * token (none is then a word or a `##` piece, so the two cannot be confused); vocab.txt as WordPiece with the options
 * of tokenizer_config.json (BERT's defaults if absent).
 *
 * @throws InputError if a file is absent or unusable, or lacks a special token the model needs
 */
export function loadTokenizer(folder: string, rule?: VocabularyRule): TextTokenizer {
  const configPath = join(folder, 'tokenizer_config.json');
  const config = existsSync(configPath) ? readJson(configPath) : {};
  const jsonPath = join(folder, 'tokenizer.json');
  if (!rule && existsSync(jsonPath))
    return wrap(jsonPath, 'tokenizer.json', readJson(jsonPath), config);

  const path = join(folder, 'vocab.txt');
  const vocabulary = readVocabulary(path);
  const known = new Map(vocabulary.map((token, id) => [token, id]));
  const missing = ['[UNK]', '[CLS]', '[SEP]'].filter((token) => !known.has(token));
  if (missing.length > 0) {
    throw new InputError(
      `${path}: the vocabulary lacks ${missing.join(', ')}, which every sequence needs; add a tokenizer.json to the folder.`,
    );
  }
  const chosen = rule ?? (isSmiles(vocabulary) ? smilesRule : wordPieceRule(config));
  const described =
    chosen.kind === 'word-piece'
      ? 'WordPiece'
      : chosen === smilesRule
        ? 'SMILES'
        : 'regular expression';
  const json = tokenizerJson(known, chosen);
  return wrap(path, `vocab.txt (${described})`, json, { ...config, unk_token: '[UNK]' });
}

function readVocabulary(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); a model folder needs tokenizer.json or vocab.txt.`,
    );
  }
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function isSmiles(vocabulary: readonly string[]): boolean {
  const whole = new RegExp(`^(?:${smilesRule.pattern})$`, 'u');
  return vocabulary.every((token) => whole.test(token));
}

function wordPieceRule(config: Readonly<Record<string, unknown>>): VocabularyRule {
  const {
    do_lower_case: lowercase,
    strip_accents: strip,
    tokenize_chinese_chars: chinese,
  } = config;
  return {
    kind: 'word-piece',
    ...(typeof lowercase === 'boolean' && { lowercase }),
    ...(typeof strip === 'boolean' && { stripAccents: strip }),
    ...(typeof chinese === 'boolean' && { chineseCharacters: chinese }),
  };
}

/** The contents a tokenizer.json would have. */
function tokenizerJson(
  vocabulary: ReadonlyMap<string, number>,
  rule: VocabularyRule,
): Record<string, unknown> {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].filter((t) => vocabulary.has(t));
  const shared = {
    added_tokens: special.map((content) => ({
      id: vocabulary.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    post_processor: {
      type: 'BertProcessing',
      cls: ['[CLS]', vocabulary.get('[CLS]')],
      sep: ['[SEP]', vocabulary.get('[SEP]')],
    },
    decoder: null,
  };
  const vocab = Object.fromEntries(vocabulary);
  switch (rule.kind) {
    case 'word-piece':
      return {
        ...shared,
        normalizer: {
          type: 'BertNormalizer',
          clean_text: true,
          handle_chinese_chars: rule.chineseCharacters ?? true,
          strip_accents: rule.stripAccents ?? null,
          lowercase: rule.lowercase ?? true,
        },
        pre_tokenizer: { type: 'BertPreTokenizer' },
        model: {
          type: 'WordPiece',
          unk_token: '[UNK]',
          continuing_subword_prefix: '##',
          max_input_chars_per_word: 100,
          vocab,
        },
      };
    case 'word-level':
      return {
        ...shared,
        normalizer: null,
        // Isolated, not Removed: what the expression does not match becomes an unknown token, not silence.
        pre_tokenizer: {
          type: 'Split',
          pattern: { Regex: rule.pattern },
          behavior: 'Isolated',
          invert: false,
        },
        model: { type: 'WordLevel', unk_token: '[UNK]', vocab },
      };
  }
}

function wrap(
  path: string,
  description: string,
  json: Record<string, unknown>,
  config: Record<string, unknown>,
): TextTokenizer {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(json, config);
  } catch (error) {
    throw new InputError(
      `${path}: no tokenizer can be built from it (${(error as Error).message}).`,
    );
  }
  return {
    description,
    unknownId: tokenizer.model?.unk_token_id,
    tokenId: (token) => tokenizer.token_to_id(token),
    encode(text, pair) {
      const { ids, token_type_ids: types } = tokenizer.encode(text, {
        text_pair: pair ?? null,
        return_token_type_ids: true,
      });
      return { ids, types: types ?? ids.map(() => 0) };
    },
  };
}
