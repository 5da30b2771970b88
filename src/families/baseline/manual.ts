import type { Manual } from '../../testbench/design.ts';
import { rowsAddress, sumBits } from './params.ts';
import type { ArrayParameters } from './params.ts';

// Written from docs/baseline.md; a test compares the figures with the golden model.

const operands = ({ weightBits, activationBits, columns }: ArrayParameters): string =>
  `**Send operands.** A tile is r x ${columns} dot products of one length. Each index of the dot ` +
  'products is one beat of `weights` and one of `activations`, accepted in the same cycle: bits ' +
  `${weightBits}i + ${weightBits - 1} down to ${weightBits}i of the weights are the weight of row i, ` +
  `bits ${activationBits}j + ${activationBits - 1} down to ${activationBits}j of the activations the ` +
  'activation of column j, both signed. `last` of `activations` marks the last index of a tile. No ' +
  'skew is needed; lanes of rows that are not in use may hold anything, and so may columns whose ' +
  'results nobody reads.';

const results = (p: ArrayParameters): string =>
  `**Take results**: r beats for each tile, row 0 first, each with the ${p.columns} sums of a row, ` +
  'column 0 lowest, `last` on the last one; tiles in the order of their operands. A sum is that of ' +
  `weight x activation over all indexes, exact: ${sumBits(p)} bits, signed, which cannot overflow in ` +
  `a dot product of at most ${p.maxLength}.`;

const timing = ({ columns }: ArrayParameters): readonly string[] => [
  `One index per cycle, that is r x ${columns} products. One row of results per cycle.`,
  'If the last index of a tile is accepted in cycle t, its first results are offered in cycle ' +
    `t + ${columns}. A single tile of n indexes takes n + r + ${columns - 1} cycles, from the first ` +
    'accepted operands to the last accepted results, both included.',
  'A tile leaves while the next one is summed: in a long run, a tile of n indexes takes max(n, r) ' +
    'cycles. Where n is less than r, the last index waits until all rows of the tile before are complete.',
  'A result that is not taken stops the whole array; nothing is lost.',
];

const rowsText = ({ rows }: ArrayParameters): string => `the rows in use, r = 1 to ${rows}`;

export function arrayManual(p: ArrayParameters): Manual {
  return {
    operation: [
      `**Set up**, while the array is idle: write ${rowsText(p)}, to word ${rowsAddress} of the window ` +
        '`setup` (after reset all are in use), and to `RESULTS` how many result beats the run has: tiles ' +
        'x r. Then start.',
      operands(p),
      results(p),
    ],
    timing: timing(p),
  };
}

export function coreManual(p: ArrayParameters): Manual {
  return {
    operation: [
      `**Set up**, while the array is idle: ${rowsText(p)}, to address ${rowsAddress}. After reset all ` +
        'are in use. `setup_ready` is always 1.',
      operands(p),
      results(p),
    ],
    timing: timing(p),
  };
}
