import { addressBits } from '../../../ir/index.ts';
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
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { UInt } from '../../../hdl/index.ts';
import { biasBits, illegalBits } from '../params.ts';
import { laneDecoder, laneExponentBits, laneIntegerBits } from './lane-decoder.ts';

export interface BorderParameters {
  /** Lanes, even. */
  readonly lanes: number;
  /** 1: a decoder serves two groups of lanes in turn; 0: every lane has its own. */
  readonly sharedDecoders: number;
}

interface CellParameters {
  readonly sharedDecoders: number;
  /** Bits of a number of illegal pairs of one beat. */
  readonly countBits: number;
}

/** Groups of two lanes that a cell of the border serves, one after the other. */
const cellGroups = 2;
/** Bits of the codes of a cell: a byte for each lane. */
const cellBits = 16 * cellGroups;

const cellDoc = `Part of the border of the array: decoders of two groups of two lanes

The second group has its turn one step after the first, as the array wants it: so one decoder is
enough for both. A group's values leave in the two steps after its turn.`;

const borderCell = defineModule(
  'olive_border_cell',
  {
    doc: cellDoc,
    parameters: {
      sharedDecoders: '1: the groups share their decoders',
      countBits: 'bits of a number of illegal pairs',
    },
  },
  (p: CellParameters) => ({
    ports: {
      eight: input(bit(), 'codes have 8 bits'),
      flint: input(bit(), 'normal 4-bit codes are flint4'),
      bias: input(uint(biasBits)),
      turns: input(uint(cellGroups), 'a turn of each group'),
      codes: input(uint(cellBits), 'a pair for each lane'),
      used: input(uint(2 * cellGroups), 'lanes in use'),
      count: input(uint(p.countBits), 'illegal pairs of the beat in lanes before these'),
      exponents: output(uint(cellGroups * laneExponentBits), 'of one value of each lane'),
      integers: output(uint(cellGroups * laneIntegerBits)),
      count_after: output(uint(p.countBits), 'illegal pairs with those of these lanes'),
    },
    body(ports) {
      const { eight, flint, bias, turns, codes, used } = ports;
      const decoderOf = (bytes: UInt) => {
        const decoder = instance(laneDecoder, undefined);
        decoder.eight.set(eight);
        decoder.flint.set(flint);
        decoder.bias.set(bias);
        decoder.bytes.set(bytes);
        return decoder;
      };
      const groups = [0, 1] as const;
      const second = turns.bit(1);
      const bytesOf = (group: number): UInt => codes.bits(16 * group, 16);
      const decoders = p.sharedDecoders
        ? [decoderOf(mux(second, bytesOf(1), bytesOf(0)))]
        : groups.map((group) => decoderOf(bytesOf(group)));

      const lanes = groups.map((group) => {
        const decoder = decoders[group] ?? decoders[0]!;
        const exponents = reg(uint(laneExponentBits));
        const integers = reg(uint(laneIntegerBits));
        const nextExponents = reg(uint(laneExponentBits));
        const nextIntegers = reg(uint(laneIntegerBits));
        when(turns.bit(group), () => {
          exponents.set(decoder.first_exponents);
          integers.set(decoder.first_integers);
          nextExponents.set(decoder.second_exponents);
          nextIntegers.set(decoder.second_integers);
        }).otherwise(() => {
          exponents.set(nextExponents);
          integers.set(nextIntegers);
        });
        return { exponents, integers, nextExponents, nextIntegers };
      });
      ports.exponents.set(concat(lanes[1]!.exponents, lanes[0]!.exponents));
      ports.integers.set(concat(lanes[1]!.integers, lanes[0]!.integers));

      const counted = reg(uint(p.countBits));
      const illegal = decoders[1]
        ? mux(second, decoders[1].illegal, decoders[0]!.illegal)
        : decoders[0]!.illegal;
      const ofUsed = illegal.and(mux(second, used.bits(2, 2), used.bits(0, 2)));
      const before = mux(second, counted, ports.count);
      when(turns.any(), () => {
        counted.set(before.accumulate(ofUsed.bit(0).add(ofUsed.bit(1))));
      });
      ports.count_after.set(counted);
      return { decoder: decoders, group: lanes, counted, illegal, ofUsed, counting: before };
    },
  }),
);

