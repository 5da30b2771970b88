import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { InputError } from '../numeric/index.ts';
import { readJson } from './config.ts';
import { addedTokens } from './tokenizer-rule.ts';

/** As RoBERTa calls its special tokens. */
const special = { begin: '<s>', padding: '<pad>', end: '</s>', unknown: '<unk>', mask: '<mask>' };

/**
 * The contents a tokenizer.json would have for the vocab.json and merges.txt of a RoBERTa checkpoint: byte-level byte
 * pairs (Radford et al., 2019) between `<s>` and `</s>`.
 *
 * @throws InputError for files that cannot be read and a vocabulary without those two
 */
export function bytePairJson(folder: string): Record<string, unknown> {
  const path = join(folder, 'vocab.json');
  const vocab = readJson(path);
  const ids = new Map(Object.entries(vocab) as [string, number][]);
  const missing = [special.begin, special.end].filter((token) => !ids.has(token));
  if (missing.length > 0) {
    throw new InputError(
      `${path}: the vocabulary lacks ${missing.join(', ')}, which every sequence needs; add a tokenizer.json to the folder.`,
    );
  }
  // A space may come before a mask without being a token of its own.
  const added = addedTokens(ids, Object.values(special)).map((token) => ({
    ...token,
    lstrip: (token as { content?: string }).content === special.mask,
  }));
  return {
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: {
      type: 'RobertaProcessing',
      cls: [special.begin, ids.get(special.begin)],
      sep: [special.end, ids.get(special.end)],
      trim_offsets: true,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      unk_token: ids.has(special.unknown) ? special.unknown : null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab,
      merges: readMerges(join(folder, 'merges.txt')),
    },
  };
}

/** Pairs of tokens to join, the most frequent first. */
function readMerges(path: string): [string, string][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); vocab.json needs it beside itself.`,
    );
  }
  return text.split(/\r?\n/).flatMap((line, i): [string, string][] => {
    if (line === '' || (i === 0 && line.startsWith('#version'))) return [];
    const parts = line.split(' ');
    if (parts.length !== 2) {
      throw new InputError(
        `${path}:${i + 1}: the line is "${line}", allowed are two tokens and a space between them; download the file again.`,
      );
    }
    return [parts as [string, string]];
  });
}
