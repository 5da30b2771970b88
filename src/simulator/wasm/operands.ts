import { blockType, constant, op } from './encode.ts';
import type { Code } from './encode.ts';

/**
 * An expression: code that puts the low 32 bits of its value on the stack, and bounds of the integer
 * that JavaScript computes. Where the bounds fit an int32 or a uint32, the 32 bits say it all; the sum
 * of two int32s is known only modulo 2^32, which is enough for whatever cuts it to 32 bits again.
 */
export interface Operand {
  readonly code: Code;
  /** What JavaScript holds. A boolean is 0 or 1 here. */
  readonly kind: 'number' | 'boolean';
  readonly low: number;
  readonly high: number;
  /** About the number of instructions; infinite where it may only be computed if JavaScript does. */
  readonly cost: number;
}

/** What this folder does not translate; the function stays JavaScript. */
export class Untranslatable extends Error {}

const int32 = { low: -(2 ** 31), high: 2 ** 31 - 1 };
const uint32 = { low: 0, high: 2 ** 32 - 1 };

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export const anyInt32: Bounds = int32;

export function fitsSigned({ low, high }: Bounds): boolean {
  return low >= int32.low && high <= int32.high;
}

export function fitsUnsigned({ low, high }: Bounds): boolean {
  return low >= 0 && high <= uint32.high;
}

export function isConstant({ low, high }: Bounds): boolean {
  return low === high;
}

/** A number; what has one value only is a constant, however it came about. */
export function number(code: Code, { low, high }: Bounds, cost: number): Operand {
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    throw new Untranslatable('A number beyond 2^53.');
  }
  if (low === high) return { code: constant(low), kind: 'number', low, high, cost: 0 };
  return { code, kind: 'number', low, high, cost };
}

export function literal(value: number): Operand {
  return number([], { low: value, high: value }, 0);
}

export function boolean(code: Code, cost: number): Operand {
  return { code, kind: 'boolean', low: 0, high: 1, cost };
}

export function truth(value: boolean): Operand {
  const bit = value ? 1 : 0;
  return { code: constant(bit), kind: 'boolean', low: bit, high: bit, cost: 0 };
}

function asInt32(operand: Operand): Bounds {
  return fitsSigned(operand) ? operand : int32;
}

function isNatural({ low }: Bounds): boolean {
  return low >= 0;
}

/** The least 2^k - 1 that is not below. */
function onesUpTo(high: number): number {
  return 2 ** (32 - Math.clz32(high)) - 1;
}

/** A binary operator of JavaScript on numbers. */
export function arithmetic(operator: string, a: Operand, b: Operand): Operand {
  const cost = a.cost + b.cost + 1;
  const with2 = (instruction: number, bounds: Bounds) =>
    number([a.code, b.code, instruction], bounds, cost);
  switch (operator) {
    case '+':
      return with2(op.add, { low: a.low + b.low, high: a.high + b.high });
    case '-':
      return with2(op.subtract, { low: a.low - b.high, high: a.high - b.low });
    case '*': {
      const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
      return with2(op.multiply, { low: Math.min(...corners), high: Math.max(...corners) });
    }
    case '&': {
      const [x, y] = [asInt32(a), asInt32(b)];
      if (isNatural(x) || isNatural(y)) {
        const highs = [x, y].filter(isNatural).map(({ high }) => high);
        return with2(op.and, { low: 0, high: Math.min(...highs) });
      }
      return with2(op.and, int32);
    }
    case '|':
    case '^': {
      const instruction = operator === '|' ? op.or : op.xor;
      const [x, y] = [asInt32(a), asInt32(b)];
      // `| 0` only cuts.
      if (operator === '|' && isConstant(y) && y.low === 0) return { ...number(a.code, x, a.cost) };
      if (isNatural(x) && isNatural(y)) {
        return with2(instruction, { low: 0, high: onesUpTo(Math.max(x.high, y.high)) });
      }
      return with2(instruction, int32);
    }
    case '<<': {
      const x = asInt32(a);
      const by = b.low & 31;
      const fits = isConstant(b) && x.low * 2 ** by >= int32.low && x.high * 2 ** by <= int32.high;
      return with2(op.shiftLeft, fits ? { low: x.low * 2 ** by, high: x.high * 2 ** by } : int32);
    }
    case '>>': {
      const x = asInt32(a);
      const by = b.low & 31;
      return with2(
        op.shiftRightSigned,
        isConstant(b)
          ? { low: x.low >> by, high: x.high >> by }
          : { low: Math.min(x.low, 0), high: Math.max(x.high, 0) },
      );
    }
    case '>>>': {
      const x = fitsUnsigned(a) ? a : uint32;
      const by = b.low & 31;
      return with2(
        op.shiftRightUnsigned,
        isConstant(b) ? { low: x.low >>> by, high: x.high >>> by } : { low: 0, high: x.high },
      );
    }
    default:
      throw new Untranslatable(`The operator ${operator}.`);
  }
}

