import type { Column } from '../../testbench/beats.ts';
import { eightBitsCode, fourBitsCode } from './params.ts';

/** A token list as the hardware holds it: those of 8 bits first, then those of 4. */
export interface TokenList {
  /** Token numbers by place. */
  readonly ids: readonly number[];
  /** How many places have 8 bits: the first ones. */
  readonly eight: number;
  /** Place of every token that is in the list. */
  readonly places: ReadonlyMap<number, number>;
}

export const emptyList: TokenList = { ids: [], eight: 0, places: new Map() };

/**
 * The lists in beats of tokens.
 *
 * @param columns as `tokenBeats` unpacks them
 * @param tokens that a list may name: 0 .. tokens - 1
 * @throws Error for a list that is not ended, names a token twice or one beyond, or is not in the order of the fetch
 */
export function tokenLists(columns: readonly Column[], tokens: number): readonly TokenList[] {
  const [ids, bits, last] = columns;
  const lists: TokenList[] = [];
  let places = new Map<number, number>();
  let eight = 0;
  for (let beat = 0; beat < ids!.length; beat++) {
    const id = ids![beat]!;
    if (id >= tokens || places.has(id)) {
      throw new Error(
        `Token list ${lists.length} names token ${id}; allowed are 0 to ${tokens - 1}, each once.`,
      );
    }
    const code = bits![beat]!;
    const inOrder = code === fourBitsCode || (code === eightBitsCode && eight === places.size);
    if (!inOrder) {
      throw new Error(
        `Token ${id} of list ${lists.length} has precision ${code}; allowed are ${eightBitsCode} and, behind those, ${fourBitsCode}.`,
      );
    }
    places.set(id, places.size);
    if (code === eightBitsCode) eight++;
    if (last![beat] === 0) continue;
    lists.push({ ids: [...places.keys()], eight, places });
    places = new Map();
    eight = 0;
  }
  if (places.size > 0) throw new Error('The last token list is not ended.');
  return lists;
}
