import type { BinaryOperator, NodeId, UnaryOperator } from '../ir/index.ts';
import {
  addNode,
  addStatement,
  checkOwner,
  currentBuilder,
  fail,
  labelOf,
  labelOfTarget,
  readTarget,
  report,
} from './builder.ts';
import type { Builder, NewNode, Target } from './builder.ts';
import { checkWidth } from './check-type.ts';
import { describeValue } from './describe-value.ts';
import { here } from './location.ts';
import type { Literal } from './scalars.ts';
import type { ScalarType } from './types.ts';

const maskOf = (width: number): bigint => (1n << BigInt(width)) - 1n;

/** Runtime of every scalar: the interfaces above say which methods a signed or unsigned one has. */
export class Signal {
  readonly builder: Builder;
  readonly type: ScalarType;
  readonly target: Target | undefined;
  readonly #node: NodeId | undefined;

  constructor(builder: Builder, type: ScalarType, node: NodeId | undefined, target?: Target) {
    this.builder = builder;
    this.type = type;
    this.#node = node;
    this.target = target;
  }

  get kind(): ScalarType['kind'] {
    return this.type.kind;
  }

  get width(): number {
    return this.type.width;
  }

  get id(): NodeId {
    return this.#node ?? readTarget(this.builder, this.target!);
  }

  get label(): string {
    return this.target ? labelOfTarget(this.target) : labelOf(this.builder, this.id);
  }

  set(value: unknown): void {
    const builder = currentBuilder('set');
    const { target } = this;
    checkOwner(this.builder, () => this.label, 'set');
    if (!target) return fail({ code: 'not-settable', signal: this.label });
    const source = this.#same(value, 'set');
    addStatement(builder, { kind: 'assign', target, value: source.id, location: here() }, [target]);
  }

  add(value: unknown): Signal {
    return this.#grow('add', value);
  }

  sub(value: unknown): Signal {
    const difference = this.#grow('sub', value);
    return retyped(difference, { kind: 'sint', width: difference.width });
  }

  mul(value: unknown): Signal {
    const other = this.#alike(value, 'mul');
    const op = this.kind === 'sint' ? 'mulSigned' : 'mulUnsigned';
    return this.#binary(op, this, other, this.width + other.width);
  }

  addWrap(value: unknown): Signal {
    return this.#binary('add', this, this.#same(value, 'addWrap'), this.width);
  }

  subWrap(value: unknown): Signal {
    return this.#binary('sub', this, this.#same(value, 'subWrap'), this.width);
  }

  accumulate(value: unknown): Signal {
    const other = this.#alike(value, 'accumulate');
    if (other.width > this.width) checkAlike('accumulate', this, other);
    return this.#binary('add', this, widen(other, this.width), this.width);
  }

  and(value: unknown): Signal {
    return this.#binary('and', this, this.#same(value, 'and'), this.width);
  }

  or(value: unknown): Signal {
    return this.#binary('or', this, this.#same(value, 'or'), this.width);
  }

  xor(value: unknown): Signal {
    return this.#binary('xor', this, this.#same(value, 'xor'), this.width);
  }

  not(): Signal {
    return this.#unary('not', this.width);
  }

  eq(value: unknown): Signal {
    return this.#compare('eq', 'eq', value);
  }

  ne(value: unknown): Signal {
    return this.#compare('ne', 'ne', value);
  }

  lt(value: unknown): Signal {
    return this.#compare('ltUnsigned', 'ltSigned', value);
  }

  le(value: unknown): Signal {
    return this.#compare('leUnsigned', 'leSigned', value);
  }

  gt(value: unknown): Signal {
    return this.#compare('ltUnsigned', 'ltSigned', value, true);
  }

  ge(value: unknown): Signal {
    return this.#compare('leUnsigned', 'leSigned', value, true);
  }

  shiftLeft(amount: unknown): Signal {
    return this.#binary('shiftLeft', this, this.#unsigned(amount, 'shiftLeft'), this.width);
  }

  shiftRight(amount: unknown): Signal {
    const op = this.kind === 'sint' ? 'shiftRightSigned' : 'shiftRight';
    return this.#binary(op, this, this.#unsigned(amount, 'shiftRight'), this.width);
  }

