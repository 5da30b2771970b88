import type { CostRow } from '../family.ts';

/** Columns of the rows that rates are for: the width of a BERT-Base. */
const columns = 768;
/** Bins of a set at 3 bits: so many cycles a PE with one set accumulates nothing after each row. */
const bins = 8;
const singleRate = columns / (columns + bins);

const alone = 'without the multiply unit that PEs share';

/** Side of a plain array with as many products per cycle as a tile. */
const side = 4;

/** What GOBO costs: PEs on their own, the whole tile beside plain arrays, and the decompressor. */
export const goboCosts: readonly CostRow[] = [
  {
    label: 'GOBO PE, 8-bit activations, 1 set',
    design: 'gobo-pe',
    parameters: { activationBits: 8, buffers: 1 },
    productsPerCycle: singleRate,
    note: alone,
  },
  {
    label: 'GOBO PE, 8-bit activations, 2 sets',
    design: 'gobo-pe',
    parameters: { activationBits: 8, buffers: 2 },
    productsPerCycle: 1,
    note: alone,
  },
  {
    label: 'GOBO PE, 16-bit activations, 1 set',
    design: 'gobo-pe',
    parameters: { activationBits: 16, buffers: 1 },
    productsPerCycle: singleRate,
    note: alone,
  },
  {
    label: 'GOBO PE, 16-bit activations, 2 sets',
    design: 'gobo-pe',
    parameters: { activationBits: 16, buffers: 2 },
    productsPerCycle: 1,
    note: alone,
  },
  ...[8, 16].map((bits): CostRow => ({
    label: `plain ${side} x ${side} array, ${bits} x ${bits} bits`,
    design: 'baseline-core',
    parameters: { rows: side, columns: side, weightBits: bits, activationBits: bits },
    productsPerCycle: side * side,
  })),
  {
    label: 'GOBO tile of 16 PEs, 8 x 8 bits',
    design: 'gobo-tile',
    parameters: { activationBits: 8, weightBits: 8 },
    productsPerCycle: 16,
    note: 'for rows of 128 columns or more and few outliers',
  },
  {
    label: 'GOBO tile of 16 PEs, 16 x 16 bits',
    design: 'gobo-tile',
    parameters: { activationBits: 16, weightBits: 16 },
    productsPerCycle: 16,
    note: 'for rows of 128 columns or more and few outliers',
  },
  {
    label: 'GOBO decompressor, 4 bytes in, 8 weights out',
    design: 'gobo-decompressor',
    note: 'delivers weights and computes nothing; its queues are memory, not gates',
  },
];
