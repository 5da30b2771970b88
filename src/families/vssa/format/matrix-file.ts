import { InputError } from '../../../numeric/index.ts';
import { codedBytes, readCoded, writeCoded } from '../../../transformer/methods/packed-file.ts';
import type { CodedKind } from '../../../transformer/methods/packed-file.ts';

/** The file of packed weights, as docs/vssa.md lays it out. */

/** A matrix as integers of 8 bits with one scale: weight = code x `scale`. */
export interface VssaMatrix {
  readonly rows: number;
  readonly columns: number;
  /** A float32 value, above 0. */
  readonly scale: number;
  /** [rows x columns], row-major; -127 .. 127. */
  readonly codes: Int8Array;
}

const kind: CodedKind = { magic: 'SVSA', signed: true, tableLength: () => 1 };
const bits = 8;

export const writeMatrix = ({ rows, columns, scale, codes }: VssaMatrix): Uint8Array =>
  writeCoded(kind, { rows, columns, bits, codes, table: Float32Array.of(scale) });

/** Length of the file of such a matrix. */
export const matrixBytes = (rows: number, columns: number): number =>
  codedBytes(kind, rows, columns, bits);

/**
 * Reads what `writeMatrix` wrote.
 *
 * @param place what messages call the bytes
 * @throws InputError for another kind of file, another version, a wrong length and a wrong checksum
 */
export function readMatrix(bytes: Uint8Array, place: string): VssaMatrix {
  const { rows, columns, table, codes, bits: found } = readCoded(kind, bytes, place);
  if (found !== bits) {
    throw new InputError(
      `${place}: weights are said to have ${found} bits, allowed are ${bits}; quantize the model again.`,
    );
  }
  return { rows, columns, scale: table[0]!, codes: codes as Int8Array };
}

/** What `systole inspect` shows of such a file. */
export const matrixKind = {
  name: 'a matrix of the method vssa',
  matches: (bytes: Uint8Array): boolean =>
    Buffer.from(bytes.subarray(0, 4)).toString('latin1') === kind.magic,
  describe(bytes: Uint8Array, place: string) {
    const { rows, columns } = readMatrix(bytes, place);
    const total = bytes.length;
    const codes = rows * columns;
    return {
      format: 'VSSA matrix, version 1',
      bytes: total,
      matrices: [
        {
          shape: [rows, columns] as const,
          bits,
          bitsPerWeight: (8 * total) / codes,
          bytes: { codes, frame: total - codes, total },
        },
      ],
    };
  },
};