/** `Math.imul`. */
export function product(a: Operand, b: Operand): Operand {
  const [x, y] = [asInt32(a), asInt32(b)];
  const corners = [x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high];
  const exact = { low: Math.min(...corners), high: Math.max(...corners) };
  const bounds = fitsSigned(exact) ? exact : int32;
  return number([a.code, b.code, op.multiply], bounds, a.cost + b.cost + 2);
}

const comparisons = {
  '<': { signed: op.lessSigned, unsigned: op.lessUnsigned },
  '<=': { signed: op.lessEqualSigned, unsigned: op.lessEqualUnsigned },
  '>': { signed: op.greaterSigned, unsigned: op.greaterUnsigned },
  '>=': { signed: op.greaterEqualSigned, unsigned: op.greaterEqualUnsigned },
  '===': { signed: op.equal, unsigned: op.equal },
  '!==': { signed: op.notEqual, unsigned: op.notEqual },
} as const;

type Comparison = keyof typeof comparisons;

export function isComparison(operator: string): operator is Comparison {
  return operator in comparisons;
}

export function compare(operator: Comparison, a: Operand, b: Operand): Operand {
  if (a.kind !== b.kind) throw new Untranslatable('A comparison of a boolean with a number.');
  const known = knownComparison(operator, a, b);
  if (known !== undefined) return truth(known);
  const cost = a.cost + b.cost + 1;
  if (fitsSigned(a) && fitsSigned(b)) {
    const toZero = isConstant(b) && b.low === 0;
    if (toZero && operator === '===') return isZero(a);
    if (toZero && operator === '!==' && a.low >= 0 && a.high <= 1) return boolean(a.code, a.cost);
    return boolean([a.code, b.code, comparisons[operator].signed], cost);
  }
  if (fitsUnsigned(a) && fitsUnsigned(b)) {
    return boolean([a.code, b.code, comparisons[operator].unsigned], cost);
  }
  throw new Untranslatable('A comparison of numbers beyond 32 bits.');
}

/** The result of a comparison that the bounds decide. */
function knownComparison(operator: Comparison, a: Bounds, b: Bounds): boolean | undefined {
  const below = a.high < b.low;
  const above = a.low > b.high;
  const notAbove = a.high <= b.low;
  const notBelow = a.low >= b.high;
  const decided = (yes: boolean, no: boolean) => (yes ? true : no ? false : undefined);
  switch (operator) {
    case '<':
      return decided(below, notBelow);
    case '<=':
      return decided(notAbove, above);
    case '>':
      return decided(above, notAbove);
    case '>=':
      return decided(notBelow, below);
    case '===':
      return decided(notAbove && notBelow, below || above);
    case '!==':
      return decided(below || above, notAbove && notBelow);
  }
}

function isZero(operand: Operand): Operand {
  return boolean([operand.code, op.isZero], operand.cost + 1);
}

/** What `if` makes of a value: not 0 where it counts as true. */
export function condition(operand: Operand): Operand {
  if (operand.low <= -(2 ** 32) || operand.high >= 2 ** 32) {
    throw new Untranslatable('A condition beyond 32 bits.');
  }
  return operand;
}

export function not(operand: Operand): Operand {
  const { low, high } = condition(operand);
  if (low === 0 && high === 0) return truth(true);
  if (low > 0 || high < 0) return truth(false);
  return isZero(operand);
}

/** Work up to which both sides of a choice are computed. */
const cheap = 8;

export function choose(test: Operand, a: Operand, b: Operand): Operand {
  if (a.kind !== b.kind) throw new Untranslatable('A choice of a boolean and a number.');
  const { low, high } = condition(test);
  if (low > 0 || high < 0) return a;
  if (low === 0 && high === 0) return b;
  const bounds = { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
  const whole = (code: Code, cost: number): Operand =>
    a.kind === 'boolean' ? { ...boolean(code, cost), ...bounds } : number(code, bounds, cost);
  if (isConstant(a) && isConstant(b)) {
    const isBit = low === 0 && high === 1;
    if (a.low === 1 && b.low === 0 && isBit) return whole(test.code, test.cost);
    if (a.low === 0 && b.low === 1) return whole([test.code, op.isZero], test.cost + 1);
  }
  const cost = test.cost + a.cost + b.cost + 1;
  if (a.cost + b.cost <= cheap) return whole([a.code, b.code, test.code, op.select], cost);
  const code = [test.code, op.if, blockType.int32, a.code, op.else, b.code, op.end];
  return whole(code, Infinity);
}

export function both(operator: '&&' | '||', a: Operand, b: Operand): Operand {
  if (a.kind !== 'boolean' || b.kind !== 'boolean') {
    throw new Untranslatable(`The operator ${operator} between numbers.`);
  }
  if (b.cost > cheap) {
    return operator === '&&' ? choose(a, b, truth(false)) : choose(a, truth(true), b);
  }
  const instruction = operator === '&&' ? op.and : op.or;
  return boolean([a.code, b.code, instruction], a.cost + b.cost + 1);
}