  extend(width: number): Signal {
    checkWidth(`the extension of ${this.label}`, width);
    if (width < this.width) {
      const { label: signal, width: from } = this;
      fail({ code: 'resize-direction', operation: 'extend', signal, width: from, target: width });
    }
    return widen(this, width);
  }

  truncate(width: number): Signal {
    this.#narrows('truncate', width);
    return width === this.width ? this : this.#slice(0, width, { kind: this.kind, width });
  }

  saturate(width: number): Signal {
    this.#narrows('saturate', width);
    if (width === this.width) return this;
    const signed = this.kind === 'sint';
    const max = signed ? maskOf(width - 1) : maskOf(width);
    const least = signed ? -max - 1n : 0n;
    const low = this.truncate(width);
    const above = muxSignals(this.gt(max), literal(this.builder, low.type, max), low);
    return signed
      ? muxSignals(this.lt(least), literal(this.builder, low.type, least), above)
      : above;
  }

  bit(index: number): Signal {
    return this.bits(index, 1);
  }

  bits(low: number, width: number): Signal {
    checkWidth(`a slice of ${this.label}`, width);
    if (!Number.isInteger(low) || low < 0 || low + width > this.width) {
      fail({
        code: 'bit-range',
        signal: this.label,
        low,
        high: low + width - 1,
        width: this.width,
      });
    }
    const type: ScalarType = { kind: 'uint', width };
    return width === this.width ? retyped(this, type) : this.#slice(low, width, type);
  }

  at(index: unknown): Signal {
    const shifted = retyped(this, { kind: 'uint', width: this.width }).shiftRight(index);
    return shifted.bits(0, 1);
  }

  any(): Signal {
    return this.#unary('reduceOr', 1);
  }

  all(): Signal {
    return this.#unary('reduceAnd', 1);
  }

  parity(): Signal {
    return this.#unary('reduceXor', 1);
  }

  asUnsigned(): Signal {
    return retyped(this, { kind: 'uint', width: this.width });
  }

  asSigned(): Signal {
    return retyped(this, { kind: 'sint', width: this.width });
  }

  [Symbol.toPrimitive](): never {
    return fail({ code: 'coercion', signal: this.label });
  }

  #grow(op: 'add' | 'sub', value: unknown): Signal {
    const other = this.#alike(value, op);
    const width = Math.max(this.width, other.width) + 1;
    return this.#binary(op, widen(this, width), widen(other, width), width);
  }

  #compare(
    unsigned: BinaryOperator,
    signed: BinaryOperator,
    value: unknown,
    swapped = false,
  ): Signal {
    const op = this.kind === 'sint' ? signed : unsigned;
    const other = this.#same(value, op);
    const id = swapped ? this.#create(op, other, this, 1) : this.#create(op, this, other, 1);
    return new Signal(this.builder, { kind: 'uint', width: 1 }, id);
  }

  #create(op: BinaryOperator, a: Signal, b: Signal, width: number): NodeId {
    return addNode(this.builder, { kind: 'binary', op, width, a: a.id, b: b.id });
  }

  #binary(op: BinaryOperator, a: Signal, b: Signal, width: number): Signal {
    const id = this.#create(op, a, b, width);
    return new Signal(this.builder, { kind: this.kind, width }, id);
  }

  #unary(op: UnaryOperator, width: number): Signal {
    checkOwner(this.builder, () => this.label, op);
    const id = addNode(this.builder, { kind: 'unary', op, width, a: this.id });
    return new Signal(this.builder, { kind: 'uint', width }, id);
  }

  #slice(low: number, width: number, type: ScalarType): Signal {
    checkOwner(this.builder, () => this.label, 'a slice');
    const id = addNode(this.builder, { kind: 'slice', width, a: this.id, low });
    return new Signal(this.builder, type, id);
  }

  #narrows(operation: 'truncate' | 'saturate', width: number): void {
    checkWidth(`${this.label} after ${operation}`, width);
    if (width > this.width) {
      const { label: signal, width: from } = this;
      fail({ code: 'resize-direction', operation, signal, width: from, target: width });
    }
  }

  #unsigned(value: unknown, operation: string): Signal {
    const signal = asSignal(value, operation);
    if (signal.kind !== 'uint') {
      checkAlike(operation, { kind: 'uint', width: signal.width, label: 'amount' }, signal);
    }
    return signal;
  }

  /** An operand of the same sign and any width. */
  #alike(value: unknown, operation: string): Signal {
    checkOwner(this.builder, () => this.label, operation);
    const signal = asSignal(value, operation);
    if (signal.kind !== this.kind) checkAlike(operation, this, signal);
    return signal;
  }

  /** An operand of the same sign and width, or a literal made so. */
  #same(value: unknown, operation: string): Signal {
    checkOwner(this.builder, () => this.label, operation);
    if (isLiteral(value)) {
      return literal(this.builder, this.type, value);
    }
    const signal = asSignal(value, operation);
    checkAlike(operation, this, signal);
    return signal;
  }
}

