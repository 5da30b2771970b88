import type { Matrix } from '../../tensor/index.ts';
import type { TokenMerge, Tokens } from '../../transformer/index.ts';
import { goldenTopK } from './golden-topk.ts';
import { accumulateImportance } from './importance.ts';
import { quotaOf } from './schedule.ts';
import type { LayerPlan } from './schedule.ts';

export interface SelectionOptions {
  /** Whether importance adds up from layer to layer. */
  readonly accumulate: boolean;
  /** What becomes of pruned tokens. */
  readonly pruned: 'residual' | 'mean';
}

/**
 * The tokens as layer `layer + 1` shall see them, decided from the attention of layer `layer`.
 *
 * @param plan of every layer
 * @param p probabilities of every head, [N x L]
 */
export function selectTokens(
  plan: readonly LayerPlan[],
  { accumulate, pruned }: SelectionOptions,
  layer: number,
  p: readonly Matrix[],
  tokens: Tokens,
): Tokens {
  const next = plan[layer + 1];
  if (!next) return tokens;
  const { starts, protected: isProtected } = tokens;
  const importance = accumulateImportance(accumulate ? tokens.importance : undefined, p, tokens);
  const base = { starts, ...(isProtected && { protected: isProtected }), importance };
  if (next === 'all-8') return base;

  const bits = new Uint8Array(importance.length);
  const standing = new Set((tokens.merges ?? []).map(({ row }) => row));
  const merges: TokenMerge[] = [];
  for (let s = 0; s + 1 < starts.length; s++) {
    const [begin, end] = [starts[s]!, starts[s + 1]!];
    const length = end - begin;
    const live = Uint8Array.from({ length }, (_, i) =>
      tokens.bits?.[begin + i] === 0 || standing.has(begin + i) ? 0 : 1,
    );
    const { eight, four } = goldenTopK({
      ...quotaOf(next, length),
      scores: importance.subarray(begin, end),
      live,
      isProtected: isProtected?.subarray(begin, end),
    });
    for (const token of eight) bits[begin + token] = 8;
    for (const token of four) bits[begin + token] = 4;
    if (pruned === 'residual') continue;
    const dropped = Array.from(live.keys(), (i) => begin + i).filter(
      (row) => live[row - begin] === 1 && bits[row] === 0,
    );
    const before = [...standing].find((row) => row >= begin && row < end);
    const merge = meanToken(before, dropped, importance);
    if (!merge) continue;
    bits[merge.row] = 4;
    merges.push(merge);
  }
  return { ...base, bits, ...(merges.length > 0 && { merges }) };
}

/**
 * The mean of pruned tokens, weighted by their importance, in the row of the first of them: it keeps what they all
 * have of importance, so that the mean of more tokens later is the mean of all.
 *
 * @param before the row that stands for those pruned earlier
 * @param dropped rows pruned now
 * @param importance of every row; changed for the row of the mean
 */
function meanToken(
  before: number | undefined,
  dropped: readonly number[],
  importance: Float64Array,
): TokenMerge | undefined {
  const from = [...(before === undefined ? [] : [before]), ...dropped];
  const [row] = from;
  if (row === undefined) return undefined;
  const total = from.reduce((sum, source) => sum + importance[source]!, 0);
  const weights = from.map((source) => (total > 0 ? importance[source]! / total : 1 / from.length));
  importance[row] = total;
  return { row, from, weights };
}
