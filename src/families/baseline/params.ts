import type { ParameterSpec } from '../../testbench/design.ts';

/** Parameters of the array. */
export const arrayParameters = {
  rows: {
    help: 'rows R of cells; each computes one row of the matrix',
    default: 8,
    min: 1,
    max: 64,
  },
  columns: {
    help: 'columns C of cells; each computes one token',
    default: 8,
    min: 1,
    max: 64,
  },
  weightBits: {
    help: 'bits W of a signed weight',
    default: 8,
    min: 4,
    max: 16,
  },
  activationBits: {
    help: 'bits A of a signed activation',
    default: 8,
    min: 4,
    max: 16,
  },
  maxLength: {
    help: 'longest dot product; sets the bits of sums',
    default: 3072,
    min: 1,
    max: 65536,
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

export type ArrayParameters = Readonly<Record<keyof typeof arrayParameters, number>>;

/** Number of binary digits of a whole number from 1 up. */
export const digits = (n: number): number => 32 - Math.clz32(n);

/** Width of a sum, A + W - 1 + digits(maxLength): 8 .. 48, the least that cannot overflow. */
export function sumBits(
  p: Pick<ArrayParameters, 'activationBits' | 'weightBits' | 'maxLength'>,
): number {
  return p.activationBits + p.weightBits - 1 + digits(p.maxLength);
}

/** Setup address of the rows in use; the array has no other. */
export const rowsAddress = 0;

/** Width of the data of a setup beat: 1 .. 7. */
export const setupDataBits = ({ rows }: Pick<ArrayParameters, 'rows'>): number => digits(rows);
