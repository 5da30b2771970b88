/** What signed and unsigned values offer, with their widths in the types. */
import type { Grown, SameWidth, Sum } from './widths.ts';

/** A whole number where a signal may stand: it takes the width of the other operand. */
export type Literal = number | bigint;

/** An unsigned operand of V bits where W are needed; the error of the compiler names both. */
export type SameUInt<W extends number, V extends number> = (UInt<V> & SameWidth<W, V>) | Literal;

export type SameSInt<W extends number, V extends number> = (SInt<V> & SameWidth<W, V>) | Literal;

/** What signed and unsigned values share. `W` is the width in bits. */
interface Bits<W extends number> {
  readonly width: W;
  /** One bit at a position known when the circuit is built; 0 is the lowest. */
  bit(index: number): Bit;
  /** `width` bits from bit `low` up. */
  bits<V extends number>(low: number, width: V): UInt<V>;
  /** The bit at a position that is itself hardware; 0 beyond the top. */
  at(index: UInt): Bit;
  /** 1 where any bit is 1. */
  any(): Bit;
  /** 1 where every bit is 1. */
  all(): Bit;
  /** Exclusive or of all bits. */
  parity(): Bit;
  asUnsigned(): UInt<W>;
  asSigned(): SInt<W>;
}

/** Unsigned value of W bits. */
export interface UInt<W extends number = number> extends Bits<W> {
  readonly kind: 'uint';
  eq<V extends number>(other: SameUInt<W, V>): Bit;
  ne<V extends number>(other: SameUInt<W, V>): Bit;
  lt<V extends number>(other: SameUInt<W, V>): Bit;
  le<V extends number>(other: SameUInt<W, V>): Bit;
  gt<V extends number>(other: SameUInt<W, V>): Bit;
  ge<V extends number>(other: SameUInt<W, V>): Bit;
  /** Exact sum, one bit wider than the wider operand. */
  add<V extends number>(other: UInt<V>): UInt<Grown<W, V>>;
  /** Exact difference, signed, one bit wider than the wider operand. */
  sub<V extends number>(other: UInt<V>): SInt<Grown<W, V>>;
  /** Exact product, as wide as both operands together. */
  mul<V extends number>(other: UInt<V>): UInt<Sum<W, V>>;
  /** Sum modulo 2^W. */
  addWrap<V extends number>(other: SameUInt<W, V>): UInt<W>;
  /** Difference modulo 2^W. */
  subWrap<V extends number>(other: SameUInt<W, V>): UInt<W>;
  /** This plus a value of at most its width, modulo 2^W: what an accumulator does. */
  accumulate(other: UInt): UInt<W>;
  and<V extends number>(other: SameUInt<W, V>): UInt<W>;
  or<V extends number>(other: SameUInt<W, V>): UInt<W>;
  xor<V extends number>(other: SameUInt<W, V>): UInt<W>;
  not(): UInt<W>;
  /** Shifts left by a hardware amount; bits beyond the top are lost. */
  shiftLeft(amount: UInt): UInt<W>;
  /** Shifts right by a hardware amount; zeros come in. */
  shiftRight(amount: UInt): UInt<W>;
  /** The same number in `width` >= W bits. */
  extend<V extends number>(width: V): UInt<V>;
  /** The lowest `width` <= W bits. */
  truncate<V extends number>(width: V): UInt<V>;
  /** The nearest number that `width` <= W bits can hold. */
  saturate<V extends number>(width: V): UInt<V>;
}

/** Two's complement value of W bits. */
export interface SInt<W extends number = number> extends Bits<W> {
  readonly kind: 'sint';
  eq<V extends number>(other: SameSInt<W, V>): Bit;
  ne<V extends number>(other: SameSInt<W, V>): Bit;
  lt<V extends number>(other: SameSInt<W, V>): Bit;
  le<V extends number>(other: SameSInt<W, V>): Bit;
  gt<V extends number>(other: SameSInt<W, V>): Bit;
  ge<V extends number>(other: SameSInt<W, V>): Bit;
  /** Exact sum, one bit wider than the wider operand. */
  add<V extends number>(other: SInt<V>): SInt<Grown<W, V>>;
  /** Exact difference, one bit wider than the wider operand. */
  sub<V extends number>(other: SInt<V>): SInt<Grown<W, V>>;
  /** Exact product, as wide as both operands together. */
  mul<V extends number>(other: SInt<V>): SInt<Sum<W, V>>;
  /** Sum modulo 2^W. */
  addWrap<V extends number>(other: SameSInt<W, V>): SInt<W>;
  /** Difference modulo 2^W. */
  subWrap<V extends number>(other: SameSInt<W, V>): SInt<W>;
  /** This plus a value of at most its width, modulo 2^W: what an accumulator does. */
  accumulate(other: SInt): SInt<W>;
  /** Shifts right by a hardware amount; copies of the sign come in. */
  shiftRight(amount: UInt): SInt<W>;
  /** The same number in `width` >= W bits. */
  extend<V extends number>(width: V): SInt<V>;
  /** The lowest `width` <= W bits. */
  truncate<V extends number>(width: V): SInt<V>;
  /** The nearest number that `width` <= W bits can hold. */
  saturate<V extends number>(width: V): SInt<V>;
}

/** One bit: what conditions are. */
export type Bit = UInt<1>;

export type Scalar = UInt | SInt;

/** Unsigned value that can also be driven. */
export interface DrivenUInt<W extends number = number> extends UInt<W> {
  /** Drives this signal where the enclosing `when` and `switchOn` are reached. */
  set<V extends number>(value: SameUInt<W, V>): void;
}

/** Two's complement value that can also be driven. */
export interface DrivenSInt<W extends number = number> extends SInt<W> {
  /** Drives this signal where the enclosing `when` and `switchOn` are reached. */
  set<V extends number>(value: SameSInt<W, V>): void;
}

/** A value that can also be driven. */
export type Driven<S extends Scalar> =
  S extends UInt<infer W> ? DrivenUInt<W> : S extends SInt<infer W> ? DrivenSInt<W> : never;

/** What may stand where an `S` is needed: of its width, of one that is not known yet, or a number. */
export type Operand<S extends Scalar, V extends number> =
  S extends UInt<infer W> ? SameUInt<W, V> : S extends SInt<infer W> ? SameSInt<W, V> : never;
