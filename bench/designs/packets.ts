import {
  concat,
  constant,
  defineModule,
  fires,
  input,
  instance,
  output,
  reg,
  stream,
  switchOn,
  uint,
  when,
} from '../../src/hdl/index.ts';
import type { UInt } from '../../src/hdl/index.ts';
import { fifo } from '../../src/parts/index.ts';
import { randomSource } from './random-source.ts';

/**
 * Takes packets (a header, as many words as it says, a trailer) apart: a state machine that adds,
 * stores, skips or stalls depending on the header. Irregular control logic, as interfaces are full of.
 */
const packetReader = defineModule(
  'packet_reader',
  { doc: 'Reads packets and sums their contents up', parameters: { salt: 'start of the sum' } },
  (p: { salt: number }) => ({
    ports: {
      words: input(stream({ word: uint(16) })),
      sums: output(stream({ sum: uint(32) })),
    },
    body({ words, sums }) {
      const state = reg(uint(3), { init: 0 });
      const left = reg(uint(5), { init: 0 });
      const mode = reg(uint(2), { init: 0 });
      const pause = reg(uint(4), { init: 0 });
      const sum = reg(uint(32), { init: p.salt });
      const { word } = words.data;
      const taken = fires(words);
      words.ready.set(state.lt(4));
      sums.valid.set(state.eq(5));
      sums.data.sum.set(sum);
      const rotated: UInt = concat(sum.bits(0, 27), sum.bits(27, 5));
      switchOn(
        state,
        [
          [
            0,
            () =>
              when(taken, () => {
                left.set(word.bits(0, 5));
                mode.set(word.bits(5, 2));
                state.set(1);
              }),
          ],
          [
            1,
            () =>
              when(taken, () => {
                switchOn(mode, [
                  [0, () => sum.set(sum.accumulate(word))],
                  [1, () => sum.set(rotated.xor(word.extend(32)))],
                  [2, () => when(word.bit(0), () => sum.set(rotated))],
                  [3, () => undefined],
                ]);
                when(left.eq(0), () => state.set(2)).otherwise(() => left.set(left.subWrap(1)));
                when(mode.eq(3).and(word.bits(0, 4).eq(9)), () => state.set(3));
              }),
          ],
          [
            2,
            () =>
              when(taken, () => {
                sum.set(sum.xor(concat(word, word)));
                pause.set(word.bits(3, 4));
                state.set(4);
              }),
          ],
          [3, () => when(taken.and(word.bit(2)), () => state.set(0))],
          [
            4,
            () =>
              when(pause.eq(0), () => state.set(5)).otherwise(() => pause.set(pause.subWrap(1))),
          ],
          [5, () => when(sums.ready, () => state.set(0))],
        ],
        () => state.set(0),
      );
      return { state, left, mode, pause, sum, taken };
    },
  }),
);

/** Packet readers behind queues, served in turn by one source and drained by one sink. */
export const packetSwitch = defineModule(
  'packet_switch',
  { doc: 'Queues and packet readers with their own stimulus', parameters: { readers: 'count' } },
  ({ readers }: { readers: number }) => ({
    ports: { checksum: output(uint(32), 'of everything the readers sent') },
    body({ checksum }) {
      const source = instance(randomSource, { seed: 0x3456789 });
      source.advance.set(1);
      const { word } = source;
      const turn = reg(uint(8), { init: 0 });
      turn.set(turn.addWrap(1));
      const total = reg(uint(32), { init: 0 });
      const lanes = Array.from({ length: readers }, (_, index) => {
        const before = instance(...fifo({ fields: { word: uint(16) }, depth: 8 }));
        const reader = instance(packetReader, { salt: index + 1 });
        const after = instance(...fifo({ fields: { sum: uint(32) }, depth: 4 }));
        before.push.valid.set(word.bit(index % 31).or(word.bit((index + 9) % 31)));
        before.push.data.word.set(word.bits((3 * index) % 15, 16));
        reader.words.valid.set(before.pop.valid);
        reader.words.data.word.set(before.pop.data.word);
        before.pop.ready.set(reader.words.ready);
        after.push.valid.set(reader.sums.valid);
        after.push.data.sum.set(reader.sums.data.sum);
        reader.sums.ready.set(after.push.ready);
        after.pop.ready.set(turn.eq(constant(uint(8), index)));
        return { before, reader, after };
      });
      // The first lane that offers something in its turn.
      const chosen = lanes.map(({ after }) => fires(after.pop));
      lanes.forEach(({ after }, index) => {
        when(chosen[index]!, () =>
          total.set(concat(total.bits(0, 31), total.bit(31)).xor(after.pop.data.sum)),
        );
      });
      checksum.set(total);
      return { source, turn, total, lanes };
    },
  }),
);
