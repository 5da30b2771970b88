import type { CostRow } from '../family.ts';

/** Columns of the rows that rates are for: the width of a BERT-Base. */
const columns = 768;
/** Bins of a set at 3 bits: so many cycles a PE with one set accumulates nothing after each row. */
const bins = 8;
const singleRate = columns / (columns + bins);

const alone = 'without the multiply unit that PEs share';

/** What GOBO costs: PEs on their own, the whole tile, and the decompressor for other engines. */
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
    note: 'delivers weights and computes nothing',
  },
];
