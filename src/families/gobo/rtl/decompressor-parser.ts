import {
  bit,
  concat,
  connect,
  constant,
  defineModule,
  enumeration,
  fires,
  input,
  instance,
  mux,
  output,
  reg,
  stream,
  switchOn,
  uint,
  vec,
  vecOf,
  when,
  wire,
} from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { blockTagBits, blockWeights, decompressorSizes, offsetBits, shapeBits } from '../params.ts';
import type { DecompressorParameters } from '../params.ts';
import { byteAligner, windowCountBits } from './decompressor-aligner.ts';

const doc = `Block parser: cuts the bytes of a GOBO container into blocks, values and indexes

Of each block it announces the length first. Records, and the weights of raw blocks, are dealt to
the banks in turn; indexes leave in words of as many bytes as a beat of the input, each block in
words of its own. Behind the last block of a matrix the rest of the beat is dropped.`;

/** A value on its way to a lane: {value, offset, tag of the block}, the value lowest. */
export const bankWordBits = (p: Pick<DecompressorParameters, 'valueBytes'>): number =>
  8 * p.valueBytes + offsetBits + blockTagBits;

/** Count byte of a block that holds its weights as values. */
const rawCount = 255;

/** What the parser says of a block before anything else of it. */
export const blockFields = {
  lengthLess1: uint(offsetBits),
  raw: bit(),
  last: bit(),
} as const;

