import { createHash } from 'node:crypto';

import { InputError, packBits, unpackBits } from '../../numeric/index.ts';

/** A matrix of small codes and the few float32 values that give them meaning. */
export interface CodedMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Of one code, 1 .. 8. */
  readonly bits: number;
  readonly table: Float32Array;
  /** [rows x columns], row-major */
  readonly codes: Int8Array | Uint8Array;
}

/** How the files of one method differ from another's. */
export interface CodedKind {
  /** Four ASCII letters at the start of the file. */
  readonly magic: string;
  /** Whether codes are two's complement. */
  readonly signed: boolean;
  tableLength(bits: number): number;
}

const version = 1;
/** Magic, version, bits, two bytes of 0, rows, columns. */
const headerBytes = 16;
/** The first bytes of the SHA-256 of all before them. */
const checksumBytes = 8;

const checksum = (bytes: Uint8Array): Buffer =>
  createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);

/** Length of the file of such a matrix. */
export function codedBytes(kind: CodedKind, rows: number, columns: number, bits: number): number {
  const codes = Math.ceil((rows * columns * bits) / 8);
  return headerBytes + 4 * kind.tableLength(bits) + codes + checksumBytes;
}

/**
 * The file of a coded matrix, little-endian (our choice): header, table as float32, codes packed without gaps with the
 * first in the lowest bits, checksum.
 */
export function writeCoded(kind: CodedKind, m: CodedMatrix): Uint8Array {
  const bytes = new Uint8Array(codedBytes(kind, m.rows, m.columns, m.bits));
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(kind.magic, 'ascii'));
  view.setUint8(4, version);
  view.setUint8(5, m.bits);
  view.setUint32(8, m.rows, true);
  view.setUint32(12, m.columns, true);
  m.table.forEach((value, i) => {
    view.setFloat32(headerBytes + 4 * i, value, true);
  });
  bytes.set(packBits(m.codes, m.bits), headerBytes + 4 * m.table.length);
  const end = bytes.length - checksumBytes;
  bytes.set(checksum(bytes.subarray(0, end)), end);
  return bytes;
}

/**
 * Reads what `writeCoded` wrote.
 *
 * @throws InputError for another kind of file, another version, a wrong length and a wrong checksum
 */
export function readCoded(kind: CodedKind, bytes: Uint8Array, place: string): CodedMatrix {
  const refuse = (what: string): never => {
    throw new InputError(`${place}: ${what}; quantize the model again.`);
  };
  const magic = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  if (magic !== kind.magic) {
    return refuse(`the file starts with ${JSON.stringify(magic)} instead of "${kind.magic}"`);
  }
  if (bytes.length < headerBytes) {
    return refuse(`the file ends at byte ${bytes.length}, within its header of ${headerBytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(4) !== version) {
    return refuse(`the file is of version ${view.getUint8(4)}, and ${version} can be read`);
  }
  const bits = view.getUint8(5);
  if (bits < 1 || bits > 8)
    return refuse(`codes are said to have ${bits} bits, allowed are 1 to 8`);
  const rows = view.getUint32(8, true);
  const columns = view.getUint32(12, true);
  const length = codedBytes(kind, rows, columns, bits);
  if (bytes.length !== length) {
    return refuse(
      `the file has ${bytes.length} bytes, but ${rows} x ${columns} codes of ${bits} bits take ${length}`,
    );
  }
  const end = length - checksumBytes;
  if (!checksum(bytes.subarray(0, end)).equals(bytes.subarray(end))) {
    return refuse('the checksum does not fit the contents, which are damaged');
  }
  const table = Float32Array.from({ length: kind.tableLength(bits) }, (_, i) =>
    view.getFloat32(headerBytes + 4 * i, true),
  );
  const packed = bytes.subarray(headerBytes + 4 * table.length, end);
  const fields = unpackBits(packed, bits, rows * columns, kind.signed);
  const codes = kind.signed ? Int8Array.from(fields) : Uint8Array.from(fields);
  return { rows, columns, bits, table, codes };
}
