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

const numbers: ParameterSpec = {
  help: 'number system: integers with a scale, or IEEE halves and single-precision sums',
  default: 0,
  min: 0,
  max: 1,
  names: { fixed: 0, fp16: 1 },
};

/** Parameters of the processing element on its own. */
export const peParameters = {
  bits,
  activationBits,
  maxLength,
  buffers,
  numbers,
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
  numbers,
} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** The number system; `fixed` where it is left out. Not an interface: these are no `Parameters`. */
export type NumberSystem = { readonly numbers?: number };

type ParametersOf<Specs> = Readonly<Record<Exclude<keyof Specs, 'numbers'>, number>> & NumberSystem;

export type PeParameters = ParametersOf<typeof peParameters>;
export type TileParameters = ParametersOf<typeof tileParameters>;

/** Whether numbers are IEEE halves, and their sums single precision. */
export function isFp16({ numbers: system }: NumberSystem): boolean {
  return system === numbers.names!['fp16'];
}

/** Bits of an IEEE half and of a single. */
const halfBits = 16;
const singleBits = 32;

/** Why the widths of these parameters do not go with their number system; see `Design.conflict`. */
export function numbersConflict(
  p: NumberSystem & { readonly activationBits?: number; readonly weightBits?: number },
): string | undefined {
  if (!isFp16(p)) return undefined;
  for (const key of ['activationBits', 'weightBits'] as const) {
    const given = p[key] ?? halfBits;
    if (given !== halfBits) {
      return `numbers=fp16 computes with halves of ${halfBits} bits, so ${key} must be ${halfBits}, not ${given}; leave it out or choose numbers=fixed`;
    }
  }
  return undefined;
}

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

/** Width of a bin, A + L: 8 .. 32; 32 in fp16. */
export function binBits(
  p: Pick<PeParameters, 'activationBits' | 'maxLength'> & NumberSystem,
): number {
  if (isFp16(p)) return singleBits;
  return p.activationBits + guardBits(p);
}

/** Width of a product of an activation and an outlier, A + W: 16 .. 32. */
export function outlierProductBits(
  p: Pick<TileParameters, 'activationBits' | 'weightBits'>,
): number {
  return p.activationBits + p.weightBits;
}

