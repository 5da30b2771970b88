import type { CostRow } from '../family.ts';

/** Plain arrays with as many products per cycle as a GOBO tile. */
export const baselineCosts: readonly CostRow[] = [8, 16].map((bits) => ({
  label: `plain 4 x 4 array, ${bits} x ${bits} bits`,
  design: 'baseline-core',
  parameters: { rows: 4, columns: 4, weightBits: bits, activationBits: bits },
  productsPerCycle: 16,
}));
