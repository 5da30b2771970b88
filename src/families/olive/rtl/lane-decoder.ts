import {
  bit,
  concat,
  constant,
  defineModule,
  input,
  instance,
  mux,
  output,
  uint,
} from '../../../hdl/index.ts';
import type { SInt, UInt } from '../../../hdl/index.ts';
import { biasBits, exponentBits, integerBits } from '../params.ts';
import { pairDecoder4, pairDecoder8 } from './ovp-decoder.ts';

/** Exponents and integers of two lanes, packed, the even lane low. */
export const laneExponentBits = 2 * exponentBits;
export const laneIntegerBits = 2 * integerBits;

/** Exponent of the high half of an 8-bit value. */
const highExponent = 4;

/**
 * What the two lanes of an 8-bit value carry. A normal value is 16 h + l, with h signed and l not;
 * an outlier fits the even lane alone, and is what has an exponent.
 */
function halvesOf(exponent: UInt, integer: SInt) {
  const outlier = exponent.any();
  const low = concat(outlier.and(integer.bit(4)), integer.bits(0, 4));
  const high = mux(outlier, 0, integer.bits(4, 4).asSigned().extend(integerBits).asUnsigned());
  return { exponent, low, high };
}

const doc = `Decoders of two lanes: two pairs of 4 bits, or one pair of 8 bits

With 8 bits the even lane carries the low halves of both values and outliers, the odd lane the high
halves.`;

/** A byte of each of two lanes becomes two operands of each. */
export const laneDecoder = defineModule('olive_lane_decoder', { doc }, () => ({
  ports: {
    eight: input(bit(), 'the bytes are one pair of 8 bits'),
    flint: input(bit(), 'normal 4-bit codes are flint4, not int4'),
    bias: input(uint(biasBits)),
    bytes: input(uint(16), 'byte of the even lane low'),
    first_exponents: output(uint(laneExponentBits), 'of the first values of both lanes'),
    first_integers: output(uint(laneIntegerBits)),
    second_exponents: output(uint(laneExponentBits), 'of the second ones'),
    second_integers: output(uint(laneIntegerBits)),
    illegal: output(uint(2), 'illegal pairs: one of each lane, or one in the even place'),
  },
  body(ports) {
    const { eight, flint, bias, bytes } = ports;
    const even = instance(pairDecoder4, undefined);
    const odd = instance(pairDecoder4, undefined);
    const both = instance(pairDecoder8, undefined);
    [even, odd].forEach((decoder, lane) => {
      decoder.first.set(bytes.bits(8 * lane, 4));
      decoder.second.set(bytes.bits(8 * lane + 4, 4));
      decoder.flint.set(flint);
      decoder.bias.set(bias);
    });
    both.first.set(bytes.bits(0, 8));
    both.second.set(bytes.bits(8, 8));
    both.bias.set(bias);

    const sides = ['first', 'second'] as const;
    const halves = sides.map((side) => {
      const split = halvesOf(both[`${side}_exponent`], both[`${side}_integer`]);
      const exponents = concat(odd[`${side}_exponent`], even[`${side}_exponent`]);
      const integers = concat(
        odd[`${side}_integer`].asUnsigned(),
        even[`${side}_integer`].asUnsigned(),
      );
      ports[`${side}_exponents`].set(
        mux(eight, concat(constant(exponentBits, highExponent), split.exponent), exponents),
      );
      ports[`${side}_integers`].set(mux(eight, concat(split.high, split.low), integers));
      return { low: split.low, high: split.high };
    });
    ports.illegal.set(mux(eight, both.illegal.extend(2), concat(odd.illegal, even.illegal)));
    return { even, odd, both, firstHalves: halves[0]!, secondHalves: halves[1]! };
  },
}));
