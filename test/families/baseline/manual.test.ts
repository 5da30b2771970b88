import { describe, expect, it } from 'vitest';

import { arrayJob } from '../../../src/families/baseline/array-job.ts';
import { goldenArray } from '../../../src/families/baseline/golden-array.ts';
import { arrayManual } from '../../../src/families/baseline/manual.ts';
import { defaultArray } from './arbitraries.ts';

const p = { ...defaultArray, rows: 4, columns: 3 };

/** Cycles of `count` tiles of `length` indexes. */
function cyclesOf(rows: number, columns: number, length: number, count: number): number {
  const lanes = (lanes: number): number[][] =>
    Array.from({ length: lanes }, () => Array<number>(length).fill(1));
  const tile = { weights: lanes(p.rows), activations: lanes(p.columns) };
  const job = arrayJob(p, { rows, columns }, Array<typeof tile>(count).fill(tile));
  return goldenArray(p, job, new Map()).cycles;
}

describe('figures of the manual', () => {
  const { operation, timing } = arrayManual(p);

  it('timing', () => {
    const text = timing.join('\n');
    expect(text).toContain('takes n + d cycles');
    expect(text).toContain('d = r x c + max(0, r - c)');
    expect(text).toContain('a tile of n indexes takes max(n, d) cycles');
    for (const [r, c] of [
      [4, 3],
      [1, 3],
      [4, 1],
      [2, 2],
    ] as const) {
      const d = r * c + Math.max(0, r - c);
      for (const n of [1, d - 1, d, d + 1, 40].filter((length) => length > 0)) {
        expect(cyclesOf(r, c, n, 1)).toBe(n + d);
        expect(cyclesOf(r, c, n, 30) - cyclesOf(r, c, n, 20)).toBe(10 * Math.max(n, d));
      }
    }
  });

  it('operation', () => {
    const text = operation.join('\n');
    expect(text).toContain('r = 1 to 4, to address 0');
    expect(text).toContain('c = 1 to 3, to address 1');
    expect(text).toContain('27 bits, signed');
  });
});
