import { concat, constant, defineModule, input, mux, output, uint } from '../../hdl/index.ts';
import type { PortDeclaration, UIntType } from '../../hdl/index.ts';
import { part } from '../part.ts';
import type { Part } from '../part.ts';
import { shiftRightSticky } from './align.ts';
import { checkFormat, checkStages } from './check.ts';
import { floatBits, formatName } from './format.ts';
import type { FloatFormat } from './format.ts';
import { normalize, roundAndPack } from './round.ts';
import { pipeline, pipelinePorts, stagesName } from './stages.ts';
import type { PipelinePorts } from './stages.ts';
import { unpack } from './unpack.ts';

export interface FloatAddParameters {
  readonly format: FloatFormat;
  /** Cycles from the operands to their sum, 0 .. 4; 0, the default, is combinational. */
  readonly stages?: number;
}

type Ports = {
  readonly a: PortDeclaration<UIntType, 'input'>;
  readonly b: PortDeclaration<UIntType, 'input'>;
  readonly sum: PortDeclaration<UIntType, 'output'>;
};

/** Where registers stand as stages are added. */
const places = ['result', 'total', 'aligned', 'normalized'] as const;

const doc = `Floating-point adder: a + b, rounded to nearest, ties to even

IEEE 754 with subnormals, infinities and signed zeros; every NaN is the canonical quiet NaN.

The operand of smaller magnitude is aligned to the other. Two bits behind the significands and a
sticky bit for all that was shifted out are enough to round the sum as if it were exact.`;

const definition = defineModule(
  'float_add',
  {
    doc,
    parameters: { format: 'bits of exponent and fraction', stages: 'cycles to the sum' },
    named: ({ format, stages = 0 }: FloatAddParameters) =>
      `float_add_${formatName(format)}${stagesName(stages)}`,
  },
  ({ format, stages = 0 }: FloatAddParameters) => ({
    ports: {
      ...pipelinePorts(stages),
      a: input(uint(floatBits(format))),
      b: input(uint(floatBits(format))),
      sum: output(uint(floatBits(format)), 'a + b'),
    },
    body({ enable, a, b, sum }) {
      const cut = pipeline(stages, enable, places);

      const magnitudeBits = floatBits(format) - 1;
      const swap = b.truncate(magnitudeBits).gt(a.truncate(magnitudeBits));
      const operands = { larger: mux(swap, b, a), smaller: mux(swap, a, b) };
      const larger = unpack(format, operands.larger);
      const smaller = unpack(format, operands.smaller);
      const subtract = larger.sign.xor(smaller.sign);
      const distance = larger.exponent.subWrap(smaller.exponent);
      const behind = constant(3, 0);
      const significand = concat(smaller.significand, behind);
      const alignment = shiftRightSticky(significand, distance);
      const aligned = cut('aligned', {
        sign: larger.sign,
        exponent: larger.exponent,
        augend: concat(larger.significand, behind),
        addend: alignment.value,
        subtract,
        infinite: larger.infinite,
        // A NaN is larger than every other magnitude.
        nan: larger.nan.or(subtract.and(larger.infinite).and(smaller.infinite)),
      });

      // The lowest column makes the carry that turns a complement into a negation.
      const complement = mux(aligned.subtract, aligned.addend.not(), aligned.addend);
      const width = aligned.augend.width + 2;
      const added = concat(aligned.augend, aligned.subtract)
        .extend(width)
        .addWrap(concat(aligned.subtract, complement, aligned.subtract));
      const magnitude = added.bits(1, width - 1);
      const total = cut('total', {
        // x - x is +0; -0 - 0 subtracts nothing.
        sign: aligned.sign.and(aligned.subtract.not().or(magnitude.any())),
        exponent: aligned.exponent,
        magnitude,
        infinite: aligned.infinite,
        nan: aligned.nan,
      });

      const { sign, infinite, nan } = total;
      // The top of the magnitude is one place above that of the operands.
      const {
        shifter,
        magnitude: placed,
        exponent,
      } = normalize(total.magnitude, total.exponent, total.magnitude.width - 1);
      const normalized = cut('normalized', { sign, exponent, magnitude: placed, infinite, nan });
      const { packed, ...rounding } = roundAndPack(format, normalized);
      const result = cut('result', { sum: packed });
      sum.set(result.sum);
      return {
        swap,
        operands,
        larger,
        smaller,
        distance,
        significand,
        align: alignment.steps,
        aligned,
        complement,
        added,
        total,
        shifter,
        normalized,
        ...rounding,
        result,
      };
    },
  }),
);

/**
 * Floating-point adder: `a`, `b` to `sum`, and `enable` where it has stages.
 *
 * IEEE 754-2019 addition with roundTiesToEven; subnormals come and go as they are. A NaN operand,
 * and infinities of opposite signs, give the canonical quiet NaN: positive, only the highest bit of
 * the fraction set (our choice, which section 6.2.3 allows; no payload passes). With stages, every
 * register moves in cycles in which `enable` is 1, and none is reset: the sum of the operands of a
 * cycle stands at `sum` after so many of these.
 */
export function floatAdd(
  parameters: FloatAddParameters & { readonly stages?: 0 },
): Part<FloatAddParameters, Ports>;
export function floatAdd(
  parameters: FloatAddParameters,
): Part<FloatAddParameters, Ports & PipelinePorts>;
export function floatAdd(
  parameters: FloatAddParameters,
): Part<FloatAddParameters, Ports & PipelinePorts> {
  const { format, stages = 0 } = parameters;
  checkFormat(floatAdd, 'format', format);
  checkStages(floatAdd, stages, places.length);
  const complete: FloatAddParameters = { format, stages };
  return part(definition, complete);
}
