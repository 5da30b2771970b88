import { concatenate } from '../../../numeric/index.ts';
import { blockBytes, decodeBlock, encodeBlock, placeOfBlock } from './container-block.ts';
import type { WeightBlock } from './container-block.ts';
import { checkSum, decodeFixed, decodeTables, encodeHeader } from './container-header.ts';
import type { ContainerHeader, FixedHeader } from './container-header.ts';
import {
  blockCount,
  containerSizes,
  fixedBytes,
  headerBytes,
  pageBytes,
} from './container-layout.ts';
import { crc32 } from './crc32.ts';
import { damaged, truncated } from './damage.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';
import { valueBytes } from './values.ts';

/**
 * The GOBO container: a quantized matrix as bytes, laid out so that a decoder needs nothing but the
 * stream (docs/gobo-container.md). Our choice; the paper does not give a layout.
 */

const pageChecksums = (body: Uint8Array): Uint32Array =>
  Uint32Array.from({ length: Math.ceil(body.length / pageBytes) }, (_, page) =>
    crc32(body.subarray(page * pageBytes, (page + 1) * pageBytes)),
  );

function checkMatrix(q: QuantizedMatrix): void {
  const { rows, columns, bits, centroids, indexes, outliers } = q;
  const { positions, values } = outliers;
  const whole = (n: number, max: number): boolean => Number.isInteger(n) && n >= 1 && n <= max;
  const fits =
    whole(rows * columns, 2 ** 32 - 1) &&
    whole(bits - 1, 5) &&
    centroids.length === 2 ** bits &&
    indexes.length === rows * columns &&
    positions.length === values.length;
  if (!fits)
    throw new RangeError('the parts of the quantized matrix do not fit its shape and bits');
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!;
    if (position >= indexes.length || (i > 0 && position <= positions[i - 1]!)) {
      throw new RangeError(
        `outlier ${i} is at ${position}, but positions must ascend in the matrix`,
      );
    }
    if (indexes[position] !== 0) {
      throw new RangeError(`the outlier at ${position} has an index other than 0`);
    }
  }
}

/**
 * A quantized matrix as a container.
 *
 * @throws RangeError for a matrix that contradicts itself, a value that its type does not represent,
 *   or a container of 4 GiB or more
 */
export function writeContainer(q: QuantizedMatrix): Uint8Array {
  checkMatrix(q);
  const { rows, columns, bits, valueType, centroids, indexes } = q;
  const { positions, values } = q.outliers;
  const sizes = containerSizes(q, positions);
  const bodyBytes = sizes.total - sizes.header;
  if (sizes.total >= 2 ** 32) {
    throw new RangeError(
      `the container would have ${sizes.total} bytes, but it must have fewer than 2^32`,
    );
  }
  const bytes = new Uint8Array(sizes.total);
  const format = { bits, valueType, columns, centroids };
  let at = sizes.header;
  let next = 0;
  for (let n = 0; n < blockCount(q); n++) {
    const { row, column, length } = placeOfBlock(columns, n);
    const begin = row * columns + column;
    const first = next;
    while (next < positions.length && positions[next]! < begin + length) next++;
    const offsets = Array.from(positions.subarray(first, next), (position) => position - begin);
    const block = indexes.subarray(begin, begin + length);
    at = encodeBlock(bytes, at, format, block, offsets, values.subarray(first, next));
  }
  const size = valueBytes[valueType];
  const outliers = sizes.records / (1 + size) + sizes.raw / size;
  const checksums = pageChecksums(bytes.subarray(sizes.header));
  bytes.set(
    encodeHeader({
      rows,
      columns,
      bits,
      valueType,
      outliers,
      bodyBytes,
      centroids,
      pageChecksums: checksums,
    }),
  );
  return bytes;
}

/** What a container is made of, in the order in which it comes out of a stream. */
export type ContainerItem =
  | { readonly kind: 'header'; readonly header: ContainerHeader }
  | { readonly kind: 'block'; readonly block: WeightBlock };

/** Takes a container in pieces. */
export interface ContainerDecoder {
  /** Takes the next bytes and hands on what they complete, verified. */
  push(chunk: Uint8Array): void;
  /** Fails unless the container is complete. */
  end(): void;
}

/** What the decoder waits for. */
type Stage =
  | { readonly kind: 'fixed' }
  | { readonly kind: 'tables'; readonly fixed: FixedHeader }
  | { readonly kind: 'body'; readonly header: ContainerHeader; readonly page: number }
  | { readonly kind: 'end' };

/**
 * Decodes a container from pieces of any size. No block is handed on before the checksum of every
 * page it lies in has been found right, so what was handed on stays good whatever comes later.
 *
 * @param place what messages call the source, such as the path of a file
 * @param base where the container begins in it, for the offsets in messages
 * @throws InputError, from `push` and `end`, with the offset and the reason
 */
