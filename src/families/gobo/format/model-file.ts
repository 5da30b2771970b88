import { crc32 } from './crc32.ts';
import { checkSum, hasMagic } from './container-header.ts';
import { readContainer, writeContainer } from './container.ts';
import { damaged, truncated } from './damage.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';

/**
 * A model file: named GOBO containers behind an index (docs/gobo-container.md). The containers stand
 * one after the other as they would in files of their own.
 */

export const modelMagic = Uint8Array.of(0x47, 0x4f, 0x42, 0x4d);
const version = 1;
/** Magic, version, count, bytes of the index. */
const fixedBytes = 16;
/** Bytes of an entry besides the name: length of the name, length of the container. */
const entryBytes = 6;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the container of a matrix lies. */
export interface ModelEntry {
  readonly name: string;
  /** First byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Named matrices as one file, in the order of the map.
 *
 * @throws RangeError as `writeContainer` does, and for a name of more than 65,535 bytes
 */
export function writeModelFile(matrices: ReadonlyMap<string, QuantizedMatrix>): Uint8Array {
  const parts = [...matrices].map(([name, q]) => ({
    name: new TextEncoder().encode(name),
    container: writeContainer(q),
  }));
  const tooLong = parts.find(({ name }) => name.length > 0xffff);
  if (tooLong) throw new RangeError(`a name has ${tooLong.name.length} bytes, allowed are 65535`);
  const indexLength = parts.reduce((sum, { name }) => sum + entryBytes + name.length, 0);
  const start = fixedBytes + indexLength + 4;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.container.length, start));
  const view = viewOf(bytes);
  bytes.set(modelMagic);
  bytes[4] = version;
  view.setUint32(8, parts.length, true);
  view.setUint32(12, indexLength, true);
  let at = fixedBytes;
  let offset = start;
  for (const { name, container } of parts) {
    view.setUint16(at, name.length, true);
    view.setUint32(at + 2, container.length, true);
    bytes.set(name, at + entryBytes);
    at += entryBytes + name.length;
    bytes.set(container, offset);
    offset += container.length;
  }
  view.setUint32(at, crc32(bytes.subarray(0, at)), true);
  return bytes;
}

/**
 * The index of a model file.
 *
 * @throws InputError for a file that is truncated, has bytes to spare, or whose index is damaged
 */
export function readModelIndex(bytes: Uint8Array, place: string): readonly ModelEntry[] {
  const need = (end: number, what: string): void => {
    if (bytes.length < end) throw truncated(place, bytes.length, what, end);
  };
  need(fixedBytes, 'its header');
  if (!hasMagic(bytes, modelMagic)) {
    throw damaged(place, 0, 'a GOBO model begins with the letters GOBM, and this does not');
  }
  const view = viewOf(bytes);
  if (view.getUint32(4, true) !== version) {
    throw damaged(
      place,
      4,
      `the model file has version ${view.getUint32(4, true)}, and only version ${version} is known`,
    );
  }
  const end = fixedBytes + view.getUint32(12, true);
  need(end + 4, 'its index');
  checkSum(bytes.subarray(0, end), view.getUint32(end, true), 'index', place, end);

  const entries: ModelEntry[] = [];
  const names = new Set<string>();
  let at = fixedBytes;
  let offset = end + 4;
  for (let i = 0; i < view.getUint32(8, true); i++) {
    const next = at + entryBytes > end ? Infinity : at + entryBytes + view.getUint16(at, true);
    if (next > end) throw damaged(place, at, `entry ${i} of the index does not fit in it`);
    const name = new TextDecoder().decode(bytes.subarray(at + entryBytes, next));
    if (names.has(name)) throw damaged(place, at, `the index names '${name}' twice`);
    names.add(name);
    const length = view.getUint32(at + 2, true);
    entries.push({ name, offset, bytes: length });
    offset += length;
    at = next;
  }
  if (at !== end) throw damaged(place, at, `${end - at} bytes follow the last entry of the index`);
  need(offset, `the last of its ${entries.length} matrices`);
  if (bytes.length > offset) {
    throw damaged(place, offset, `${bytes.length - offset} bytes follow the last matrix`);
  }
  return entries;
}

/**
 * All matrices of a model file, by name.
 *
 * @throws InputError for a file that is truncated or damaged, with the offset and the reason
 */
export function readModelFile(
  bytes: Uint8Array,
  place: string,
): ReadonlyMap<string, QuantizedMatrix> {
  return new Map(
    readModelIndex(bytes, place).map(({ name, offset, bytes: length }) => [
      name,
      readContainer(bytes.subarray(offset, offset + length), place, offset),
    ]),
  );
}
