import { defineModule, input, output, uint } from '../../hdl/index.ts';
import type { PortDeclaration, UIntType } from '../../hdl/index.ts';
import { part } from '../part.ts';
import type { Part } from '../part.ts';
import { checkFormat } from './check.ts';
import { bias, floatBits, formatName } from './format.ts';
import type { FloatFormat } from './format.ts';
import { addOffset, place, placement } from './placement.ts';
import { normalize, roundAndPack } from './round.ts';
import { unpack } from './unpack.ts';

export interface FloatConvertParameters {
  /** Format of the operand. */
  readonly from: FloatFormat;
  /** Format of the result. */
  readonly to: FloatFormat;
}

type Ports = {
  readonly value: PortDeclaration<UIntType, 'input'>;
  readonly converted: PortDeclaration<UIntType, 'output'>;
};

const doc = `Floating-point conversion, rounded to nearest, ties to even

IEEE 754 with subnormals, infinities and signed zeros; every NaN is the canonical quiet NaN.`;

const definition = defineModule(
  'float_convert',
  {
    doc,
    parameters: { from: 'bits of exponent and fraction', to: 'bits of exponent and fraction' },
    named: ({ from, to }: FloatConvertParameters) =>
      `float_convert_${formatName(from)}_to_${formatName(to)}`,
  },
  ({ from, to }: FloatConvertParameters) => ({
    ports: { value: input(uint(floatBits(from))), converted: output(uint(floatBits(to))) },
    body({ value, converted }) {
      const operand = unpack(from, value);
      // The top of the significand is 1.0, and room counts from the exponent 1.
      const offset = bias(to) - bias(from) - 1;
      const { zeros, reach, negative } = placement(to, 1 + offset, [
        { leadingZeros: 0, room: Infinity },
        // Subnormal.
        { leadingZeros: from.fractionBits, room: 1 + offset },
      ]);
      const room = addOffset(operand.exponent, offset + zeros);
      const magnitude = place(to, operand.significand, zeros);
      const { shifter, ...normalized } = normalize(
        magnitude,
        negative ? room : room.asUnsigned(),
        reach,
      );
      const { sign, infinite, nan } = operand;
      const { packed, ...rounding } = roundAndPack(to, { sign, ...normalized, infinite, nan });
      converted.set(packed);
      return { operand, room, shifter, normalized, ...rounding };
    },
  }),
);

/**
 * Floating-point conversion: `value` to `converted`, combinational.
 *
 * IEEE 754-2019 convertFormat with roundTiesToEven; exact where `to` holds every number of `from`,
 * as single does those of half. A NaN becomes the canonical quiet NaN, as with `floatAdd`.
 */
export function floatConvert(
  parameters: FloatConvertParameters,
): Part<FloatConvertParameters, Ports> {
  checkFormat(floatConvert, 'from', parameters.from);
  checkFormat(floatConvert, 'to', parameters.to);
  return part(definition, parameters);
}