/** The front end of the decompressor. */
export const blockParser = defineModule(
  'gobo_block_parser',
  {
    doc,
    parameters: {
      bits: 'bits of a weight index',
      valueBytes: 'bytes of a value',
      inputBytes: 'bytes of a beat',
      lanes: 'weights that leave per cycle',
    },
  },
  (p: DecompressorParameters) => {
    const sizes = decompressorSizes(p);
    const { banks, recordBytes, recordSlots, valueSlots, windowBytes } = sizes;
    const valueBits = 8 * p.valueBytes;
    return {
      ports: {
        from: input(stream({ bytes: vec(uint(8), p.inputBytes) }), 'blocks of a container'),
        columns: input(uint(shapeBits), 'columns of the matrix'),
        rows: input(uint(shapeBits), 'rows of the matrix'),
        blocks: output(stream(blockFields), 'one per block; last is the last of a row'),
        bankRoom: input(bit(), 'every bank takes a value'),
        bankValid: output(uint(banks), 'banks that are given a value'),
        bankWords: output(vec(uint(bankWordBits(p)), banks), 'their values'),
        indexes: output(
          stream({ word: uint(8 * p.inputBytes), last: bit() }),
          'packed indexes; last ends a block',
        ),
      },
      body({ from, columns, rows, blocks, bankRoom, bankValid, bankWords, indexes }) {
        const aligner = instance(byteAligner, { inputBytes: p.inputBytes, windowBytes });
        connect(from, aligner.from);
        const { held, window } = aligner;
        const count = (value: number): UInt => constant(windowCountBits({ windowBytes }), value);

        // Where the block lies in the matrix.
        const rowBlocks = reg(uint(shapeBits - offsetBits), { init: 0 });
        const rowsDone = reg(uint(shapeBits), { init: 0 });
        const columnsLeft = columns.subWrap(concat(rowBlocks, constant(offsetBits, 0)));
        const endsRow = columnsLeft.le(blockWeights);
        const length = mux(
          endsRow,
          columnsLeft.truncate(offsetBits + 1),
          constant(offsetBits + 1, blockWeights),
        );
        const endsMatrix = endsRow.and(rowsDone.addWrap(1).eq(rows));
        // ceil(bits x length / 8), the product as a sum of shifts: synthesis would spend a multiplier on it.
        const indexBits = [0, 1, 2]
          .filter((place) => (p.bits >>> place) & 1)
          .map((place) => (place === 0 ? length : concat(length, constant(place, 0))))
          .reduce((sum, term) => sum.add(term));
        const indexBytes = indexBits
          .extend(offsetBits + 4)
          .addWrap(7)
          .bits(3, offsetBits);

        const lastBlock = reg(bit());
        const blockIndexBytes = reg(uint(offsetBits));
        const tag = reg(uint(blockTagBits), { init: 0 });
        // Records, weights or bytes of the section that are still to come.
        const left = reg(uint(offsetBits + 1));
        const rawOffset = reg(uint(offsetBits));

        const phase = reg(enumeration('count', 'records', 'values', 'indexes', 'drop'), {
          init: 'count',
        });

        // The count byte.
        const blockCount = window.bits(0, 8);
        const isRaw = blockCount.eq(rawCount);
        blocks.valid.set(phase.is('count').and(held.ne(0)));
        blocks.data.lengthLess1.set(length.subWrap(1).truncate(offsetBits));
        blocks.data.raw.set(isRaw);
        blocks.data.last.set(endsRow);
        const announced = fires(blocks);

        // Records and raw weights: as many whole ones as the window holds and the slots allow.
        const taken = (slots: number, stride: number): { number: UInt; bytes: UInt } => {
          const none = { number: constant(left.width, 0), bytes: count(0) };
          return Array.from({ length: slots }, (_, slot) => slot + 1).reduce((fewer, number) => {
            const enough = held.ge(number * stride).and(left.ge(number));
            return {
              number: mux(enough, constant(left.width, number), fewer.number),
              bytes: mux(enough, count(number * stride), fewer.bytes),
            };
          }, none);
        };
        const records = taken(recordSlots, recordBytes);
        const values = taken(valueSlots, p.valueBytes);
        const inRecords = phase.is('records').and(bankRoom);
        const inValues = phase.is('values').and(bankRoom);
        const dealt = mux(inRecords, records.number, mux(inValues, values.number, 0));

        const slotWord = (slot: number): UInt => {
          const record =
            slot < recordSlots
              ? concat(
                  window.bits(8 * recordBytes * slot, offsetBits),
                  window.bits(8 * (recordBytes * slot + 1), valueBits),
                )
              : undefined;
          const value =
            slot < valueSlots
              ? concat(
                  slot === 0 ? rawOffset : rawOffset.addWrap(slot),
                  window.bits(valueBits * slot, valueBits),
                )
              : undefined;
          const [first, second] = [record ?? value!, value ?? record!];
          return concat(tag, first === second ? first : mux(phase.is('values'), second, first));
        };
        const slots = vecOf(
          Array.from({ length: Math.max(recordSlots, valueSlots) }, (_, slot) => slotWord(slot)),
        );
        const turn = banks > 1 ? reg(uint(Math.log2(banks)), { init: 0 }) : undefined;
        const slotOf = (bank: number): UInt =>
          turn ? constant(turn.width, bank).subWrap(turn) : constant(1, 0);
        const dealtTo = (bank: number): Bit => slotOf(bank).extend(left.width).lt(dealt);
        bankValid.set(
          concat(...Array.from({ length: banks }, (_, bank) => dealtTo(bank)).reverse()),
        );
        bankWords.set(vecOf(Array.from({ length: banks }, (_, bank) => slots.at(slotOf(bank)))));
        turn?.set(turn.addWrap(dealt.truncate(turn.width)));

        // Indexes: a whole word, or what is left of the block.
        const lastWord = left.le(p.inputBytes);
        const wordBytes = mux(lastWord, left, constant(left.width, p.inputBytes));
        indexes.valid.set(phase.is('indexes').and(held.extend(left.width).ge(wordBytes)));
        indexes.data.word.set(window.bits(0, 8 * p.inputBytes));
        indexes.data.last.set(lastWord);
        const indexed = fires(indexes);

        // What follows a matrix in its last beat: the window holds that and whole beats.
        const padding = vecOf(
          Array.from({ length: windowBytes + 1 }, (_, bytes) => count(bytes % p.inputBytes)),
        ).at(held);

        const take = wire(uint(held.width));
        take.set(0);
        switchOn(phase, {
          count: () => when(announced, () => take.set(1)),
          records: () => when(bankRoom, () => take.set(records.bytes)),
          values: () => when(bankRoom, () => take.set(values.bytes)),
          indexes: () => when(indexed, () => take.set(wordBytes.truncate(held.width))),
          drop: () => take.set(padding),
        });
        aligner.take.set(take);

        const done = mux(indexed, wordBytes, dealt);
        // Between sections nothing is taken, and something is left.
        const sectionDone = done.eq(left);
        const blockDone = sectionDone.and(phase.is('values', 'indexes'));
        const toIndexes = sectionDone.and(phase.is('records'));
        rawOffset.set(mux(phase.is('values'), rawOffset.addWrap(dealt.truncate(offsetBits)), 0));
        when(announced, () => {
          lastBlock.set(endsMatrix);
          blockIndexBytes.set(indexBytes);
          rowBlocks.set(mux(endsRow, 0, rowBlocks.addWrap(1)));
          when(endsRow, () => {
            rowsDone.set(mux(endsMatrix, 0, rowsDone.addWrap(1)));
          });
          when(isRaw, () => {
            left.set(length);
            phase.set('values');
          })
            .elseWhen(blockCount.eq(0), () => {
              left.set(indexBytes.extend(left.width));
              phase.set('indexes');
            })
            .otherwise(() => {
              left.set(blockCount.extend(left.width));
              phase.set('records');
            });
        })
          .elseWhen(toIndexes, () => {
            left.set(blockIndexBytes.extend(left.width));
            phase.set('indexes');
          })
          .elseWhen(blockDone, () => {
            tag.set(tag.addWrap(1));
            when(lastBlock, () => {
              phase.set('drop');
            }).otherwise(() => {
              phase.set('count');
            });
          })
          .elseWhen(phase.is('drop'), () => {
            phase.set('count');
          })
          .otherwise(() => {
            left.set(left.subWrap(done));
          });
        return {
          aligner,
          rowBlocks,
          rowsDone,
          columnsLeft,
          endsRow,
          length,
          endsMatrix,
          indexBytes,
          lastBlock,
          blockIndexBytes,
          tag,
          left,
          rawOffset,
          phase,
          isRaw,
          announced,
          records,
          values,
          dealt,
          slots,
          ...(turn ? { turn } : {}),
          lastWord,
          wordBytes,
          indexed,
          padding,
          take,
          done,
          sectionDone,
          blockDone,
          toIndexes,
        };
      },
    };
  },
);
