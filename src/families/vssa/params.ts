import type { ParameterSpec } from '../../testbench/design.ts';

/** Figures that the numbers and the hardware of the family share. */

/** Bits of one digit: a word is one of them or two. */
export const digitBits = 4;

/** What a digit of the high plane weighs. */
export const highWeight = 2 ** digitBits;

/** Bits of a token's activations: two digits, one, or none where it is pruned. */
export type Precision = 8 | 4 | 0;

/** Bits of a code of a probability when it is added to a token's importance. */
export const importanceCodeBits = 16;

/** Width of a token's importance; 2^24 rows of probabilities fit in any case. */
export const importanceBits = 40;

const skid: ParameterSpec = {
  help: '1: links hold two words, so that no ready depends on another; 0: one word, ready within the cycle',
  default: 0,
  min: 0,
  max: 1,
};

/** Parameters of the processing element on its own. */
export const peParameters = { skid } as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Parameters of the variable-speed systolic array. */
export const arrayParameters = {
  rows: {
    help: 'rows of processing elements, one left token each',
    default: 16,
    min: 1,
    max: 32,
  },
  cols: {
    help: 'columns of processing elements, one right token or feature each',
    default: 16,
    min: 1,
    max: 32,
  },
  skid,
} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Parameters of the engine that chooses the tokens. */
export const topKParameters = {
  maxTokens: {
    help: 'tokens of the longest sequence',
    default: 512,
    min: 16,
    max: 1024,
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Parameters of the score accumulator. */
export const scoresParameters = {
  maxTokens: topKParameters.maxTokens,
  loadWords: {
    help: 'probabilities in a beat',
    default: 4,
    min: 1,
    max: 8,
    values: [1, 2, 4, 8],
  },
} as const satisfies Readonly<Record<string, ParameterSpec>>;

/** Banks of the two operand stores: what a lane holds, in blocks. */
const blocks = (side: string): ParameterSpec => ({
  help: `blocks of loadWords operands that a lane of the ${side} store holds in each of its two banks`,
  default: 512,
  min: 2,
  max: 65536,
});

/** Parameters of the accelerator: the array between two operand stores, and a list of tokens. */
export const acceleratorParameters = {
  ...arrayParameters,
  maxTokens: { ...topKParameters.maxTokens, help: 'tokens of the longest list' },
  loadWords: {
    help: 'operands that either store takes per cycle; divides cols',
    default: 4,
    min: 1,
    max: 8,
    values: [1, 2, 4, 8],
  },
  leftBlocks: blocks('left'),
  rightBlocks: blocks('right'),
} as const satisfies Readonly<Record<string, ParameterSpec>>;

export type PeParameters = Readonly<Record<keyof typeof peParameters, number>>;
export type ArrayParameters = Readonly<Record<keyof typeof arrayParameters, number>>;
export type TopKParameters = Readonly<Record<keyof typeof topKParameters, number>>;
export type ScoresParameters = Readonly<Record<keyof typeof scoresParameters, number>>;
export type AcceleratorParameters = Readonly<Record<keyof typeof acceleratorParameters, number>>;

/** Operands of index mode are the lanes of one index: a beat must not reach into the next group. */
export function acceleratorConflict({
  cols,
  loadWords,
}: Readonly<Record<string, number>>): string | undefined {
  return cols! % loadWords! === 0
    ? undefined
    : `loadWords=${loadWords} does not divide cols=${cols}: choose loadWords 1, 2, 4 or 8 so that it does`;
}

/** Width of a sum; it wraps. */
export const sumBits = 32;

/** Width of a word of the array: low digit, high digit, and whether it has both. */
export const wordBits = 2 * digitBits + 1;

/** Widths of address and data of a setup beat of the array and of its processing element. */
export const setupAddressBits = 3;
export const setupDataBits = 16;

/** Setup addresses: whether the high digits of left and right words are signed. */
export const leftSignedAddress = 0;
export const rightSignedAddress = 1;

/** Setup addresses of the rows and columns in use. */
export const rowsAddress = 2;
export const columnsAddress = 3;

/** Setup addresses of the engine that chooses the tokens: survivors k0, and those of 8 bits, k1. */
export const keepAddress = 0;
export const eightAddress = 1;

/** Setup addresses of the score accumulator: tokens of the sequence, flags, a token to protect, a sequence begins. */
export const lengthAddress = 0;
export const scoreFlagsAddress = 1;
export const protectAddress = 2;
export const newSequenceAddress = 3;

/** Bits of its flags: probabilities have their query's precision; importance adds up from layer to layer. */
export const queryPrecisionFlag = 0;
export const accumulateFlag = 1;

/** Tokens that are compared in one cycle. */
export const comparators = 16;

/** Width of a token's number, whatever `maxTokens`. */
export const tokenBits = 10;

/** Width of a number of tokens, up to 1024. */
export const tokenCountBits = tokenBits + 1;

/** How a token list says how many bits a token has: 8, or 4. */
export const eightBitsCode = 2;
export const fourBitsCode = 1;

/** Words of 16 tokens that the engine holds: 1 .. 64. */
export function topKWords(p: TopKParameters): number {
  return Math.ceil(p.maxTokens / comparators);
}

/** Width of a key of that engine: the score, and below it the inverted number of the token. */
export function topKKeyBits(p: TopKParameters): number {
  return importanceBits + Math.max(4, 32 - Math.clz32(p.maxTokens - 1));
}

/** Width of a setup address of the accelerator. */
export const acceleratorAddressBits = 4;

/** Setup addresses of the accelerator: operands of a dot product, and how many lanes each side has. */
export const depthAddress = 0;
export const leftCountAddress = 1;
export const rightCountAddress = 2;

/** Setup address of what is 0 or 1; `acceleratorFlags` are its bits. */
export const flagsAddress = 3;

/** Setup addresses of `operandTags` of either side, and of how often it uses what it holds. */
export const leftTagsAddress = 4;
export const rightTagsAddress = 5;
export const leftUsesAddress = 6;
export const rightUsesAddress = 7;

/** Setup address whose writes give up the list. */
export const newListAddress = 8;

/** Bits of the word of flags. */
export const acceleratorFlags = {
  leftSigned: 0,
  rightSigned: 1,
  leftByList: 2,
  rightByList: 3,
  rightByIndex: 4,
  leftRequantize: 5,
  rightRequantize: 6,
  rowsByList: 7,
} as const;

/** Which operands of a side have 8 bits: all, those of lanes whose place is that of an 8-bit token, or those of such indexes. */
export const operandTags = { eight: 0, lanes: 1, indexes: 2 } as const;