export function containerDecoder(
  place: string,
  emit: (item: ContainerItem) => void,
  base = 0,
): ContainerDecoder {
  let stage: Stage = { kind: 'fixed' };
  /** Bytes before `pending`. */
  let done = 0;
  /** Begins at the current part: the fixed header, the tables, or a page of the body. */
  let pending = new Uint8Array(fixedBytes);
  let filled = 0;
  /** The beginning of a block whose end lies in the next page. */
  let carried = new Uint8Array(0);
  let blocks = 0;
  let outliers = 0;

  const wait = (next: Stage, bytes: number): void => {
    done += pending.length;
    stage = next;
    pending = new Uint8Array(bytes);
    filled = 0;
  };
  const waitForPage = (header: ContainerHeader, page: number): void => {
    const left = header.bodyBytes - page * pageBytes;
    if (left > 0) wait({ kind: 'body', header, page }, Math.min(pageBytes, left));
    else finish(header);
  };
  const finish = (header: ContainerHeader): void => {
    wait({ kind: 'end' }, 0);
    const reason =
      blocks < blockCount(header) || carried.length > 0
        ? `the blocks end after ${blocks} of ${blockCount(header)}`
        : outliers !== header.outliers
          ? `the blocks hold ${outliers} outliers instead of ${header.outliers}`
          : undefined;
    if (reason !== undefined) throw damaged(place, base + done, reason);
  };

  /** Hands on the blocks that end in the page that has just been verified. */
  const takeBlocks = (header: ContainerHeader): void => {
    const bytes = carried.length === 0 ? pending : concatenate([carried, pending]);
    const start = base + done - carried.length;
    let at = 0;
    while (at < bytes.length) {
      if (blocks === blockCount(header)) {
        throw damaged(place, start + at, `${bytes.length - at} bytes follow the last block`);
      }
      const { length } = placeOfBlock(header.columns, blocks);
      const end = at + blockBytes(header, bytes[at]!, length);
      if (end > bytes.length) break;
      const block = decodeBlock(bytes.subarray(at, end), blocks, header, place, start + at);
      blocks++;
      outliers += block.offsets.length;
      emit({ kind: 'block', block });
      at = end;
    }
    carried = bytes.slice(at);
  };

  const take = (): void => {
    switch (stage.kind) {
      case 'fixed': {
        const fixed = decodeFixed(pending, place, base);
        const bytes = headerBytes(fixed.bits, fixed.valueType, fixed.bodyBytes) - fixedBytes;
        wait({ kind: 'tables', fixed }, bytes);
        break;
      }
      case 'tables': {
        const header = decodeTables(stage.fixed, pending, place, base + done);
        emit({ kind: 'header', header });
        waitForPage(header, 0);
        break;
      }
      case 'body': {
        const { header, page } = stage;
        const stated = header.pageChecksums[page]!;
        checkSum(pending, stated, `page of blocks that begins here`, place, base + done);
        takeBlocks(header);
        waitForPage(header, page + 1);
        break;
      }
      case 'end':
        break;
    }
  };

  return {
    push(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (stage.kind === 'end') {
          throw damaged(place, base + done, 'bytes follow the end of the container');
        }
        const bytes = Math.min(chunk.length - at, pending.length - filled);
        pending.set(chunk.subarray(at, at + bytes), filled);
        at += bytes;
        filled += bytes;
        if (filled === pending.length) take();
      }
    },
    end() {
      if (stage.kind === 'end') return;
      const part = { fixed: 'its header', tables: 'its dictionary', body: 'a page of blocks' };
      throw truncated(place, base + done + filled, part[stage.kind], base + done + pending.length);
    },
  };
}

/** The header and then the blocks of a container that comes in pieces, as soon as each is verified. */
export function* containerItems(
  chunks: Iterable<Uint8Array>,
  place: string,
): Generator<ContainerItem, void, undefined> {
  const items: ContainerItem[] = [];
  const decoder = containerDecoder(place, (item) => items.push(item));
  for (const chunk of chunks) {
    decoder.push(chunk);
    yield* items.splice(0);
  }
  decoder.end();
}

/** As `containerItems`, from a source such as a file's `createReadStream`. */
export async function* containerItemsFrom(
  chunks: AsyncIterable<Uint8Array>,
  place: string,
): AsyncGenerator<ContainerItem, void, undefined> {
  const items: ContainerItem[] = [];
  const decoder = containerDecoder(place, (item) => items.push(item));
  for await (const chunk of chunks) {
    decoder.push(chunk);
    yield* items.splice(0);
  }
  decoder.end();
}

/**
 * The matrix of a container. A weight of a raw block that had an index comes back as an outlier with
 * the value of its dictionary entry; everything else is as it was written, bit by bit.
 *
 * @throws InputError for bytes that are truncated or damaged, with the offset and the reason
 */
export function readContainer(bytes: Uint8Array, place: string, base = 0): QuantizedMatrix {
  let header: ContainerHeader | undefined;
  let indexes = new Uint8Array(0);
  let positions = new Uint32Array(0);
  let values = new Float32Array(0);
  let stored = 0;
  const decoder = containerDecoder(
    place,
    (item) => {
      if (item.kind === 'header') {
        header = item.header;
        const end =
          base + headerBytes(header.bits, header.valueType, header.bodyBytes) + header.bodyBytes;
        // Before memory is taken for a shape that these bytes cannot fill.
        if (base + bytes.length < end) {
          throw truncated(place, base + bytes.length, 'the container', end);
        }
        indexes = new Uint8Array(header.rows * header.columns);
        positions = new Uint32Array(header.outliers);
        values = new Float32Array(header.outliers);
        return;
      }
      const { block } = item;
      const begin = block.row * header!.columns + block.column;
      indexes.set(block.indexes, begin);
      block.offsets.forEach((offset, i) => {
        positions[stored + i] = begin + offset;
        values[stored + i] = block.values[i]!;
      });
      stored += block.offsets.length;
    },
    base,
  );
  decoder.push(bytes);
  decoder.end();
  const { rows, columns, bits, valueType, centroids } = header!;
  return { rows, columns, bits, valueType, centroids, indexes, outliers: { positions, values } };
}
