import type { NodeId } from '../ir/index.ts';
import { addNode, addStatement, checkOwner, fail } from './builder.ts';
import type { Builder } from './builder.ts';
import { describeValue } from './describe-value.ts';
import { here } from './location.ts';
import type { Bit, UInt } from './scalars.ts';
import { asSignal, checkAlike, Signal } from './signal.ts';
import type { EnumType } from './types.ts';

/**
 * A value of an enumeration. Names are the only literals; to one that the enumeration does not have
 * the compiler objects. Another enumeration is another type, even where it has more names.
 */
export interface EnumValue<S extends string = string> {
  readonly kind: 'enum';
  /** Bits of the encoding. */
  readonly width: number;
  /** 1 where the value is one of the names. */
  readonly is: (...names: S[]) => Bit;
  /** 1 where both values are the same. */
  readonly eq: (other: EnumValue<S>) => Bit;
  /** The encoding: the position of the name in the enumeration. */
  asUnsigned(): UInt;
}

/** A value of an enumeration that can also be driven. */
export interface DrivenEnum<S extends string = string> extends EnumValue<S> {
  /** Drives this signal, by name or by another signal, where the enclosing conditions are reached. */
  readonly set: (value: EnumValue<S> | S) => void;
}

/** Runtime of `EnumValue`. */
export class Enumerated {
  readonly kind = 'enum';
  readonly type: EnumType;
  readonly packed: Signal;

  constructor(type: EnumType, packed: Signal) {
    this.type = type;
    this.packed = packed;
  }

  get width(): number {
    return this.type.width;
  }

  is(...names: readonly unknown[]): Signal {
    const { builder } = this.packed;
    checkOwner(builder, () => this.packed.label, 'is');
    const hits = names.map((name) => this.#equals(nameNode(builder, this.type, name)));
    const [first, ...rest] = hits;
    if (!first) return fail({ code: 'vector-length', what: 'is', expected: 1, actual: 0 });
    return rest.reduce((any, hit) => any.or(hit), first);
  }

  eq(other: unknown): Signal {
    checkOwner(this.packed.builder, () => this.packed.label, 'eq');
    return this.#equals(asEnumerated(other, this, 'eq').packed.id);
  }

  set(value: unknown): void {
    const { builder, target } = this.packed;
    checkOwner(builder, () => this.packed.label, 'set');
    if (!target) return fail({ code: 'not-settable', signal: this.packed.label });
    const source =
      typeof value === 'string'
        ? nameNode(builder, this.type, value)
        : asEnumerated(value, this, 'set').packed.id;
    addStatement(builder, { kind: 'assign', target, value: source, location: here() }, [target]);
  }

  asUnsigned(): Signal {
    return this.packed;
  }

  [Symbol.toPrimitive](): never {
    return fail({ code: 'coercion', signal: this.packed.label });
  }

  #equals(b: NodeId): Signal {
    const { builder, id: a } = this.packed;
    const node = addNode(builder, { kind: 'binary', op: 'eq', width: 1, a, b });
    return new Signal(builder, { kind: 'uint', width: 1 }, node);
  }
}

/** The enumeration behind an `EnumValue` of the module under construction, of the type of `other`. */
function asEnumerated(value: unknown, other: Enumerated, operation: string): Enumerated {
  if (!(value instanceof Enumerated)) {
    const actual = describeValue(value);
    return fail({
      code: 'not-a-signal',
      operation,
      needed: 'a value of the enumeration',
      actual,
    });
  }
  checkOwner(value.packed.builder, () => value.packed.label, operation);
  const left = other.type.names;
  const right = value.type.names;
  if (left.join() !== right.join()) {
    fail({ code: 'enumeration-mismatch', operation, left, right });
  }
  return value;
}

/** The position of a name, which is its encoding. */
export function encodingOf(type: EnumType, name: unknown): number {
  const position = type.names.indexOf(name as string);
  if (position >= 0) return position;
  return fail({
    code: 'unknown-name',
    name: typeof name === 'string' ? name : describeValue(name),
    names: type.names,
  });
}

/** A name as a constant. */
export function nameNode(builder: Builder, type: EnumType, name: unknown): NodeId {
  const value = encodingOf(type, name).toString(16);
  return addNode(builder, { kind: 'const', width: type.width, value, enumeration: type.names });
}

/**
 * The value that `bits` encode: name number `bits` of the enumeration. Nothing checks that there is
 * one; see `switchOn` for what happens then.
 */
export function asEnumeration<S extends string>(type: EnumType<S>, bits: UInt): EnumValue<S> {
  const signal = asSignal(bits, 'asEnumeration');
  checkAlike('asEnumeration', { kind: 'uint', width: type.width, label: 'the encoding' }, signal);
  const named = addNode(signal.builder, {
    kind: 'slice',
    width: type.width,
    a: signal.id,
    low: 0,
    enumeration: type.names,
  });
  const packed = new Signal(signal.builder, { kind: 'uint', width: type.width }, named);
  return new Enumerated(type, packed) as unknown as EnumValue<S>;
}