function retyped(signal: Signal, type: ScalarType): Signal {
  return signal.type.kind === type.kind ? signal : new Signal(signal.builder, type, signal.id);
}

function widen(signal: Signal, width: number): Signal {
  if (width <= signal.width) return signal;
  const sign = signal.kind === 'sint';
  const node: NewNode = { kind: 'extend', width, a: signal.id, sign };
  return new Signal(signal.builder, { kind: signal.kind, width }, addNode(signal.builder, node));
}

/** The signal behind a `UInt` or `SInt` of the module under construction. */
export function asSignal(value: unknown, operation: string): Signal {
  if (!(value instanceof Signal)) {
    const actual = describeValue(value);
    return fail({ code: 'not-a-signal', operation, needed: 'a signal', actual });
  }
  checkOwner(value.builder, () => value.label, operation);
  return value;
}

export const isLiteral = (value: unknown): value is Literal =>
  typeof value === 'number' || typeof value === 'bigint';

/** A one-bit signal of the module under construction. */
export function asCondition(value: unknown, operation: string): Signal {
  const signal = asSignal(value, operation);
  if (signal.width !== 1) {
    const { label, width } = signal;
    fail({ code: 'not-a-condition', operation, signal: label, width });
  }
  return signal;
}

/** What a comparison of types needs to know: a signal, or what stands for one in messages. */
export interface Shape {
  readonly kind: ScalarType['kind'];
  readonly width: number;
  readonly label: string;
}

/** Reports two values that differ in sign or width. */
export function checkAlike(operation: string, left: Shape, right: Shape): void {
  const builder = currentBuilder(operation);
  if (left.kind !== right.kind) {
    const [signed, unsigned] = left.kind === 'sint' ? [left, right] : [right, left];
    report(builder, {
      code: 'sign-mismatch',
      operation,
      signed: signed.label,
      unsigned: unsigned.label,
    });
  } else if (left.width !== right.width) {
    report(builder, {
      code: 'width-mismatch',
      operation,
      left: left.label,
      leftWidth: left.width,
      right: right.label,
      rightWidth: right.width,
    });
  }
}

/** Type as messages show it: `uint(8)`. */
const showType = (type: ScalarType): string => `${type.kind}(${type.width})`;

/** Checks that a whole number fits a type and gives its bits. */
export function literalBits(type: ScalarType, value: Literal): bigint {
  const min = type.kind === 'sint' ? -(1n << BigInt(type.width - 1)) : 0n;
  const max = type.kind === 'sint' ? -min - 1n : maskOf(type.width);
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
    fail({ code: 'bad-literal', value: String(value) });
  }
  if (BigInt(value) < min || BigInt(value) > max) {
    fail({
      code: 'literal-range',
      value: String(value),
      type: showType(type),
      min: String(min),
      max: String(max),
    });
  }
  return BigInt(value) & maskOf(type.width);
}

export function literal(builder: Builder, type: ScalarType, value: Literal): Signal {
  const bits = literalBits(type, value);
  const id = addNode(builder, { kind: 'const', width: type.width, value: bits.toString(16) });
  return new Signal(builder, type, id);
}

export function muxSignals(condition: Signal, whenTrue: Signal, whenFalse: Signal): Signal {
  const { builder, type } = whenTrue;
  const node: NewNode = {
    kind: 'mux',
    width: type.width,
    condition: condition.id,
    whenTrue: whenTrue.id,
    whenFalse: whenFalse.id,
  };
  return new Signal(builder, type, addNode(builder, node));
}
