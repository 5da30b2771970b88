import { addressBits } from '../../../ir/index.ts';
import {
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
  sint,
  stream,
  uint,
  vec,
  when,
} from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { unpackFields } from '../../../parts/fields.ts';
import { loadBits, multiplierBits, scalingBits, shiftBits, sumBits, wordBits } from '../params.ts';
import type { AcceleratorParameters } from '../params.ts';

const doc = `Weights of the OliVe accelerator: two banks, and the scalings of their rows

One bank is read while the other is loaded. Scalings are needed until the last sums of an image have
left the array, when the next image is in use and the one behind it may be loaded already: so they
have four places in turn.`;

/** Places for the scalings of an image. */
const scalingPlaces = 4;

/** One of two constants. */
const either = (bank: Bit, width: number, one: number, zero: number): UInt =>
  mux(bank, constant(uint(width), one), constant(uint(width), zero));

const low = (data: UInt, width: number): UInt => (data.width > width ? data.truncate(width) : data);

/** How a row of sums is scaled, as it comes in a beat of weights. */
const scalingFields = {
  bias: sint(sumBits),
  multiplier: uint(multiplierBits),
  shift: uint(shiftBits),
};

/** Banks of weights with what decides which of them is in use. */
export const acceleratorWeights = defineModule(
  'olive_accelerator_weights',
  {
    doc,
    parameters: {
      rows: 'rows of 4-bit elements',
      bankBeats: 'words in a bank: pairs of a row',
    },
  },
  (p: Pick<AcceleratorParameters, 'rows' | 'bankBeats'>) => {
    const { rows, bankBeats } = p;
    const columnBits = addressBits(2 * bankBeats);
    const rowBits = addressBits(rows);
    return {
      ports: {
        load: input(
          stream({ data: uint(loadBits(p)), scaling: bit(), last: bit() }),
          'words and scalings; last ends an image',
        ),
        tiles: input(uint(32), 'tiles after which a bank is given up; 0: never'),
        giveUp: input(bit(), 'gives up the bank in use'),
        taken: input(bit(), 'the word is used; only while isOpen'),
        isOpen: output(bit(), 'there is a word'),
        word: output(uint(wordBits(p))),
        last: output(bit(), 'it is the last of a tile'),
        row: input(uint(rowBits), 'row of sums that leaves the array'),
        ...{
          bias: output(scalingFields.bias, 'how that row is scaled'),
          multiplier: output(scalingFields.multiplier),
          shift: output(scalingFields.shift),
        },
        overflow: output(bit(), 'what is to be loaded does not fit, and is lost'),
      },
      body(ports) {
        const { load, tiles, giveUp, taken, isOpen, word, last, overflow } = ports;
        const words = mem(uint(wordBits(p)), 2 * bankBeats);
        const scalings = mem(uint(scalingBits), scalingPlaces * 2 ** rowBits, {
          style: 'distributed',
        });

        // Images are counted by the places of their scalings; the lowest bit is the bank.
        const fillImage = reg(uint(2), { init: 0 });
        const useImage = reg(uint(2), { init: 0 });
        const leavingImage = reg(uint(2), { init: 0 });
        const banksFull = reg(uint(2), { init: 0 });
        const lastColumns = reg(vec(uint(columnBits), 2));
        const fillBank = fillImage.bit(0);
        const useBank = useImage.bit(0);

        // Loading: words behind each other, and scalings behind each other.
        const wordEnd = reg(uint(columnBits + 1), { init: 0 });
        const scalingEnd = reg(uint(addressBits(rows + 1)), { init: 0 });
        load.ready.set(banksFull.ne(2));
        const loads = fires(load);
        const complete = loads.and(load.data.last);
        const wordLimit = either(fillBank, wordEnd.width, 2 * bankBeats, bankBeats);
        const full = mux(load.data.scaling, scalingEnd.eq(rows), wordEnd.eq(wordLimit));
        const loadsWord = loads.and(load.data.scaling.not()).and(full.not());
        const loadsScaling = loads.and(load.data.scaling).and(full.not());
        const wordAddress = low(wordEnd, columnBits);
        when(loadsWord, () => words.write(wordAddress, low(load.data.data, wordBits(p))));
        when(loadsScaling, () => {
          scalings.write(
            concat(fillImage, low(scalingEnd, rowBits)),
            low(load.data.data, scalingBits),
          );
        });
        when(complete, () => {
          wordEnd.set(either(fillBank, wordEnd.width, 0, bankBeats));
          scalingEnd.set(0);
          lastColumns.setAt(fillBank, mux(loadsWord, wordAddress, wordAddress.subWrap(1)));
          fillImage.set(fillImage.addWrap(1));
        }).otherwise(() => {
          when(loadsWord, () => wordEnd.set(wordEnd.addWrap(1)));
          when(loadsScaling, () => scalingEnd.set(scalingEnd.addWrap(1)));
        });
        overflow.set(loads.and(full));

        // Use: what is used in the next cycle is read in this one.
        const column = reg(uint(columnBits), { init: 0 });
        const tile = reg(uint(32), { init: 0 });
        const isLast = column.eq(lastColumns.at(useBank));
        const tileEnds = taken.and(isLast);
        const imageEnds = tileEnds.and(tile.eq(tiles.subWrap(1)));
        const released = imageEnds.or(giveUp.and(banksFull.ne(0)));
        const nextImage = useImage.accumulate(released);
        const nextColumn = mux(
          tileEnds.or(released),
          either(nextImage.bit(0), columnBits, bankBeats, 0),
          mux(taken, column.addWrap(1), column),
        );
        column.set(nextColumn);
        useImage.set(nextImage);
        when(released, () => tile.set(0)).elseWhen(tileEnds, () => tile.set(tile.addWrap(1)));
        when(complete.and(released.not()), () => {
          banksFull.set(banksFull.addWrap(1));
        }).elseWhen(released.and(complete.not()), () => {
          banksFull.set(banksFull.subWrap(1));
        });
        // The bank must be full in the cycle in which its first word is read; the array takes no beat
        // in the cycle after another.
        const primed = reg(bit(), { init: 0 });
        primed.set(banksFull.ne(0).and(released.not()));
        isOpen.set(primed);
        word.set(words.readNext(nextColumn));
        last.set(isLast);

        // The array ends a tile only when the rows of the one before have left.
        when(tileEnds, () => leavingImage.set(useImage));
        const scaling = scalings.read(concat(leavingImage, ports.row));
        const { bias, multiplier, shift } = unpackFields(scalingFields, scaling);
        ports.bias.set(bias);
        ports.multiplier.set(multiplier);
        ports.shift.set(shift);
        return {
          words,
          scalings,
          fillImage,
          useImage,
          leavingImage,
          banksFull,
          lastColumns,
          wordEnd,
          scalingEnd,
          complete,
          full,
          loadsWord,
          loadsScaling,
          column,
          tile,
          tileEnds,
          imageEnds,
          released,
          nextImage,
          nextColumn,
          primed,
          scaling,
        };
      },
    };
  },
);
