import {
  bit,
  concat,
  constant,
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
import type { UInt } from '../../../hdl/index.ts';
import { halfUnitBits, multiplierBits, shiftBits, sumBits } from '../params.ts';
import type { ArrayParameters, EncoderParameters } from '../params.ts';
import { pairEncoder } from './ovp-encoder.ts';

const laneDoc = `Requantizer and encoder of one token: sums in turn, pairs of codes out

(sum + bias) x multiplier >> shift, cut to half units; the first value of a pair waits for the second.`;

/** A lane with codes of 4 bits, or of either width. */
const requantizerLane = defineModule(
  'olive_requantizer_lane',
  {
    doc: laneDoc,
    parameters: { bits: 'most bits of a code' },
    named: ({ bits }: EncoderParameters) => `olive_requantizer_lane_${bits}`,
  },
  (p: EncoderParameters) => ({
    ports: {
      eight: input(bit(), 'codes have 8 bits'),
      flint: input(bit(), 'normal 4-bit codes are flint4, not int4'),
      wideBias: input(bit(), '4 bits: the bias of outliers is 3, not 2'),
      advance: input(bit(), 'all steps go on'),
      sum: input(sint(sumBits), 'first step'),
      bias: input(sint(sumBits)),
      multiplier: input(uint(multiplierBits), 'second step'),
      shift: input(uint(shiftBits), 'third step'),
      alone: input(
        bit(),
        'fourth step: there is no value before it in its pair, so that it is kept',
      ),
      pair: output(uint(2 * p.bits), 'the first code low'),
    },
    body(ports) {
      const { eight, flint, wideBias, advance } = ports;
      const biased = ports.sum.add(ports.bias);
      const isNegative = biased.lt(0);
      const bits = biased.asUnsigned();
      const negatives = [reg(bit()), reg(bit()), reg(bit())] as const;
      const magnitude = reg(uint(biased.width));
      const product = reg(uint(biased.width + multiplierBits));
      const halves = reg(uint(halfUnitBits(p)));
      const shifted = product.shiftRight(ports.shift);
      const four = shifted.saturate(halfUnitBits({ bits: 4 }));
      const negative = negatives[2];
      const keptNegative = reg(bit());
      const keptHalves = reg(uint(halfUnitBits(p)));
      when(advance, () => {
        negatives[0].set(isNegative);
        magnitude.set(mux(isNegative, constant(biased.width, 0).subWrap(bits), bits));
        negatives[1].set(negatives[0]);
        product.set(magnitude.mul(ports.multiplier));
        negatives[2].set(negatives[1]);
        halves.set(
          p.bits === 4
            ? four
            : mux(eight, shifted.saturate(halves.width), four.extend(halves.width)),
        );
        when(ports.alone, () => {
          keptNegative.set(negative);
          keptHalves.set(halves);
        });
      });

      const { alone } = ports;
      const encoderOf = (parameters: EncoderParameters) => {
        const width = halfUnitBits(parameters);
        const low = (value: UInt): UInt => (value.width > width ? value.truncate(width) : value);
        const encoder = instance(pairEncoder, parameters);
        encoder.flint.set(flint);
        encoder.wideBias.set(wideBias);
        encoder.first_negative.set(mux(alone, negative, keptNegative));
        encoder.first_halves.set(low(mux(alone, halves, keptHalves)));
        encoder.second_negative.set(negative);
        encoder.second_halves.set(mux(alone, 0, low(halves)));
        return { encoder, codes: concat(encoder.second, encoder.first) };
      };
      const narrow = encoderOf({ bits: 4 });
      const wide = p.bits === 8 ? encoderOf({ bits: 8 }) : undefined;
      const pair = reg(uint(2 * p.bits));
      when(advance, () => {
        pair.set(wide ? mux(eight, wide.codes, narrow.codes.extend(pair.width)) : narrow.codes);
      });
      ports.pair.set(pair);
      return {
        biased,
        negatives,
        magnitude,
        product,
        halves,
        shifted,
        keptNegative,
        keptHalves,
        narrow: narrow.encoder,
        ...(wide && { wide: wide.encoder }),
        codes: pair,
      };
    },
  }),
);

const doc = `Requantizers side by side: rows of sums in, beats of pairs out

Rows 2k and 2k + 1 of a tile become pair k of every token, in the order of bytes in which the array
takes pairs. The last row of an odd number has a zero beside it. Four steps: bias, product, shift,
codes; all stand still while a beat waits to be taken.`;

/** A lane for every column of the array; half of them for codes of 8 bits, too. */
export const requantizer = defineModule(
  'olive_requantizer',
  { doc, parameters: { columns: 'columns of 4-bit elements' } },
  ({ columns }: Pick<ArrayParameters, 'columns'>) => ({
    ports: {
      eight: input(bit(), 'codes have 8 bits'),
      flint: input(bit(), 'normal 4-bit codes are flint4, not int4'),
      wideBias: input(bit(), '4 bits: the bias of outliers is 3, not 2'),
      rows: input(stream({ sums: vec(sint(sumBits), columns), last: bit() }), 'last ends a tile'),
      bias: input(sint(sumBits), 'of the row that is there'),
      multiplier: input(uint(multiplierBits)),
      shift: input(uint(shiftBits)),
      pairs: output(
        stream({ bytes: vec(uint(8), columns), last: bit() }),
        'a pair, or half of one, per column',
      ),
    },
    body({ eight, flint, wideBias, rows, bias, multiplier, shift, pairs }) {
      const codedValid = reg(bit(), { init: 0 });
      const codedLast = reg(bit());
      const advance = codedValid.not().or(pairs.ready);
      rows.ready.set(advance);

      const valids = [
        reg(bit(), { init: 0 }),
        reg(bit(), { init: 0 }),
        reg(bit(), { init: 0 }),
      ] as const;
      const lasts = [reg(bit()), reg(bit()), reg(bit())] as const;
      const multipliers = reg(uint(multiplierBits));
      const shifts = [reg(uint(shiftBits)), reg(uint(shiftBits))] as const;
      const isSecond = reg(bit(), { init: 0 });
      const ends = isSecond.or(lasts[2]);
      when(advance, () => {
        valids[0].set(rows.valid);
        lasts[0].set(rows.data.last);
        multipliers.set(multiplier);
        shifts[0].set(shift);
        valids[1].set(valids[0]);
        lasts[1].set(lasts[0]);
        shifts[1].set(shifts[0]);
        valids[2].set(valids[1]);
        lasts[2].set(lasts[1]);
        codedValid.set(valids[2].and(ends));
        codedLast.set(lasts[2]);
        when(valids[2], () => isSecond.set(ends.not()));
      });

      const half = columns / 2;
      const lanesOf = (bits: 4 | 8, first: number) => {
        const lanes = instanceArray(requantizerLane, { bits }, [half]);
        lanes.eight.broadcast(eight);
        lanes.flint.broadcast(flint);
        lanes.wideBias.broadcast(wideBias);
        lanes.advance.broadcast(advance);
        lanes.sum.each(vecOf(rows.data.sums.elements().slice(first, first + half)));
        lanes.bias.broadcast(bias);
        lanes.multiplier.broadcast(multipliers);
        lanes.shift.broadcast(shifts[1]);
        lanes.alone.broadcast(isSecond.not());
        return lanes;
      };
      // Codes of 8 bits are those of the lower half of the columns.
      const wide = lanesOf(8, 0);
      const narrow = lanesOf(4, half);
      const bytes = Array.from({ length: columns }, (_, i) => {
        const four = (i < half ? wide.pair.at(i) : narrow.pair.at(i - half)).bits(0, 8);
        return mux(eight, wide.pair.at(i >> 1).bits(8 * (i & 1), 8), four);
      });
      pairs.valid.set(codedValid);
      pairs.data.bytes.set(vecOf(bytes));
      pairs.data.last.set(codedLast);
      return {
        codedValid,
        codedLast,
        advance,
        valids,
        lasts,
        multipliers,
        shifts,
        isSecond,
        ends,
        wide,
        narrow,
      };
    },
  }),
);
