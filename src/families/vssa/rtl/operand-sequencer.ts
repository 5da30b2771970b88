import { addressBits } from '../../../ir/index.ts';
import { bit, concat, constant, mux, reg, uint, when } from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { operandTags, setupDataBits } from '../params.ts';
import { firstLanes } from './grid.ts';
import { blockAt, inBank, lanesOf, slotBits } from './operand-settings.ts';
import type { Settings, StoreParameters } from './operand-settings.ts';
import { tileWalk } from './tile-walk.ts';

/**
 * From a full bank to words for all lanes, tile by tile, once for each use. What is shown in the next cycle is read in
 * this one.
 *
 * @param taken the word of this cycle is taken
 * @param eights tokens of 8 bits
 */
export function operandSequencer(p: StoreParameters, settings: Settings, eights: UInt, taken: Bit) {
  const lanes = lanesOf(p);
  const isLeft = p.side === 'left';
  const { depth, depthBlocks, leftCount, rightCount, tags, uses } = settings;
  const bank = reg(bit(), { init: 0 });
  const index = reg(uint(setupDataBits), { init: 0 });
  const use = reg(uint(setupDataBits), { init: 0 });
  const start = reg(uint(addressBits(p.blocks)), { init: 0 });

  const nextIndex = index.addWrap(1);
  const last = nextIndex.eq(depth);
  const tileEnds = taken.and(last);
  const walk = tileWalk(
    { rows: p.rows, columns: p.cols },
    { rows: leftCount, columns: rightCount },
    tileEnds,
  );
  const nextUse = use.addWrap(1);
  const runEnds = tileEnds.and(walk.lastTile);
  const lastUse = nextUse.eq(uses);
  const released = runEnds.and(lastUse);
  when(runEnds, () => use.set(mux(lastUse, 0, nextUse)));

  // Groups of lanes lie behind each other.
  const nextGroup = start.addWrap(inBank(depthBlocks, p));
  const nextStart = isLeft
    ? mux(walk.lastTile, 0, mux(walk.lastColumns, nextGroup, start))
    : mux(walk.lastColumns, 0, nextGroup);
  const startThen = mux(tileEnds, nextStart, start);
  const indexThen = mux(taken, mux(last, 0, nextIndex), index);
  const bankThen = bank.xor(released);
  start.set(startThen);
  index.set(indexThen);
  bank.set(bankThen);

  const [base, count] = isLeft ? [walk.rowBase, leftCount] : [walk.columnBase, rightCount];
  const all = constant(uint(lanes), 2n ** BigInt(lanes) - 1n);
  const eightLanes = mux(eights.gt(base), firstLanes(eights.subWrap(base), lanes), 0);
  const eightIndex = index.lt(eights.extend(setupDataBits));
  return {
    /** Block that is shown in the next cycle. */
    source: concat(startThen.addWrap(blockAt(indexThen, p)), bankThen),
    slot: slotBits(p) > 0 ? index.truncate(slotBits(p)) : constant(1, 0),
    /** Lanes whose words have two digits. */
    eight: mux(
      tags.eq(operandTags.lanes),
      eightLanes,
      mux(tags.eq(operandTags.indexes).and(eightIndex.not()), 0, all),
    ),
    inUse: firstLanes(count.subWrap(base), lanes),
    last,
    released,
    named: {
      shownBank: bank,
      index,
      useCount: use,
      start,
      ...walk,
      tileEnds,
      runEnds,
      lastUse,
      startThen,
      indexThen,
      bankThen,
    },
  };
}
