import {
  bit,
  defineModule,
  input,
  instance,
  mux,
  output,
  reg,
  sint,
  uint,
  when,
} from '../hdl/index.ts';
import type { PortDeclaration, SIntType, UIntType } from '../hdl/index.ts';
import { floatAdd } from './float/float-add.ts';
import { floatMultiply } from './float/float-multiply.ts';
import { floatBits, formatName } from './float/format.ts';
import type { FloatFormat } from './float/format.ts';
import { part, refuse } from './part.ts';
import type { Part } from './part.ts';

type Controls = {
  readonly enable: PortDeclaration<UIntType<1>, 'input'>;
  readonly first: PortDeclaration<UIntType<1>, 'input'>;
};

const controls = (): Controls => ({
  enable: input(bit(), 'takes the operands'),
  first: input(bit(), 'they begin a sum'),
});

export interface IntegerMacParameters {
  /** Bits of the signed operands a and b, each at least 2. */
  readonly a: number;
  readonly b: number;
  /** Bits of the sum, at least those of a product. */
  readonly sum: number;
}

type IntegerPorts = Controls & {
  readonly a: PortDeclaration<SIntType, 'input'>;
  readonly b: PortDeclaration<SIntType, 'input'>;
  readonly sum: PortDeclaration<SIntType, 'output'>;
};

const integerDefinition = defineModule(
  'integer_mac',
  {
    doc: `Multiply-accumulate unit for signed integers

sum becomes a * b with the first operands of a sum, and grows by a * b with those that follow.`,
    parameters: { a: 'bits of a', b: 'bits of b', sum: 'bits of the sum' },
  },
  (p: IntegerMacParameters) => ({
    ports: {
      ...controls(),
      a: input(sint(p.a)),
      b: input(sint(p.b)),
      sum: output(sint(p.sum)),
    },
    body({ enable, first, a, b, sum }) {
      const total = reg(sint(p.sum), { init: 0 });
      const partial = mux(first, 0, total);
      when(enable, () => {
        total.set(partial.accumulate(a.mul(b)));
      });
      sum.set(total);
      return { total, partial };
    },
  }),
);

/**
 * Multiply-accumulate unit: the reference that other processing elements are measured by. One product
 * per cycle with `enable`; sums wrap around.
 */
export function integerMac(
  parameters: IntegerMacParameters,
): Part<IntegerMacParameters, IntegerPorts> {
  const { a, b, sum } = parameters;
  if (!(a >= 2 && b >= 2 && sum >= a + b)) {
    refuse(
      integerMac,
      `integerMac has operands of ${a} and ${b} bits and a sum of ${sum}: give operands at least 2 ` +
        'bits, and the sum those of both',
    );
  }
  return part(integerDefinition, parameters);
}

export interface FloatMacParameters {
  /** Format of both operands. */
  readonly operand: FloatFormat;
  /** Format of the products and of the sum. */
  readonly sum: FloatFormat;
}

type FloatPorts = Controls & {
  readonly a: PortDeclaration<UIntType, 'input'>;
  readonly b: PortDeclaration<UIntType, 'input'>;
  readonly sum: PortDeclaration<UIntType, 'output'>;
};

const floatDefinition = defineModule(
  'float_mac',
  {
    doc: `Multiply-accumulate unit for floating-point numbers

sum becomes a * b with the first operands of a sum, and grows by a * b with those that follow; product
and sum are each rounded to the format of the sum.`,
    parameters: { operand: 'format of a and b', sum: 'format of the sum' },
    named: ({ operand, sum }: FloatMacParameters) =>
      `float_mac_${formatName(operand)}_to_${formatName(sum)}`,
  },
  (p: FloatMacParameters) => ({
    ports: {
      ...controls(),
      a: input(uint(floatBits(p.operand))),
      b: input(uint(floatBits(p.operand))),
      sum: output(uint(floatBits(p.sum))),
    },
    body({ enable, first, a, b, sum }) {
      const total = reg(uint(floatBits(p.sum)), { init: 0 });
      const multiplier = instance(
        ...floatMultiply({ a: p.operand, b: p.operand, result: p.sum, stages: 0 }),
      );
      const adder = instance(...floatAdd({ format: p.sum, stages: 0 }));
      multiplier.a.set(a);
      multiplier.b.set(b);
      adder.a.set(total);
      adder.b.set(multiplier.product);
      when(enable, () => {
        total.set(mux(first, multiplier.product, adder.sum));
      });
      sum.set(total);
      return { total, multiplier, adder };
    },
  }),
);

/** As `integerMac`, by IEEE 754: combinational multiplier and adder, one product per cycle. */
export function floatMac(parameters: FloatMacParameters): Part<FloatMacParameters, FloatPorts> {
  return part(floatDefinition, parameters);
}