const doc = `Border of the array: codes come in together, values leave skewed by groups

Two lanes are a group. A pair of codes goes into the registers of all lanes at once; group g decodes
it g + 1 steps later, and its two values leave in the two steps after that. Codes wait for their turn
undecoded, which takes fewer registers.`;

/** Decoders and skew of one side of the array. */
export const border = defineModule(
  'olive_border',
  {
    doc,
    parameters: {
      lanes: 'lanes of 4 bits',
      sharedDecoders: '1: two lanes share a decoder; 0: every lane has its own',
    },
    named: (p: BorderParameters) => `olive_border_${p.lanes}${p.sharedDecoders ? '' : '_private'}`,
  },
  (p: BorderParameters) => {
    const groups = p.lanes / 2;
    const cells = Math.ceil(groups / cellGroups);
    return {
      ports: {
        eight: input(bit(), 'codes have 8 bits'),
        flint: input(bit(), 'normal 4-bit codes are flint4'),
        bias: input(uint(biasBits)),
        used: input(uint(p.lanes), 'lanes in use; with 8 bits an even lane stands for its group'),
        load: input(bit(), 'takes the pairs'),
        pairs: input(vec(uint(8), p.lanes)),
        turns: input(uint(borderTurns(p)), 'the turn of group g at bit g; then all are done'),
        last: input(bit(), 'what is done is the last of a tile'),
        exponents: output(vec(uint(laneExponentBits), groups)),
        integers: output(vec(uint(laneIntegerBits), groups)),
        illegal: output(uint(illegalBits), 'illegal pairs of the tile before, or 65535'),
      },
      body(ports) {
        const { load, pairs, turns } = ports;
        const padded = <T extends UInt>(value: T, width: number): UInt =>
          value.width < width ? value.extend(width) : value;
        // Codes of cell h wait in h + 1 registers, each for two steps; the first holds all cells.
        const codes = [reg(uint(8 * p.lanes))];
        when(load, () => {
          codes[0]!.set(pairs.asUnsigned());
        });
        for (let h = 1; h < cells; h++) {
          const before = codes[h - 1]!;
          const held = reg(uint(before.width - cellBits));
          when(turns.bit(cellGroups * h - 1), () => {
            held.set(before.bits(cellBits, held.width));
          });
          codes.push(held);
        }
        const countBits = addressBits(p.lanes + 1);
        const cell = instanceArray(borderCell, { sharedDecoders: p.sharedDecoders, countBits }, [
          cells,
        ]);
        const parts = (value: UInt, width: number): UInt[] =>
          Array.from({ length: cells }, (_, h) =>
            padded(value, cells * width).bits(width * h, width),
          );
        cell.eight.broadcast(ports.eight);
        cell.flint.broadcast(ports.flint);
        cell.bias.broadcast(ports.bias);
        cell.turns.each(vecOf(parts(turns.truncate(cells * cellGroups), cellGroups)));
        cell.codes.each(
          vecOf(
            codes.map((held) => padded(held.bits(0, Math.min(cellBits, held.width)), cellBits)),
          ),
        );
        cell.used.each(vecOf(parts(ports.used, 2 * cellGroups)));
        cell.count.from('count_after', {
          axis: 0,
          step: 1,
          edge: vecOf([constant(countBits, 0)]),
        });
        const split = (value: UInt, width: number): UInt[] =>
          Array.from({ length: groups }, (_, g) => value.bits(width * g, width));
        ports.exponents.set(vecOf(split(cell.exponents.asUnsigned(), laneExponentBits)));
        ports.integers.set(vecOf(split(cell.integers.asUnsigned(), laneIntegerBits)));

        const total = reg(uint(illegalBits), { init: 0 });
        const illegal = reg(uint(illegalBits));
        const sum = total.add(cell.count_after.at(cells - 1)).saturate(illegalBits);
        when(turns.bit(cells * cellGroups), () => {
          total.set(mux(ports.last, 0, sum));
        });
        when(ports.last, () => {
          illegal.set(sum);
        });
        ports.illegal.set(illegal);
        return { codes, cell, total, tileIllegal: illegal, sum };
      },
    };
  },
);

/** Steps from the turn of the first group until the pairs of all are decoded and counted, both included. */
export const borderTurns = ({ lanes }: Pick<BorderParameters, 'lanes'>): number =>
  cellGroups * Math.ceil(lanes / 2 / cellGroups) + 1;
