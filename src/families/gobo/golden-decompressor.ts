import { packBeats } from '../../testbench/beats.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { compressedBeats, denseBeats } from './format/decompressor-streams.ts';
import { blockLength, indexBytes, rawBlock } from './format/container-layout.ts';
import { decompressorCycles } from './golden-decompressor-cycles.ts';
import { checkExpected, checkStreams, inputColumns } from '../../testbench/golden-input.ts';
import { binCount, columnsAddress, matrixRowsAddress, shapeBits } from './params.ts';
import type { DecompressorParameters } from './params.ts';

/** A block as its bytes tell it, with the bits of its weights. */
export interface CompressedBlock {
  readonly raw: boolean;
  /** Its weights, each as the bits of a value. */
  readonly words: readonly number[];
  /** Places of the values that its records bring, ascending; empty for a raw block. */
  readonly offsets: readonly number[];
  /** Bytes of its packed indexes. */
  readonly indexBytes: number;
  readonly endsRow: boolean;
  readonly endsMatrix: boolean;
}

/**
 * The decompressor as docs/gobo-decompressor.md specifies it: the weights of all matrices of a job,
 * bit by bit, and the cycles that takes without outside stalls.
 *
 * A job stands for itself: it writes the whole dictionary, columns and rows.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenDecompressor(
  p: DecompressorParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['compressed'], 'weights');
  const setup = setupOf(p, job);
  const lanes = inputColumns(job, 'compressed', compressedBeats(p), blobs);
  const bytes = Uint8Array.from(
    { length: lanes[0]!.length * p.inputBytes },
    (_, at) => lanes[at % p.inputBytes]![Math.floor(at / p.inputBytes)]!,
  );
  const blocks = blocksOf(p, setup, bytes);
  const beats = blocks.flatMap((block) => beatsOf(p, block));
  checkExpected(job, 'weights', beats.length);
  return {
    outputs: {
      weights: packBeats(denseBeats(p).widths, [
        ...Array.from({ length: p.lanes }, (_, lane) => beats.map(({ words }) => words[lane] ?? 0)),
        beats.map(({ words }) => words.length),
        beats.map(({ last }) => last),
      ]),
    },
    cycles: decompressorCycles(p, blocks, bytes.length / p.inputBytes),
    counters: {},
  };
}

interface Setup {
  readonly dictionary: readonly number[];
  readonly columns: number;
  readonly rows: number;
}

function setupOf(p: DecompressorParameters, job: Job): Setup {
  const written = new Map<number, number>();
  const entries = binCount(p);
  for (const [address, value] of job.writes) {
    const width = address < entries ? 8 * p.valueBytes : shapeBits;
    if (address > matrixRowsAddress(p)) throw new Error(`Nothing is at setup address ${address}.`);
    if (!(value >= 0 && value < 2 ** width)) {
      throw new Error(`The value ${value} to address ${address} does not fit ${width} bits.`);
    }
    written.set(address, value);
  }
  const entry = (address: number, what: string): number => {
    const value = written.get(address);
    if (value === undefined) throw new Error(`The job does not write ${what}.`);
    return value;
  };
  const size = (address: number, what: string): number => {
    const value = entry(address, what);
    if (value === 0) throw new Error(`The job writes 0 ${what}, but a matrix has at least one.`);
    return value;
  };
  return {
    dictionary: Array.from({ length: entries }, (_, k) => entry(k, `entry ${k} of the dictionary`)),
    columns: size(columnsAddress(p), 'columns'),
    rows: size(matrixRowsAddress(p), 'rows'),
  };
}

/** All blocks of matrices that follow each other, each from the start of a beat. */
function blocksOf(
  p: DecompressorParameters,
  { dictionary, columns, rows }: Setup,
  bytes: Uint8Array,
): CompressedBlock[] {
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) {
      throw new Error(`The compressed bytes end after ${bytes.length} of them, within a block.`);
    }
    return byte;
  };
  const value = (): number =>
    Array.from({ length: p.valueBytes }, next).reduceRight((word, byte) => word * 256 + byte, 0);

  const block = (row: number, column: number): CompressedBlock => {
    const length = Math.min(blockLength, columns - column);
    const endsRow = column + length === columns;
    const place = { endsRow, endsMatrix: endsRow && row === rows - 1 };
    const count = next();
    if (count === rawBlock) {
      const words = Array.from({ length }, value);
      return { ...place, raw: true, words, offsets: [], indexBytes: 0 };
    }
    const records = Array.from({ length: count }, () => ({ offset: next(), word: value() }));
    records.forEach(({ offset }, i) => {
      if (offset >= length || (i > 0 && offset <= records[i - 1]!.offset)) {
        throw new Error(
          `Record ${i} at row ${row}, column ${column} has offset ${offset}, but offsets ascend below ${length}.`,
        );
      }
    });
    const packed = Array.from({ length: indexBytes(length, p.bits) }, next);
    const bit = (position: number): number => (packed[position >>> 3]! >>> (position & 7)) & 1;
    const words = Array.from({ length }, (_, i) => {
      let index = 0;
      for (let k = 0; k < p.bits; k++) index |= bit(i * p.bits + k) << k;
      return dictionary[index]!;
    });
    for (const { offset, word } of records) words[offset] = word;
    const offsets = records.map(({ offset }) => offset);
    return { ...place, raw: false, words, offsets, indexBytes: packed.length };
  };

  const blocks: CompressedBlock[] = [];
  while (at < bytes.length) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column += blockLength) blocks.push(block(row, column));
    }
    // What is left of the beat belongs to nothing.
    at = Math.ceil(at / p.inputBytes) * p.inputBytes;
  }
  return blocks;
}

/** A block in beats: `lanes` weights each, the last beat what is left of the block. */
function beatsOf(
  p: DecompressorParameters,
  { words, endsRow }: CompressedBlock,
): { readonly words: readonly number[]; readonly last: number }[] {
  return Array.from({ length: Math.ceil(words.length / p.lanes) }, (_, beat) => {
    const end = (beat + 1) * p.lanes;
    return {
      words: words.slice(beat * p.lanes, end),
      last: endsRow && end >= words.length ? 1 : 0,
    };
  });
}
