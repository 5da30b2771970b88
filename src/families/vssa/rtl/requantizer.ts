import {
  bit,
  connect,
  constant,
  defineModule,
  input,
  instance,
  mux,
  output,
  sint,
  stream,
  uint,
} from '../../../hdl/index.ts';
import type { SInt, UInt } from '../../../hdl/index.ts';
import { map, registerSlice } from '../../../parts/index.ts';
import { digitBits } from '../params.ts';

/** The digit of 4 bits that a value of 8 is rounded to, half up, the largest one at most. */
export function roundedDigit(value: SInt): UInt<typeof digitBits> {
  const rounded = value.add(constant(sint(2 * digitBits), 2 ** (digitBits - 1)));
  const digit = rounded.bits(digitBits, digitBits + 1);
  const most = 2 ** (digitBits - 1) - 1;
  // From -8 to 8, so that only the upper end needs a clamp.
  return mux(digit.eq(most + 1), most, digit.truncate(digitBits));
}

const doc = `Requantizer: values of 8 bits become digits for the two planes

A token of 8 bits keeps both digits. One of 4 bits is rounded to its high digit, half up, and clamped to the largest;
\`eight\` = 0 says that plane L stays unwritten.`;

/** 8 to 4 bits, one value per cycle. */
export const requantizer = defineModule('vssa_requantizer', { doc }, () => ({
  ports: {
    values: input(stream({ value: sint(2 * digitBits), eight: bit(), last: bit() }), 'of a token'),
    digits: output(
      stream({ high: uint(digitBits), low: uint(digitBits), eight: bit(), last: bit() }),
      'for the planes',
    ),
  },
  body({ values, digits }) {
    const split = map(values, ({ value, eight, last }) => {
      return {
        high: mux(eight, value.bits(digitBits, digitBits), roundedDigit(value)),
        low: mux(eight, value.bits(0, digitBits), 0),
        eight,
        last,
      };
    });
    const held = instance(
      ...registerSlice({
        fields: { high: uint(digitBits), low: uint(digitBits), eight: bit(), last: bit() },
      }),
    );
    connect(split, held.from);
    connect(held.to, digits);
    return { held };
  },
}));
