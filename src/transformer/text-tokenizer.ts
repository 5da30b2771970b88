import { Tokenizer } from '@huggingface/tokenizers';

import { InputError } from '../numeric/index.ts';

/** A tokenized text or pair of texts, special tokens included. */
export interface Encoding {
  /** Vocabulary indexes. */
  readonly ids: readonly number[];
  /** Token types, one per id. */
  readonly types: readonly number[];
  /** Places of the tokens that stand around the texts, such as [CLS] and [SEP]. */
  readonly frame?: readonly number[];
  /** How many tokens of the text were cut off; absent if none. */
  readonly dropped?: number;
}

export interface TextTokenizer {
  /** One line on where it came from. */
  readonly description: string;
  /**
   * Tokenizes a text, or a pair of texts, with special tokens around.
   *
   * @param limit the most tokens to give, special tokens included; what is too much is cut off one token at a time from
   *   the end of the longer text, of equals the second; nothing is cut unless given
   */
  encode(text: string, pair?: string, limit?: number): Encoding;
  /** Vocabulary index of a token such as `[MASK]`. */
  tokenId(token: string): number | undefined;
  /** The token of a vocabulary index, such as `Cl`. */
  token(id: number): string | undefined;
  /** What unknown text becomes; undefined for tokenizers that know everything. */
  readonly unknownId: number | undefined;
  /** Stands for a hidden token; undefined for tokenizers without it. */
  readonly maskId: number | undefined;
  /** Tokens that stand for no text: beginning, end, padding, mask, unknown. */
  readonly specialIds: ReadonlySet<number>;
}

/**
 * A tokenizer of `@huggingface/tokenizers` as the encoder wants it.
 *
 * @param path the file that error messages name
 * @param json the contents of a tokenizer.json
 * @param config the contents of a tokenizer_config.json
 * @throws InputError if the library cannot build a tokenizer from it
 */
export function textTokenizer(
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
  const added = tokenizer.get_added_tokens_decoder();
  const specialIds = new Set([...added].filter(([, token]) => token.special).map(([id]) => id));
  const framing = new Set(tokenizer.encode('', { text_pair: null }).ids);
  const framed = (encoding: Encoding): Encoding => {
    const frame = encoding.ids.flatMap((id, place) => (framing.has(id) ? [place] : []));
    return frame.length === 0 ? encoding : { ...encoding, frame };
  };
  const whole = (text: string, pair: string | undefined): Encoding => {
    const { ids, token_type_ids: types } = tokenizer.encode(text, {
      text_pair: pair ?? null,
      return_token_type_ids: true,
    });
    return { ids, types: types ?? ids.map(() => 0) };
  };
  return {
    description,
    unknownId: tokenizer.model?.unk_token_id,
    maskId: maskOf(tokenizer, config),
    specialIds,
    tokenId: (token) => tokenizer.token_to_id(token),
    token: (id) => tokenizer.id_to_token(id),
    encode(text, pair, limit = Infinity) {
      const encoding = whole(text, pair);
      return framed(
        encoding.ids.length <= limit ? encoding : cut(path, tokenizer, encoding, text, pair, limit),
      );
    },
  };
}

/** tokenizer_config.json names the mask as a string or as an object with its content; vocabularies agree on two. */
function maskOf(tokenizer: Tokenizer, config: Record<string, unknown>): number | undefined {
  const stated = config['mask_token'];
  const content = (stated as { content?: unknown } | undefined)?.content ?? stated;
  const names = [...(typeof content === 'string' ? [content] : []), '[MASK]', '<mask>'];
  return names.map((name) => tokenizer.token_to_id(name)).find((id) => id !== undefined);
}

/** Cuts the texts, not the whole, so that the special tokens stay around what is left. */
function cut(
  path: string,
  tokenizer: Tokenizer,
  whole: Encoding,
  text: string,
  pair: string | undefined,
  limit: number,
): Encoding {
  const first = tokenizer.tokenize(text);
  const second = pair ? tokenizer.tokenize(pair) : [];
  const total = whole.ids.length;
  const special = total - first.length - second.length;
  if (limit < special) {
    throw new InputError(
      `${path}: a sequence of at most ${limit} tokens is asked for, but ${special} special tokens alone are around every text; ask for more.`,
    );
  }
  let [keepFirst, keepSecond] = [first.length, second.length];
  for (let drop = total - limit; drop > 0; drop--) {
    if (keepFirst > keepSecond) keepFirst--;
    else keepSecond--;
  }
  const kept = [first.slice(0, keepFirst), pair ? second.slice(0, keepSecond) : null] as const;
  const { tokens, token_type_ids: types } = tokenizer.post_processor?.post_process(...kept) ?? {
    tokens: [...kept[0], ...(kept[1] ?? [])],
  };
  const ids = tokens.map(
    (token: string) => tokenizer.token_to_id(token) ?? tokenizer.model!.unk_token_id!,
  );
  return { ids, types: types ?? ids.map(() => 0), dropped: total - limit };
}
