import {
  bit,
  defineModule,
  fires,
  input,
  instance,
  mux,
  output,
  reg,
  sint,
  stream,
  uint,
  when,
} from '../../../hdl/index.ts';
import { exponentBits, integerBits, sumBits } from '../params.ts';
import type { PeParameters } from '../params.ts';

/** Width of a term: the product of two integers, shifted by the sum of two exponents. */
export const termBits = 2 * integerBits + 2 * (2 ** exponentBits - 1);

/** The multiplier of a processing element: (a x b) << (exponent of a + exponent of b). */
export const multiplier = defineModule(
  'olive_multiplier',
  { doc: 'Multiplier of decoded values: the integers multiplied, shifted by both exponents' },
  () => ({
    ports: {
      left_exponent: input(uint(exponentBits)),
      left_integer: input(sint(integerBits)),
      right_exponent: input(uint(exponentBits)),
      right_integer: input(sint(integerBits)),
      term: output(sint(termBits), 'exact'),
    },
    body({ left_exponent, left_integer, right_exponent, right_integer, term }) {
      const product = left_integer.mul(right_integer);
      const exponent = left_exponent.add(right_exponent);
      term.set(product.extend(termBits).asUnsigned().shiftLeft(exponent).asSigned());
      return { product, exponent };
    },
  }),
);

const accumulatorDoc = `Accumulator of a processing element, with its shadow

A sum of 32 bits that wraps, and a flag that stays where the sum left 32 bits. The last term of a dot
product moves both into the shadow, which otherwise takes what comes from below when it is told to.`;

/** The accumulator of a processing element. */
export const accumulator = defineModule('olive_accumulator', { doc: accumulatorDoc }, () => ({
  ports: {
    valid: input(bit(), 'a term arrives'),
    last: input(bit(), 'it is the last of a dot product; only with valid'),
    term: input(sint(termBits)),
    shift: input(bit(), 'moves shadows up'),
    below_sum: input(sint(sumBits)),
    below_overflow: input(bit()),
    sum: output(sint(sumBits), 'finished sum, then those from below'),
    overflow: output(bit(), 'it left 32 bits on its way'),
  },
  body(ports) {
    const { valid, last, term, shift } = ports;
    const total = reg(sint(sumBits), { init: 0 });
    const overflowed = reg(bit(), { init: 0 });
    const shadowSum = reg(sint(sumBits));
    const shadowOverflow = reg(bit());

    const exact = total.add(term);
    const sum = exact.truncate(sumBits);
    const overflow = overflowed.or(sum.extend(exact.width).ne(exact));
    when(valid, () => {
      total.set(mux(last, 0, sum));
      overflowed.set(mux(last, 0, overflow));
    });
    when(last, () => {
      shadowSum.set(sum);
      shadowOverflow.set(overflow);
    }).elseWhen(shift, () => {
      shadowSum.set(ports.below_sum);
      shadowOverflow.set(ports.below_overflow);
    });
    ports.sum.set(shadowSum);
    ports.overflow.set(shadowOverflow);
    return {
      total,
      overflowed,
      shadowSum,
      shadowOverflow,
      exact,
      newSum: sum,
      newOverflow: overflow,
    };
  },
}));

const doc = `OliVe processing element between streams

A 5-bit signed multiplier, a shifter by the sum of both exponents, and an accumulator of 32 bits that
wraps. A result says whether its sum left 32 bits after any step.`;

/** The 4-bit processing element of OliVe (ISCA 2023) on its own. */
export const processingElement = defineModule('olive_pe', { doc }, (_: PeParameters) => ({
  ports: {
    operands: input(
      stream({
        leftExponent: uint(exponentBits),
        leftInteger: sint(integerBits),
        rightExponent: uint(exponentBits),
        rightInteger: sint(integerBits),
        last: bit(),
      }),
      'decoded values; last ends a dot product',
    ),
    results: output(
      stream({ sum: sint(sumBits), overflow: bit() }),
      'one per dot product; overflow: the sum left 32 bits on its way',
    ),
  },
  body({ operands, results }) {
    const waiting = reg(bit(), { init: 0 });
    const { data } = operands;
    operands.ready.set(data.last.not().or(waiting.not()).or(results.ready));
    const accepted = fires(operands);
    const completed = accepted.and(data.last);
    when(completed, () => {
      waiting.set(1);
    }).elseWhen(results.ready, () => {
      waiting.set(0);
    });

    const multiply = instance(multiplier, undefined);
    multiply.left_exponent.set(data.leftExponent);
    multiply.left_integer.set(data.leftInteger);
    multiply.right_exponent.set(data.rightExponent);
    multiply.right_integer.set(data.rightInteger);
    const accumulate = instance(accumulator, undefined);
    accumulate.valid.set(accepted);
    accumulate.last.set(completed);
    accumulate.term.set(multiply.term);
    accumulate.shift.set(0);
    accumulate.below_sum.set(0);
    accumulate.below_overflow.set(0);

    results.valid.set(waiting);
    results.data.sum.set(accumulate.sum);
    results.data.overflow.set(accumulate.overflow);
    return { waiting, accepted, completed, multiply, accumulate };
  },
}));
