import type { Column } from '../../testbench/beats.ts';
import { codeOf, wordOf } from './format/words.ts';
import { emptyList } from './golden-token-list.ts';
import type { TokenList } from './golden-token-list.ts';
import { digitBits, highWeight, operandTags } from './params.ts';

/** What the setup says of a side of the accelerator. */
export interface SideSetup {
  readonly name: 'left' | 'right';
  /** Lanes that are in use, over all groups. */
  readonly count: number;
  readonly signed: boolean;
  readonly byList: boolean;
  /** Whether a row is an index of all lanes, instead of a lane with all its indexes. */
  readonly byIndex: boolean;
  readonly requantizes: boolean;
  /** One of `operandTags`. */
  readonly tags: number;
  readonly uses: number;
}

/** What the hardware gives a side. */
export interface StoreShape {
  /** Lanes of a group. */
  readonly lanes: number;
  readonly loadWords: number;
  readonly blocks: number;
}

/** A matrix as it rests in a bank. */
export interface Operands {
  /** [count x depth] */
  readonly values: Float64Array;
  /** 1 or 2 of each. */
  readonly digits: Uint8Array;
}

/** Whether a side needs the list: to place its rows, or for the precision of its operands. */
export const needsList = ({ byList, tags }: SideSetup): boolean =>
  byList || tags !== operandTags.eight;

/** A row of operands that the host sent. */
interface Row {
  readonly id: number;
  /** Codes 0 .. 255, with those that fill its last beat. */
  readonly codes: Uint8Array;
}

/** Sorts beats into matrices of rows. */
function matricesOf(
  name: string,
  columns: readonly Column[],
  perRow: number,
  loadWords: number,
): readonly (readonly Row[])[] {
  const [id, last] = [columns[0]!, columns[loadWords + 1]!];
  const matrices: Row[][] = [];
  let rows: Row[] = [];
  for (let begin = 0; begin < last.length; begin += perRow) {
    const end = begin + perRow;
    const inside = last.subarray(begin, end - 1).some((flag) => flag === 1);
    if (end > last.length || inside) {
      throw new Error(
        `A matrix on '${name}' ends within a row; a row has ${perRow} beats, and \`last\` is with the last of them.`,
      );
    }
    const codes = new Uint8Array(perRow * loadWords);
    for (let at = 0; at < codes.length; at++) {
      codes[at] = columns[1 + (at % loadWords)]![begin + Math.floor(at / loadWords)]!;
    }
    rows.push({ id: id[begin]!, codes });
    if (last[end - 1] === 0) continue;
    matrices.push(rows);
    rows = [];
  }
  if (rows.length > 0) throw new Error(`The last matrix on '${name}' is not ended.`);
  return matrices;
}

/** The digit that stands for a code where it has 4 bits, 0 .. 15. */
const shortDigit = (code: number, requantizes: boolean): number => {
  if (!requantizes) return code >> digitBits;
  const signed = (code << 24) >> 24;
  return Math.min(7, (signed + highWeight / 2) >> digitBits) & (highWeight - 1);
};

/**
 * The matrices that a side gets, as the array sees them.
 *
 * @param columns as `operandBeats` unpacks them
 * @param depth indexes of a sum
 * @throws Error for a matrix that does not fit, or does not fill its places
 */
export function storedMatrices(
  { lanes, loadWords, blocks }: StoreShape,
  side: SideSetup,
  columns: readonly Column[],
  depth: number,
  list: TokenList = emptyList,
): readonly Operands[] {
  const { name, count, signed, byList, byIndex, requantizes, tags } = side;
  const perGroup = Math.ceil(depth / loadWords);
  const places = byIndex ? depth : count;
  if (Math.ceil(count / lanes) * perGroup > blocks) {
    throw new Error(
      `${count} lanes with ${depth} operands each on '${name}' take ${Math.ceil(count / lanes) * perGroup} blocks of ${loadWords}, but a bank has ${blocks}.`,
    );
  }
  if (byList && list.ids.length < places) {
    throw new Error(`Side '${name}' has ${places} places, but the list ${list.ids.length}.`);
  }
  const isEight = (lane: number, index: number): boolean =>
    tags === operandTags.eight || (tags === operandTags.lanes ? lane : index) < list.eight;

  const ofRows = (rows: readonly Row[]): Operands => {
    if (!byList && rows.length !== places) {
      throw new Error(`A matrix on '${name}' has ${rows.length} rows instead of ${places}.`);
    }
    const values = new Float64Array(count * depth);
    const digits = new Uint8Array(count * depth);
    const store = (lane: number, index: number, code: number): void => {
      const at = lane * depth + index;
      const eight = isEight(lane, index);
      const kept = eight ? code : highWeight * shortDigit(code, requantizes);
      values[at] = codeOf(wordOf(kept, eight ? 8 : 4), signed);
      digits[at] = eight ? 2 : 1;
    };
    rows.forEach(({ id, codes }, row) => {
      const place = byList ? list.places.get(id) : row;
      if (place === undefined) return;
      // What is stored beyond the lanes in use must not come round to those that are.
      const fits = byIndex ? place < depth : (Math.floor(place / lanes) + 1) * perGroup <= blocks;
      if (!fits)
        throw new Error(`Row ${row} of a matrix on '${name}' has place ${place}, beyond its bank.`);
      if (place >= places) return;
      if (byIndex) for (let lane = 0; lane < count; lane++) store(lane, place, codes[lane]!);
      else for (let index = 0; index < depth; index++) store(place, index, codes[index]!);
    });
    if (digits.includes(0)) throw new Error(`A matrix on '${name}' leaves places without a row.`);
    return { values, digits };
  };
  const perRow = Math.ceil((byIndex ? count : depth) / loadWords);
  return matricesOf(name, columns, perRow, loadWords).map(ofRows);
}
