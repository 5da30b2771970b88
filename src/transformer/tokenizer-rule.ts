import { readFileSync } from 'node:fs';

import { InputError } from '../numeric/index.ts';

/** Tokens that stand for no text, by what they are for. */
export interface SpecialTokens {
  readonly unknown: string;
  readonly begin: string;
  readonly end: string;
  readonly mask: string;
  readonly padding: string;
}

/** As BERT calls them. */
export const bertSpecialTokens: SpecialTokens = {
  unknown: '[UNK]',
  begin: '[CLS]',
  end: '[SEP]',
  mask: '[MASK]',
  padding: '[PAD]',
};

/** How to read a vocab.txt. */
export type VocabularyRule = {
  /** The vocabulary, one token a line: a path from the model's folder; vocab.txt unless given. */
  readonly vocabulary?: string;
  /** Those that differ from BERT's. */
  readonly special?: Partial<SpecialTokens>;
} & (
  | {
      /** Whole words and `##` continuations, after BERT's normalisation. */
      readonly kind: 'word-piece';
      readonly lowercase?: boolean;
      /** Absent: accents go exactly when the text is lowercased. */
      readonly stripAccents?: boolean;
      readonly chineseCharacters?: boolean;
    }
  | {
      /** Every match of a regular expression (and whatever lies between two) is one entry. */
      readonly kind: 'word-level';
      readonly pattern: string;
    }
);

/**
 * SMILES split into atoms, bonds, branches and ring closures: the expression of Schwaller et al., "Found in
 * Translation" (2018), which RXNMapper uses.
 */
export const smilesRule: VocabularyRule & { kind: 'word-level' } = {
  kind: 'word-level',
  pattern: String.raw`\[[^\]]+\]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|%[0-9]{2}|[0-9]`,
};

/** Whether every entry of a vocabulary is one whole SMILES token. */
export function isSmiles(vocabulary: readonly string[]): boolean {
  const whole = new RegExp(`^(?:${smilesRule.pattern})$`, 'u');
  return vocabulary.every((token) => whole.test(token));
}

/** The WordPiece options of a tokenizer_config.json; BERT's where it says nothing. */
export function wordPieceRule(config: Readonly<Record<string, unknown>>): VocabularyRule {
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

/** One line per token; its number, from 0, is the token's id. */
export function readVocabulary(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); a model folder needs tokenizer.json, vocab.txt, or vocab.json and merges.txt.`,
    );
  }
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** The `added_tokens` of a tokenizer.json: those of `tokens` that the vocabulary holds. */
export function addedTokens(
  vocabulary: ReadonlyMap<string, number>,
  tokens: readonly string[],
): readonly object[] {
  return tokens
    .filter((content) => vocabulary.has(content))
    .map((content) => ({
      id: vocabulary.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }));
}

/**
 * The contents a tokenizer.json would have.
 *
 * @throws InputError naming `path` for a vocabulary without the tokens that every sequence needs
 */
export function tokenizerJson(
  path: string,
  vocabulary: readonly string[],
  rule: VocabularyRule,
): Record<string, unknown> {
  const special = { ...bertSpecialTokens, ...rule.special };
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const missing = [special.unknown, special.begin, special.end].filter((token) => !ids.has(token));
  if (missing.length > 0) {
    throw new InputError(
      `${path}: the vocabulary lacks ${missing.join(', ')}, which every sequence needs; add a tokenizer.json to the folder, or say in a tokenizer file what stands for them.`,
    );
  }
  const shared = {
    added_tokens: addedTokens(ids, Object.values(special)),
    post_processor: {
      type: 'BertProcessing',
      cls: [special.begin, ids.get(special.begin)],
      sep: [special.end, ids.get(special.end)],
    },
    decoder: null,
  };
  const vocab = Object.fromEntries(ids);
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
          unk_token: special.unknown,
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
        model: { type: 'WordLevel', unk_token: special.unknown, vocab },
      };
  }
}
