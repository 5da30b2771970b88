import { concatenate, InputError, packBits } from '../../numeric/index.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { containerItems } from './format/container.ts';
import type { ContainerHeader } from './format/container-header.ts';
import { blockLength, rawBlock } from './format/container-layout.ts';
import type { FixedMatrix } from './format/fixed.ts';
import { setValue, valueBytes } from './format/values.ts';
import { columnsAddress, matrixRowsAddress } from './params.ts';
import type { DecompressorParameters } from './params.ts';

/** Cycles that a job may take for each byte and weight, so that heavy stalls still end. */
const stallAllowance = 16;

/** A quantized matrix whose values are bits, whatever they mean. */
export interface WordMatrix {
  readonly rows: number;
  readonly columns: number;
  /** K words of `valueBytes` bytes. */
  readonly dictionary: ArrayLike<number>;
  /** [rows x columns], row-major; 0 where an outlier is. */
  readonly indexes: ArrayLike<number>;
  /** `positions` are row-major and ascending. */
  readonly outliers: { readonly positions: ArrayLike<number>; readonly words: ArrayLike<number> };
}

/**
 * The body of a container (docs/gobo-container.md) for values of any number of bytes, which the file
 * format does not have: for the codes of the number system `fixed`.
 */
export function compressedBody(
  p: Pick<DecompressorParameters, 'bits' | 'valueBytes'>,
  matrix: WordMatrix,
): Uint8Array {
  const { rows, columns, dictionary, indexes, outliers } = matrix;
  const bytes: number[] = [];
  const putWord = (word: number): void => {
    for (let byte = 0; byte < p.valueBytes; byte++) bytes.push((word >>> (8 * byte)) & 255);
  };
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += blockLength) {
      const begin = row * columns + column;
      const length = Math.min(blockLength, columns - column);
      const block = Array.from({ length }, (_, i) => indexes[begin + i]!);
      const records: { readonly offset: number; readonly word: number }[] = [];
      while (next < outliers.positions.length && outliers.positions[next]! < begin + length) {
        records.push({ offset: outliers.positions[next]! - begin, word: outliers.words[next]! });
        next++;
      }
      if (records.length < rawBlock) {
        bytes.push(records.length);
        for (const { offset, word } of records) {
          bytes.push(offset);
          putWord(word);
        }
        bytes.push(...packBits(Uint8Array.from(block), p.bits));
      } else {
        bytes.push(rawBlock);
        const words = block.map((index) => dictionary[index]!);
        for (const { offset, word } of records) words[offset] = word;
        words.forEach(putWord);
      }
    }
  }
  return Uint8Array.from(bytes);
}

/** Codes of `fixed` as words: two's complement in whole bytes. */
export function fixedWords(
  p: Pick<DecompressorParameters, 'valueBytes'>,
  matrix: FixedMatrix,
): WordMatrix {
  if (matrix.weightBits > 8 * p.valueBytes) {
    throw new InputError(
      `Codes of ${matrix.weightBits} bits do not fit values of ${p.valueBytes} bytes; set valueBytes to ${Math.ceil(matrix.weightBits / 8)}.`,
    );
  }
  const words = (codes: Int32Array): number[] =>
    Array.from(codes, (code) => (code < 0 ? code + 2 ** (8 * p.valueBytes) : code));
  const { rows, columns, centroids, indexes, outliers } = matrix;
  return {
    rows,
    columns,
    dictionary: words(centroids),
    indexes,
    outliers: { positions: outliers.positions, words: words(outliers.codes) },
  };
}

/** What the decompressor is told before the bytes come. */
export interface DecompressorSetup {
  readonly dictionary: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
}

/** Setup writes of a dictionary and a shape. */
export function decompressorWrites(
  p: DecompressorParameters,
  { dictionary, rows, columns }: DecompressorSetup,
): Job['writes'] {
  return [
    ...Array.from(dictionary, (word, k) => [k, word] as const),
    [columnsAddress(p), columns],
    [matrixRowsAddress(p), rows],
  ];
}

/** Beats of bytes that stand alone: filled up with `padding`. */
export function paddedBody(
  p: Pick<DecompressorParameters, 'inputBytes'>,
  body: Uint8Array,
  padding = 0,
): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(body.length / p.inputBytes) * p.inputBytes).fill(padding);
  bytes.set(body);
  return bytes;
}

/** Beats of the weights of one matrix: each block in beats of its own. */
export function denseBeatCount(
  p: Pick<DecompressorParameters, 'lanes'>,
  { rows, columns }: Pick<DecompressorSetup, 'rows' | 'columns'>,
): number {
  const beats = (length: number): number => Math.ceil(length / p.lanes);
  const whole = Math.floor(columns / blockLength);
  return rows * (whole * beats(blockLength) + beats(columns % blockLength));
}

/** A job that decompresses matrices of one shape and dictionary, given as bodies of containers. */
export function decompressorJob(
  p: DecompressorParameters,
  setup: DecompressorSetup,
  bodies: readonly Uint8Array[],
  padding = 0,
): Job {
  const padded = bodies.map((body) => paddedBody(p, body, padding));
  const compressed = concatenate(padded);
  const expected = bodies.length * denseBeatCount(p, setup);
  return {
    writes: decompressorWrites(p, setup),
    inputs: { compressed },
    expect: { weights: expected },
    stalls: noStalls,
    maxCycles: stallAllowance * (compressed.length + expected + 256),
  };
}

/**
 * A job that decompresses a container as it is stored: what follows its header goes in unchanged.
 *
 * @throws InputError for a damaged container, or one of another value type or index width
 */
export function containerJob(p: DecompressorParameters, container: Uint8Array, place: string): Job {
  let header: ContainerHeader | undefined;
  // Reads everything: the hardware does not look at checksums.
  for (const item of containerItems([container], place)) {
    if (item.kind === 'header') ({ header } = item);
  }
  const { bits, valueType, centroids, rows, columns, bodyBytes } = header!;
  if (bits !== p.bits || valueBytes[valueType] !== p.valueBytes) {
    throw new InputError(
      `${place}: the container has indexes of ${bits} bits and ${valueType} values, but the decompressor was made for ${p.bits} bits and ${p.valueBytes} bytes; set bits=${bits} valueBytes=${valueBytes[valueType]}.`,
    );
  }
  const view = new DataView(new ArrayBuffer(4));
  const dictionary = Array.from(centroids, (centroid) => {
    setValue(view, 0, valueType, centroid);
    return p.valueBytes === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
  });
  const body = container.subarray(container.length - bodyBytes);
  return decompressorJob(p, { dictionary, rows, columns }, [body]);
}
