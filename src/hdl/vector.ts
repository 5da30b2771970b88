import { addNode, addStatement, checkOwner, currentBuilder, fail } from './builder.ts';
import type { Builder } from './builder.ts';
import { checkScalarType } from './check-type.ts';
import { describeValue } from './describe-value.ts';
import { here } from './location.ts';
import { asSignal, checkAlike, isLiteral, literal, Signal } from './signal.ts';
import type { Bit, Literal, Operand, Scalar, SInt, UInt } from './scalars.ts';
import type { Shape } from './signal.ts';
import type { ScalarType, SIntType, UIntType, VecType } from './types.ts';

/** Elements of one type, packed; element 0 lowest. */
export interface Vec<S extends Scalar = Scalar> {
  readonly kind: 'vec';
  readonly length: number;
  /** The element at a position: a whole number, or hardware (0 out of range). */
  at(index: number | UInt): S;
  /** All bits as one number, element 0 lowest. */
  asUnsigned(): UInt;
  elements(): readonly S[];
}

/** A vector that can also be driven. */
export interface DrivenVec<S extends Scalar = Scalar> extends Vec<S> {
  /** Drives all elements where the enclosing `when` and `switchOn` are reached. */
  set(value: Vec<S>): void;
  /**
   * Drives one element there; the others keep what drives them already. The position is a whole
   * number, or hardware (nothing is driven out of range).
   */
  setAt<V extends number>(index: number | UInt, value: Operand<S, V>): void;
}

/** Runtime of `Vec`. */
export class Vector {
  readonly kind = 'vec';
  readonly type: VecType;
  readonly packed: Signal;

  constructor(type: VecType, packed: Signal) {
    this.type = type;
    this.packed = packed;
  }

  get length(): number {
    return this.type.length;
  }

  /** What messages say about its elements. */
  get shape(): Shape {
    const { packed, type } = this;
    const { kind, width } = type.element;
    return {
      kind,
      width,
      // Looking up names takes long, and nobody asks while all is well.
      get label() {
        return `element of ${packed.label}`;
      },
    };
  }

  at(index: unknown): Signal {
    const { element } = this.type;
    const { builder } = this.packed;
    checkOwner(builder, () => this.packed.label, 'at');
    if (isLiteral(index)) {
      const low = this.#position(index) * element.width;
      return new Signal(builder, element, this.packed.bits(low, element.width).id);
    }
    const node = {
      kind: 'element',
      width: element.width,
      a: this.packed.id,
      index: this.#index(index).id,
    } as const;
    return new Signal(builder, element, addNode(builder, node));
  }

  asUnsigned(): Signal {
    return this.packed;
  }

  elements(): Signal[] {
    return Array.from({ length: this.length }, (_, index) => this.at(index));
  }

  set(value: unknown): void {
    const { builder, target } = this.packed;
    checkOwner(builder, () => this.packed.label, 'set');
    if (!target) return fail({ code: 'not-settable', signal: this.packed.label });
    const source = asVector(value, 'set');
    checkLength(() => this.packed.label, this.length, source);
    checkAlike('set', this.shape, source.shape);
    addStatement(builder, { kind: 'assign', target, value: source.packed.id, location: here() }, [
      target,
    ]);
  }

  setAt(index: unknown, value: unknown): void {
    const { element } = this.type;
    const { builder, target } = this.packed;
    checkOwner(builder, () => this.packed.label, 'setAt');
    if (!target) return fail({ code: 'not-settable', signal: this.packed.label });
    const source = isLiteral(value) ? literal(builder, element, value) : asSignal(value, 'setAt');
    checkAlike('setAt', this.shape, source);
    const position = isLiteral(index) ? this.#position(index) : { node: this.#index(index).id };
    addStatement(
      builder,
      {
        kind: 'assign',
        target,
        value: source.id,
        element: { index: position },
        location: here(),
      },
      [target],
    );
  }

