import type { CostRow } from '../family.ts';

/** Products per cycle of one element, by the precision of the two words that meet in it. */
const speeds: readonly (readonly [words: string, productsPerCycle: number])[] = [
  ['8 x 8 bits', 1 / 4],
  ['8 x 4 bits', 1 / 2],
  ['4 x 4 bits', 1],
];

const elementOf = (skid: number): string => `VSSA PE${skid === 1 ? ' with skid' : ''}`;

/** What DTQAtten costs: the digit-serial element at each mix of precisions, and what stands around the array. */
export const vssaCosts: readonly CostRow[] = [
  ...[0, 1].flatMap((skid) =>
    speeds.map(([words, productsPerCycle]): CostRow => ({
      label: `${elementOf(skid)}, ${words}`,
      design: 'vssa-pe',
      parameters: { skid },
      productsPerCycle,
      note: 'with the links to its neighbours and a shadow of its sum',
    })),
  ),
  {
    label: 'requantizer of 8 to 4 bits',
    design: 'vssa-requantizer',
    note: 'one value per cycle',
  },
];
