import { addressBits } from '../../ir/index.ts';
import { constant, mux, reg, uint } from '../../hdl/index.ts';
import type {
  Bit,
  PortDeclaration,
  SIntType,
  StreamType,
  UInt,
  UIntType,
  VecType,
} from '../../hdl/index.ts';
import { refuse } from '../part.ts';

/** Beats of several signed numbers; the meaning of `last` is that of the stream. */
type Numbers<Name extends string> = StreamType<
  { readonly [K in Name]: VecType<SIntType> } & { readonly last: UIntType<1> }
>;

/** What all arrays here have: weights from a source of their own, activations in, sums out. */
export type WeightArrayPorts = {
  /** `last` ends the weights of a pass. */
  readonly weights: PortDeclaration<Numbers<'words'>, 'input'>;
  readonly activations: PortDeclaration<Numbers<'values'>, 'input'>;
  readonly results: PortDeclaration<Numbers<'sums'>, 'output'>;
};

/** Bits of a sum of `terms` products of two operands, whatever they are. */
export const productSumBits = (operandBits: number, terms: number): number =>
  2 * operandBits + (terms > 1 ? addressBits(terms) : 0);

/** Refuses sizes that are no whole numbers from 1, in the place where the array was called. */
export function checkSizes<P extends object>(
  array: (parameters: P) => unknown,
  title: string,
  parameters: P,
): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (!(Number.isInteger(value) && value >= 1)) {
      refuse(array, `${name} of ${title} is ${value}: a whole number from 1`);
    }
  }
}

/** Counts 0 .. count - 1 round and round; a count of 1 is no hardware. */
export interface Ring {
  /** Absent where there is but one value. */
  readonly value?: UInt;
  readonly last: Bit;
  /** To the next value, where the enclosing `when` is reached. */
  step(): void;
  /** Back to 0. */
  restart(): void;
}

/** A ring of `count` values, at 0 after reset. */
export function ring(count: number): Ring {
  if (count === 1) return { last: constant(1, 1), step: () => {}, restart: () => {} };
  const value = reg(uint(addressBits(count)), { init: 0 });
  const last = value.eq(count - 1);
  return {
    value,
    last,
    step: () => {
      value.set(count === 2 ** value.width ? value.addWrap(1) : mux(last, 0, value.addWrap(1)));
    },
    restart: () => {
      value.set(0);
    },
  };
}

/** The value of a ring under a name, for what a body returns. */
export const named = <K extends string>(name: K, { value }: Ring): { readonly [_ in K]?: UInt } =>
  (value ? { [name]: value } : {}) as { readonly [_ in K]?: UInt };
