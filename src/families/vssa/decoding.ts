import { goldenTopK } from './golden-topk.ts';
import { importanceCode } from './format/probabilities.ts';
import { quotaOf } from './schedule.ts';
import type { LayerRatios } from './schedule.ts';

/** The order of tokens, and what it asks of a decoder (GPT-2): docs/vssa.md, "The order of tokens". */

/** Token numbers as every fetch walks them: those of 8 bits, then those of 4, each in their own order. */
export function tokenOrder(bits: ArrayLike<number>): readonly number[] {
  const tokens = Array.from({ length: bits.length }, (_, token) => token);
  return [8, 4].flatMap((precision) => tokens.filter((token) => bits[token] === precision));
}

/**
 * Whether a query of a decoder may see a key: by the numbers of their tokens, since places in the order say nothing of
 * time.
 */
export const mayAttend = (query: number, key: number): boolean => key <= query;

/** What a layer of a decoder knows of the tokens so far, by token number. */
export interface DecoderTokens {
  /** 8, 4 or 0. */
  readonly bits: Uint8Array;
  readonly importance: Float64Array;
}

/**
 * One step of generation: the newest token, the next number, has attended to the tokens that are alive and to itself.
 * It is protected, in this step alone. A token that rests with 4 bits stays so even if it is among the first k1 (its low
 * digits were never stored), one of 8 bits may be demoted.
 *
 * @param before the tokens before the newest
 * @param order token numbers as the step walked them, the newest among them
 * @param p of every head, the probabilities of the newest query, by place in `order`
 */
export function decodingStep(
  before: DecoderTokens,
  order: readonly number[],
  p: readonly ArrayLike<number>[],
  ratios: LayerRatios,
): DecoderTokens {
  const newest = before.bits.length;
  const length = newest + 1;
  const importance = new Float64Array(length);
  importance.set(before.importance);
  for (const row of p) {
    order.forEach((token, place) => {
      importance[token]! += importanceCode(row[place]!);
    });
  }
  const stored = Uint8Array.of(...before.bits, 8);
  const { eight, four } = goldenTopK({
    ...quotaOf(ratios, length),
    scores: importance,
    live: stored,
    isProtected: stored.map((_, token) => (token === newest ? 1 : 0)),
  });
  const bits = new Uint8Array(length);
  for (const token of eight) bits[token] = stored[token]!;
  for (const token of four) bits[token] = 4;
  return { bits, importance };
}
