import { digitBits, highWeight } from '../params.ts';

/**
 * What the array multiplies: words of two digits or of one, each as a number of 9 bits: the high digit in bits 3 .. 0,
 * the low one in bits 7 .. 4, and in bit 8 whether there are two.
 */

/** Bits of a word. */
export const wordBits = 2 * digitBits + 1;

const digitMask = highWeight - 1;
const eightBit = 2 ** (2 * digitBits);

/**
 * The word of a code.
 *
 * @param code -128 .. 255; with `bits` 4 a multiple of 16
 */
export const wordOf = (code: number, bits: 8 | 4): number =>
  bits === 8
    ? eightBit | ((code & digitMask) << digitBits) | ((code >> digitBits) & digitMask)
    : (code >> digitBits) & digitMask;

/** Whether a word has two digits. */
export const isEight = (word: number): boolean => word >= eightBit;

/** What a word stands for: its code again. The low digit of a word of one digit does not count. */
export function codeOf(word: number, signed: boolean): number {
  const high = word & digitMask;
  const low = isEight(word) ? (word >> digitBits) & digitMask : 0;
  return highWeight * (signed && high >= highWeight / 2 ? high - highWeight : high) + low;
}

/** Rows of words, one side of a product. */
export interface WordMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns], row-major; those of rows and columns without bits are 0. */
  readonly words: Uint16Array;
}

/** Codes [rows x columns] with the bits of each row or of each column, 8, 4 or 0; all 8 unless given. */
export interface CodeMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: ArrayLike<number>;
  readonly rowBits?: ArrayLike<number> | undefined;
  readonly columnBits?: ArrayLike<number> | undefined;
}

/** Codes as words. */
export function wordMatrix({ rows, columns, data, rowBits, columnBits }: CodeMatrix): WordMatrix {
  const words = new Uint16Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const bits = Math.min(rowBits?.[row] ?? 8, columnBits?.[column] ?? 8);
      if (bits !== 0) words[at] = wordOf(data[at]!, bits === 8 ? 8 : 4);
    }
  }
  return { rows, columns, words };
}
