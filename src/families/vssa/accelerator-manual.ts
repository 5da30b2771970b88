import type { Manual } from '../../testbench/design.ts';
import {
  acceleratorFlags,
  depthAddress,
  flagsAddress,
  leftCountAddress,
  leftTagsAddress,
  leftUsesAddress,
  newListAddress,
  operandTags,
  rightCountAddress,
  rightTagsAddress,
  rightUsesAddress,
} from './params.ts';
import type { AcceleratorParameters } from './params.ts';

// A test compares the figures with the golden model.

const flagTexts: Readonly<Record<keyof typeof acceleratorFlags, string>> = {
  leftSigned: 'left operands are signed',
  rightSigned: 'right ones are',
  leftByList: 'left rows go to the place of their token',
  rightByList: 'right rows do',
  rightByIndex: 'a right row is an index',
  leftRequantize: 'left codes are rounded to 4 bits',
  rightRequantize: 'right ones are',
  rowsByList: 'results tell tokens instead of places',
};

export function acceleratorManual(p: AcceleratorParameters): Manual {
  const { rows, cols, loadWords, leftBlocks, rightBlocks } = p;
  const flags = Object.entries(flagTexts).map(
    ([name, text]) => `${acceleratorFlags[name as keyof typeof acceleratorFlags]} ${text}`,
  );
  return {
    operation: [
      `**Set up**, while nothing is on its way, words of the window \`setup\`: ${depthAddress}: operands ` +
        `of a dot product, d; ${leftCountAddress} and ${rightCountAddress}: rows and columns of a ` +
        `product, 1 to 1024 each; ${flagsAddress}: bits ${flags.join(', ')}; ${leftTagsAddress} and ` +
        `${rightTagsAddress}: which left, and right, operands have 8 bits: ${operandTags.eight} all, ` +
        `${operandTags.lanes} those of the rows or columns whose place is that of an 8-bit token, ` +
        `${operandTags.indexes} those of such indexes; ${leftUsesAddress} and ${rightUsesAddress}: how ` +
        `often a matrix is used; ${newListAddress}, any data: the list is given up. After reset all ` +
        'counts are 1, both sides are signed, and all operands have 8 bits. Write to `RESULTS` how many ' +
        'result beats the run has: for each product, rows x groups of columns. Then start.',
      '**Send the list** as `vssa-topk` gives it, once: tokens of 8 bits (2) first, then those of 4 (1), ' +
        '`last` on the last one. A token has its place in this order.',
      `**Send matrices** on \`left\` and \`right\`, row by row, ${loadWords} codes of 8 bits in a beat; a ` +
        'row begins with a beat, and what is left of its last one may hold anything. `id` is the token ' +
        'of the row, and matters by list only: rows whose token is not in the list are dropped. `last` ' +
        'ends a matrix. A row has the d codes of one row or column of the product; on the right, with ' +
        'the flag, it has one code for each column, and its place is the index. Each lane of the left ' +
        `store holds ${leftBlocks} blocks of ${loadWords} operands in a bank, of the right one ` +
        `${rightBlocks}: a matrix takes one for each started ${loadWords} operands of d and each started ` +
        `${rows} rows, or ${cols} columns.`,
      '**4 bits**: with the flag, (code + 8) / 16 rounded down, 7 at most; else the high four bits as ' +
        'they are. A 4-bit operand is worth 16 times its digit.',
      `**Take results**: for each group of ${rows} rows and each group of ${cols} columns a beat for each ` +
        'row in use: `row` (place or token), `column` (place of the first), a sum for each column, 0 ' +
        'beyond the last, and `last` on the last beat of a product.',
      '`BUSY`, `STALLED` and `STARVED` say what the processing elements did from the first operands that ' +
        'the array took to the last result of the run, in 32 bits, which wrap.',
    ],
    timing: [
      `A side takes one beat per cycle while one of its two banks is empty: the next matrix loads while ` +
        'this one is used. Its first operands are offered 4 cycles after its last beat; between tiles, ' +
        'uses and matrices that have come in time no cycle is lost.',
      'Tiles take as long as in `vssa-array`: for each index the digits of the slowest row times those of ' +
        'the slowest column.',
      'A result beat passes through without a register; while it waits, the next tile is computed.',
    ],
  };
}
