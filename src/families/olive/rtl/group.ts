import {
  bit,
  concat,
  defineModule,
  input,
  instance,
  mux,
  output,
  reg,
  uint,
} from '../../../hdl/index.ts';
import type { SInt } from '../../../hdl/index.ts';
import { exponentBits, integerBits, sumBits } from '../params.ts';
import { laneExponentBits, laneIntegerBits } from './lane-decoder.ts';
import { accumulator, multiplier, termBits } from './processing-element.ts';

/**
 * Width of the sum of the three partial products with a high part. An outlier has none, so that at
 * most one of them is beside an outlier, below 2^23, or all three are of small numbers.
 */
const highBits = 24;

const doc = `Four processing elements: 2 x 2 of 4 bits, or one of 8 bits

Two lanes come from the left and two from above, and leave one step later. With 8 bits an even lane
has the low half of a value or an outlier, the odd lane the high half: the four terms are partial
products, and element (0, 0) sums all of them.`;

/** Two neighbours in two directions: the smallest part of the array that can be of either width. */
export const group = defineModule('olive_group', { doc }, () => ({
  ports: {
    eight: input(bit(), 'the elements are one of 8 bits'),
    valid: input(bit(), 'values arrive'),
    last: input(bit(), 'they are the last of a tile; only with valid'),
    left_exponents: input(uint(laneExponentBits), 'from the left: exponents of two lanes'),
    left_integers: input(uint(laneIntegerBits), 'and integers'),
    right_exponents: input(uint(laneExponentBits), 'from above'),
    right_integers: input(uint(laneIntegerBits)),
    shift: input(bit(), 'moves shadows up'),
    below_sums: input(uint(2 * sumBits), 'first row of the group below'),
    below_overflows: input(uint(2)),
    valid_right: output(bit()),
    last_right: output(bit()),
    left_exponents_right: output(uint(laneExponentBits)),
    left_integers_right: output(uint(laneIntegerBits)),
    right_exponents_below: output(uint(laneExponentBits)),
    right_integers_below: output(uint(laneIntegerBits)),
    sums: output(uint(2 * sumBits), 'first row of shadows'),
    overflows: output(uint(2)),
  },
  body(ports) {
    // Only `valid` must start from reset: what the others hold then runs ahead of the first values.
    const passedValid = reg(bit(), { init: 0 });
    const passedLast = reg(bit());
    const passedLeftExponents = reg(uint(laneExponentBits));
    const passedLeftIntegers = reg(uint(laneIntegerBits));
    const passedRightExponents = reg(uint(laneExponentBits));
    const passedRightIntegers = reg(uint(laneIntegerBits));
    passedValid.set(ports.valid);
    passedLast.set(ports.last);
    passedLeftExponents.set(ports.left_exponents);
    passedLeftIntegers.set(ports.left_integers);
    passedRightExponents.set(ports.right_exponents);
    passedRightIntegers.set(ports.right_integers);
    ports.valid_right.set(passedValid);
    ports.last_right.set(passedLast);
    ports.left_exponents_right.set(passedLeftExponents);
    ports.left_integers_right.set(passedLeftIntegers);
    ports.right_exponents_below.set(passedRightExponents);
    ports.right_integers_below.set(passedRightIntegers);

    const places = [0, 1, 2, 3] as const;
    const multiply = places.map((place) => {
      const [row, column] = [place >> 1, place & 1];
      const product = instance(multiplier, undefined);
      product.left_exponent.set(ports.left_exponents.bits(exponentBits * row, exponentBits));
      product.left_integer.set(ports.left_integers.bits(integerBits * row, integerBits).asSigned());
      product.right_exponent.set(ports.right_exponents.bits(exponentBits * column, exponentBits));
      product.right_integer.set(
        ports.right_integers.bits(integerBits * column, integerBits).asSigned(),
      );
      return product;
    });
    const high = multiply
      .slice(1)
      .map(({ term }): SInt => term.truncate(highBits))
      .reduce((sum, term) => sum.addWrap(term));
    const whole = multiply[0]!.term.addWrap(mux(ports.eight, high, 0).extend(termBits));

    const accumulate = places.map(() => instance(accumulator, undefined));
    places.forEach((place) => {
      const [row, column] = [place >> 1, place & 1];
      const element = accumulate[place]!;
      element.valid.set(ports.valid);
      element.last.set(ports.last);
      element.term.set(place === 0 ? whole : multiply[place]!.term);
      element.shift.set(ports.shift);
      const below = accumulate[place + 2];
      element.below_sum.set(
        row === 0 ? below!.sum : ports.below_sums.bits(sumBits * column, sumBits).asSigned(),
      );
      element.below_overflow.set(row === 0 ? below!.overflow : ports.below_overflows.bit(column));
    });
    ports.sums.set(concat(accumulate[1]!.sum, accumulate[0]!.sum));
    ports.overflows.set(concat(accumulate[1]!.overflow, accumulate[0]!.overflow));
    return {
      passedValid,
      passedLast,
      passedLeftExponents,
      passedLeftIntegers,
      passedRightExponents,
      passedRightIntegers,
      multiply,
      high,
      whole,
      accumulate,
    };
  },
}));
