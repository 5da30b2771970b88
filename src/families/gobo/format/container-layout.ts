import type { QuantizedMatrix, ValueType } from './quantized-matrix.ts';
import { valueBytes } from './values.ts';

/**
 * Sizes of the GOBO container, version 1 (docs/gobo-container.md), and what it costs to store a
 * matrix in it.
 */

/** Weights of a row that are stored together; the last block of a row may be shorter. */
export const blockLength = 256;
/** Count byte of a block that holds its weights as values, without indexes. */
export const rawBlock = 255;
/** Bytes of the body that share a checksum. */
export const pageBytes = 65536;
/** Bytes before the dictionary: what says how long everything else is. */
export const fixedBytes = 28;

/** What the size of a container depends on, besides its outliers. */
export type ContainerShape = Pick<QuantizedMatrix, 'rows' | 'columns' | 'bits' | 'valueType'>;

/** Blocks of all rows. */
export function blockCount(shape: Pick<ContainerShape, 'rows' | 'columns'>): number {
  return shape.rows * Math.ceil(shape.columns / blockLength);
}

/** Bytes of the packed indexes of a block of `length` weights. */
export function indexBytes(length: number, bits: number): number {
  return Math.ceil((bits * length) / 8);
}

/** Bytes before the body: the fixed part, the dictionary, a checksum per page and one for both. */
export function headerBytes(bits: number, valueType: ValueType, bodyBytes: number): number {
  return fixedBytes + 2 ** bits * valueBytes[valueType] + 4 * Math.ceil(bodyBytes / pageBytes) + 4;
}

/** Bytes of a container by what they hold. */
export interface ContainerSizes {
  readonly header: number;
  /** The count bytes of the blocks. */
  readonly counts: number;
  /** Offsets and values of outliers in blocks with indexes. */
  readonly records: number;
  /** Values of raw blocks. */
  readonly raw: number;
  readonly indexes: number;
  readonly total: number;
}

/**
 * The bytes of a container, without writing it.
 *
 * @param positions row-major positions of the outliers, ascending
 */
export function containerSizes(shape: ContainerShape, positions: Uint32Array): ContainerSizes {
  const { rows, columns, bits, valueType } = shape;
  const size = valueBytes[valueType];
  const counts = blockCount(shape);
  let records = positions.length * (1 + size);
  let raw = 0;
  const tail = columns % blockLength;
  let indexes =
    rows *
    (Math.floor(columns / blockLength) * indexBytes(blockLength, bits) + indexBytes(tail, bits));
  // Every block has indexes so far; those with too many outliers hold values instead.
  for (let first = 0; first < positions.length;) {
    const { length, end } = blockAt(shape, positions[first]!);
    let next = first + 1;
    while (next < positions.length && positions[next]! < end) next++;
    if (next - first >= rawBlock) {
      records -= (next - first) * (1 + size);
      raw += length * size;
      indexes -= indexBytes(length, bits);
    }
    first = next;
  }
  const body = counts + records + raw + indexes;
  const header = headerBytes(bits, valueType, body);
  return { header, counts, records, raw, indexes, total: header + body };
}

/** The block that a row-major position lies in: how many weights it has and the position after it. */
function blockAt(
  { columns }: Pick<ContainerShape, 'columns'>,
  position: number,
): { readonly length: number; readonly end: number } {
  const column = position % columns;
  const begin = column - (column % blockLength);
  const length = Math.min(blockLength, columns - begin);
  return { length, end: position - column + begin + length };
}
