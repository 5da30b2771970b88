import { digitBits } from '../params.ts';

/**
 * What the array multiplies: words of two digits or of one, each as a number of 9 bits: the low digit in bits 3 .. 0,
 * the high one in bits 7 .. 4, and in bit 8 whether there are two. Bits 7 .. 0 are so the code itself.
 */

const twoDigits = 2 ** (2 * digitBits);
const highMask = twoDigits - 2 ** digitBits;
const codeMask = twoDigits - 1;

/**
 * The word of a code.
 *
 * @param code -128 .. 255; with 4 bits a multiple of 16
 */
export const wordOf = (code: number, bits: 8 | 4): number =>
  bits === 8 ? twoDigits | (code & codeMask) : code & highMask;

/** Whether a word has two digits. */
export const isEight = (word: number): boolean => word >= twoDigits;

/** The code of a word again; the low digit of a word of one digit does not count. */
export function codeOf(word: number, signed: boolean): number {
  const code = word & (isEight(word) ? codeMask : highMask);
  return signed && code >= twoDigits / 2 ? code - twoDigits : code;
}

/** Rows of words, one side of a product. */
export interface WordMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns], row-major; those of rows and columns without bits are 0. */
  readonly words: Uint16Array;
}

/** Codes with the bits of each row or of each column, 8, 4 or 0; all 8 unless given. */
export interface CodeMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns], row-major. */
  readonly data: ArrayLike<number>;
  readonly rowBits?: ArrayLike<number> | undefined;
  readonly columnBits?: ArrayLike<number> | undefined;
}

/** Codes as words; the fewer bits count where both a row and its column have some. */
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
