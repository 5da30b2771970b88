import {
  bit,
  concat,
  defineModule,
  input,
  instance,
  instanceArray,
  mux,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { SInt, UInt } from '../../../hdl/index.ts';
import {
  exponentBits,
  integerBits,
  operationIllegalBits,
  setupAddressBits,
  setupDataBits,
  sumBits,
} from '../params.ts';
import type { TensorCoreParameters } from '../params.ts';
import { laneDecoder, laneExponentBits, laneIntegerBits } from './lane-decoder.ts';
import { multiplier, termBits } from './processing-element.ts';
import { formatSetup } from './setup.ts';

const doc = `Tensor core for outlier-victim pairs: a dot product plus an addend per cycle

Every four elements of 4 bits, or two of 8 bits, are two bytes a side. Three steps: decoded values,
products, sum. The sum is exact, and wraps to 32 bits at the very end. While a result waits to be
taken, all stand still.

Setup, while nothing is inside: mode at address 0 (0: 4 bits, 1: 8 bits), type of left and right at 1
and 2 (0 int4, 1 flint4), their biases at 3 and 4.`;

/** Bits of a cross product of the two halves of 8-bit values, which has an outlier at most once. */
const crossBits = 24;

const quadDoc = `Products of four elements of 4 bits, or of two of 8 bits, summed

With 8 bits an element is two operands, low and high: their four partial products.`;

/** Sum of up to eight products of the operands that two bytes a side were decoded to. */
const quad = defineModule('olive_quad', { doc: quadDoc }, () => {
  const ports = {
    advance: input(bit(), 'moves everything by one step'),
    eight: input(bit(), 'elements have 8 bits'),
    left_exponents: input(uint(4 * exponentBits)),
    left_integers: input(uint(4 * integerBits)),
    right_exponents: input(uint(4 * exponentBits)),
    right_integers: input(uint(4 * integerBits)),
    sum: output(sint(termBits + 3), 'one step later'),
  };
  return {
    ports,
    body({ advance, eight, sum, ...operands }) {
      const productOf = (left: number, right: number) => {
        const product = instance(multiplier, undefined);
        product.left_exponent.set(operands.left_exponents.bits(exponentBits * left, exponentBits));
        product.left_integer.set(
          operands.left_integers.bits(integerBits * left, integerBits).asSigned(),
        );
        product.right_exponent.set(
          operands.right_exponents.bits(exponentBits * right, exponentBits),
        );
        product.right_integer.set(
          operands.right_integers.bits(integerBits * right, integerBits).asSigned(),
        );
        return product;
      };
      const straight = [0, 1, 2, 3].map((place) => productOf(place, place));
      const crossed = [
        [0, 1],
        [1, 0],
        [2, 3],
        [3, 2],
      ].map(([left, right]) => productOf(left!, right!));
      const terms = straight.map(({ term }) => {
        const held = reg(sint(termBits));
        when(advance, () => {
          held.set(term);
        });
        return held;
      });
      const crossTerms = crossed.map(({ term }) => {
        const held = reg(sint(crossBits));
        when(advance, () => {
          held.set(mux(eight, term.truncate(crossBits), 0));
        });
        return held;
      });
      sum.set(sumOf([...terms, ...crossTerms].map((term): SInt => term.extend(termBits + 3))));
      return { straight, crossed, terms, crossTerms };
    },
  };
});

/** Sum of numbers of one width, which holds it. */
const sumOf = (terms: readonly SInt[]): SInt => terms.reduce((sum, term) => sum.addWrap(term));

/** The tensor core of OliVe (ISCA 2023): 16 elements of 4 bits, or 8 of 8 bits, by default. */
export const tensorCore = defineModule(
  'olive_tensor_core',
  { doc, parameters: { elements: 'elements of 4 bits of a dot product' } },
  (p: TensorCoreParameters) => ({
    ports: {
      setup: input(
        stream({ address: uint(setupAddressBits), data: uint(setupDataBits) }),
        'mode, types and biases',
      ),
      operands: input(
        stream({
          left: vec(uint(8), p.elements / 2),
          right: vec(uint(8), p.elements / 2),
          addend: sint(sumBits),
          last: bit(),
        }),
        'pairs of both sides, and what is added',
      ),
      results: output(
        stream({
          value: sint(sumBits),
          overflow: bit(),
          illegal: uint(operationIllegalBits),
          last: bit(),
        }),
        'sum, whether it left 32 bits, and illegal pairs of both sides',
      ),
    },
    body({ setup, operands, results }) {
      const quads = p.elements / 4;
      const format = formatSetup(setup);
      const { eight } = format;
      const resultValid = reg(bit(), { init: 0 });
      const advance = resultValid.not().or(results.ready);
      operands.ready.set(advance);

      // Decoded values.
      const sides = { left: operands.data.left, right: operands.data.right };
      const decoded = (['left', 'right'] as const).map((side) => {
        const decoders = instanceArray(laneDecoder, undefined, [quads]);
        decoders.eight.broadcast(eight);
        decoders.flint.broadcast(format[`${side}Flint`]);
        decoders.bias.broadcast(format[`${side}Bias`]);
        const bytes = sides[side].asUnsigned();
        decoders.bytes.each(vecOf(Array.from({ length: quads }, (_, i) => bytes.bits(16 * i, 16))));
        const packed = (first: UInt, second: UInt, width: number) => {
          // Of each quad: first values of both lanes, then second ones.
          const held = reg(vec(uint(2 * width), quads));
          when(advance, () => {
            for (let i = 0; i < quads; i++) {
              held.setAt(i, concat(second.bits(width * i, width), first.bits(width * i, width)));
            }
          });
          return held;
        };
        return {
          decoders,
          exponents: packed(
            decoders.first_exponents.asUnsigned(),
            decoders.second_exponents.asUnsigned(),
            laneExponentBits,
          ),
          integers: packed(
            decoders.first_integers.asUnsigned(),
            decoders.second_integers.asUnsigned(),
            laneIntegerBits,
          ),
        };
      });
      const illegals = decoded
        .flatMap(({ decoders }) => decoders.illegal.elements())
        .flatMap((lanes) => [lanes.bit(0), lanes.bit(1)])
        .map((flag): UInt => flag.extend(operationIllegalBits))
        .reduce((sum, flag) => sum.addWrap(flag));

      const stage = <W extends number>(width: W, value: UInt<W>) => {
        const held = reg(uint(width));
        when(advance, () => {
          (held as { set(next: UInt): void }).set(value);
        });
        return held as UInt<W>;
      };
      const validStage = (value: UInt<1>) => {
        const held = reg(bit(), { init: 0 });
        when(advance, () => {
          held.set(value);
        });
        return held;
      };
      const valueStage = {
        valid: validStage(operands.valid),
        addend: stage(sumBits, operands.data.addend.asUnsigned()),
        illegal: stage(operationIllegalBits, illegals),
        last: stage(1, operands.data.last),
      };

      // Products.
      const products = instanceArray(quad, undefined, [quads]);
      products.advance.broadcast(advance);
      products.eight.broadcast(eight);
      products.left_exponents.each(decoded[0]!.exponents);
      products.left_integers.each(decoded[0]!.integers);
      products.right_exponents.each(decoded[1]!.exponents);
      products.right_integers.each(decoded[1]!.integers);
      const productStage = {
        valid: validStage(valueStage.valid),
        addend: stage(sumBits, valueStage.addend),
        illegal: stage(operationIllegalBits, valueStage.illegal),
        last: stage(1, valueStage.last),
      };

      // Sum.
      const exactBits = termBits + 3 + Math.ceil(Math.log2(quads + 1));
      const exact = sumOf([
        productStage.addend.asSigned().extend(exactBits),
        ...products.sum.elements().map((sum): SInt => sum.extend(exactBits)),
      ]);
      const value = reg(sint(sumBits));
      const overflow = reg(bit());
      const sum = exact.truncate(sumBits);
      when(advance, () => {
        resultValid.set(productStage.valid);
        value.set(sum);
        overflow.set(sum.extend(exactBits).ne(exact));
      });
      const illegal = stage(operationIllegalBits, productStage.illegal);
      const last = stage(1, productStage.last);
      results.valid.set(resultValid);
      results.data.value.set(value);
      results.data.overflow.set(overflow);
      results.data.illegal.set(illegal);
      results.data.last.set(last);
      return {
        ...format,
        resultValid,
        advance,
        leftDecoder: decoded[0]!.decoders,
        rightDecoder: decoded[1]!.decoders,
        leftExponents: decoded[0]!.exponents,
        leftIntegers: decoded[0]!.integers,
        rightExponents: decoded[1]!.exponents,
        rightIntegers: decoded[1]!.integers,
        illegals,
        valueStage,
        quad: products,
        productStage,
        exact,
        sum,
        value,
        overflow,
        illegal,
        last,
      };
    },
  }),
);
