import { planOf } from './array-job.ts';
import type { ArrayProduct, ArrayShape } from './array-job.ts';
import { isEight } from './format/words.ts';
import type { WordMatrix } from './format/words.ts';

/**
 * Cycles of the array without looking at it cycle by cycle: docs/vssa-array.md, "Cycles". A product of two words takes
 * as many cycles as the digits of one times those of the other; the slowest of a tile sets the pace of all.
 */

const digitsOf = (word: number): number => (isEight(word) ? 2 : 1);

/** For each column of some rows, what `combine` makes of the digits of all of them. */
function byColumn(
  { columns, words }: WordMatrix,
  begin: number,
  end: number,
  combine: (all: number, digits: number) => number,
): Float64Array {
  const found = new Float64Array(columns);
  for (let row = begin; row < end; row++) {
    for (let k = 0; k < columns; k++) {
      found[k] = combine(found[k]!, digitsOf(words[row * columns + k]!));
    }
  }
  return found;
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, digits, k) => sum + digits * b[k]!, 0);

const sum = (a: number, b: number): number => a + b;

/** Digit products of a product over the elements of the array: no order and no array of this size is faster. */
export const idealCycles = (p: ArrayShape, { left, right }: ArrayProduct): number =>
  dot(byColumn(left, 0, left.rows, sum), byColumn(right, 0, right.rows, sum)) / (p.rows * p.cols);

/**
 * What all tiles of a product take if each begins as the one before ends: for each index the most digits of a left word
 * times the most of a right one, but at least as many cycles as rows to leave.
 */
export function tileCycles(p: ArrayShape, product: ArrayProduct): number {
  const most = new Map<string, Float64Array>();
  const mostDigits = (side: 'left' | 'right', begin: number, size: number): Float64Array => {
    const key = `${side} ${begin}`;
    const matrix = product[side];
    const end = Math.min(begin + size, matrix.rows);
    const found = most.get(key) ?? byColumn(matrix, begin, end, Math.max);
    most.set(key, found);
    return found;
  };
  return planOf(p, product)
    .flatMap(({ rows, columns, tiles }) =>
      tiles.map((tile) =>
        Math.max(
          rows,
          dot(mostDigits('left', tile.left, rows), mostDigits('right', tile.right, columns)),
        ),
      ),
    )
    .reduce(sum, 0);
}

/**
 * The closed form of a run: its tiles, and once the way through the array. A run takes 2 cycles more, until the first
 * words are in and the last sum is out, if all words of each side of a tile have as many digits.
 *
 * @param tiles as `tileCycles` counts them
 */
export const closedCycles = (p: ArrayShape, tiles: number): number => tiles + p.rows + p.cols - 2;
