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
