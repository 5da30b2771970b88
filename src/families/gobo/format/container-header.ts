import { crc32 } from './crc32.ts';
import {
  blockCount,
  blockLength,
  fixedBytes,
  headerBytes,
  indexBytes,
  pageBytes,
} from './container-layout.ts';
import { damaged, hex } from './damage.ts';
import type { ValueType } from './quantized-matrix.ts';
import { getValue, setValue, valueBytes } from './values.ts';

/** What a container says before its blocks. */
export interface ContainerHeader {
  readonly rows: number;
  readonly columns: number;
  /** Bits of an index, 2 .. 6. */
  readonly bits: number;
  readonly valueType: ValueType;
  /** Values stored beside the dictionary: records, and all weights of raw blocks. */
  readonly outliers: number;
  /** Bytes of all blocks. */
  readonly bodyBytes: number;
  /** K = 2^bits values, ascending. */
  readonly centroids: Float32Array;
  /** CRC-32 of each 65,536 bytes of the body, the last page shorter. */
  readonly pageChecksums: Uint32Array;
}

/** The part whose length does not depend on anything. */
export type FixedHeader = Omit<ContainerHeader, 'centroids' | 'pageChecksums'>;

export const containerMagic = Uint8Array.of(0x47, 0x4f, 0x42, 0x4f);
const version = 1;
const valueTypes: readonly ValueType[] = ['f32', 'f16'];
const blockLengthLog2 = Math.log2(blockLength);

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Whether bytes begin like a file of this magic. */
export function hasMagic(bytes: Uint8Array, magic: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte);
}

/**
 * The bytes before the body.
 *
 * @throws RangeError for a dictionary value that the value type does not represent
 */
export function encodeHeader(header: ContainerHeader): Uint8Array {
  const { rows, columns, bits, valueType, outliers, bodyBytes, centroids } = header;
  const bytes = new Uint8Array(headerBytes(bits, valueType, bodyBytes));
  const view = viewOf(bytes);
  bytes.set(containerMagic);
  bytes.set([version, bits, valueTypes.indexOf(valueType), blockLengthLog2], 4);
  [rows, columns, outliers, bodyBytes].forEach((word, i) => view.setUint32(8 + 4 * i, word, true));
  view.setUint32(24, crc32(bytes.subarray(0, 24)), true);
  let at = fixedBytes;
  for (const centroid of centroids) {
    setValue(view, at, valueType, centroid);
    at += valueBytes[valueType];
  }
  for (const checksum of header.pageChecksums) {
    view.setUint32(at, checksum, true);
    at += 4;
  }
  view.setUint32(at, crc32(bytes.subarray(fixedBytes, at)), true);
  return bytes;
}

/**
 * Reads the first 28 bytes.
 *
 * @param base where they stand in the file
 * @throws InputError unless they are the beginning of a container that can exist
 */
export function decodeFixed(bytes: Uint8Array, place: string, base: number): FixedHeader {
  const view = viewOf(bytes);
  if (!hasMagic(bytes, containerMagic)) {
    throw damaged(place, base, 'a GOBO container begins with the letters GOBO, and this does not');
  }
  if (bytes[4] !== version) {
    throw damaged(
      place,
      base + 4,
      `the container has version ${bytes[4]}, and only version ${version} is known`,
    );
  }
  checkSum(bytes.subarray(0, 24), view.getUint32(24, true), 'header', place, base + 24);

  // From here on the bytes are as they were written; what follows guards against a wrong writer.
  const refuse = (at: number, reason: string): never => {
    throw damaged(place, base + at, reason);
  };
  const bits = bytes[5]!;
  if (bits < 2 || bits > 6) refuse(5, `indexes have ${bits} bits, allowed are 2 to 6`);
  const valueType =
    valueTypes[bytes[6]!] ?? refuse(6, `value type ${bytes[6]} is unknown, allowed are 0 and 1`);
  if (bytes[7] !== blockLengthLog2) {
    refuse(7, `blocks of 2^${bytes[7]} weights are unknown, allowed is 2^${blockLengthLog2}`);
  }
  const rows = view.getUint32(8, true);
  const columns = view.getUint32(12, true);
  const outliers = view.getUint32(16, true);
  const bodyBytes = view.getUint32(20, true);
  if (rows === 0 || columns === 0 || rows * columns > 2 ** 32 - 1) {
    refuse(8, `${rows} x ${columns} is no shape for 1 to 2^32 - 1 weights`);
  }
  if (outliers > rows * columns) {
    refuse(16, `${outliers} outliers are more than ${rows} x ${columns} weights`);
  }
  const least = leastBody(rows, columns, bits);
  if (bodyBytes < least) {
    refuse(
      20,
      `${bodyBytes} bytes are too few for ${rows} x ${columns} weights: at least ${least}`,
    );
  }
  return { rows, columns, bits, valueType, outliers, bodyBytes };
}

/** Bytes of the body if there were no outliers; raw blocks are larger than ones of indexes. */
function leastBody(rows: number, columns: number, bits: number): number {
  const whole = Math.floor(columns / blockLength);
  return (
    blockCount({ rows, columns }) +
    rows * (whole * indexBytes(blockLength, bits) + indexBytes(columns % blockLength, bits))
  );
}

/**
 * Reads the rest of the header: dictionary, checksums of the pages, and a checksum of both.
 *
 * @param base where these bytes stand in the file
 */
export function decodeTables(
  fixed: FixedHeader,
  bytes: Uint8Array,
  place: string,
  base: number,
): ContainerHeader {
  const view = viewOf(bytes);
  const { bits, valueType, bodyBytes } = fixed;
  const end = bytes.length - 4;
  checkSum(bytes.subarray(0, end), view.getUint32(end, true), 'dictionary', place, base + end);
  const size = valueBytes[valueType];
  const centroids = Float32Array.from({ length: 2 ** bits }, (_, k) =>
    getValue(view, k * size, valueType),
  );
  centroids.forEach((centroid, k) => {
    if (!Number.isFinite(centroid) || (k > 0 && centroid < centroids[k - 1]!)) {
      throw damaged(
        place,
        base + k * size,
        `entry ${k} of the dictionary is ${centroid}, and entries must be finite and ascend`,
      );
    }
  });
  const pageChecksums = Uint32Array.from({ length: Math.ceil(bodyBytes / pageBytes) }, (_, page) =>
    view.getUint32(2 ** bits * size + 4 * page, true),
  );
  return { ...fixed, centroids, pageChecksums };
}

/** Fails unless bytes have the checksum that stands at `offset` of the file. */
export function checkSum(
  bytes: Uint8Array,
  stated: number,
  what: string,
  place: string,
  offset: number,
): void {
  const found = crc32(bytes);
  if (found !== stated) {
    throw damaged(
      place,
      offset,
      `the checksum of the ${what} is ${hex(stated)}, but its bytes have ${hex(found)}`,
    );
  }
}
