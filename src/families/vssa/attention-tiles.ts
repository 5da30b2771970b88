import { inOrder, orderOf } from './array-job.ts';
import type { ArrayProduct, TokenOrder } from './array-job.ts';
import type { ProbabilityMode } from './format/probabilities.ts';
import { wordMatrix } from './format/words.ts';
import type { WordMatrix } from './format/words.ts';

/** The products of attention as the array takes them: the tokens that are alive, in the order of the fetch. */

/** Codes of one head of one sequence, row-major. */
export interface Codes {
  readonly rows: number;
  readonly columns: number;
  readonly data: ArrayLike<number>;
}

/** How tokens enter the array. */
export interface Fetch {
  /** Of each token: 8, 4 or 0. */
  readonly bits: ArrayLike<number>;
  readonly order: TokenOrder;
}

/** Bits of the rows of probabilities: 8 for every query that is alive, or the query's own. */
export const probabilityBits = (
  bits: ArrayLike<number>,
  pMode: ProbabilityMode,
): ArrayLike<number> => (pMode === 'query' ? bits : Array.from(bits, (own) => (own === 0 ? 0 : 8)));

/** q k^T: queries are rows of the array, keys its columns; q, k [N x d]. */
export function scoresProduct(q: Codes, k: Codes, { bits, order }: Fetch): ArrayProduct {
  const tokens = orderOf(bits, order);
  const side = (codes: Codes): WordMatrix =>
    inOrder(wordMatrix({ ...codes, rowBits: bits }), tokens);
  return { left: side(q), right: side(k), signed: { left: true, right: true } };
}

/** p v: queries are rows of the array, features its columns, keys come one after the other; p [N x N], v [N x d]. */
export function contextProduct(
  p: Codes,
  v: Codes,
  { bits, order }: Fetch,
  pMode: ProbabilityMode,
): ArrayProduct {
  const tokens = orderOf(bits, order);
  const left = wordMatrix({ ...p, rowBits: probabilityBits(bits, pMode) });
  const right = inOrder(wordMatrix({ ...v, rowBits: bits }), tokens);
  return {
    left: inOrder(left, tokens, tokens),
    right: transposed(right),
    // Probabilities have no sign, so that a digit of them goes up to 15.
    signed: { left: false, right: true },
  };
}

function transposed({ rows, columns, words }: WordMatrix): WordMatrix {
  const out = new Uint16Array(words.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = words[row * columns + column]!;
    }
  }
  return { rows: columns, columns: rows, words: out };
}
