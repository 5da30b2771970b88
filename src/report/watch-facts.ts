import type { Film } from '../testbench/film.ts';
import { longestOf } from './watch-occupancy.ts';

/** What a film shows, in words. */
export interface FilmFacts {
  readonly subject: string;
  /** What the order of the tokens makes of the time. */
  readonly outcome: string;
}

const number = (value: number): string => value.toLocaleString('en-US');

export function filmFacts(film: Film): FilmFacts {
  const { rows, columns, depth, bits, takes } = film;
  const wide = bits.filter((b) => b === 8).length;
  const fastest = Math.min(...takes.map(({ cycles }) => cycles));
  const longest = longestOf(film);
  const [first, second] = takes;
  const cycles = `${number(first!.cycles)} cycles or ${number(second!.cycles)}`;
  return {
    subject:
      `Q K^T of ${bits.length} tokens, ${wide} with 8 bits and ${bits.length - wide} with 4, ` +
      `${depth} products in each sum, on ${rows} x ${columns} processing elements`,
    outcome:
      longest === fastest
        ? `${cycles}: here the order makes no difference`
        : `${cycles}: ${(longest / fastest).toFixed(2)} times`,
  };
}
