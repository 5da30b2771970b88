import { elaborate } from '../hdl/index.ts';
import type { Program } from '../ir/index.ts';
import { floatMac, half, integerMac, single } from '../parts/index.ts';

/** A plain unit that processing elements are measured by. */
export interface Reference {
  /** As on the command line. */
  readonly name: string;
  readonly label: string;
  readonly productsPerCycle: number;
  program(): Program;
}

/** Guard bits of a sum: of 3,072 products, the longest dot product of a BERT-Base. */
const guardBits = 12;

const integer = (bits: number): Reference => {
  const sum = 2 * bits + guardBits;
  return {
    name: `int${bits}-mac`,
    label: `int${bits} MAC, ${sum}-bit sum`,
    productsPerCycle: 1,
    program: () => elaborate(...integerMac({ a: bits, b: bits, sum })),
  };
};

/** The unit that areas are given in multiples of. */
export const unit: Reference = integer(8);

export const references: readonly Reference[] = [
  integer(4),
  unit,
  integer(16),
  {
    name: 'fp16-mac',
    label: 'fp16 MAC, fp32 sum',
    productsPerCycle: 1,
    program: () => elaborate(...floatMac({ operand: half, sum: single })),
  },
];
