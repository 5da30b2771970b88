import { describe, expect, it } from 'vitest';
import { sumModules } from '../../src/costs/hierarchy.ts';

describe('gates of modules', () => {
  it('are those of the modules in them, each as often as it is there', () => {
    const modules = new Map([
      ['top', { cells: { $_NAND_: 1, row: 2, leaf: 1 } }],
      ['row', { cells: { $_DFF_P_: 4, leaf: 3 } }],
      ['leaf', { cells: { $_XOR_: 2 } }],
    ]);
    // By hand: a leaf is 2 XORs of 2; a row is 4 flip-flops of 5.67 and 3 leaves.
    expect(sumModules('top', modules)).toEqual([
      { name: 'top', count: 1, gateEquivalents: 1 + 2 * 34.68 + 4, flipFlops: 8 },
      { name: 'row', count: 2, gateEquivalents: 34.68, flipFlops: 4 },
      { name: 'leaf', count: 7, gateEquivalents: 4, flipFlops: 0 },
    ]);
  });

  it('are refused where a cell is neither a gate nor a module', () => {
    const modules = new Map([['top', { cells: { black_box: 1 } }]]);
    expect(() => sumModules('top', modules)).toThrow("a cell 'black_box'");
  });
});