/** Width of a result, A + W + L: 16 .. 48; 32 in fp16. */
export function resultBits(
  p: Pick<TileParameters, 'activationBits' | 'weightBits' | 'maxLength'> & NumberSystem,
): number {
  if (isFp16(p)) return singleBits;
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

/** Parameters of the decompressor. */
export const decompressorParameters = {
  bits: { ...bits, help: 'bits b of a weight index; the dictionary has K = 2^b values' },
  valueBytes: {
    help: 'bytes V of a value: 4 for f32, 2 for f16 and codes up to 16 bits, 1 for codes up to 8',
    default: 2,
    min: 1,
    max: 4,
  },
  inputBytes: {
    help: 'bytes of the container that arrive per cycle',
    default: 4,
    min: 1,
    max: 16,
  },
  lanes: {
    help: 'weights that leave per cycle',
    default: 8,
    min: 1,
    max: 16,
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

export type DecompressorParameters = Readonly<Record<keyof typeof decompressorParameters, number>>;

/** Weights of a block of the container, and the bits of an offset in it. */
export const blockWeights = 256;
export const offsetBits = 8;

/** Bits of the numbers of rows and columns of a matrix. */
export const shapeBits = 24;

/** Blocks of which parts may be inside the decompressor at once. */
export const openBlocks = 4;
/** Bits of the number of a block that its values carry: enough to tell open blocks from past ones. */
export const blockTagBits = 3;

/** Values that all banks of the decompressor hold together: those of two whole blocks. */
const bankedValues = 2 * blockWeights;

/** Sizes inside the decompressor that follow from its parameters. */
export interface DecompressorSizes {
  /** Bytes of a record: an offset and a value. */
  readonly recordBytes: number;
  /** Bytes of the input that wait to be understood, at most. */
  readonly windowBytes: number;
  /** Records, and values of raw blocks, that are taken from the window per cycle. */
  readonly recordSlots: number;
  readonly valueSlots: number;
  /** Queues that values are dealt to in turn, a power of two; and the values that each holds. */
  readonly banks: number;
  readonly bankDepth: number;
  /** Words of `inputBytes` that the queue of indexes holds: those of two whole blocks. */
  readonly indexWords: number;
  /** Bits of the weights of a beat. */
  readonly beatIndexBits: number;
}

/**
 * Sizes that let neither side of the decompressor wait for the other longer than the slower of the
 * two takes for a block: as many records per cycle as the input brings, or twice as many as lanes,
 * since a block has no more of them than weights, and its indexes must find time, too.
 */
export function decompressorSizes(p: DecompressorParameters): DecompressorSizes {
  const recordBytes = 1 + p.valueBytes;
  const recordSlots = Math.min(Math.ceil(p.inputBytes / recordBytes), 2 * p.lanes);
  const valueSlots = Math.min(Math.ceil(p.inputBytes / p.valueBytes), p.lanes);
  const banks = 2 ** ceilLog2(Math.max(p.lanes, recordSlots, valueSlots));
  return {
    recordBytes,
    windowBytes: p.inputBytes - 1 + Math.max(p.inputBytes, recordBytes),
    recordSlots,
    valueSlots,
    banks,
    bankDepth: bankedValues / banks,
    indexWords: 2 * Math.ceil((blockWeights * p.bits) / 8 / p.inputBytes),
    beatIndexBits: p.lanes * p.bits,
  };
}

/** Width of the data of a setup beat of the decompressor. */
export function decompressorSetupBits(p: Pick<DecompressorParameters, 'valueBytes'>): number {
  return Math.max(shapeBits, 8 * p.valueBytes);
}

/** Setup address of the number of columns; those of the dictionary are 0 .. K - 1. */
export function columnsAddress(p: Pick<DecompressorParameters, 'bits'>): number {
  return binCount(p);
}

/** Setup address of the number of rows. */
export function matrixRowsAddress(p: Pick<DecompressorParameters, 'bits'>): number {
  return binCount(p) + 1;
}

/** Parameters of the accelerator: tiles with their memories. */
export const acceleratorParameters = {
  tiles: {
    help: 'tiles that compute side by side, each with a weight memory of its own',
    default: 4,
    min: 1,
    max: 64,
  },
  pes: tileParameters.pes,
  bits,
  activationBits,
  weightBits: tileParameters.weightBits,
  maxLength,
  buffers,
  queueDepth: tileParameters.queueDepth,
  bankWords: {
    help: 'columns of weight indexes that each of the two banks of a tile holds',
    default: 3072,
    min: 2,
    max: 65536,
  },
  bankRecords: {
    help: 'outliers that each of the two banks of a tile holds',
    default: 1024,
    min: 2,
    max: 65536,
  },
  numbers,
} as const satisfies Readonly<Record<string, ParameterSpec>>;

export type AcceleratorParameters = ParametersOf<typeof acceleratorParameters>;

/** Width of the number of a tile, at least 1: 1 .. 6. */
export function tileBits(p: Pick<AcceleratorParameters, 'tiles'>): number {
  return Math.max(1, ceilLog2(p.tiles));
}

/** Rows of a matrix that all PEs compute at once: 1 .. 2048. */
export function groupRows(p: Pick<AcceleratorParameters, 'tiles' | 'pes'>): number {
  return p.tiles * p.pes;
}

/** Width of a word of weights: an index per PE, and whether the column has outliers. */
export function wordBits(p: Pick<AcceleratorParameters, 'pes' | 'bits'>): number {
  return p.pes * p.bits + 1;
}

/** Width of a record: row, value, whether it is the last of its column. */
export function recordBits(p: Pick<AcceleratorParameters, 'pes' | 'weightBits'>): number {
  return rowBits(p) + p.weightBits + 1;
}

/** Width of what a beat of weights carries: a word or a record. */
export function loadBits(p: Pick<AcceleratorParameters, 'pes' | 'bits' | 'weightBits'>): number {
  return Math.max(wordBits(p), recordBits(p));
}

/** Where the numbers of the setup word `rows` stand: rows of tile 0, and the tile of the last row. */
export const rowsField = { low: 0, width: 6 } as const;
export const lastTileField = { low: 8, width: 6 } as const;

/** Width of the data of a setup beat. */
export function acceleratorSetupBits(p: Pick<AcceleratorParameters, 'weightBits'>): number {
  return Math.max(p.weightBits, lastTileField.low + lastTileField.width);
}

/** Setup address of the rows in use; those of the centroids are 0 .. K - 1. */
export function groupAddress(p: Pick<AcceleratorParameters, 'bits'>): number {
  return binCount(p);
}

/** Setup address that gives up the bank in use, whatever is written. */
export function swapAddress(p: Pick<AcceleratorParameters, 'bits'>): number {
  return binCount(p) + 1;
}
