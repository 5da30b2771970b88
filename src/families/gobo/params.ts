import type { ParameterSpec } from '../../testbench/design.ts';

const bits: ParameterSpec = {
  help: 'bits b of a weight index; a dictionary has K = 2^b centroids and a PE K bins',
  default: 3,
  min: 2,
  max: 6,
};
const activationBits: ParameterSpec = {
  help: 'bits A of a signed activation',
  default: 16,
  min: 8,
  max: 16,
};
const maxLength: ParameterSpec = {
  help: 'columns of the longest dot product; sets the guard bits of bins and results',
  default: 3072,
  min: 1,
  max: 65536,
};
const buffers: ParameterSpec = {
  help: 'sets of bins per PE; with 2, one fills while the other drains',
  default: 2,
  min: 1,
  max: 2,
};

/** Parameters of the processing element on its own. */
export const peParameters = {
  bits,
  activationBits,
  maxLength,
  buffers,
} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Parameters of the tile: PEs that share one multiply unit. */
export const tileParameters = {
  pes: {
    help: 'processing elements of the tile, one output row each',
    default: 16,
    min: 1,
    max: 32,
  },
  bits,
  activationBits,
  weightBits: {
    help: 'bits W of a signed centroid or outlier',
    default: 16,
    min: 8,
    max: 16,
  },
  maxLength,
  buffers,
  queueDepth: {
    help: 'entries of the outlier queue',
    default: 8,
    min: 2,
    max: 64,
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

export type PeParameters = Readonly<Record<keyof typeof peParameters, number>>;
export type TileParameters = Readonly<Record<keyof typeof tileParameters, number>>;

/** Bits that number n things, 0 for one: ceil(log2 n). */
function ceilLog2(n: number): number {
  return n > 1 ? 32 - Math.clz32(n - 1) : 0;
}

/** K, the centroids of a dictionary and the bins of a set: 4 .. 64. */
export function binCount(p: Pick<PeParameters, 'bits'>): number {
  return 2 ** p.bits;
}

/** L, by which a sum of `maxLength` terms may outgrow one term: 0 .. 16. */
export function guardBits(p: Pick<PeParameters, 'maxLength'>): number {
  return ceilLog2(p.maxLength);
}

/** Width of a bin, A + L: 8 .. 32. */
export function binBits(p: Pick<PeParameters, 'activationBits' | 'maxLength'>): number {
  return p.activationBits + guardBits(p);
}

/** Width of a product of an activation and an outlier, A + W: 16 .. 32. */
export function outlierProductBits(
  p: Pick<TileParameters, 'activationBits' | 'weightBits'>,
): number {
  return p.activationBits + p.weightBits;
}

/** Width of a result, A + W + L: 16 .. 48. */
export function resultBits(
  p: Pick<TileParameters, 'activationBits' | 'weightBits' | 'maxLength'>,
): number {
  return p.activationBits + p.weightBits + guardBits(p);
}

/** Width of a row number within the tile, at least 1: 1 .. 5. */
export function rowBits(p: Pick<TileParameters, 'pes'>): number {
  return Math.max(1, ceilLog2(p.pes));
}

/** Width of a setup address: centroids at 0 .. K - 1, then the number of rows. */
export function setupAddressBits(p: Pick<TileParameters, 'bits'>): number {
  return p.bits + 1;
}

/** Setup address of the number of rows in use. */
export function rowsAddress(p: Pick<TileParameters, 'bits'>): number {
  return binCount(p);
}
