import type { TokenQuota } from './schedule.ts';

/** The tokens of one sequence, by number. */
export interface TopKTokens extends TokenQuota {
  /** Whole numbers from 0; what pruned tokens have does not matter. */
  readonly scores: ArrayLike<number>;
  /** 0 for a token that is pruned already. */
  readonly live: ArrayLike<number>;
  /** 1 for a token that survives in any case; all of them are live. None unless given. */
  readonly isProtected?: ArrayLike<number> | undefined;
}

/** The two lists that every fetch walks one after the other; each in the order of token numbers. */
export interface TopKLists {
  readonly eight: readonly number[];
  readonly four: readonly number[];
}

/**
 * The two-level selection of docs/vssa.md by sorting. Survivors are the protected tokens and, as far as k0 reaches
 * beyond them, those with the highest scores; the highest k1 of the survivors have 8 bits, protected or not. Of equal
 * scores the earlier token counts as higher.
 */
export function goldenTopK({ scores, live, isProtected, k0, k1 }: TopKTokens): TopKLists {
  const byScore = (a: number, b: number): number => scores[b]! - scores[a]! || a - b;
  const tokens = Array.from({ length: scores.length }, (_, token) => token);
  const alive = tokens.filter((token) => live[token]! > 0);
  const kept = alive.filter((token) => isProtected?.[token] === 1);
  const rest = alive.filter((token) => isProtected?.[token] !== 1).sort(byScore);
  const survivors = [...kept, ...rest.slice(0, Math.max(0, k0 - kept.length))];
  const ranked = survivors.sort(byScore);
  const ascending = (a: number, b: number): number => a - b;
  return {
    eight: ranked.slice(0, k1).sort(ascending),
    four: ranked.slice(k1).sort(ascending),
  };
}
