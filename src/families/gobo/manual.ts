import type { Manual } from '../../testbench/design.ts';
import { binBits, binCount, isFp16, resultBits } from './params.ts';
import type { DecompressorParameters, PeParameters, TileParameters } from './params.ts';

// Written from docs/gobo-tile.md; a test compares the figures with the golden models.

const many = (count: number, one: string, more: string): string =>
  `${count} ${count === 1 ? one : more}`;

/** How sums of fp16 are made; `sums` says which. */
export const halvesText = (sums: string): string =>
  `Numbers are IEEE 754: halves come in, ${sums} singles, each operation rounded to nearest, ties to ` +
  'even. Sums start at +0. Every NaN that leaves is 0x7fc00000.';

/** How a result of fp16 comes about. */
export const halfOrderText =
  'A result is the sum over all columns of activation x weight, in this order: each bin adds its ' +
  'activations as columns come; the products of bins and centroids are added from bin 0 up, those of ' +
  'outliers and activations as columns come; last, both sums.';

export function peManual(p: PeParameters): Manual {
  const bins = binCount(p);
  return {
    operation: [
      `A beat of \`operands\` adds \`activation\` to bin \`index\` (0 to ${bins - 1}) of the set ` +
        'being filled; with `outlier` = 1 it adds nothing. `last` = 1 completes the set, also on ' +
        'an outlier.',
      `A complete set leaves on \`bins\`: ${bins} beats, bin 0 first, \`last\` on bin ${bins - 1}. ` +
        'A bin that nothing was added to is 0. An emptied set starts again at zero.',
      isFp16(p)
        ? `${halvesText('bins are')} A bin adds its activations in the order in which they come.`
        : `A bin has ${binBits(p)} bits, signed, and cannot overflow in a set of at most ` +
          `${many(p.maxLength, 'operand', 'operands')}.`,
      p.buffers === 2
        ? 'There are two sets: one fills while the other leaves.'
        : 'There is one set: `operands.ready` is 0 while it leaves.',
    ],
    timing: [
      'One operand per cycle while a set is free; one bin per cycle while a set is complete.',
      'The set whose last operand is accepted in cycle t offers bin 0 in cycle t + 1.',
      `A single set of n operands takes n + ${bins} cycles, from the first accepted operand to ` +
        'the last accepted bin, both included.',
    ],
  };
}

export function tileManual(p: TileParameters): Manual {
  const bins = binCount(p);
  const drain = `${bins} x rows`;
  const latency = isFp16(p) ? 5 : 3;
  const centroid = isFp16(p) ? 'centroid k (a half)' : 'centroid k (signed)';
  return {
    operation: [
      `**Set up**, while the tile is idle: write ${centroid} to address k, for k = 0 to ` +
        `${bins - 1}, and the number of rows in use, 1 to ${p.pes}, to address ${bins}. Centroids ` +
        `have no value after reset; rows in use is ${p.pes}. \`setup_ready\` is always 1.`,
      '**Send columns.** Each column of a dot product is one beat of `activations` and one of ' +
        `\`weights\`, accepted in the same cycle. Bits ${p.bits}j + ${p.bits - 1} down to ` +
        `${p.bits}j of \`weights_indexes\` say which centroid is the weight of row j. ` +
        '`activations_last` marks the last column.',
      '**Send outliers.** Where the weights of some rows are not in the dictionary, set ' +
        '`weights_outliers` on that column and send a beat of `records` for each such row, in ' +
        'ascending order of rows, `records_last` on the last of the column. The index of an ' +
        'outlier is ignored.',
      '**Take results**: one beat per row in use, row 0 first, `results_last` on the last row; ' +
        'dot products in the order of their columns. ' +
        (isFp16(p)
          ? halfOrderText
          : 'A result is the sum over all columns of activation x weight, exact: ' +
            `${resultBits(p)} bits, signed, which cannot overflow in a dot product of at most ` +
            `${many(p.maxLength, 'column', 'columns')}.`),
      ...(isFp16(p) ? [halvesText('bins, sums and results are')] : []),
    ],
    timing: [
      'A column takes one cycle, or r cycles where it has r > 1 records.',
      `The shared multiply unit computes one product per cycle: first those of outliers, from a ` +
        `queue of ${p.queueDepth}; then, for each complete dot product, ${bins} per row in use.`,
      'Without outliers, if the last column of a dot product is accepted in cycle t and the ' +
        `multiply unit is idle, the result of row j is offered in cycle t + ${bins} x (j + 1) + ${latency}. ` +
        `A single dot product of n columns takes n + ${drain} + ${latency} cycles, from the first accepted ` +
        'column to the last accepted result, both included.',
      p.buffers === 2
        ? 'Draining one dot product overlaps the columns of the next: in a long run without ' +
          `outliers, a dot product of n columns takes max(n, ${drain}) cycles.`
        : 'With one set of bins, columns wait while a dot product drains: in a long run without ' +
          `outliers, a dot product of n columns takes n + ${drain} cycles.`,
      'A result that is not taken stops the multiply unit, and soon the columns; nothing is lost.',
    ],
  };
}

export function decompressorManual(p: DecompressorParameters): Manual {
  const entries = binCount(p);
  const codes = p.valueBytes < 3 ? `, or signed codes of up to ${8 * p.valueBytes} bits` : '';
  const kind = p.valueBytes === 4 ? 'f32' : p.valueBytes === 2 ? 'f16' : undefined;
  return {
    operation: [
      `**Set up**, while nothing is inside: write entry k of the dictionary to address k, for k = 0 ` +
        `to ${entries - 1}, the number of columns to address ${entries}, and that of rows to address ` +
        `${entries + 1}, both from 1. The dictionary has no value after reset.`,
      `**Send the body of a container**, ${p.inputBytes} bytes a beat, the first in the lowest bits: ` +
        'everything after the header of a container file, as it is. What follows the last byte in its ' +
        'beat is ignored; the next matrix of the same shape and dictionary begins with the next beat.',
      `**Take weights**: \`count\` of them a beat, ${p.lanes} or what is left of a block of 256, the ` +
        'first in the lowest word; `last` ends a row. Words beyond `count` are 0.',
      `A value has ${8 * p.valueBytes} bits and is passed through as it is: ` +
        `${kind ?? 'any bits'}${codes}. Checksums are not looked at: that is for whoever reads the file.`,
    ],
    timing: [
      `A block of n weights in m bytes takes no longer than the slower of ceil(n / ${p.lanes}) cycles ` +
        `and m / ${p.inputBytes} + 3 cycles, in a long run, if its surroundings never wait.`,
      'Reading runs ahead of writing by up to two blocks of values and indexes.',
      'Weights that are not taken stop the input, after what is inside has been filled; nothing is lost.',
    ],
  };
}
