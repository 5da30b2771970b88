import {
  bit,
  concat,
  constant,
  defineModule,
  input,
  instance,
  mux,
  output,
  reg,
  sint,
  stream,
  uint,
  when,
  wire,
} from '../../../hdl/index.ts';
import type { Bit, DataType, Init, UInt, ValueOf } from '../../../hdl/index.ts';
import {
  halfUnitBits,
  leftBiasAddress,
  leftTypeAddress,
  multiplierBits,
  setupAddressBits,
  setupDataBits,
  shiftBits,
  sumBits,
} from '../params.ts';
import type { EncoderParameters } from '../params.ts';

/** The bias of 8-bit outliers, which encoders do not choose; and the largest outlier's code, 2^15. */
const eightBitBias = 4;
const largestCode = { 4: 0b111, 8: 0x40 } as const;
const mantissaBits = { 4: 1, 8: 3 } as const;

const outlierDoc = `Encoder of the magnitude of an outlier

The nearest code, half away from zero; magnitudes beyond the largest code are the largest, those
below the smallest are the smallest.`;

/** Magnitude in half units to code without sign: leading one, mantissa, rounding into the exponent. */
const outlierEncoder = defineModule(
  'olive_outlier_encoder',
  { doc: outlierDoc, parameters: { bits: 'bits of a code' } },
  (p: EncoderParameters) => ({
    ports: {
      halves: input(uint(halfUnitBits(p)), 'magnitude in half units'),
      wideBias: input(bit(), '4 bits: the bias is 3, not 2'),
      code: output(uint(p.bits - 1)),
    },
    body({ halves, wideBias, code }) {
      const width = halves.width;
      const mantissa = p.bits === 8 ? mantissaBits[8] : mantissaBits[4];
      const largest = p.bits === 8 ? largestCode[8] : largestCode[4];
      // With its leading one at the top, the rest is mantissa, rounding bit, and what is cut.
      const exponentWidth = 5;
      const position = wire(uint(exponentWidth));
      const aligned = wire(uint(width));
      position.set(0);
      aligned.set(0);
      for (let one = 0; one < width; one++) {
        when(halves.bit(one), () => {
          position.set(one);
          aligned.set(
            one === width - 1
              ? halves
              : concat(halves.bits(0, one + 1), constant(width - 1 - one, 0)),
          );
        });
      }
      const kept = aligned.bits(width - 1 - mantissa, mantissa);
      const roundsUp = aligned.bit(width - 2 - mantissa);
      const floating = concat(constant(1, 0), position, kept).accumulate(roundsUp);
      // A value of 2^e units has its leading one at e + 1, and the exponent e - mantissa bits - bias.
      const offset = (bias: number): number => (mantissa + 1 + bias) * 2 ** mantissa;
      const zero =
        p.bits === 8
          ? constant(floating.width, offset(eightBitBias))
          : mux(wideBias, constant(floating.width, offset(3)), constant(floating.width, offset(2)));
      const above = floating.subWrap(zero);
      when(floating.le(zero), () => {
        code.set(1);
      })
        .elseWhen(above.gt(largest), () => {
          code.set(largest);
        })
        .otherwise(() => {
          code.set(above.truncate(p.bits - 1));
        });
      return { position, aligned, kept, roundsUp, floating, zero, above };
    },
  }),
);

const normalDoc = `Encoder of a magnitude with its sign in a normal type

The nearest code, half away from zero; zero has no sign.`;

/** int8, or int4 and flint4. */
const normalEncoder = defineModule(
  'olive_normal_encoder',
  { doc: normalDoc, parameters: { bits: 'bits of a code' } },
  (p: EncoderParameters) => ({
    ports: {
      negative: input(bit()),
      halves: input(uint(halfUnitBits(p)), 'magnitude in half units'),
      flint: input(bit(), '4 bits: the type is flint4, not int4'),
      code: output(uint(p.bits)),
    },
    body({ negative, halves, flint, code }) {
      const largest = 2 ** (p.bits - 1) - 1;
      const rounded = halves.add(constant(1, 1)).bits(1, halves.width);
      const magnitude = mux(rounded.gt(largest), largest, rounded.truncate(p.bits));
      const complement = mux(negative, constant(p.bits, 0).subWrap(magnitude), magnitude);
      if (p.bits === 8) {
        code.set(complement);
        return { rounded, magnitude, complement };
      }
      // Midpoints of 0, 1, 2, 3, 4, 6, 8 and 16 in half units, from the largest, with the codes above.
      const flintCode = wire(uint(3));
      const steps = [
        [24, 0b100],
        [14, 0b101],
        [10, 0b111],
        [7, 0b110],
        [5, 3],
        [3, 2],
        [1, 1],
      ] as const;
      flintCode.set(0);
      for (const [least, above] of [...steps].reverse()) {
        when(halves.ge(least), () => flintCode.set(above));
      }
      const sign = negative.and(flintCode.ne(0));
      code.set(mux(flint, concat(sign, flintCode), complement));
      return { rounded, magnitude, complement, flintCode, sign };
    },
  }),
);

