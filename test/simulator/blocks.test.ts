import { describe, expect, it } from 'vitest';
import { splitIntoBlocks } from '../../src/simulator/blocks.ts';

/** What a block says about a column, row by row. */
function unrolled(blocks: ReturnType<typeof splitIntoBlocks>['blocks'], name: string): number[] {
  return blocks.flatMap(({ outer, inner, places }) => {
    const { first, outerStep, innerStep } = places.get(name)!;
    return Array.from(
      { length: outer * inner },
      (_, row) => first + Math.floor(row / inner) * outerStep + (row % inner) * innerStep,
    );
  });
}

describe('splitIntoBlocks', () => {
  // A 5 x 6 array of structs of 3 whose first column takes its left input from elsewhere.
  const base = Array.from({ length: 30 }, (_, row) => 100 + 3 * row);
  const left = base.map((at, row) => (row % 6 === 0 ? 10 + row / 6 : at - 3));
  const columns = new Map([
    ['b', base],
    ['left', left],
  ]);

  it('finds the inside of an array and its border', () => {
    const { blocks, order } = splitIntoBlocks(columns, 30, true);
    expect(blocks.map(({ outer, inner }) => [outer, inner])).toEqual([
      [1, 5],
      [5, 5],
    ]);
    for (const [name, column] of columns) {
      expect(unrolled(blocks, name)).toEqual(order.map((row) => column[row]));
    }
    expect([...order].sort((a, b) => a - b)).toEqual(base.map((_, row) => row));
  });

  it('keeps the order where it matters', () => {
    const { blocks, order } = splitIntoBlocks(columns, 30, false);
    expect(order).toEqual(base.map((_, row) => row));
    for (const [name, column] of columns) expect(unrolled(blocks, name)).toEqual(column);
  });
});
