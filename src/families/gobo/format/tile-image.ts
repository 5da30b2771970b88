import { packBits } from '../../../numeric/index.ts';
import type { CodedMatrix } from './coded-matrix.ts';
import type { FixedMatrix } from './fixed.ts';

/**
 * What a tile loads: the integer image of a matrix cut into groups of as many rows as the tile has
 * PEs. Indexes are taken over from the quantized matrix, never computed again.
 */

/** Outliers of a group, in the order in which the tile takes them: by column, then by row. */
export interface GroupRecords {
  /** Column of the matrix. */
  readonly columns: Uint32Array;
  /** Row within the group, 0 .. rows - 1. */
  readonly rows: Uint8Array;
  /** Codes of W bits. */
  readonly codes: Int32Array;
}

/** Rows of a matrix that a tile computes at once. */
export interface TileGroup {
  /** Rows in use, at most `pes`. */
  readonly rows: number;
  /** The indexes of each row, views of the matrix. */
  readonly indexes: readonly Uint8Array[];
  readonly records: GroupRecords;
}

/** How many groups of `pes` rows a matrix has, the last one perhaps shorter. */
export function groupCount(w: Pick<CodedMatrix, 'rows'>, pes: number): number {
  return Math.ceil(w.rows / pes);
}

/** The outliers of a group are numbers begin .. end - 1 of the matrix's. */
export function groupOutliers(
  w: CodedMatrix,
  pes: number,
  group: number,
): { readonly begin: number; readonly end: number } {
  const { positions } = w.outliers;
  return {
    begin: lowerBound(positions, group * pes * w.columns),
    end: lowerBound(positions, (group + 1) * pes * w.columns),
  };
}

export function tileGroup(w: CodedMatrix, pes: number, group: number): TileGroup {
  const first = group * pes;
  const rows = Math.min(pes, w.rows - first);
  const { begin, end } = groupOutliers(w, pes, group);
  // Outliers of a matrix lie row by row.
  const records = Array.from({ length: end - begin }, (_, i) => {
    const position = w.outliers.positions[begin + i]!;
    return {
      row: Math.floor(position / w.columns) - first,
      column: position % w.columns,
      code: w.outliers.codes[begin + i]!,
    };
  }).sort((a, b) => a.column - b.column || a.row - b.row);
  return {
    rows,
    indexes: Array.from({ length: rows }, (_, row) =>
      w.indexes.subarray((first + row) * w.columns, (first + row + 1) * w.columns),
    ),
    records: {
      columns: Uint32Array.from(records, ({ column }) => column),
      rows: Uint8Array.from(records, ({ row }) => row),
      codes: Int32Array.from(records, ({ code }) => code),
    },
  };
}

function lowerBound(ascending: Uint32Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A group as it rests in the memory beside a tile. */
export interface TileGroupImage {
  readonly rows: number;
  /**
   * One word per column, in order: `pes` indexes of b bits, PE 0 lowest, filled up to whole bytes and
   * little-endian. PEs without a row have index 0.
   */
  readonly words: Uint8Array;
  readonly records: GroupRecords;
}

/** A matrix as a tile loads it: values of its weights are code x `scale`. */
export interface TileImage {
  readonly pes: number;
  readonly columns: number;
  readonly bits: number;
  readonly weightBits: number;
  readonly scale: number;
  /** K codes of W bits, ascending. */
  readonly centroids: Int32Array;
  readonly groups: readonly TileGroupImage[];
}

/** Bytes of the word that holds a column of a group. */
export function wordBytes(pes: number, bits: number): number {
  return Math.ceil((pes * bits) / 8);
}

/** The image of a whole matrix for tiles of `pes` PEs; needs the memory of one index per weight. */
export function tileImage(w: FixedMatrix, pes: number): TileImage {
  const { columns, bits, weightBits, scale, centroids } = w;
  const groups = Array.from({ length: groupCount(w, pes) }, (_, g) => {
    const { rows, indexes, records } = tileGroup(w, pes, g);
    const stride = wordBytes(pes, bits);
    const words = new Uint8Array(columns * stride);
    const column = new Uint8Array(pes);
    for (let c = 0; c < columns; c++) {
      indexes.forEach((row, pe) => {
        column[pe] = row[c]!;
      });
      words.set(packBits(column, bits), c * stride);
    }
    return { rows, words, records };
  });
  return { pes, columns, bits, weightBits, scale, centroids, groups };
}
