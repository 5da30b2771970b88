import { wordCount } from './words.ts';

/**
 * How a value is held in compiled code and in state:
 * - `int`, up to 32 bits: an int32, zero-extended (32 bits: the bit pattern);
 * - `float`, 33 to 53 bits: a double holding the two's complement reading, always exact;
 * - `words`: int32 words, lowest first, the last one zero-extended.
 */
export type Lane = 'int' | 'float' | 'words';

export function laneOf(width: number): Lane {
  if (width <= 32) return 'int';
  return width <= 53 ? 'float' : 'words';
}

/** Slots that a value takes in the arrays of state. */
export function slotsOf(width: number): { readonly int: number; readonly float: number } {
  switch (laneOf(width)) {
    case 'int':
      return { int: 1, float: 0 };
    case 'float':
      return { int: 0, float: 1 };
    case 'words':
      return { int: wordCount(width), float: 0 };
  }
}
