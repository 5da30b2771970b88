import type { Film } from '../testbench/index.ts';

/** What a film shows, in words. */
export interface FilmFacts {
  readonly subject: string;
  /** What the order of the tokens makes of the time. */
  readonly outcome: string;
  /** The end of `outcome`. */
  readonly verdict: string;
}

const number = (value: number): string => value.toLocaleString('en-US');

export function filmFacts(film: Film): FilmFacts {
  const { product, rows, columns, depth, bits, takes } = film;
  const count = (precision: number): number => bits.filter((own) => own === precision).length;
  const pruned = count(0) > 0 ? `, ${count(0)} pruned` : '';
  const times = takes.map(({ name, cycles }) => `${number(cycles)} cycles ${name}`).reverse();
  const ratio = (takes[0]!.cycles / takes.at(-1)!.cycles).toFixed(2);
  const verdict =
    Number(ratio) === 1 ? 'no difference' : `${takes.at(-1)!.name} ${ratio} times as fast`;
  return {
    subject:
      `${product} of ${bits.length} tokens, ${count(8)} with 8 bits and ${count(4)} with 4${pruned}, ` +
      `${depth} products in each sum, on ${rows} × ${columns} processing elements`,
    outcome: `${times.join(', ')}: ${verdict}`,
    verdict,
  };
}
