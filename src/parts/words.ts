import { addressBits } from '../ir/index.ts';
import { bit, uint, vec } from '../hdl/index.ts';
import type { ScalarType, UIntType, VecType } from '../hdl/index.ts';
import { refuse } from './part.ts';
import type { AnyPart } from './part.ts';

export interface WidthParameters<T extends ScalarType = ScalarType> {
  /** Type of a word. */
  readonly word: T;
  /** Words in a wide beat: 2 or more. */
  readonly words: number;
}

/** A stream of single words; `last` ends a row of them. */
export type WordFields<T extends ScalarType> = {
  readonly word: T;
  readonly last: UIntType<1>;
};

/** A stream of several words: the lowest `count` of them, 1 or more, are in use. */
export type WideFields<T extends ScalarType> = {
  readonly words: VecType<T>;
  readonly count: UIntType;
  readonly last: UIntType<1>;
};

/** Bits that count the words of a wide beat. */
export const countBits = ({ words }: WidthParameters): number => addressBits(words + 1);

export const wordFields = <T extends ScalarType>({ word }: WidthParameters<T>): WordFields<T> => ({
  word,
  last: bit(),
});

export const wideFields = <T extends ScalarType>(p: WidthParameters<T>): WideFields<T> => ({
  words: vec(p.word, p.words),
  count: uint(countBits(p)),
  last: bit(),
});

/** Refuses a number of words that needs no width converter. */
export function checkWords(part: AnyPart, words: number): void {
  if (!(Number.isInteger(words) && words >= 2)) {
    refuse(part, `${part.name} converts between 1 word and 2 words or more, not ${words}`);
  }
}
