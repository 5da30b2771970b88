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

export type PeParameters = Readonly<Record<keyof typeof peParameters, number>>;
export type ArrayParameters = Readonly<Record<keyof typeof arrayParameters, number>>;
export type TopKParameters = Readonly<Record<keyof typeof topKParameters, number>>;

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

/** Tokens that are compared in one cycle. */
export const comparators = 16;

/** Width of a token's number, whatever `maxTokens`. */
export const tokenBits = 10;

/** Words of 16 tokens that the engine holds: 1 .. 64. */
export function topKWords(p: TopKParameters): number {
  return Math.ceil(p.maxTokens / comparators);
}

/** Width of a key of that engine: the score, and below it the inverted number of the token. */
export function topKKeyBits(p: TopKParameters): number {
  return importanceBits + Math.max(4, 32 - Math.clz32(p.maxTokens - 1));
}
