import { createHash } from 'node:crypto';

import { InputError } from '../../../numeric/index.ts';
import { normalTypes } from './number-types.ts';
import type { NormalType, OutlierType } from './number-types.ts';
import { mostBias, ovpCode, rowBytes, unpackPairs } from './ovp-code.ts';
import type { ActivationBits, OvpMatrix } from './ovp-matrix.ts';

/** The file of a packed matrix, as docs/olive.md lays it out. */

const magic = 'SOVP';
const version = 1;
export const headerBytes = 20;
export const checksumBytes = 8;

const types: readonly NormalType[] = ['int4', 'flint4', 'int8'];
const outlierTypes: readonly OutlierType[] = ['e2m1', 'e4m3', 'e2m5'];
/** Types of outliers that a normal type may stand beside. */
const beside: Readonly<Record<4 | 8, readonly OutlierType[]>> = {
  4: ['e2m1'],
  8: ['e4m3', 'e2m5'],
};

const checksum = (bytes: Uint8Array): Buffer =>
  createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);

const fileBytes = (rows: number, columns: number, bits: 4 | 8): number =>
  headerBytes + 4 * rows + rows * rowBytes({ bits }, columns) + checksumBytes;

/** Whether bytes begin as a packed matrix does. */
export const isMatrixFile = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 4)).toString('latin1') === magic;

export function writeMatrix(m: OvpMatrix): Uint8Array {
  const bytes = new Uint8Array(fileBytes(m.rows, m.columns, normalTypes[m.type].bits));
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(magic, 'ascii'));
  view.setUint8(4, version);
  view.setUint8(5, types.indexOf(m.type));
  view.setUint8(6, outlierTypes.indexOf(m.outliers));
  view.setUint8(7, m.bias);
  view.setUint8(8, m.activationBits);
  view.setUint32(12, m.rows, true);
  view.setUint32(16, m.columns, true);
  m.scales.forEach((scale, row) => {
    view.setFloat32(headerBytes + 4 * row, scale, true);
  });
  bytes.set(m.pairs, headerBytes + 4 * m.rows);
  const end = bytes.length - checksumBytes;
  bytes.set(checksum(bytes.subarray(0, end)), end);
  return bytes;
}

/** A header that is as it should be, of a file of the right length. */
export interface MatrixHeader {
  readonly type: NormalType;
  readonly outliers: OutlierType;
  readonly bias: number;
  readonly activationBits: ActivationBits;
  readonly rows: number;
  readonly columns: number;
}

const refusal = (place: string, what: string): InputError =>
  new InputError(`${place}: ${what}; quantize the model again.`);

/** @throws InputError for another kind of file, another version, an unknown format and a wrong length */
export function readHeader(bytes: Uint8Array, place: string): MatrixHeader {
  if (!isMatrixFile(bytes)) {
    const found = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
    throw refusal(place, `the file starts with ${JSON.stringify(found)} instead of "${magic}"`);
  }
  if (bytes.length < headerBytes) {
    throw refusal(
      place,
      `the file ends at byte ${bytes.length}, within its header of ${headerBytes}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(4) !== version) {
    throw refusal(place, `the file is of version ${view.getUint8(4)}, and ${version} can be read`);
  }
  const type = types[view.getUint8(5)];
  const outliers = outlierTypes[view.getUint8(6)];
  const bias = view.getUint8(7);
  const activationBits = view.getUint8(8);
  const bits = type && normalTypes[type].bits;
  if (!type || !outliers || !bits || !beside[bits].includes(outliers) || bias > mostBias[bits]) {
    const numbers = `${view.getUint8(5)}, ${view.getUint8(6)} and ${bias}`;
    throw refusal(place, `there is no format of pairs with the numbers ${numbers}`);
  }
  if (activationBits !== 4 && activationBits !== 8 && activationBits !== 16) {
    throw refusal(place, `activations are said to have ${activationBits} bits, not 4, 8 or 16`);
  }
  const rows = view.getUint32(12, true);
  const columns = view.getUint32(16, true);
  const length = fileBytes(rows, columns, bits);
  if (bytes.length !== length) {
    throw refusal(
      place,
      `the file has ${bytes.length} bytes, but ${rows} x ${columns} ${type} values with their scales take ${length}`,
    );
  }
  return { type, outliers, bias, activationBits, rows, columns };
}

/**
 * Reads what `writeMatrix` wrote.
 *
 * @param place what messages call the bytes
 * @throws InputError as `readHeader` does, for a wrong checksum, a scale that is not positive and finite, and pairs
 *   that no encoder gives
 */
export function readMatrix(bytes: Uint8Array, place: string): OvpMatrix {
  const header = readHeader(bytes, place);
  const { rows, columns } = header;
  const end = bytes.length - checksumBytes;
  if (!checksum(bytes.subarray(0, end)).equals(bytes.subarray(end))) {
    throw refusal(place, 'the checksum does not fit the contents, which are damaged');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scales = Float32Array.from({ length: rows }, (_, row) =>
    view.getFloat32(headerBytes + 4 * row, true),
  );
  const bad = scales.findIndex((scale) => !(scale > 0 && scale < Infinity));
  if (bad >= 0) {
    throw refusal(place, `the scale of row ${bad} is ${scales[bad]}, not a positive number`);
  }
  const pairs = bytes.slice(headerBytes + 4 * rows, end);
  const { illegal } = unpackPairs(ovpCode(header), pairs, rows, columns);
  if (illegal.length > 0) {
    const { row, pair } = illegal[0]!;
    throw refusal(
      place,
      `${illegal.length} pairs are ones that no encoder gives, the first of them pair ${pair} of row ${row}`,
    );
  }
  return { ...header, scales, pairs };
}
