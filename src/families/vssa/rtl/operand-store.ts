import {
  bit,
  bitsOf,
  bundle,
  defineModule,
  input,
  instanceArray,
  mux,
  output,
  reg,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { Bit, DrivenUInt, UInt } from '../../../hdl/index.ts';
import { wordBits } from '../params.ts';
import { operandLane } from './operand-lane.ts';
import { operandLoader } from './operand-loader.ts';
import { operandSequencer } from './operand-sequencer.ts';
import { lanesOf, listFields, operandFields, settingsFields } from './operand-settings.ts';
import type { StoreParameters } from './operand-settings.ts';

const doc = `Operand store of the variable-speed systolic array

Matrices come in beats of operands, and leave tile by tile as words for all lanes. One bank is loaded while the other is
used; a matrix is given up after its last use.

A row of a matrix has its place from the list of tokens, or in order; rows whose token is not in the list are dropped.`;

/** Counts banks; a bank may come and another go in one cycle. */
function countBanks(banks: DrivenUInt, more: Bit, less: Bit): void {
  when(more.and(less.not()), () => banks.set(banks.addWrap(1)));
  when(less.and(more.not()), () => banks.set(banks.subWrap(1)));
}

/** What feeds the rows, or the columns, of the array. */
export const operandStore = defineModule(
  'vssa_operand_store',
  {
    doc,
    parameters: {
      rows: 'rows of the array',
      cols: 'columns of the array',
      loadWords: 'operands in a block, and in a beat',
      side: 'left feeds rows, right feeds columns',
      blocks: 'blocks that a lane holds in each of its two banks',
    },
    named: ({ side }: StoreParameters) => `vssa_${side}_store`,
  },
  (p: StoreParameters) => {
    const { loadWords, blocks } = p;
    const lanes = lanesOf(p);
    return {
      ports: {
        operands: input(
          stream(operandFields(loadWords)),
          'matrices row by row, each from a beat of its own on; last ends a matrix',
        ),
        words: output(
          stream({ lanes: vec(uint(wordBits), lanes), inUse: uint(lanes), last: bit() }),
          'a word for each lane; last ends a tile',
        ),
        settings: input(bundle(settingsFields), 'from setup'),
        list: input(
          bundle(listFields),
          'the list of tokens: a place comes a cycle after the token, and whether it is listed one more later',
        ),
      },
      body({ operands, words, settings, list }) {
        // Matrices that have come, and those of them that can be used: the last beat takes its time to be written.
        const claimed = reg(uint(2), { init: 0 });
        const full = reg(uint(2), { init: 0 });
        const primed = reg(bit(), { init: 0 });
        const loader = operandLoader(p, { operands, settings, list, open: claimed.ne(2) });
        list.id.set(operands.data.id);
        const taken = primed.and(words.ready);
        const sequencer = operandSequencer(p, settings, list.eights, taken);
        const { claims, completes, written } = loader;
        const { released } = sequencer;
        countBanks(claimed, claims, released);
        countBanks(full, completes, released);
        // The first words are read in the cycle before they are offered: then the bank must be full already.
        primed.set(mux(released, full.eq(2), full.ne(0)));

        const cells = instanceArray(operandLane, { loadWords, blocks }, [lanes]);
        const ofLanes = (each: (operand: ReturnType<typeof written.ofLane>) => UInt) =>
          vecOf(Array.from({ length: lanes }, (_, lane) => each(written.ofLane(lane))));
        cells.write.each(bitsOf(written.lanes));
        cells.target.broadcast(written.block);
        cells.highSlots.broadcast(written.slots);
        cells.lowSlots.each(ofLanes(({ lowSlots }) => lowSlots));
        cells.highs.each(ofLanes(({ highs }) => highs));
        cells.lows.each(ofLanes(({ lows }) => lows));
        cells.source.broadcast(sequencer.source);
        cells.slot.broadcast(sequencer.slot);
        cells.eight.each(bitsOf(sequencer.eight));

        words.valid.set(primed);
        words.data.lanes.set(cells.word);
        words.data.inUse.set(sequencer.inUse);
        words.data.last.set(sequencer.last);
        return {
          claimed,
          full,
          primed,
          taken,
          claims,
          completes,
          released,
          lane: cells,
          ...loader.named,
          ...sequencer.named,
        };
      },
    };
  },
);
