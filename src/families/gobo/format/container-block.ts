import { packBits, unpackBits } from '../../../numeric/index.ts';
import type { ContainerHeader } from './container-header.ts';
import { blockLength, indexBytes, rawBlock } from './container-layout.ts';
import { damaged } from './damage.ts';
import { getValue, setValue, valueBytes } from './values.ts';

/** Up to 256 neighbouring weights of a row. */
export interface WeightBlock {
  readonly row: number;
  /** Column of the first weight. */
  readonly column: number;
  /** How many weights: 256, or what is left of the row. */
  readonly length: number;
  /** Whether the block holds all its weights as values. */
  readonly raw: boolean;
  /** An index per weight; 0 where an outlier is. */
  readonly indexes: Uint8Array;
  /** The weights that are values: their places from the block's first weight, ascending. */
  readonly offsets: Uint8Array;
  readonly values: Float32Array;
}

type BlockFormat = Pick<ContainerHeader, 'bits' | 'valueType' | 'columns' | 'centroids'>;

/** Where block number `n` lies in the matrix. */
export function placeOfBlock(
  columns: number,
  n: number,
): { readonly row: number; readonly column: number; readonly length: number } {
  const perRow = Math.ceil(columns / blockLength);
  const column = (n % perRow) * blockLength;
  return { row: Math.floor(n / perRow), column, length: Math.min(blockLength, columns - column) };
}

/** Bytes of the block of `length` weights that begins with this count byte. */
export function blockBytes(
  { bits, valueType }: Pick<BlockFormat, 'bits' | 'valueType'>,
  count: number,
  length: number,
): number {
  return count === rawBlock
    ? 1 + length * valueBytes[valueType]
    : 1 + count * (1 + valueBytes[valueType]) + indexBytes(length, bits);
}

/**
 * Writes a block at a byte and gives the byte after it.
 *
 * @param indexes of the block's weights
 * @param offsets, values of its outliers; from 255 on the block becomes raw
 */
export function encodeBlock(
  bytes: Uint8Array,
  at: number,
  format: BlockFormat,
  indexes: Uint8Array,
  offsets: ArrayLike<number>,
  values: ArrayLike<number>,
): number {
  const { valueType, bits, centroids } = format;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = valueBytes[valueType];
  if (offsets.length >= rawBlock) {
    bytes[at++] = rawBlock;
    const weights = Float32Array.from(indexes, (index) => centroids[index]!);
    for (let i = 0; i < offsets.length; i++) weights[offsets[i]!] = values[i]!;
    for (const weight of weights) {
      setValue(view, at, valueType, weight);
      at += size;
    }
    return at;
  }
  bytes[at++] = offsets.length;
  for (let i = 0; i < offsets.length; i++) {
    bytes[at] = offsets[i]!;
    setValue(view, at + 1, valueType, values[i]!);
    at += 1 + size;
  }
  const packed = packBits(indexes, bits);
  bytes.set(packed, at);
  return at + packed.length;
}

/**
 * Reads a block.
 *
 * @param bytes exactly the block
 * @param n its number in the matrix
 * @param base where it stands in the file
 * @throws InputError for what no writer may write: outliers out of order or range, values that are
 *   not finite, an index in an outlier's place, bits set after the last index
 */
export function decodeBlock(
  bytes: Uint8Array,
  n: number,
  format: BlockFormat,
  place: string,
  base: number,
): WeightBlock {
  const { bits, valueType } = format;
  const where = placeOfBlock(format.columns, n);
  const { length } = where;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = valueBytes[valueType];
  const count = bytes[0]!;
  const raw = count === rawBlock;
  const stored = raw ? length : count;
  const stride = raw ? size : 1 + size;
  const offsets = new Uint8Array(stored);
  const values = new Float32Array(stored);
  for (let i = 0; i < stored; i++) {
    const at = 1 + i * stride;
    const offset = raw ? i : bytes[at]!;
    if (offset >= length || (i > 0 && offset <= offsets[i - 1]!)) {
      const reason = `outlier ${i} of the block is at offset ${offset}, and offsets must ascend below ${length}`;
      throw damaged(place, base + at, reason);
    }
    const value = getValue(view, at + stride - size, valueType);
    if (!Number.isFinite(value)) {
      throw damaged(
        place,
        base + at + stride - size,
        `a weight is ${value}, and weights must be finite`,
      );
    }
    offsets[i] = offset;
    values[i] = value;
  }
  if (raw) return { ...where, raw, indexes: new Uint8Array(length), offsets, values };

  const first = 1 + stored * stride;
  const packed = bytes.subarray(first);
  const indexes = Uint8Array.from(unpackBits(packed, bits, length));
  const spare = packed.length * 8 - length * bits;
  if (spare > 0 && packed.at(-1)! >>> (8 - spare) !== 0) {
    throw damaged(place, base + bytes.length - 1, 'bits after the last index are not 0');
  }
  for (const offset of offsets) {
    if (indexes[offset] !== 0) {
      const reason = `the outlier at offset ${offset} has index ${indexes[offset]}, and it must be 0`;
      throw damaged(place, base + first + Math.floor((offset * bits) / 8), reason);
    }
  }
  return { ...where, raw, indexes, offsets, values };
}
