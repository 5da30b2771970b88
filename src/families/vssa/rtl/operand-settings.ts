import { addressBits } from '../../../ir/index.ts';
import { bit, flip, mux, uint, vec } from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { digitBits, setupDataBits, tokenBits, tokenCountBits } from '../params.ts';
import type { AcceleratorParameters } from '../params.ts';

/** Parameters of the store of a side. */
export interface StoreParameters extends Pick<
  AcceleratorParameters,
  'rows' | 'cols' | 'loadWords'
> {
  readonly side: 'left' | 'right';
  /** Blocks of `loadWords` operands that a lane holds in each of its two banks. */
  readonly blocks: number;
}

/** A beat of a matrix. */
export const operandFields = (loadWords: number) => ({
  id: uint(tokenBits),
  codes: vec(uint(2 * digitBits), loadWords),
  last: bit(),
});

/** What software sets up, as a side sees it. */
export const settingsFields = {
  depth: uint(setupDataBits),
  depthBlocks: uint(setupDataBits),
  leftCount: uint(tokenCountBits),
  rightCount: uint(tokenCountBits),
  byList: bit(),
  byIndex: bit(),
  requantize: bit(),
  tags: uint(2),
  uses: uint(setupDataBits),
};

/** What a side sees of the list of tokens. */
export const listFields = {
  complete: bit(),
  eights: uint(tokenCountBits),
  id: flip(uint(tokenBits)),
  place: uint(tokenBits),
  listed: bit(),
};

/** Settings in a module. */
export interface Settings extends Readonly<
  Record<Exclude<keyof typeof settingsFields, 'byList' | 'byIndex' | 'requantize'>, UInt>
> {
  readonly byList: Bit;
  readonly byIndex: Bit;
  readonly requantize: Bit;
}

/** Lanes of a side. */
export const lanesOf = ({ side, rows, cols }: StoreParameters): number =>
  side === 'left' ? rows : cols;

/** Chooses between rows of operands by index and by lane; only the right side has the choice. */
export const byMode = <S extends UInt>(
  { side }: StoreParameters,
  { byIndex }: Settings,
  whenByIndex: () => S,
  whenByLane: S,
): S => (side === 'left' ? whenByLane : mux(byIndex, whenByIndex(), whenByLane));

/** Position of an operand in its block. */
export const slotBits = ({ loadWords }: Pick<StoreParameters, 'loadWords'>): number =>
  Math.log2(loadWords);

/** Blocks that hold so many operands. */
export const blocksOf = (operands: UInt, loadWords: number): UInt =>
  operands
    .extend(setupDataBits + 3)
    .addWrap(loadWords - 1)
    .bits(Math.log2(loadWords), setupDataBits);

/** The number of a block, of which those in a bank need no more bits. */
export const inBank = (block: UInt, { blocks }: StoreParameters): UInt => {
  const width = addressBits(blocks);
  return block.width < width ? block.extend(width) : block.truncate(width);
};

/** The block, counted from the first one of a lane, that holds the operand of this index. */
export const blockAt = (index: UInt, p: StoreParameters): UInt =>
  inBank(index.bits(slotBits(p), setupDataBits - slotBits(p)), p);