const pairDoc = `Encoder of two values as an outlier-victim pair

Each value takes its nearest code, normal or outlier. Beside an outlier the other is its victim: the
smaller one if both are outliers, the first if they are alike. Its code becomes the identifier.`;

/** Two signs and magnitudes in half units to two codes. */
export const pairEncoder = defineModule(
  'olive_pair_encoder',
  {
    doc: pairDoc,
    parameters: { bits: 'bits of a code' },
    named: (p: EncoderParameters) => `olive_encoder_${p.bits}`,
  },
  (p: EncoderParameters) => ({
    ports: {
      flint: input(bit(), '4 bits: normal codes are flint4, not int4'),
      wideBias: input(bit(), '4 bits: the bias is 3, not 2'),
      first_negative: input(bit()),
      first_halves: input(uint(halfUnitBits(p)), 'magnitude in half units'),
      second_negative: input(bit()),
      second_halves: input(uint(halfUnitBits(p))),
      first: output(uint(p.bits), 'codes of the pair'),
      second: output(uint(p.bits)),
      outliers: output(uint(2), 'how many of the two are outliers'),
    },
    body(ports) {
      const { flint, wideBias, first_halves, second_halves } = ports;
      // The midpoint of the largest normal value and the smallest outlier.
      const threshold =
        p.bits === 8
          ? constant(halfUnitBits(p), 127 + 144)
          : mux(
              wideBias,
              mux(flint, constant(halfUnitBits(p), 16 + 24), 7 + 24),
              mux(flint, constant(halfUnitBits(p), 16 + 12), 7 + 12),
            );
      const firstIsOutlier = first_halves.ge(threshold);
      const secondIsOutlier = second_halves.ge(threshold);
      const keepsFirst = firstIsOutlier.and(
        secondIsOutlier.not().or(first_halves.gt(second_halves)),
      );
      const outlier = instance(outlierEncoder, p);
      outlier.halves.set(mux(keepsFirst, first_halves, second_halves));
      outlier.wideBias.set(wideBias);
      const outlierCode = concat(
        mux(keepsFirst, ports.first_negative, ports.second_negative),
        outlier.code,
      );
      const normalOf = (negative: Bit, halves: UInt) => {
        const normal = instance(normalEncoder, p);
        normal.negative.set(negative);
        normal.halves.set(halves);
        normal.flint.set(flint);
        return normal;
      };
      const normalFirst = normalOf(ports.first_negative, first_halves);
      const normalSecond = normalOf(ports.second_negative, second_halves);
      const identifier = 2 ** (p.bits - 1);
      when(keepsFirst, () => {
        ports.first.set(outlierCode);
        ports.second.set(identifier);
      })
        .elseWhen(secondIsOutlier, () => {
          ports.first.set(identifier);
          ports.second.set(outlierCode);
        })
        .otherwise(() => {
          ports.first.set(normalFirst.code);
          ports.second.set(normalSecond.code);
        });
      ports.outliers.set(firstIsOutlier.add(secondIsOutlier));
      return {
        threshold,
        firstIsOutlier,
        secondIsOutlier,
        keepsFirst,
        outlier,
        outlierCode,
        normalFirst,
        normalSecond,
      };
    },
  }),
);

const doc = `Requantizer and encoder of outlier-victim pairs between streams

Sums become values: (sum + bias) x multiplier >> shift, cut to half units. Each two become a pair of
codes. One pair per cycle, in four steps: sum with bias, product, shift, codes. While a pair waits to
be taken, all stand still.

Setup, while nothing is inside, with 4 bits: the normal type at address 1 (0 int4, 1 flint4), the bias
of outliers at address 3 (2, or 3; flint4 needs 3).`;

