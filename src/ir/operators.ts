/**
 * The operators on plain bit vectors, as BigInt: the specification that the constant folder and the
 * reference evaluator execute and that every other engine is compared with.
 *
 * Operands and results are non-negative and below 2^width. Nothing is checked here; `verifyProgram`
 * does that once per program.
 */
import type { BinaryOperator, UnaryOperator } from './module.ts';

export const unaryOperators: readonly UnaryOperator[] = [
  'not',
  'reduceAnd',
  'reduceOr',
  'reduceXor',
];

export const binaryOperators: readonly BinaryOperator[] = [
  'add',
  'sub',
  'mulUnsigned',
  'mulSigned',
  'and',
  'or',
  'xor',
  'eq',
  'ne',
  'ltUnsigned',
  'leUnsigned',
  'ltSigned',
  'leSigned',
  'shiftLeft',
  'shiftRight',
  'shiftRightSigned',
];

/** All ones in `width` bits. */
export function maskOf(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

/** The two's complement reading of `value`: -2^(width-1) .. 2^(width-1) - 1. */
export function toSigned(value: bigint, width: number): bigint {
  return BigInt.asIntN(width, value);
}

/** `value` modulo 2^width; accepts negative values. */
export function wrap(value: bigint, width: number): bigint {
  return BigInt.asUintN(width, value);
}

/** The value of a `Hex` constant. */
export function fromHex(digits: string): bigint {
  return BigInt(`0x${digits}`);
}

/** A non-negative value as `Hex`. */
export function toHex(value: bigint): string {
  return value.toString(16);
}

/** Width of the result of a unary operator on `width` bits. */
export function unaryWidth(op: UnaryOperator, width: number): number {
  return op === 'not' ? width : 1;
}

/** Width of the result of a binary operator on operands of `widthA` and `widthB` bits. */
export function binaryWidth(op: BinaryOperator, widthA: number, widthB: number): number {
  switch (op) {
    case 'add':
    case 'sub':
    case 'and':
    case 'or':
    case 'xor':
    case 'shiftLeft':
    case 'shiftRight':
    case 'shiftRightSigned':
      return widthA;
    case 'mulUnsigned':
    case 'mulSigned':
      return widthA + widthB;
    case 'eq':
    case 'ne':
    case 'ltUnsigned':
    case 'leUnsigned':
    case 'ltSigned':
    case 'leSigned':
      return 1;
  }
}

/** Whether the operands of `op` may differ in width. */
export function allowsUnequalWidths(op: BinaryOperator): boolean {
  switch (op) {
    case 'mulUnsigned':
    case 'mulSigned':
    case 'shiftLeft':
    case 'shiftRight':
    case 'shiftRightSigned':
      return true;
    default:
      return false;
  }
}

export function evaluateUnary(op: UnaryOperator, a: bigint, width: number): bigint {
  switch (op) {
    case 'not':
      return a ^ maskOf(width);
    case 'reduceAnd':
      return a === maskOf(width) ? 1n : 0n;
    case 'reduceOr':
      return a === 0n ? 0n : 1n;
    case 'reduceXor': {
      let ones = 0n;
      for (let rest = a; rest > 0n; rest >>= 1n) ones ^= rest & 1n;
      return ones;
    }
  }
}

export function evaluateBinary(
  op: BinaryOperator,
  a: bigint,
  b: bigint,
  widthA: number,
  widthB: number,
): bigint {
  const bit = (condition: boolean) => (condition ? 1n : 0n);
  switch (op) {
    case 'add':
      return wrap(a + b, widthA);
    case 'sub':
      return wrap(a - b, widthA);
    case 'mulUnsigned':
      return a * b;
    case 'mulSigned':
      return wrap(toSigned(a, widthA) * toSigned(b, widthB), widthA + widthB);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'eq':
      return bit(a === b);
    case 'ne':
      return bit(a !== b);
    case 'ltUnsigned':
      return bit(a < b);
    case 'leUnsigned':
      return bit(a <= b);
    case 'ltSigned':
      return bit(toSigned(a, widthA) < toSigned(b, widthB));
    case 'leSigned':
      return bit(toSigned(a, widthA) <= toSigned(b, widthB));
    case 'shiftLeft':
      return b >= BigInt(widthA) ? 0n : wrap(a << b, widthA);
    case 'shiftRight':
      return b >= BigInt(widthA) ? 0n : a >> b;
    case 'shiftRightSigned':
      return wrap(toSigned(a, widthA) >> (b >= BigInt(widthA) ? BigInt(widthA) : b), widthA);
  }
}

/** Bits `low` .. `low + width - 1` of `value`. */
export function sliceBits(value: bigint, low: number, width: number): bigint {
  return wrap(value >> BigInt(low), width);
}