  [Symbol.toPrimitive](): never {
    return fail({ code: 'coercion', signal: this.packed.label });
  }

  /** A position that is known when the circuit is built. */
  #position(index: Literal): number {
    const { length } = this;
    const position = Number(index);
    if (!Number.isInteger(position) || position < 0 || position >= length) {
      fail({ code: 'element-range', vector: this.packed.label, index: position, length });
    }
    return position;
  }

  #index(index: unknown): Signal {
    const signal = asSignal(index, 'at');
    if (signal.kind !== 'uint') {
      checkAlike('at', { kind: 'uint', width: signal.width, label: 'position' }, signal);
    }
    return signal;
  }
}

/** The vector behind a `Vec` of the module under construction. */
export function asVector(value: unknown, operation: string): Vector {
  if (!(value instanceof Vector)) {
    const actual = describeValue(value);
    return fail({ code: 'not-a-signal', operation, needed: 'a vector', actual });
  }
  checkOwner(value.packed.builder, () => value.packed.label, operation);
  return value;
}

/** Refuses a vector that does not have `length` elements. */
export function checkLength(what: () => string, length: number, source: Vector): void {
  if (source.length !== length) {
    fail({ code: 'vector-length', what: what(), expected: length, actual: source.length });
  }
}

/** One vector out of elements of one type; the first becomes element 0. */
export function vecOf<S extends Scalar>(elements: readonly S[]): Vec<S> {
  const builder = currentBuilder('vecOf');
  const signals = elements.map((element) => asSignal(element, 'vecOf'));
  const first = signals[0];
  if (!first) return fail({ code: 'vector-length', what: 'vecOf', expected: 1, actual: 0 });
  const type: VecType = { kind: 'vec', element: first.type, length: signals.length };
  for (const signal of signals) checkAlike('vecOf', first, signal);
  return new Vector(type, joined(builder, signals.reverse())) as unknown as Vec<S>;
}

/** The bits of a value, one by one; element 0 is the lowest. */
export function bitsOf(value: UInt): Vec<Bit> {
  const signal = asSignal(value, 'bitsOf');
  const type: VecType = { kind: 'vec', element: { kind: 'uint', width: 1 }, length: signal.width };
  return new Vector(type, signal) as unknown as Vec<Bit>;
}

function joined(builder: Builder, signals: readonly Signal[]): Signal {
  const width = signals.reduce((sum, signal) => sum + signal.width, 0);
  if (signals.length === 1) return new Signal(builder, { kind: 'uint', width }, signals[0]!.id);
  const parts = signals.map((signal) => signal.id);
  return new Signal(
    builder,
    { kind: 'uint', width },
    addNode(builder, { kind: 'concat', width, parts }),
  );
}

/** The operands side by side; the first is the most significant. */
export function concat(...parts: readonly Scalar[]): UInt {
  const builder = currentBuilder('concat');
  const signals = parts.map((part) => asSignal(part, 'concat'));
  if (signals.length === 0) fail({ code: 'vector-length', what: 'concat', expected: 1, actual: 0 });
  return joined(builder, signals) as unknown as UInt;
}

/** A number known when the circuit is built: of a type, or unsigned of `width` bits. */
export function constant<W extends number>(type: UIntType<W> | W, value: Literal): UInt<W>;
export function constant<W extends number>(type: SIntType<W>, value: Literal): SInt<W>;
export function constant(type: ScalarType | number, value: Literal): Scalar {
  const builder = currentBuilder('constant');
  const scalar: ScalarType = typeof type === 'number' ? { kind: 'uint', width: type } : type;
  checkScalarType('constant', scalar);
  return literal(builder, scalar, value) as unknown as Scalar;
}

/** `width` bits of which only bit `position` is 1; all 0 where the position is beyond the top. */
export const oneHot = (position: UInt, width: number): UInt =>
  constant(width, 1).shiftLeft(position);
