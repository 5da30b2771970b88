import type { Manual } from '../../testbench/design.ts';
import { sumBits } from './params.ts';
import type { ArrayParameters } from './params.ts';

// Written from docs/baseline.md; a test compares the figures with the golden model.

export function arrayManual(p: ArrayParameters): Manual {
  return {
    operation: [
      '**Set up**, while the array is idle: write the rows in use, r = 1 to ' +
        `${p.rows}, to address 0 and the columns in use, c = 1 to ${p.columns}, to address 1. After ` +
        'reset all are in use. `setup_ready` is always 1.',
      '**Send operands.** A tile is r x c dot products of one length. Each index of the dot products ' +
        'is one beat of `weights` and one of `activations`, accepted in the same cycle: bits ' +
        `${p.weightBits}i + ${p.weightBits - 1} down to ${p.weightBits}i of \`weights_values\` are the ` +
        `weight of row i, bits ${p.activationBits}j + ${p.activationBits - 1} down to ` +
        `${p.activationBits}j of \`activations_values\` the activation of column j, both signed. ` +
        '`activations_last` marks the last index of a tile. No skew is needed; lanes that are not in ' +
        'use may hold anything.',
      '**Take results**: r x c beats for each tile, row by row, column 0 first, `results_last` on the ' +
        'last; tiles in the order of their operands. A result is the sum over all indexes of weight x ' +
        `activation, exact: ${sumBits(p)} bits, signed, which cannot overflow in a dot product of at ` +
        `most ${p.maxLength}.`,
    ],
    timing: [
      'One index per cycle, that is r x c products. One result per cycle.',
      'If the last index of a tile is accepted in cycle t, its first result is offered in cycle ' +
        't + 1 + max(0, r - c). A single tile of n indexes takes n + d cycles, from the first accepted ' +
        'operands to the last accepted result, both included, where d = r x c + max(0, r - c).',
      'A tile leaves while the next one is summed: in a long run, a tile of n indexes takes max(n, d) ' +
        'cycles. The last index of a tile waits until the results of the tile before have left.',
      'A result that is not taken stops the whole array; nothing is lost.',
    ],
  };
}
