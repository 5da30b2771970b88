import type { Manual } from '../../testbench/design.ts';
import { halfUnitBits } from './params.ts';
import type {
  ArrayParameters,
  DecoderParameters,
  EncoderParameters,
  TensorCoreParameters,
} from './params.ts';

// Written from docs/olive.md; a test compares the figures with the golden models.

/** How mode, types and biases are set up. */
export const modeSetup =
  'the mode to address 0 (0: 4-bit codes, 1: 8-bit codes), the type of left and right codes to 1 and ' +
  '2 (0 int4, 1 flint4; ignored in 8-bit mode) and the bias of their outliers to 3 and 4 (2 for int4, ' +
  '3 for flint4, 4 for int8)';

export function decoderManual(p: DecoderParameters): Manual {
  return {
    operation: [
      p.bits === 4
        ? '**Set up**, while nothing is offered: write the normal type to address 1 (0 int4, 1 flint4) and ' +
          'the bias of outliers to address 3 (2 for int4, 3 for flint4). After reset they are 0 and 2.'
        : '**Set up**, while nothing is offered: write the bias of outliers to address 3; int8 takes 4, and ' +
          'after reset it is 2.',
      'A pair of codes becomes two values, integer x 2^exponent. A victim is (0, 0).',
      'A pair that no encoder makes is `illegal`: the identifier beside a zero or beside itself, which ' +
        `counts as two zeros${p.bits === 8 ? '; and an outlier beyond 2^15, which counts as 2^15' : ''}.`,
    ],
    timing: [
      'One pair per cycle, in the cycle in which it comes: there is no register on the way.',
    ],
  };
}

export function encoderManual(p: EncoderParameters): Manual {
  return {
    operation: [
      p.bits === 4
        ? '**Set up**, while nothing is inside: write the normal type to address 1 (0 int4, 1 flint4) and ' +
          'the bias of outliers to address 3 (2 or 3; flint4 needs 3). After reset they are 0 and 2.'
        : 'There is nothing to set up: codes are int8, the bias of outliers is 4.',
      '**Send** two sums as a beat of `sums`, and what they are scaled by as a beat of `scaling`, accepted ' +
        'in the same cycle. A value in half units is |sum + bias| x multiplier / 2^shift, cut to a whole ' +
        `number and limited to ${2 ** halfUnitBits(p) - 1}, with the sign of sum + bias.`,
      '**Take pairs**: each value takes its nearest code; beside an outlier the other becomes the ' +
        'identifier: the smaller of two outliers, the first if they are alike. `outliers` counts those of ' +
        'the pair before that.',
    ],
    timing: [
      'One pair per cycle. A pair whose sums are accepted in cycle t is offered in cycle t + 4: n pairs ' +
        'take n + 4 cycles.',
      'A pair that is not taken stops all four steps.',
    ],
  };
}

export function peManual(): Manual {
  return {
    operation: [
      'A beat of `operands` adds leftInteger x rightInteger x 2^(leftExponent + rightExponent) to the sum; ' +
        '`last` ends a dot product, and the next one starts at zero.',
      'The sum has 32 bits, signed, and wraps; `overflow` says that it left them after any step. With ' +
        'legal 4-bit codes it does not in a dot product of up to 58,254 elements.',
    ],
    timing: [
      'One operand per cycle. The result of operands that end in cycle t is offered in cycle t + 1: ' +
        'n operands take n + 1 cycles, in any number of dot products.',
      'A result that is not taken stops the last operand of the next dot product.',
    ],
  };
}

export function arrayManual(p: ArrayParameters): Manual {
  const groups = (p.rows + p.columns) / 2;
  return {
    operation: [
      `**Set up**, while the array is idle: write ${modeSetup}; rows in use to address 5, 1 to ${p.rows}, ` +
        `or 1 to ${p.rows / 2} in 8-bit mode; columns in use to address 6, 1 to ${p.columns}, or 1 to ` +
        `${p.columns / 2}. After reset: 4-bit mode, int4, biases 2, everything in use.`,
      '**Send pairs**: a beat of `left` and one of `right`, accepted in the same cycle, have the next two ' +
        'values of every row and of every column. In 4-bit mode byte i is a pair of row (or column) i, the ' +
        'first value in its low half. In 8-bit mode bytes 2i and 2i + 1 are the values of row (or column) ' +
        'i. `right_last` ends a tile: fill the last pair up with code 0 where a length is odd.',
      '**Take results**: one beat per row in use, row 0 first, `results_last` on the last row. Columns not ' +
        'in use are 0. A sum has 32 bits and wraps; bit j of `results_overflow` says that sum j left them ' +
        'after any step. `results_illegal`, the same in all rows of a tile, is the number of illegal pairs ' +
        'in rows and columns in use, or 65535 where there are more.',
    ],
    timing: [
      'A beat of pairs takes two cycles.',
      'If the last beat of a tile is accepted in cycle t, its first row of results is offered in cycle ' +
        `t + ${groups + 2}. A row leaves per cycle in 4-bit mode, every other cycle in 8-bit mode: r rows ` +
        'take d = r or d = 2r - 1 cycles.',
      `A single tile of k beats takes 2k + ${groups} + d cycles, from the first accepted beat to the last ` +
        'accepted row, both included.',
      'Results leave while the next tile is being summed; its last beat waits for them. In a long run a ' +
        `tile takes max(2k, ${groups + 1} + d) cycles.`,
      'A result that is not taken stops nothing before the last beat of the next tile; nothing is lost.',
    ],
  };
}

export function tensorCoreManual(p: TensorCoreParameters): Manual {
  return {
    operation: [
      `**Set up**, while nothing is inside: write ${modeSetup}. After reset: 4-bit mode, int4, biases 2.`,
      `**Send operands**: ${p.elements} elements a side in 4-bit mode, two in a byte, the first in its low ` +
        `half; ${p.elements / 2} in 8-bit mode, two in bytes 2i and 2i + 1. \`addend\` is added; \`last\` is ` +
        'passed on.',
      '**Take results**: the sum of all products and the addend, exact, wrapped to 32 bits at the end; ' +
        '`overflow` says that it did not fit. `illegal` counts illegal pairs of both sides.',
    ],
    timing: [
      'One operation per cycle; its result is offered three cycles after its operands are accepted: n ' +
        'operations take n + 3 cycles.',
      'A result that is not taken stops all steps.',
    ],
  };
}
