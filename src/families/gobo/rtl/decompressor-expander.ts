import { addressBits } from '../../../ir/index.ts';
import {
  assertAlways,
  bit,
  concat,
  constant,
  defineModule,
  fires,
  input,
  mem,
  mux,
  output,
  reg,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { binCount, blockTagBits, decompressorSizes, offsetBits } from '../params.ts';
import type { DecompressorParameters } from '../params.ts';
import { bankWordBits, blockFields } from './decompressor-parser.ts';

const doc = `Expander: turns blocks of a GOBO container into dense weights

Each lane looks its index up in the dictionary, or takes the value at the head of a bank whose offset
is the lane's. Within a bank offsets ascend, so that heads are all it needs to see. A beat waits for
its indexes, or in a raw block for all its values; values of other blocks came before the indexes.`;

/** The largest power of two that divides both numbers. */
function commonPower(a: number, b: number): number {
  const either = a | b;
  return either & -either;
}

/** The back end of the decompressor. */
export const expander = defineModule(
  'gobo_expander',
  {
    doc,
    parameters: {
      bits: 'bits of a weight index',
      valueBytes: 'bytes of a value',
      inputBytes: 'bytes of a word of indexes',
      lanes: 'weights that leave per cycle',
    },
  },
  (p: DecompressorParameters) => {
    const { lanes } = p;
    const { banks, beatIndexBits } = decompressorSizes(p);
    const valueBits = 8 * p.valueBytes;
    const wordBits = 8 * p.inputBytes;
    const countBits = addressBits(lanes + 1);
    // Held indexes are counted in the largest unit that beats and words are made of, for a simple shifter.
    const unit = commonPower(wordBits, beatIndexBits);
    const heldBits = beatIndexBits - unit + wordBits;
    const beatUnits = beatIndexBits / unit;
    return {
      ports: {
        write: input(bit(), 'writes the dictionary'),
        address: input(uint(p.bits), 'entry of the dictionary'),
        entry: input(uint(valueBits), 'its value'),
        blocks: input(stream(blockFields), 'one per block; last is the last of a row'),
        bankValid: input(uint(banks), 'banks that have a value'),
        bankWords: input(vec(uint(bankWordBits(p)), banks), 'the oldest value of each'),
        bankTaken: output(uint(banks), 'banks whose value is used'),
        indexes: input(stream({ word: uint(wordBits), last: bit() }), 'last ends a block'),
        to: output(
          stream({ words: vec(uint(valueBits), lanes), count: uint(countBits), last: bit() }),
          'the lowest count words are weights; last ends a row',
        ),
      },
      body({ write, address, entry, blocks, bankValid, bankWords, bankTaken, indexes, to }) {
        const dictionary = mem(uint(valueBits), binCount(p), { style: 'distributed' });
        when(write, () => {
          dictionary.write(address, entry);
        });

        // The beat: part of a block.
        const position = reg(uint(offsetBits), { init: 0 });
        const tag = reg(uint(blockTagBits), { init: 0 });
        const { raw } = blocks.data;
        const length = blocks.data.lengthLess1.extend(offsetBits + 1).addWrap(1);
        const remaining = length.subWrap(position.extend(offsetBits + 1));
        const finalBeat = remaining.le(lanes);
        const laneUsed = Array.from({ length: lanes }, (_, lane) => remaining.gt(lane));

        // Values that belong into lanes of this beat.
        const bankWord = bankWords.elements();
        const lane = bankWord.map((word) => word.bits(valueBits, offsetBits).subWrap(position));
        // How many blocks later than this one a value belongs.
        const age = bankWord.map((word) =>
          word.bits(valueBits + offsetBits, blockTagBits).subWrap(tag),
        );
        const current = age.map((blocks, bank) => bankValid.bit(bank).and(blocks.eq(0)));
        const past = age.map((blocks, bank) =>
          bankValid.bit(bank).and(blocks.bit(blockTagBits - 1)),
        );
        const used = current.map((mine, bank) => mine.and(lane[bank]!.lt(lanes)));
        const any = (bits: readonly Bit[]): Bit => bits.reduce((sum, one) => sum.or(one));
        const laneHits = Array.from({ length: lanes }, (_, number) =>
          current.map((mine, bank) => mine.and(lane[bank]!.eq(number))),
        );
        const override = laneHits.map(any);
        const overrideWord = laneHits.map((hits) =>
          hits
            .map((hit, bank): UInt => mux(hit, bankWord[bank]!.bits(0, valueBits), 0))
            .reduce((sum, word) => sum.or(word)),
        );

        // Packed indexes of this block, or of the next one that has any.
        const held = reg(uint(heldBits), { init: 0 });
        const units = reg(uint(addressBits(heldBits / unit + 1)), { init: 0 });
        const complete = reg(bit(), { init: 0 });
        const hasIndexes = complete.or(units.ge(beatUnits));
        const hasValues = laneUsed
          .map((needed, number) => needed.not().or(override[number]!))
          .reduce((sum, one) => sum.and(one));

        const outValid = reg(bit(), { init: 0 });
        const advance = outValid.not().or(to.ready);
        const beat = blocks.valid.and(mux(raw, hasValues, hasIndexes)).and(advance);
        const ended = beat.and(finalBeat);
        const expanded = beat.and(raw.not());
        const cleared = ended.and(raw.not());
        blocks.ready.set(ended);
        bankTaken.set(concat(...used.map((one) => one.and(beat)).reverse()));
        when(beat, () => {
          position.set(mux(finalBeat, 0, position.addWrap(lanes)));
        });
        when(ended, () => {
          tag.set(tag.addWrap(1));
        });
        when(beat, () => {
          const twice = laneHits.map((hits) => {
            const bits = concat(...hits);
            return bits.and(bits.subWrap(1)).any();
          });
          assertAlways('value_unique', any(twice).not(), 'two records of a block have one offset');
        });
        assertAlways(
          'no_value_past',
          any(past).not(),
          'the offset of a record does not ascend or lies beyond its block',
        );

        const shifted = mux(
          expanded,
          heldBits > beatIndexBits
            ? held.shiftRight(constant(addressBits(beatIndexBits + 1), beatIndexBits))
            : 0,
          held,
        );
        const kept = mux(cleared, 0, shifted);
        const unitsKept = mux(cleared, 0, mux(expanded, units.subWrap(beatUnits), units));
        indexes.ready.set(complete.not().or(cleared).and(unitsKept.lt(beatUnits)));
        const accepted = fires(indexes);
        const amount = unit > 1 ? concat(unitsKept, constant(Math.log2(unit), 0)) : unitsKept;
        const added = indexes.data.word.extend(heldBits).shiftLeft(amount);
        held.set(kept.or(mux(accepted, added, 0)));
        units.set(mux(accepted, unitsKept.addWrap(wordBits / unit), unitsKept));
        complete.set(mux(accepted, indexes.data.last, complete.and(cleared.not())));

        // The beat that leaves.
        const words = reg(vec(uint(valueBits), lanes));
        const count = reg(uint(countBits));
        const last = reg(bit());
        when(advance, () => {
          outValid.set(beat);
          words.set(
            vecOf(
              laneUsed.map((needed, number): UInt => {
                const entryOf = dictionary.read(held.bits(number * p.bits, p.bits));
                return mux(needed, mux(override[number]!, overrideWord[number]!, entryOf), 0);
              }),
            ),
          );
          count.set(mux(finalBeat, remaining.truncate(countBits), constant(countBits, lanes)));
          last.set(finalBeat.and(blocks.data.last));
        });
        to.valid.set(outValid);
        to.data.words.set(words);
        to.data.count.set(count);
        to.data.last.set(last);
        return {
          dictionary,
          position,
          tag,
          length,
          remaining,
          finalBeat,
          laneUsed,
          lane,
          age,
          current,
          past,
          used,
          override,
          overrideWord,
          held,
          units,
          complete,
          hasIndexes,
          hasValues,
          outValid,
          advance,
          beat,
          ended,
          expanded,
          cleared,
          kept,
          unitsKept,
          accepted,
          added,
          words,
          count,
          last,
        };
      },
    };
  },
);
