import type { ParameterSpec } from '../../testbench/design.ts';

const bits: ParameterSpec = {
  help: 'bits of a code; a pair has two of them',
  default: 4,
  min: 4,
  max: 8,
  values: [4, 8],
};

/** Sides of the array: elements are in groups of two by two. */
const evenSides = Array.from({ length: 32 }, (_, i) => 2 * (i + 1));

/** Parameters of the pair decoder on its own. */
export const decoderParameters = { bits } as const satisfies Readonly<
  Record<string, ParameterSpec>
>;

/** Parameters of the requantizer and pair encoder. */
export const encoderParameters = { bits } as const satisfies Readonly<
  Record<string, ParameterSpec>
>;

/** The processing element has no parameters: its operands and its sum are those of the paper. */
export const peParameters = {} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Parameters of the systolic array. */
export const arrayParameters = {
  rows: {
    help: 'rows N of 4-bit processing elements; half as many in 8-bit mode',
    default: 16,
    min: 2,
    max: 64,
    values: evenSides,
  },
  columns: {
    help: 'columns M of 4-bit processing elements; half as many in 8-bit mode',
    default: 16,
    min: 2,
    max: 64,
    values: evenSides,
  },
  sharedDecoders: {
    help: 'whether two lanes share a decoder, or every lane has its own',
    default: 1,
    min: 0,
    max: 1,
    names: { private: 0, shared: 1 },
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Parameters of the tensor core. */
export const tensorCoreParameters = {
  elements: {
    help: '4-bit elements of a dot product, half as many in 8-bit mode',
    default: 16,
    min: 4,
    max: 32,
    values: [4, 8, 12, 16, 20, 24, 28, 32],
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Parameters of the accelerator: those of the array, and its memory. */
export const acceleratorParameters = {
  ...arrayParameters,
  bankBeats: {
    help: 'pairs of a row in each of the two banks of weights',
    default: 1536,
    min: 2,
    max: 65536,
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

export type DecoderParameters = Readonly<Record<keyof typeof decoderParameters, number>>;
export type EncoderParameters = Readonly<Record<keyof typeof encoderParameters, number>>;
export type PeParameters = Readonly<Record<never, number>>;
export type ArrayParameters = Readonly<Record<keyof typeof arrayParameters, number>>;
export type TensorCoreParameters = Readonly<Record<keyof typeof tensorCoreParameters, number>>;
export type AcceleratorParameters = Readonly<Record<keyof typeof acceleratorParameters, number>>;

/** Setup addresses, the same in every design; each has those that mean something to it. */
export const modeAddress = 0;
export const leftTypeAddress = 1;
export const rightTypeAddress = 2;
export const leftBiasAddress = 3;
export const rightBiasAddress = 4;
export const rowsAddress = 5;
export const columnsAddress = 6;
/** Further ones of the accelerator: what results are, their type and bias, and giving up a bank of weights. */
export const outputAddress = 7;
export const outputTypeAddress = 8;
export const outputBiasAddress = 9;
export const releaseAddress = 10;

/** Widths of the address and data of a setup beat. */
export const setupAddressBits = 4;
export const setupDataBits = 16;

/** Data at the address of a mode: 4-bit or 8-bit codes. */
export const fourBitMode = 0;
export const eightBitMode = 1;

/** Data at the address of the output: sums, or pairs of codes. */
export const sumsOutput = 0;
export const pairsOutput = 1;

/** Data at the address of a type: the normal type of 4-bit codes. */
export const int4Type = 0;
export const flint4Type = 1;

/** Width of a bias, and what biases are after reset: int4's. */
export const biasBits = 4;
export const resetBias = 2;

/** Width of the exponent of a decoded value. */
export const exponentBits = 4;
/** Width of the signed integer of an operand of a 4-bit multiplier. */
export const integerBits = 5;
/** Width of the signed integer of a decoded value: 5 for 4-bit codes, 8 for 8-bit codes. */
export const decodedBits = (p: Pick<DecoderParameters, 'bits'>): number => (p.bits === 8 ? 8 : 5);

/** Width of sums and results; they wrap, and say so. */
export const sumBits = 32;

/** Widths of what the requantizer multiplies and shifts by. */
export const multiplierBits = 16;
export const shiftBits = 6;

/** Width of the saturated magnitude that the encoder sees, in half units: 9 or 18. */
export const halfUnitBits = (p: Pick<EncoderParameters, 'bits'>): number => (p.bits === 8 ? 18 : 9);

/** Width of the array's count of illegal pairs of a tile, which stops at its largest value. */
export const illegalBits = 16;
/** Width of the tensor core's number of illegal pairs of an operation. */
export const operationIllegalBits = 6;

/** Bits of what the accelerator scales a row by: bias, multiplier, shift, lowest first. */
export const scalingBits = sumBits + multiplierBits + shiftBits;

/** Bits of a word of the accelerator's weights: a pair, or half of one, for each row. */
export const wordBits = ({ rows }: Pick<AcceleratorParameters, 'rows'>): number => 8 * rows;

/** Bits of `data` of a beat of weights: a word, or the scaling of a row. */
export const loadBits = (p: Pick<AcceleratorParameters, 'rows'>): number =>
  Math.max(wordBits(p), scalingBits);
