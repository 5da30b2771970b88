import { createHash } from 'node:crypto';

import { InputError, packBits, unpackBits } from '../../../numeric/index.ts';
import { emptyCodes } from './linear.ts';
import type { LinearMatrix } from './linear.ts';

/** The file of a packed matrix, as docs/baseline.md lays it out. */

const magic = 'SBAS';
const version = 1;
const headerBytes = 20;
const checksumBytes = 8;

const checksum = (bytes: Uint8Array): Buffer =>
  createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);

const fileBytes = (rows: number, columns: number, bits: number): number =>
  headerBytes + Math.ceil((rows * columns * bits) / 8) + checksumBytes;

export function writeMatrix(m: LinearMatrix): Uint8Array {
  const bytes = new Uint8Array(fileBytes(m.rows, m.columns, m.weightBits));
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(magic, 'ascii'));
  view.setUint8(4, version);
  view.setUint8(5, m.weightBits);
  view.setUint8(6, m.activationBits);
  view.setUint32(8, m.rows, true);
  view.setUint32(12, m.columns, true);
  view.setFloat32(16, m.scale, true);
  bytes.set(packBits(m.codes, m.weightBits), headerBytes);
  const end = bytes.length - checksumBytes;
  bytes.set(checksum(bytes.subarray(0, end)), end);
  return bytes;
}

/** What a file says of itself before its codes. */
export interface MatrixHeader {
  readonly rows: number;
  readonly columns: number;
  readonly weightBits: number;
  readonly activationBits: number;
  readonly scale: number;
}

/** Whether bytes begin as a file of this kind. */
export const hasMagic = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 4)).toString('latin1') === magic;

const refusing =
  (place: string) =>
  (what: string): never => {
    throw new InputError(`${place}: ${what}; quantize the model again.`);
  };

/**
 * Reads the header of what `writeMatrix` wrote; what follows it is not looked at.
 *
 * @param place what messages call the bytes
 * @throws InputError for another kind of file, another version, and widths and shapes that cannot be
 */
export function readHeader(bytes: Uint8Array, place: string): MatrixHeader {
  const refuse = refusing(place);
  if (!hasMagic(bytes)) {
    const found = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
    return refuse(`the file starts with ${JSON.stringify(found)} instead of "${magic}"`);
  }
  if (bytes.length < headerBytes) {
    return refuse(`the file ends at byte ${bytes.length}, within its header of ${headerBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(4) !== version) {
    return refuse(`the file is of version ${view.getUint8(4)}, and ${version} can be read`);
  }
  const weightBits = view.getUint8(5);
  const activationBits = view.getUint8(6);
  for (const [what, bits] of [
    ['weights', weightBits],
    ['activations', activationBits],
  ] as const) {
    if (bits < 4 || bits > 16) {
      return refuse(`${what} are said to have ${bits} bits, allowed are 4 to 16`);
    }
  }
  const [rows, columns] = [view.getUint32(8, true), view.getUint32(12, true)];
  if (rows === 0 || columns === 0) {
    return refuse(`the matrix is said to be ${rows} x ${columns}, and has no weights`);
  }
  return { rows, columns, weightBits, activationBits, scale: view.getFloat32(16, true) };
}

/**
 * Reads what `writeMatrix` wrote.
 *
 * @param place what messages call the bytes
 * @throws InputError for another kind of file, another version, a wrong length and a wrong checksum
 */
export function readMatrix(bytes: Uint8Array, place: string): LinearMatrix {
  const refuse = refusing(place);
  const header = readHeader(bytes, place);
  const { rows, columns, weightBits } = header;
  const length = fileBytes(rows, columns, weightBits);
  if (bytes.length !== length) {
    return refuse(
      `the file has ${bytes.length} bytes, but ${rows} x ${columns} codes of ${weightBits} bits take ${length}`,
    );
  }
  const end = length - checksumBytes;
  if (!checksum(bytes.subarray(0, end)).equals(bytes.subarray(end))) {
    return refuse('the checksum does not fit the contents, which are damaged');
  }
  const codes = emptyCodes(rows * columns, weightBits);
  codes.set(unpackBits(bytes.subarray(headerBytes, end), weightBits, rows * columns, true));
  return { ...header, codes };
}

/** Bytes of a file by what they hold, and `total`. */
export function fileParts({ rows, columns, weightBits }: MatrixHeader): Record<string, number> {
  const total = fileBytes(rows, columns, weightBits);
  const codes = total - headerBytes - checksumBytes;
  return { header: headerBytes, codes, checksum: checksumBytes, total };
}
