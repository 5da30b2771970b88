/**
 * Widths at the type level.
 *
 * Literal widths up to 99 bits are computed by the compiler; wider or non-literal ones fall back to
 * `number`. The check when a module is built is authoritative in all cases: in parameterised modules
 * widths are `number` anyway.
 */

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** `true` for literal widths that tuple arithmetic can afford. */
type Small<W extends number> = `${W}` extends Digit | `${Digit}${Digit}` ? true : false;

type Tuple<N extends number, T extends 0[] = []> = T['length'] extends N ? T : Tuple<N, [...T, 0]>;

type Length<T extends readonly unknown[]> = T['length'] extends infer N extends number ? N : number;

/** A + B. */
export type Sum<A extends number, B extends number> =
  Small<A> extends true
    ? Small<B> extends true
      ? Length<[...Tuple<A>, ...Tuple<B>]>
      : number
    : number;

/** The larger of A and B. */
export type Max<A extends number, B extends number> = [A] extends [B]
  ? B
  : Small<A> extends true
    ? Small<B> extends true
      ? Tuple<A> extends [...Tuple<B>, ...0[]]
        ? A
        : B
      : number
    : number;

/** Width of a sum or difference: one more than the wider operand. */
export type Grown<A extends number, B extends number> = Sum<Max<A, B>, 1>;

/** What an operand of width V must also be so that it fits where width W is needed. */
export type SameWidth<W extends number, V extends number> = number extends W
  ? unknown
  : number extends V
    ? unknown
    : [W] extends [V]
      ? unknown
      : { readonly error: `${V} bits do not fit ${W} bits: extend, truncate or saturate first` };
