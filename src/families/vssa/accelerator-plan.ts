import { InputError } from '../../numeric/index.ts';
import type { IntegerProduct } from '../../tensor/index.ts';
import type { OperandSide } from './accelerator-job.ts';
import { tokenOrder } from './decoding.ts';
import type { AcceleratorParameters } from './params.ts';

/** Lanes of either side, at most, and indexes where rows are indexes. */
const mostPlaces = 1024;
/** Beats of operands that the array takes in one job: enough to amortise a round trip. */
const jobBeats = 2 ** 18;

/** What one job computes of a product. */
export interface Piece {
  /** Indexes of the sums. */
  readonly inner: readonly number[];
  /** Rows of the left side by place. */
  readonly rows: readonly number[];
  /** Rows of the right side by place, `width` of them or fewer; the left side is used for each group. */
  readonly groups: readonly (readonly number[])[];
  /** Lanes in use on the right. */
  readonly width: number;
  readonly left: Pick<OperandSide, 'byList' | 'tags'>;
  readonly right: Pick<OperandSide, 'byList' | 'tags'> & { readonly byIndex: boolean };
  readonly rowsByList: boolean;
  /** Bits of the list's tokens, by number. */
  readonly bits?: ArrayLike<number>;
  /** What `bits` calls a row or index that is in the list. */
  readonly idOf: (row: number) => number;
}

/** Rows or indexes that take part, in the order of the fetch. */
interface Marks {
  readonly order: readonly number[];
  readonly bits?: Uint8Array;
  /** How many of them have 8 bits. */
  readonly eight: number;
}

function marksOf(count: number, bits: Uint8Array | undefined): Marks {
  if (!bits) return { order: Array.from({ length: count }, (_, i) => i), eight: count };
  return { order: tokenOrder(bits), bits, eight: bits.filter((own) => own === 8).length };
}

const allEight = ({ order, eight }: Marks): boolean => eight === order.length;

const sameBits = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((own, i) => own === b[i]);

/** Whether the same tokens are alive. */
const sameTokens = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a?.length === b?.length && a !== undefined && a.every((own, i) => own > 0 === b![i]! > 0);

const parts = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );

/** A list of tokens, numbered as they are where the numbers are small enough, else one after the other. */
function listOf(
  p: AcceleratorParameters,
  bits: Uint8Array,
  order: readonly number[],
): Pick<Piece, 'bits' | 'idOf'> {
  if (order.length > p.maxTokens) throw tooLarge('maxTokens', order.length);
  if (bits.length <= p.maxTokens) {
    const own = new Uint8Array(bits.length);
    for (const row of order) own[row] = bits[row]!;
    return { bits: own, idOf: (row) => row };
  }
  const rows = [...order].sort((a, b) => a - b);
  const ids = new Map(rows.map((row, id) => [row, id]));
  return { bits: Uint8Array.from(rows, (row) => bits[row]!), idOf: (row) => ids.get(row)! };
}

const tooLarge = (name: keyof AcceleratorParameters, needed: number): InputError =>
  new InputError(
    `The tokens do not fit into the accelerator; set ${name} to at least ${needed}, or take shorter sequences.`,
  );

/**
 * Cuts a product into jobs, each with one setup and one list. What attention multiplies stays whole, as its tokens do; rows of
 * activations are cut so that they fit a bank, weights so that one group of columns is loaded while another is at work,
 * and sums that are too long for a bank are added up outside.
 *
 * @throws InputError where tokens do not fit
 */
