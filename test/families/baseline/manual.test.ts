import { describe, expect, it } from 'vitest';

import { arrayJob } from '../../../src/families/baseline/array-job.ts';
import { goldenArray } from '../../../src/families/baseline/golden-array.ts';
import { arrayManual, coreManual } from '../../../src/families/baseline/manual.ts';
import { defaultArray } from './arbitraries.ts';

const p = { ...defaultArray, rows: 4, columns: 3 };

/** Cycles of `count` tiles of `length` indexes. */
function cyclesOf(rows: number, length: number, count: number): number {
  const lanes = (lanes: number): number[][] =>
    Array.from({ length: lanes }, () => Array<number>(length).fill(1));
  const tile = { weights: lanes(p.rows), activations: lanes(p.columns) };
  const job = arrayJob(p, rows, Array<typeof tile>(count).fill(tile));
  return goldenArray(p, job, new Map()).cycles;
}

describe('figures of the manual', () => {
  const { operation, timing } = arrayManual(p);

  it('timing', () => {
    const text = timing.join('\n');
    expect(text).toContain('offered in cycle t + 3');
    expect(text).toContain('takes n + r + 2 cycles');
    expect(text).toContain('a tile of n indexes takes max(n, r) cycles');
    for (const r of [1, 2, 4]) {
      for (const n of [1, r, r + 1, 40]) {
        expect(cyclesOf(r, n, 1)).toBe(n + r + 2);
        expect(cyclesOf(r, n, 30) - cyclesOf(r, n, 20)).toBe(10 * Math.max(n, r));
      }
    }
    expect(coreManual(p).timing).toEqual(timing);
  });

  it('operation', () => {
    const text = operation.join('\n');
    expect(text).toContain('r = 1 to 4, to word 0');
    expect(text).toContain('`RESULTS`');
    expect(text).toContain('with the 3 sums of a row');
    expect(text).toContain('27 bits, signed');
    const bare = coreManual(p).operation.join('\n');
    expect(bare).toContain('r = 1 to 4, to address 0');
    expect(bare).not.toContain('`RESULTS`');
  });
});
