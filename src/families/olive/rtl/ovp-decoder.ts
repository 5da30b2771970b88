import {
  bit,
  constant,
  defineModule,
  input,
  instance,
  mux,
  output,
  reg,
  sint,
  stream,
  switchOn,
  uint,
  when,
  wire,
} from '../../../hdl/index.ts';
import type { SInt, UInt } from '../../../hdl/index.ts';
import {
  biasBits,
  decodedBits,
  exponentBits,
  integerBits,
  leftBiasAddress,
  leftTypeAddress,
  resetBias,
  setupAddressBits,
  setupDataBits,
} from '../params.ts';
import type { DecoderParameters } from '../params.ts';

const decoder4Doc = `Decoder of a 4-bit outlier-victim pair

Beside the identifier 1000 a code is an outlier, and the identifier itself is its victim, a zero. Each
value is integer x 2^exponent. Pairs that no encoder makes, the identifier beside a zero or beside
itself, are two zeros and illegal.`;

const decoder8Doc = `Decoder of an 8-bit outlier-victim pair

As with 4 bits; the identifier is 10000000. An outlier beyond 2^15 is illegal and taken for 2^15, so
that a product of two values fits 32 bits.`;

/** The integer, or its negative: exact, one bit wider than the magnitude's. */
const signed = (negative: UInt<1>, magnitude: UInt, width: number): SInt => {
  const positive = magnitude.extend(width).asSigned();
  return mux(negative, constant(sint(width), 0).subWrap(positive), positive);
};

/** The first-one split of flint4: sign and a magnitude code become an integer and an exponent. */
const flintDecoder = defineModule(
  'olive_flint_decoder',
  { doc: 'Decoder of a flint4 code: 0 to 3, 4, 6, 8 and 16 with a sign' },
  () => ({
    ports: {
      code: input(uint(4), 'sign and magnitude code'),
      exponent: output(uint(exponentBits)),
      number: output(sint(integerBits)),
    },
    body({ code, exponent, number }) {
      const magnitude = wire(uint(3));
      exponent.set(0);
      switchOn(
        code.bits(0, 3),
        [
          [0b110, () => magnitude.set(4)],
          [0b111, () => magnitude.set(6)],
          [
            0b101,
            () => {
              magnitude.set(2);
              exponent.set(2);
            },
          ],
          [
            0b100,
            () => {
              magnitude.set(4);
              exponent.set(2);
            },
          ],
        ],
        () => magnitude.set(code.bits(0, 3)),
      );
      number.set(signed(code.bit(3), magnitude, integerBits));
      return { magnitude };
    },
  }),
);

/** A code that is no outlier, in the normal type that is set. */
const normalDecoder = defineModule(
  'olive_normal_decoder',
  { doc: 'Decoder of a normal 4-bit code: int4 or flint4' },
  () => ({
    ports: {
      code: input(uint(4)),
      flint: input(bit(), 'the type is flint4'),
      exponent: output(uint(exponentBits)),
      number: output(sint(integerBits)),
    },
    body({ code, flint, exponent, number }) {
      const split = instance(flintDecoder, undefined);
      split.code.set(code);
      exponent.set(mux(flint, split.exponent, 0));
      number.set(mux(flint, split.number, code.asSigned().extend(integerBits)));
      return { flint4: split };
    },
  }),
);

/** Two comparators with the identifier, a normal decoder per value, one outlier decoder for both. */
export const pairDecoder4 = defineModule('olive_decoder_4', { doc: decoder4Doc }, () => ({
  ports: {
    first: input(uint(4), 'codes of a pair'),
    second: input(uint(4)),
    flint: input(bit(), 'normal codes are flint4, not int4'),
    bias: input(uint(biasBits), 'added to exponents of outliers, modulo 16'),
    first_exponent: output(uint(exponentBits)),
    first_integer: output(sint(integerBits)),
    second_exponent: output(uint(exponentBits)),
    second_integer: output(sint(integerBits)),
    illegal: output(bit(), 'no encoder makes this pair'),
  },
  body(ports) {
    const { first, second, flint, bias } = ports;
    const firstIsVictim = first.eq(0b1000);
    const secondIsVictim = second.eq(0b1000);
    const outlier = mux(secondIsVictim, first, second);
    const empty = outlier.bits(0, 3).eq(0);
    const outlierExponent = mux(empty, 0, bias.addWrap(outlier.bits(1, 2).extend(exponentBits)));
    const outlierMagnitude = mux(empty, 0, constant(uint(2), 2).or(outlier.bits(0, 1).extend(2)));
    const outlierInteger = signed(outlier.bit(3), outlierMagnitude, integerBits);

    const normals = {
      first: instance(normalDecoder, undefined),
      second: instance(normalDecoder, undefined),
    };
    for (const side of ['first', 'second'] as const) {
      const normal = normals[side];
      const [isVictim, isOutlier] =
        side === 'first' ? [firstIsVictim, secondIsVictim] : [secondIsVictim, firstIsVictim];
      normal.code.set(ports[side]);
      normal.flint.set(flint);
      when(isVictim, () => {
        ports[`${side}_exponent`].set(0);
        ports[`${side}_integer`].set(0);
      })
        .elseWhen(isOutlier, () => {
          ports[`${side}_exponent`].set(outlierExponent);
          ports[`${side}_integer`].set(outlierInteger);
        })
        .otherwise(() => {
          ports[`${side}_exponent`].set(normal.exponent);
          ports[`${side}_integer`].set(normal.number);
        });
    }
    ports.illegal.set(firstIsVictim.or(secondIsVictim).and(empty));
    return {
      firstIsVictim,
      secondIsVictim,
      outlier,
      empty,
      outlierExponent,
      outlierMagnitude,
      outlierInteger,
      normalFirst: normals.first,
      normalSecond: normals.second,
    };
  },
}));

