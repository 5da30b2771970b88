/** Operands that meet the corners of a format more often than random bits do. */
import fc from 'fast-check';
import { bitsOf } from './bits.ts';
import type { FloatFormat } from '../../../src/numeric/index.ts';
import type { Unit } from './units.ts';

/** Both signs of the ends of every range, and what lies beside them. */
export function corners(format: FloatFormat): number[] {
  const { exponentBits, fractionBits } = format;
  const ones = 2 ** fractionBits - 1;
  const maximal = 2 ** exponentBits - 1;
  const bias = maximal >> 1;
  const exponents = [0, 1, 2, bias - 1, bias, bias + 1, bias + fractionBits, maximal - 1, maximal];
  const fractions = [0, 1, 2, ones >> 1, (ones >> 1) + 1, ones - 1, ones];
  return [0, 1].flatMap((sign) =>
    exponents
      .filter((exponent) => exponent <= maximal)
      .flatMap((exponent) => fractions.map((rest) => bitsOf(format, sign, exponent, rest))),
  );
}

/** Few ones, few zeros, runs, anything. */
const fraction = ({ fractionBits }: FloatFormat): fc.Arbitrary<number> => {
  const all = 2 ** fractionBits;
  const place = fc.integer({ min: 0, max: fractionBits - 1 });
  return fc.oneof(
    place.map((at) => 2 ** at),
    place.map((at) => all - 1 - 2 ** at),
    place.map((at) => all - 2 ** at),
    place.map((at) => 2 ** at - 1),
    fc.integer({ min: 0, max: all - 1 }),
  );
};

const sign = fc.integer({ min: 0, max: 1 });

const withExponent = (format: FloatFormat, exponent: number): fc.Arbitrary<number> => {
  const within = Math.min(Math.max(exponent, 0), 2 ** format.exponentBits - 1);
  return fc
    .tuple(sign, fraction(format))
    .map(([negative, rest]) => bitsOf(format, negative, within, rest));
};

/** Bits of one operand. */
export function operand(format: FloatFormat): fc.Arbitrary<number> {
  const { exponentBits, fractionBits } = format;
  return fc.oneof(
    fc.constantFrom(...corners(format)),
    fc.integer({ min: 0, max: 2 ** (1 + exponentBits + fractionBits) - 1 }),
    fc
      .integer({ min: 0, max: 2 ** exponentBits - 1 })
      .chain((exponent) => withExponent(format, exponent)),
  );
}

/** Bits of both operands of a unit; those of a conversion twice. */
export function operands(unit: Unit): fc.Arbitrary<readonly [number, number]> {
  const [a, b = a] = unit.operands.map(({ format }) => format);
  return fc.oneof(fc.tuple(operand(a!), operand(b!)), meeting(unit, a!, b!));
}

/** Operands of which the second is chosen for the first. */
function meeting(
  unit: Unit,
  a: FloatFormat,
  b: FloatFormat,
): fc.Arbitrary<readonly [number, number]> {
  const size = 2 ** (1 + b.exponentBits + b.fractionBits);
  const exponentOf = (bits: number): number =>
    Math.floor(bits / 2 ** a.fractionBits) % 2 ** a.exponentBits;
  const { format } = unit.result;
  const bias = ({ exponentBits }: FloatFormat): number => 2 ** (exponentBits - 1) - 1;
  const around = (first: number, last: number): fc.Arbitrary<number> =>
    fc.integer({ min: first, max: last });
  // Almost the negation, or within reach of the last bits.
  const reach = b.fractionBits + 4;
  const addends = (x: number): fc.Arbitrary<number> =>
    fc.oneof(
      around(-3, 3).map((step) => (x + size / 2 + step + size) % size),
      around(-reach, reach).chain((step) => withExponent(b, exponentOf(x) + step)),
    );
  // The product is near the largest number, or among the subnormals and what is rounded to zero.
  const ends = 2 ** format.exponentBits - 1;
  const factors = (x: number): fc.Arbitrary<number> =>
    fc
      .oneof(around(ends - 2, ends + 1), around(-format.fractionBits - 3, 3))
      .map((target) => target - exponentOf(x) - bias(format) + bias(a) + bias(b))
      .chain((exponent) => withExponent(b, exponent));
  return operand(a).chain((x) =>
    (unit.operation === 'add' ? addends(x) : factors(x)).map((y) => [x, y] as const),
  );
}
