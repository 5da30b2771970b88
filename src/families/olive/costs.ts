import type { CostRow } from '../family.ts';

/** Side of the arrays: small enough for minutes of synthesis when flattened; larger ones go by module. */
const side = 4;
const productsPerCycle = side * side;
const rows = side;
const columns = side;

const decodes = 'turns codes into operands and computes nothing';
const wide = `in 8-bit mode, ${productsPerCycle / 4} products of 8 x 8 bits per cycle`;

/** What OliVe costs: decoders, encoders and the element on their own, and the array beside a plain one. */
export const oliveCosts: readonly CostRow[] = [
  {
    label: `plain ${side} x ${side} array, 4 x 4 bits`,
    design: 'baseline-core',
    parameters: { rows, columns, weightBits: 4, activationBits: 4 },
    productsPerCycle,
  },
  { label: 'OVP decoder, 4 bits', design: 'ovp-decoder', parameters: { bits: 4 }, note: decodes },
  { label: 'OVP decoder, 8 bits', design: 'ovp-decoder', parameters: { bits: 8 }, note: decodes },
  {
    label: 'OVP requantizer and encoder, 4 bits',
    design: 'ovp-encoder',
    parameters: { bits: 4 },
    note: 'scales two sums and encodes them, one pair per cycle',
  },
  {
    label: 'OVP requantizer and encoder, 8 bits',
    design: 'ovp-encoder',
    parameters: { bits: 8 },
    note: 'scales two sums and encodes them, one pair per cycle',
  },
  {
    label: 'OliVe PE, 4 bits, 32-bit sum',
    design: 'olive-pe',
    productsPerCycle: 1,
    note: 'without decoders',
  },
  {
    label: `OliVe ${side} x ${side} array, shared decoders`,
    design: 'olive-array',
    parameters: { rows, columns, sharedDecoders: 1 },
    productsPerCycle,
    note: wide,
  },
  {
    label: `OliVe ${side} x ${side} array, private decoders`,
    design: 'olive-array',
    parameters: { rows, columns, sharedDecoders: 0 },
    productsPerCycle,
    note: wide,
  },
];
