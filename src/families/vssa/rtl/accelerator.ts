import {
  bit,
  connect,
  defineModule,
  fires,
  input,
  instance,
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
import type { DrivenUInt, PortDeclarations } from '../../../hdl/index.ts';
import type { Part } from '../../../parts/part.ts';
import { shell } from '../../../parts/shell/index.ts';
import {
  acceleratorAddressBits,
  acceleratorFlags,
  depthAddress,
  flagsAddress,
  leftCountAddress,
  leftTagsAddress,
  leftUsesAddress,
  newListAddress,
  operandTags,
  rightCountAddress,
  rightTagsAddress,
  rightUsesAddress,
  setupDataBits,
  sumBits,
  tokenBits,
  tokenCountBits,
} from '../params.ts';
import type { AcceleratorParameters } from '../params.ts';
import { activityBits, activityRegisters, grid, runEnd } from './grid.ts';
import { blocksOf, operandFields } from './operand-settings.ts';
import { operandStore } from './operand-store.ts';
import { tileWalk } from './tile-walk.ts';
import { tokenList } from './token-list.ts';

const doc = `Accelerator for tokens of 8, 4 and 0 bits

Two stores of operands feed a systolic array from both sides, each at its own pace; the list of tokens says where rows of
matrices belong, and how many bits they have. Results leave row by row.

Setup, while nothing is on its way: operands of a dot product at address 0, lanes on the left and on the right at 1 and 2,
flags at 3, tags at 4 and 5, uses at 6 and 7; any word at 8 gives up the list.`;

/** What the shell goes around. */
export const accelerator = defineModule(
  'vssa_accelerator_core',
  {
    doc,
    parameters: {
      rows: 'rows of elements',
      cols: 'columns of elements',
      skid: '1: links hold two words, and ready comes from registers',
      maxTokens: 'tokens of the longest list',
      loadWords: 'operands in a beat',
      leftBlocks: 'blocks that a lane of the left store holds in each bank',
      rightBlocks: 'blocks that a lane of the right store holds in each bank',
    },
  },
  (p: AcceleratorParameters) => ({
    ports: {
      setup: input(
        stream({ address: uint(acceleratorAddressBits), data: uint(setupDataBits) }),
        'the shape of products, and how operands come',
      ),
      tokens: input(
        stream({ id: uint(tokenBits), bits: uint(2), last: bit() }),
        'the list: tokens of 8 bits (2), then those of 4 (1)',
      ),
      left: input(stream(operandFields(p.loadWords)), 'matrices of what goes to rows'),
      right: input(stream(operandFields(p.loadWords)), 'matrices of what goes to columns'),
      results: output(
        stream({
          row: uint(tokenBits),
          column: uint(tokenBits),
          sums: vec(sint(sumBits), p.cols),
          last: bit(),
        }),
        'sums of a row of a tile; last ends a product',
      ),
      beats: input(uint(activityBits), 'result beats of a run'),
      busy: output(uint(activityBits), 'cycles of all elements in which they computed'),
      stalled: output(uint(activityBits), 'those in which they had operands and waited'),
      starved: output(uint(activityBits), 'the others, in which an operand was missing'),
    },
    body({ setup, tokens, left, right, results, beats, busy, stalled, starved }) {
      const { rows: R, cols: C, skid, loadWords } = p;

      // Setup.
      const depth = reg(uint(setupDataBits), { init: 1 });
      const leftCount = reg(uint(tokenCountBits), { init: 1 });
      const rightCount = reg(uint(tokenCountBits), { init: 1 });
      const signed = 2 ** acceleratorFlags.leftSigned + 2 ** acceleratorFlags.rightSigned;
      const flags = reg(uint(Object.keys(acceleratorFlags).length), { init: signed });
      const leftTags = reg(uint(2), { init: operandTags.eight });
      const rightTags = reg(uint(2), { init: operandTags.eight });
      const leftUses = reg(uint(setupDataBits), { init: 1 });
      const rightUses = reg(uint(setupDataBits), { init: 1 });
      const settings: readonly (readonly [address: number, register: DrivenUInt])[] = [
        [depthAddress, depth],
        [leftCountAddress, leftCount],
        [rightCountAddress, rightCount],
        [flagsAddress, flags],
        [leftTagsAddress, leftTags],
        [rightTagsAddress, rightTags],
        [leftUsesAddress, leftUses],
        [rightUsesAddress, rightUses],
      ];
      setup.ready.set(1);
      const { address, data } = setup.data;
      when(setup.valid, () => {
        for (const [at, register] of settings) {
          when(address.eq(at), () => register.set(data.truncate(register.width)));
        }
      });
      const flag = (name: keyof typeof acceleratorFlags) => flags.bit(acceleratorFlags[name]);

      // The list.
      const list = instance(tokenList, { maxTokens: p.maxTokens, lookups: 2 });
      list.newList.set(setup.valid.and(address.eq(newListAddress)));
      connect(tokens, list.tokens);

      // The stores.
      const store = { rows: R, cols: C, loadWords };
      const leftStore = instance(operandStore, { ...store, side: 'left', blocks: p.leftBlocks });
      const rightStore = instance(operandStore, { ...store, side: 'right', blocks: p.rightBlocks });
      const depthBlocks = blocksOf(depth, loadWords);
      const sides = [
        {
          ...{ operands: left, store: leftStore, tags: leftTags, uses: leftUses },
          byList: flag('leftByList'),
          requantize: flag('leftRequantize'),
        },
        {
          ...{ operands: right, store: rightStore, tags: rightTags, uses: rightUses },
          byList: flag('rightByList'),
          requantize: flag('rightRequantize'),
        },
      ];
      sides.forEach((side, i) => {
        connect(side.operands, side.store.operands);
        const to = side.store.settings;
        to.depth.set(depth);
        to.depthBlocks.set(depthBlocks);
        to.leftCount.set(leftCount);
        to.rightCount.set(rightCount);
        to.byList.set(side.byList);
        to.byIndex.set(flag('rightByIndex'));
        to.requantize.set(side.requantize);
        to.tags.set(side.tags);
        to.uses.set(side.uses);
        side.store.list.complete.set(list.complete);
        side.store.list.eights.set(list.eights);
        side.store.list.place.set(list.places.at(i));
        side.store.list.listed.set(list.listed.at(i));
      });
      list.ids.set(vecOf([leftStore.list.id, rightStore.list.id]));

      // The array.
      const elements = instance(grid, { rows: R, cols: C, skid });
      elements.leftSigned.set(flag('leftSigned'));
      elements.rightSigned.set(flag('rightSigned'));
      connect(leftStore.words, elements.left);
      elements.right.valid.set(rightStore.words.valid);
      elements.right.data.lanes.set(rightStore.words.data.lanes);
      elements.right.data.inUse.set(rightStore.words.data.inUse);
      rightStore.words.ready.set(elements.right.ready);

      // Results: the token of a row is looked up in the cycle before.
      const leaves = fires(results);
      const tileEnds = leaves.and(elements.results.data.last);
      const walk = tileWalk(
        { rows: R, columns: C },
        { rows: leftCount, columns: rightCount },
        tileEnds,
      );
      const place = reg(uint(tokenCountBits), { init: 0 });
      const nextPlace = mux(tileEnds, walk.rowBaseAfter, mux(leaves, place.addWrap(1), place));
      place.set(nextPlace);
      list.at.set(nextPlace.truncate(tokenBits));
      const rowsLeft = leftCount.subWrap(walk.rowBase);
      elements.usedRows.set(mux(rowsLeft.gt(R), R, rowsLeft.truncate(elements.usedRows.width)));
      results.valid.set(elements.results.valid);
      elements.results.ready.set(results.ready);
      results.data.row.set(mux(flag('rowsByList'), list.idAt, place.truncate(tokenBits)));
      results.data.column.set(walk.columnBase.truncate(tokenBits));
      results.data.sums.set(elements.results.data.sums);
      results.data.last.set(elements.results.data.last.and(walk.lastTile));

      const end = runEnd(leaves, beats);
      elements.ends.set(end.ends);
      busy.set(elements.busy);
      stalled.set(elements.stalled);
      starved.set(elements.starved);
      return {
        depth,
        leftCount,
        rightCount,
        flags,
        leftTags,
        rightTags,
        leftUses,
        rightUses,
        depthBlocks,
        list,
        left: leftStore,
        right: rightStore,
        grid: elements,
        leaves,
        tileEnds,
        ...walk,
        place,
        nextPlace,
        rowsLeft,
        ...end,
      };
    },
  }),
);

/** The accelerator behind the common shell, for `elaborate`. */
export const acceleratorShell = (
  p: AcceleratorParameters,
): Part<Readonly<Record<string, number>>, PortDeclarations> =>
  shell({
    name: 'vssa_accelerator',
    doc: `Accelerator for tokens of 8, 4 and 0 bits behind the common shell\n\n${p.rows} x ${p.cols} digit-serial processing elements between two stores of operands.`,
    core: [accelerator, p],
    id: 0x56535343,
    version: 0x00010000,
    parameters: p,
    registers: activityRegisters('result beats of a run: rows in use of all tiles of all products'),
    done: { stream: 'results', beats: 'RESULTS' },
    background: ['tokens', 'left', 'right'],
  });