/** What an on-chip encoder of OliVe needs: the paper says only that activations are encoded. */
export const ovpEncoder = defineModule(
  'ovp_encoder',
  { doc, parameters: { bits: 'bits of a code' } },
  (p: EncoderParameters) => ({
    ports: {
      setup: input(
        stream({ address: uint(setupAddressBits), data: uint(setupDataBits) }),
        'type and bias',
      ),
      sums: input(
        stream({ first: sint(sumBits), second: sint(sumBits), last: bit() }),
        'sums of products',
      ),
      scaling: input(
        stream({
          firstBias: sint(sumBits),
          firstMultiplier: uint(multiplierBits),
          firstShift: uint(shiftBits),
          secondBias: sint(sumBits),
          secondMultiplier: uint(multiplierBits),
          secondShift: uint(shiftBits),
        }),
        'what each two sums become half units by',
      ),
      pairs: output(
        stream({ first: uint(p.bits), second: uint(p.bits), outliers: uint(2), last: bit() }),
        'codes of a pair, and how many of its values were outliers',
      ),
    },
    body({ setup, sums, scaling, pairs }) {
      const format =
        p.bits === 4
          ? { flint: reg(bit(), { init: 0 }), wideBias: reg(bit(), { init: 0 }) }
          : undefined;
      setup.ready.set(1);
      if (format) {
        const { address, data } = setup.data;
        when(setup.valid, () => {
          when(address.eq(leftTypeAddress), () => format.flint.set(data.bit(0)));
          when(address.eq(leftBiasAddress), () => format.wideBias.set(data.bit(0)));
        });
      }

      const coded = { valid: reg(bit(), { init: 0 }) };
      const advance = coded.valid.not().or(pairs.ready);
      const delayed = <T extends DataType>(
        type: T,
        value: ValueOf<T>,
        init?: Init<T>,
      ): ValueOf<T> => {
        const stage = reg(type, init === undefined ? {} : { init });
        when(advance, () => {
          (stage as { set(next: ValueOf<T>): void }).set(value);
        });
        return stage as ValueOf<T>;
      };
      sums.ready.set(advance.and(scaling.valid));
      scaling.ready.set(advance.and(sums.valid));

      const sides = ['first', 'second'] as const;
      const biased = sides.map((side) => {
        const sum = sums.data[side].add(scaling.data[`${side}Bias`]);
        const negative = sum.lt(0);
        const bits = sum.asUnsigned();
        const magnitude = mux(negative, constant(sum.width, 0).subWrap(bits), bits);
        return {
          negative: delayed(bit(), negative),
          magnitude: delayed(uint(sumBits + 1), magnitude),
          multiplier: delayed(uint(multiplierBits), scaling.data[`${side}Multiplier`]),
          shift: delayed(uint(shiftBits), scaling.data[`${side}Shift`]),
        };
      });
      const biasedValid = delayed(bit(), sums.valid.and(scaling.valid), 0);
      const biasedLast = delayed(bit(), sums.data.last);

      const products = biased.map(({ negative, magnitude, multiplier, shift }) => ({
        negative: delayed(bit(), negative),
        product: delayed(uint(sumBits + 1 + multiplierBits), magnitude.mul(multiplier)),
        shift: delayed(uint(shiftBits), shift),
      }));
      const productValid = delayed(bit(), biasedValid, 0);
      const productLast = delayed(bit(), biasedLast);

      const values = products.map(({ negative, product, shift }) => ({
        negative: delayed(bit(), negative),
        halves: delayed(uint(halfUnitBits(p)), product.shiftRight(shift).saturate(halfUnitBits(p))),
      }));
      const valueValid = delayed(bit(), productValid, 0);
      const valueLast = delayed(bit(), productLast);

      const encoder = instance(pairEncoder, p);
      encoder.flint.set(format?.flint ?? 0);
      encoder.wideBias.set(format?.wideBias ?? 0);
      encoder.first_negative.set(values[0]!.negative);
      encoder.first_halves.set(values[0]!.halves);
      encoder.second_negative.set(values[1]!.negative);
      encoder.second_halves.set(values[1]!.halves);
      when(advance, () => {
        coded.valid.set(valueValid);
      });
      const codes = {
        first: delayed(uint(p.bits), encoder.first),
        second: delayed(uint(p.bits), encoder.second),
        outliers: delayed(uint(2), encoder.outliers),
        last: delayed(bit(), valueLast),
      };
      pairs.valid.set(coded.valid);
      pairs.data.first.set(codes.first);
      pairs.data.second.set(codes.second);
      pairs.data.outliers.set(codes.outliers);
      pairs.data.last.set(codes.last);
      return {
        ...format,
        advance,
        biased,
        biasedValid,
        biasedLast,
        products,
        productValid,
        productLast,
        values,
        valueValid,
        valueLast,
        encoder,
        coded: { ...coded, ...codes },
      };
    },
  }),
);
