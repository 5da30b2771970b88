import type { Matrix } from '../../tensor/index.ts';
import type { Tokens } from '../../transformer/index.ts';
import { importanceCode } from './format/probabilities.ts';
import { importanceBits } from './params.ts';

/**
 * Adds what every token has got of the attention of all heads and live queries.
 *
 * @param before of every row, or undefined to start from 0
 * @param p probabilities of every head, [N x L]: column j is the j-th key of the row's sequence
 * @returns of every row, whole numbers below 2^40
 * @throws RangeError where they would not fit
 */
export function accumulateImportance(
  before: Float64Array | undefined,
  p: readonly Matrix[],
  { starts, bits }: Tokens,
): Float64Array {
  const rows = starts.at(-1)!;
  const total = before?.slice() ?? new Float64Array(rows);
  for (let s = 0; s + 1 < starts.length; s++) {
    const [begin, end] = [starts[s]!, starts[s + 1]!];
    for (const { columns, data } of p) {
      for (let query = begin; query < end; query++) {
        if (bits?.[query] === 0) continue;
        for (let key = begin; key < end; key++) {
          total[key]! += importanceCode(data[query * columns + key - begin]!);
        }
      }
    }
  }
  const worst = total.findIndex((sum) => !(sum < 2 ** importanceBits));
  if (worst >= 0) {
    throw new RangeError(
      `the importance of row ${worst} is ${total[worst]}, beyond ${importanceBits} bits`,
    );
  }
  return total;
}
