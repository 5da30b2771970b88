import type { CostRow } from '../family.ts';

/** Shares of tokens with 8 bits; all others have 4. */
const shares: readonly number[] = [0, 0.25, 0.5, 0.75, 1];

/**
 * Products per cycle where each word meets one of its own side's mix: digits of one times digits of the
 * other, on average. An array comes near this for q k^T with sorted tokens only.
 */
const productsPerCycle = (share: number): number => 1 / (1 + share) ** 2;

const serial =
  'with setup, links to its neighbours and a shadow of its sum; products per cycle for q k^T of sorted tokens ' +
  '(unsorted ones take the pace of all at 8 bits)';

/** What DTQAtten costs: the digit-serial element at each mix of precisions, and the requantizer. */
export const vssaCosts: readonly CostRow[] = [
  ...shares.map((share): CostRow => ({
    label: `VSSA PE, ${100 * share} % of tokens at 8 bits`,
    design: 'vssa-pe',
    parameters: { skid: 0 },
    productsPerCycle: productsPerCycle(share),
    note: serial,
  })),
  {
    label: 'VSSA PE with links of two words, 0 %',
    design: 'vssa-pe',
    parameters: { skid: 1 },
    productsPerCycle: productsPerCycle(0),
    note: serial,
  },
  {
    label: 'requantizer of 8 to 4 bits',
    design: 'vssa-requantizer',
    note: 'one value per cycle',
  },
];