export function piecesOf(
  p: AcceleratorParameters,
  { left, right }: IntegerProduct,
): readonly Piece[] {
  const columns = marksOf(right.rows, right.rowBits);
  const inner = marksOf(left.columns, right.columnBits);
  const byIndex = inner.bits !== undefined;
  const marks = marksOf(left.rows, left.rowBits);
  const listed = [inner, marks, columns].filter(({ bits }) => bits !== undefined);
  const list = listed.find((own) => !allEight(own)) ?? listed[0];
  // Rows of probabilities walk the list, whatever their own precision.
  const rows: Marks = sameTokens(marks.bits, list?.bits) ? { ...marks, order: list!.order } : marks;
  if (rows.order.length * columns.order.length * inner.order.length === 0) return [];

  const tagsOf = (own: Marks, tags: OperandSide['tags']): OperandSide['tags'] => {
    if (allEight(own)) return 'eight';
    if (own.eight === list!.eight) return tags;
    throw new Error('The rows of a product have other precisions than its list.');
  };
  const rightMarks = byIndex ? inner : columns;
  // Lanes that all have 4 bits, such as clipped weights, need no list beside a count of 0.
  const isMixed = byIndex || columns.eight > 0;
  const rightSide = {
    byIndex,
    byList: isMixed && sameBits(rightMarks.bits, list?.bits),
    tags: tagsOf(rightMarks, byIndex ? 'indexes' : 'lanes'),
  };
  const leftTags = tagsOf(rows, 'lanes');
  const isTied = rightSide.byList || (isMixed && rightSide.tags !== 'eight');

  return depthsOf(p, inner, byIndex).flatMap((indexes): readonly Piece[] => {
    const perGroup = Math.ceil(indexes.length / p.loadWords);
    const leftRoom = Math.min(mostPlaces, Math.floor(p.leftBlocks / perGroup) * p.rows);
    const blocks = (count: number, lanes: number): number => Math.ceil(count / lanes) * perGroup;
    const { groups, width } = groupsOf(p, columns, { byIndex, isTied }, blocks);
    const perPiece = (count: number): number =>
      Math.max(1, Math.floor(jobBeats / (Math.ceil(count / p.rows) * indexes.length)));
    const pieces = (
      own: readonly number[],
      more: Pick<Piece, 'left' | 'rowsByList' | 'bits' | 'idOf'>,
    ): readonly Piece[] =>
      parts(groups, perPiece(own.length)).map((some) => ({
        ...{ inner: indexes, rows: own, groups: some, width, right: rightSide },
        ...more,
      }));

    if (!isTied) {
      // The list is that of the rows alone, so that every part can have its own.
      const byList = rows.bits !== undefined;
      const room = byList ? Math.min(leftRoom, p.maxTokens) : leftRoom;
      return parts(rows.order, room).flatMap((own) =>
        pieces(own, {
          left: { byList, tags: leftTags },
          rowsByList: byList,
          ...(rows.bits ? listOf(p, rows.bits, own) : { idOf: (row: number) => row }),
        }),
      );
    }
    const ofList = listOf(p, list!.bits!, list!.order);
    const byList = !byIndex && sameBits(rows.bits, list!.bits);
    if (rows.order.length <= leftRoom) {
      const rowsByList = sameTokens(rows.bits, list!.bits);
      return pieces(rows.order, { left: { byList, tags: leftTags }, rowsByList, ...ofList });
    }
    if (leftTags !== 'eight') throw tooLarge('leftBlocks', blocks(rows.order.length, p.rows));
    return parts(rows.order, leftRoom).flatMap((own) =>
      pieces(own, { left: { byList: false, tags: 'eight' }, rowsByList: false, ...ofList }),
    );
  });
}

/** The indexes of each job's sums. */
function depthsOf(
  p: AcceleratorParameters,
  { order }: Marks,
  byIndex: boolean,
): readonly (readonly number[])[] {
  const { loadWords, leftBlocks, rightBlocks } = p;
  const room = Math.min(leftBlocks, rightBlocks) * loadWords;
  if (!byIndex) return parts(order, room);
  const blocks = Math.ceil(order.length / loadWords);
  if (blocks > leftBlocks) throw tooLarge('leftBlocks', blocks);
  if (blocks > rightBlocks) throw tooLarge('rightBlocks', blocks);
  return [order];
}

/** The rows of the right side: all at once where they are tokens or features of tokens, a group of lanes at a time else. */
function groupsOf(
  p: AcceleratorParameters,
  { order }: Marks,
  { byIndex, isTied }: { readonly byIndex: boolean; readonly isTied: boolean },
  blocks: (count: number, lanes: number) => number,
): Pick<Piece, 'groups' | 'width'> {
  const all = order.length;
  const fits = blocks(all, p.cols) <= p.rightBlocks && all <= mostPlaces;
  if ((byIndex || isTied) && fits) return { groups: [order], width: all };
  if (isTied && !byIndex) throw tooLarge('rightBlocks', blocks(all, p.cols));
  const width = Math.min(all, p.cols);
  return { groups: parts(order, width), width };
}
