import { describe, expect, it } from 'vitest';
import { addressBits, binaryWidth, evaluateBinary, evaluateUnary } from '../../src/ir/index.ts';
import type { BinaryOperator } from '../../src/ir/index.ts';

const width = 3;
const signed = (value: number) => (value >= 4 ? value - 8 : value);

/** What each operator gives on 3-bit operands, in plain numbers. */
const expected: Record<BinaryOperator, (a: number, b: number) => number> = {
  add: (a, b) => (a + b) % 8,
  sub: (a, b) => (8 + a - b) % 8,
  mulUnsigned: (a, b) => a * b,
  mulSigned: (a, b) => (64 + signed(a) * signed(b)) % 64,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  ltUnsigned: (a, b) => Number(a < b),
  leUnsigned: (a, b) => Number(a <= b),
  ltSigned: (a, b) => Number(signed(a) < signed(b)),
  leSigned: (a, b) => Number(signed(a) <= signed(b)),
  shiftLeft: (a, b) => (a * 2 ** b) % 8,
  shiftRight: (a, b) => Math.floor(a / 2 ** b),
  shiftRightSigned: (a, b) => (8 + Math.floor(signed(a) / 2 ** b)) % 8,
};

describe('operators', () => {
  it.each(Object.keys(expected) as BinaryOperator[])('%s, all 3-bit operands', (op) => {
    for (let a = 0; a < 8; a++) {
      for (let b = 0; b < 8; b++) {
        const result = evaluateBinary(op, BigInt(a), BigInt(b), width, width);
        expect(result, `${a} ${op} ${b}`).toBe(BigInt(expected[op](a, b)));
        expect(result < 1n << BigInt(binaryWidth(op, width, width))).toBe(true);
      }
    }
  });

  it('multiplies operands of different widths exactly', () => {
    expect(evaluateBinary('mulSigned', 0b111n, 0b10000n, 3, 5)).toBe(16n);
    expect(evaluateBinary('mulUnsigned', 0b111n, 0b10000n, 3, 5)).toBe(112n);
  });

  it('shifts by more than the width', () => {
    expect(evaluateBinary('shiftRightSigned', 0b100n, 255n, 3, 8)).toBe(0b111n);
    expect(evaluateBinary('shiftRight', 0b100n, 255n, 3, 8)).toBe(0n);
    expect(evaluateBinary('shiftLeft', 0b100n, 255n, 3, 8)).toBe(0n);
  });

  it('inverts and reduces', () => {
    expect(evaluateUnary('not', 0b0101n, 4)).toBe(0b1010n);
    const reductions = (a: bigint) => [
      evaluateUnary('reduceAnd', a, 4),
      evaluateUnary('reduceOr', a, 4),
      evaluateUnary('reduceXor', a, 4),
    ];
    expect(reductions(0b0000n)).toEqual([0n, 0n, 0n]);
    expect(reductions(0b0111n)).toEqual([0n, 1n, 1n]);
    expect(reductions(0b1111n)).toEqual([1n, 1n, 0n]);
  });
});

describe('addressBits', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [1024, 10],
    [1025, 11],
    [2 ** 32, 32],
  ])('of %i words is %i', (depth, bits) => {
    expect(addressBits(depth)).toBe(bits);
  });
});
