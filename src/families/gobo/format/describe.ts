import { InputError } from '../../../numeric/index.ts';
import { containerMagic, hasMagic } from './container-header.ts';
import type { ContainerHeader } from './container-header.ts';
import { containerDecoder } from './container.ts';
import { headerBytes, indexBytes } from './container-layout.ts';
import { modelMagic, readModelIndex } from './model-file.ts';
import { valueBytes } from './values.ts';

/** A matrix in a file of ours, in the words of the report. */
interface Description {
  readonly shape: readonly [number, number];
  readonly bits: number;
  readonly valueType: string;
  readonly outliers: number;
  readonly bitsPerWeight: number;
  readonly dictionary: readonly number[];
  readonly bytes: Readonly<Record<string, number>>;
  readonly damage?: string;
}

/** Describes a container; one with a damaged body is described from its header. */
function describeContainer(bytes: Uint8Array, place: string, base: number): Description {
  let header: ContainerHeader | undefined;
  const parts = { counts: 0, records: 0, raw: 0, indexes: 0 };
  let damage: string | undefined;
  try {
    const decoder = containerDecoder(
      place,
      (item) => {
        if (item.kind === 'header') {
          header = item.header;
          return;
        }
        const { raw, length, values } = item.block;
        const size = valueBytes[header!.valueType];
        parts.counts++;
        if (raw) parts.raw += length * size;
        else {
          parts.records += values.length * (1 + size);
          parts.indexes += indexBytes(length, header!.bits);
        }
      },
      base,
    );
    decoder.push(bytes);
    decoder.end();
  } catch (error) {
    if (!(error instanceof InputError) || header === undefined) throw error;
    damage = error.message;
  }
  const { rows, columns, bits, valueType, outliers, bodyBytes, centroids } = header!;
  const total = bytes.length;
  const sizes = { header: headerBytes(bits, valueType, bodyBytes), ...parts };
  return {
    shape: [rows, columns],
    bits,
    valueType,
    outliers,
    bitsPerWeight: (8 * total) / (rows * columns),
    dictionary: [...centroids],
    // What the blocks of a damaged body hold is not known.
    bytes: damage === undefined ? { ...sizes, total } : { header: sizes.header, total },
    ...(damage === undefined ? {} : { damage }),
  };
}

/** A single matrix. */
export const containerKind = {
  name: 'a GOBO container',
  matches: (bytes: Uint8Array) => hasMagic(bytes, containerMagic),
  describe: (bytes: Uint8Array, place: string) => ({
    format: 'GOBO container, version 1',
    bytes: bytes.length,
    matrices: [describeContainer(bytes, place, 0)],
  }),
};

/** Named matrices behind an index. */
export const modelKind = {
  name: 'a GOBO model',
  matches: (bytes: Uint8Array) => hasMagic(bytes, modelMagic),
  describe: (bytes: Uint8Array, place: string) => ({
    format: 'GOBO model, version 1',
    bytes: bytes.length,
    matrices: readModelIndex(bytes, place).map(({ name, offset, bytes: length }) => ({
      name,
      ...describeContainer(bytes.subarray(offset, offset + length), place, offset),
    })),
  }),
};
