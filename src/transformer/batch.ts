import { InputError } from '../numeric/index.ts';
import type { ModelConfig } from './config.ts';
import type { Tokens } from './matmul-engine.ts';
import type { Encoding } from './text-tokenizer.ts';

/** Tokenized sequences packed one after the other. */
export interface Batch {
  /** Vocabulary index of every token. */
  readonly ids: Uint32Array;
  /** Token type (0 first text, 1 second) of every token; all 0 for a model with fewer than two. */
  readonly types: Uint8Array;
  readonly tokens: Tokens;
}

/**
 * Packs tokenized sequences for an encoder. Nothing is cut off: a sequence that is too long is refused.
 *
 * @throws InputError for no sequence at all, and for a sequence that is empty, longer than the model's positions, or
 *   has an id or a token type the model has no embedding for
 */
export function packBatch(config: ModelConfig, sequences: readonly Encoding[]): Batch {
  if (sequences.length === 0) {
    throw new InputError('there is no sequence to encode; give at least one example.');
  }
  // RoBERTa and DistilBERT tell two texts apart by the tokens between them, whatever the tokenizer says of types.
  const typed = config.tokenTypes > 1;
  const starts = new Uint32Array(sequences.length + 1);
  sequences.forEach(({ ids, types }, i) => {
    const sequence = `sequence ${i + 1} of ${sequences.length}`;
    if (ids.length < 1 || ids.length > config.positions) {
      throw new InputError(
        `${sequence} has ${ids.length} tokens, allowed are 1 to ${config.positions}, the positions of the model; shorten the text.`,
      );
    }
    const badId = ids.find((id) => !(id < config.vocabulary));
    if (badId !== undefined) {
      throw new InputError(
        `${sequence} holds token id ${badId}, allowed are 0 to ${config.vocabulary - 1}; use the tokenizer that belongs to the model.`,
      );
    }
    const badType = typed ? types.find((type) => !(type < config.tokenTypes)) : undefined;
    if (badType !== undefined) {
      throw new InputError(
        `${sequence} holds token type ${badType}, allowed are 0 to ${config.tokenTypes - 1}; give this model single texts.`,
      );
    }
    starts[i + 1] = starts[i]! + ids.length;
  });
  return {
    ids: Uint32Array.from(sequences.flatMap(({ ids }) => ids)),
    types: typed
      ? Uint8Array.from(sequences.flatMap(({ types }) => types))
      : new Uint8Array(starts.at(-1)!),
    tokens: { starts, ...protectedRows(sequences, starts) },
  };
}

/** What stands around the texts stays; absent where no sequence says what does. */
function protectedRows(
  sequences: readonly Encoding[],
  starts: Uint32Array,
): { readonly protected?: Uint8Array } {
  if (sequences.every(({ frame }) => frame === undefined)) return {};
  const rows = new Uint8Array(starts.at(-1)!);
  sequences.forEach(({ frame }, i) => {
    for (const place of frame ?? []) rows[starts[i]! + place] = 1;
  });
  return { protected: rows };
}