/** Exponent and magnitude of 2^15, the largest 8-bit outlier: 8 << 12. */
const largestExponent = 12;
const largestMagnitude = 8;

/** The same for 8 bits: int8, and outliers of four exponent and three mantissa bits. */
export const pairDecoder8 = defineModule('olive_decoder_8', { doc: decoder8Doc }, () => ({
  ports: {
    first: input(uint(8), 'codes of a pair'),
    second: input(uint(8)),
    bias: input(uint(biasBits), 'added to exponents of outliers'),
    first_exponent: output(uint(exponentBits)),
    first_integer: output(sint(8)),
    second_exponent: output(uint(exponentBits)),
    second_integer: output(sint(8)),
    illegal: output(bit(), 'no encoder makes this pair'),
  },
  body(ports) {
    const { first, second, bias } = ports;
    const firstIsVictim = first.eq(0b1000_0000);
    const secondIsVictim = second.eq(0b1000_0000);
    const outlier = mux(secondIsVictim, first, second);
    const mantissa = outlier.bits(0, 3);
    const empty = outlier.bits(0, 7).eq(0);
    const biased = outlier.bits(3, 4).add(bias);
    const oversized = biased.gt(largestExponent).or(biased.eq(largestExponent).and(mantissa.any()));
    const outlierExponent = wire(uint(exponentBits));
    const outlierMagnitude = wire(uint(4));
    when(empty, () => {
      outlierExponent.set(0);
      outlierMagnitude.set(0);
    })
      .elseWhen(oversized, () => {
        outlierExponent.set(largestExponent);
        outlierMagnitude.set(largestMagnitude);
      })
      .otherwise(() => {
        outlierExponent.set(biased.truncate(exponentBits));
        outlierMagnitude.set(constant(uint(4), 8).or(mantissa.extend(4)));
      });
    const outlierInteger = signed(outlier.bit(7), outlierMagnitude, 8);

    for (const side of ['first', 'second'] as const) {
      const [isVictim, isOutlier] =
        side === 'first' ? [firstIsVictim, secondIsVictim] : [secondIsVictim, firstIsVictim];
      ports[`${side}_exponent`].set(mux(isOutlier.and(isVictim.not()), outlierExponent, 0));
      when(isVictim, () => {
        ports[`${side}_integer`].set(0);
      })
        .elseWhen(isOutlier, () => {
          ports[`${side}_integer`].set(outlierInteger);
        })
        .otherwise(() => {
          ports[`${side}_integer`].set(ports[side].asSigned());
        });
    }
    ports.illegal.set(firstIsVictim.or(secondIsVictim).and(empty.or(oversized)));
    return {
      firstIsVictim,
      secondIsVictim,
      outlier,
      mantissa,
      empty,
      biased,
      oversized,
      outlierExponent,
      outlierMagnitude,
      outlierInteger,
    };
  },
}));

const streamDoc = `Decoder of outlier-victim pairs between streams

Pairs go through in the cycle in which they come. Setup, while nothing is offered: the normal type of
4-bit codes at address 1 (0 int4, 1 flint4), the bias of outliers at address 3.`;

/** The decoder of OliVe (ISCA 2023) on its own: pairs in, values out. */
export const ovpDecoder = defineModule(
  'ovp_decoder',
  { doc: streamDoc, parameters: { bits: 'bits of a code' } },
  (p: DecoderParameters) => ({
    ports: {
      setup: input(
        stream({ address: uint(setupAddressBits), data: uint(setupDataBits) }),
        'type and bias',
      ),
      pairs: input(
        stream({ first: uint(p.bits), second: uint(p.bits), last: bit() }),
        'codes, the left one first',
      ),
      values: output(
        stream({
          firstExponent: uint(exponentBits),
          firstInteger: sint(decodedBits(p)),
          secondExponent: uint(exponentBits),
          secondInteger: sint(decodedBits(p)),
          illegal: bit(),
          last: bit(),
        }),
        'integer x 2^exponent each',
      ),
    },
    body({ setup, pairs, values }) {
      const flint = p.bits === 4 ? reg(bit(), { init: 0 }) : undefined;
      const bias = reg(uint(biasBits), { init: resetBias });
      setup.ready.set(1);
      when(setup.valid, () => {
        if (flint) {
          when(setup.data.address.eq(leftTypeAddress), () => flint.set(setup.data.data.bit(0)));
        }
        when(setup.data.address.eq(leftBiasAddress), () => {
          bias.set(setup.data.data.truncate(biasBits));
        });
      });

      let decoder;
      if (flint) {
        const four = instance(pairDecoder4, undefined);
        four.flint.set(flint);
        decoder = four;
      } else {
        decoder = instance(pairDecoder8, undefined);
      }
      (decoder.first as { set(code: UInt): void }).set(pairs.data.first);
      (decoder.second as { set(code: UInt): void }).set(pairs.data.second);
      decoder.bias.set(bias);
      values.valid.set(pairs.valid);
      pairs.ready.set(values.ready);
      values.data.firstExponent.set(decoder.first_exponent);
      values.data.firstInteger.set(decoder.first_integer);
      values.data.secondExponent.set(decoder.second_exponent);
      values.data.secondInteger.set(decoder.second_integer);
      values.data.illegal.set(decoder.illegal);
      values.data.last.set(pairs.data.last);
      return { ...(flint ? { flint } : {}), bias, decoder };
    },
  }),
);
