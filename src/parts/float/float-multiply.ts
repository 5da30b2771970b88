import { defineModule, input, output, uint } from '../../hdl/index.ts';
import type { PortDeclaration, UIntType } from '../../hdl/index.ts';
import { part } from '../part.ts';
import type { Part } from '../part.ts';
import { checkFormat, checkStages } from './check.ts';
import { bias, floatBits, formatName, largestExponent, significandBits } from './format.ts';
import type { FloatFormat } from './format.ts';
import { addOffset, place, placement } from './placement.ts';
import { normalize, roundAndPack } from './round.ts';
import { pipeline, pipelinePorts, stagesName } from './stages.ts';
import type { PipelinePorts } from './stages.ts';
import { unpack } from './unpack.ts';

export interface FloatMultiplyParameters {
  /** Format of factor `a`. */
  readonly a: FloatFormat;
  /** Format of factor `b`. */
  readonly b: FloatFormat;
  /** Format of the product. */
  readonly result: FloatFormat;
  /** Cycles from the factors to their product, 0 .. 3; 0, the default, is combinational. */
  readonly stages?: number;
}

type Ports = {
  readonly a: PortDeclaration<UIntType, 'input'>;
  readonly b: PortDeclaration<UIntType, 'input'>;
  readonly product: PortDeclaration<UIntType, 'output'>;
};

/** Where registers stand as stages are added. */
const places = ['result', 'exact', 'normalized'] as const;

const doc = `Floating-point multiplier: a * b, rounded to nearest, ties to even

IEEE 754 with subnormals, infinities and signed zeros; every NaN is the canonical quiet NaN.

The exact product of the significands stands below zeros if it can be too small for the format of the
result: one shift to the left then makes of it a normal or a subnormal significand.`;

const definition = defineModule(
  'float_multiply',
  {
    doc,
    parameters: {
      a: 'bits of exponent and fraction',
      b: 'bits of exponent and fraction',
      result: 'bits of exponent and fraction',
      stages: 'cycles to the product',
    },
    named: ({ a, b, result, stages = 0 }: FloatMultiplyParameters) =>
      `float_multiply_${formatName(a)}_${formatName(b)}_to_${formatName(result)}${stagesName(stages)}`,
  },
  ({ a: formatA, b: formatB, result: format, stages = 0 }: FloatMultiplyParameters) => ({
    ports: {
      ...pipelinePorts(stages),
      a: input(uint(floatBits(formatA))),
      b: input(uint(floatBits(formatB))),
      product: output(uint(floatBits(format)), 'a * b'),
    },
    body({ enable, a, b, product }) {
      const cut = pipeline(stages, enable, places);

      const left = unpack(formatA, a);
      const right = unpack(formatB, b);
      const significand = left.significand.mul(right.significand);
      const anyInfinite = left.infinite.or(right.infinite);
      const zero = left.significand.any().and(right.significand.any()).not();

      // Two bits of the product stand before the point, so its top is one place above 1.0.
      const offset = bias(format) - bias(formatA) - bias(formatB);
      const { zeros, reach, negative } = placement(format, 2 + offset, [
        { leadingZeros: 1, room: Infinity },
        // One factor or both are subnormal.
        { leadingZeros: significandBits(formatA), room: 1 + largestExponent(formatB) + offset },
        { leadingZeros: significandBits(formatB), room: 1 + largestExponent(formatA) + offset },
        { leadingZeros: significand.width - 1, room: 2 + offset },
      ]);
      const room = addOffset(left.exponent.add(right.exponent), offset + zeros);
      const exact = cut('exact', {
        sign: left.sign.xor(right.sign),
        room,
        significand,
        infinite: anyInfinite,
        nan: left.nan.or(right.nan).or(anyInfinite.and(zero)),
      });

      const magnitude = place(format, exact.significand, zeros);
      const { sign, infinite, nan } = exact;
      const above = negative ? exact.room : exact.room.asUnsigned();
      const { shifter, magnitude: placed, exponent } = normalize(magnitude, above, reach);
      const normalized = cut('normalized', { sign, exponent, magnitude: placed, infinite, nan });
      const { packed, ...rounding } = roundAndPack(format, normalized);
      const result = cut('result', { product: packed });
      product.set(result.product);
      return { left, right, zero, exact, magnitude, shifter, normalized, ...rounding, result };
    },
  }),
);

/**
 * Floating-point multiplier: `a`, `b` to `product`, and `enable` where it has stages.
 *
 * IEEE 754-2019 multiplication with roundTiesToEven, of factors in formats of their own (the
 * formatOf operation of section 5.4.1): rounded once. Subnormals, NaN and `enable` as with
 * `floatAdd`; infinity times zero is NaN. Where the result's format holds every product, as a
 * single holds those of two halves, nothing is rounded.
 */
export function floatMultiply(
  parameters: FloatMultiplyParameters & { readonly stages?: 0 },
): Part<FloatMultiplyParameters, Ports>;
export function floatMultiply(
  parameters: FloatMultiplyParameters,
): Part<FloatMultiplyParameters, Ports & PipelinePorts>;
export function floatMultiply(
  parameters: FloatMultiplyParameters,
): Part<FloatMultiplyParameters, Ports & PipelinePorts> {
  const { a, b, result, stages = 0 } = parameters;
  checkFormat(floatMultiply, 'a', a);
  checkFormat(floatMultiply, 'b', b);
  checkFormat(floatMultiply, 'result', result);
  checkStages(floatMultiply, stages, places.length);
  const complete: FloatMultiplyParameters = { a, b, result, stages };
  return part(definition, complete);
}
