import type { ArrayChoice } from '../../src/families/gobo/rtl/decompressor-array.ts';

/** An array, and how many tokens meet each weight. */
export interface Setting {
  readonly array: ArrayChoice;
  readonly tokens: number;
}

/** Weights that an array takes per cycle, also from the decompressor. */
const lanes = 16;

/** Tokens for a multiplier: plain weights of 8 bits then keep it busy from 4 bytes per cycle on. */
const tokensPerMultiplier = 1 / 4;

/** The three arrays of docs/arrays.md, with as many tokens as make memory decide about the same. */
export function settings(operandBits: number): Setting[] {
  return [
    {
      array: { kind: 'systolic', p: { rows: 16, columns: 16, operandBits, lanes } },
      tokens: 256 * tokensPerMultiplier,
    },
    {
      array: {
        kind: 'row-stationary',
        p: { rows: 8, columns: 8, rowLength: 16, outputs: 16, operandBits, lanes },
      },
      tokens: 64 * tokensPerMultiplier,
    },
    {
      array: {
        kind: 'dot-product',
        p: { outputs: 4, tokens: 4, inputs: 4, operandBits, lanes, groups: 4, maxLength: 512 },
      },
      tokens: 64 * tokensPerMultiplier,
    },
  ];
}

/** Bytes per cycle of the port that brings weights. */
export const portWidths = [1, 2, 4, 8, 16];
