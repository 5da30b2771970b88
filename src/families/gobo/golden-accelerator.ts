import { packBeats } from '../../testbench/beats.ts';
import type { Column } from '../../testbench/beats.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { imageRecordBeats, wordBeats } from './format/accelerator-streams.ts';
import { activationBeats, resultBeats } from './format/streams.ts';
import { acceleratorCycles } from './golden-accelerator-cycles.ts';
import { halfValues, singleBits } from './golden-fp16.ts';
import { binCount, groupAddress, groupRows, isFp16, lastTileField, rowsField } from './params.ts';
import type { AcceleratorParameters } from './params.ts';

/** What a bank of one tile holds after a load. */
interface TileBank {
  /** For each PE, an index per column. */
  readonly indexes: readonly Uint8Array[];
  /** First record of each column, then their number. */
  readonly recordStarts: Int32Array;
  readonly rows: readonly number[];
  readonly values: readonly number[];
}

interface Image {
  readonly beats: number;
  readonly columns: number;
  readonly tiles: readonly TileBank[];
}

/** What a job's writes leave in the accelerator. */
interface Group {
  readonly centroids: Int32Array;
  /** Rows in use of all tiles together. */
  readonly rows: number;
}

/**
 * The accelerator as docs/gobo-accelerator.md specifies it: every result of a job, in exact integers or
 * with the roundings of fp16, and the cycles it takes without outside stalls.
 *
 * A job stands for itself: it writes all K centroids, rows unless it means all, and uses every image that
 * it loads for as many tokens as the register TOKENS says.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenAccelerator(
  p: AcceleratorParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['weights', 'activations'], 'results');
  const { centroids, rows } = groupOf(p, job);
  const tokens = job.registers?.['TOKENS'] ?? 1;
  const images = imagesOf(p, rows, job, blobs);
  const [value, last] = inputColumns(job, 'activations', activationBeats(p), blobs);
  const due = images.reduce((sum, { columns }) => sum + tokens * columns, 0);
  if (due !== value!.length) {
    throw new Error(
      `The job has ${value!.length} activations, but its images take ${due}: ${tokens} tokens of each.`,
    );
  }
  const starts = dotStarts(last!, p.maxLength, 'activations');
  const dots = starts.length - 1;
  checkExpected(job, 'results', dots * rows);
  if (job.registers?.['RESULTS'] !== dots * rows) {
    throw new Error(`The register RESULTS is not the ${dots * rows} results of the job.`);
  }

  const compute = (isFp16(p) ? halfDots : exactDots)(p, { centroids, rows }, value!);
  const results = new Float64Array(dots * rows);
  const lastRow = new Uint8Array(dots * rows);
  let dot = 0;
  let begin = 0;
  for (const image of images) {
    for (let token = 0; token < tokens; token++) {
      const end = begin + image.columns;
      for (; dot < dots && starts[dot]! < end; dot++) {
        if (starts[dot + 1]! > end) {
          throw new Error(`Dot product ${dot} goes beyond the columns of its image.`);
        }
        results.set(compute(image, begin, [starts[dot]!, starts[dot + 1]!]), dot * rows);
        lastRow[(dot + 1) * rows - 1] = 1;
      }
      begin = end;
    }
  }
  return {
    outputs: { results: packBeats(resultBeats(p).widths, [results, lastRow]) },
    cycles: acceleratorCycles(p, {
      rows,
      tokens,
      last: last!,
      images: images.map(({ beats, columns, tiles }) => ({
        beats,
        columns,
        recordStarts: tiles.map(({ recordStarts }) => recordStarts),
      })),
    }),
    counters: {},
  };
}

/**
 * Computes one dot product of every row, bins first, as the tiles do: of the columns from `begin` to `end`
 * of the job, where the columns of the image begin at `origin`.
 */
type DotProducts = (
  image: Image,
  origin: number,
  [begin, end]: readonly [number, number],
) => ArrayLike<number>;

function exactDots(
  p: AcceleratorParameters,
  { centroids, rows }: Group,
  value: Column,
): DotProducts {
  const count = binCount(p);
  // One bin more, which nobody reads: it takes the activations of outlier slots.
  const bins = new Int32Array(count + 1);
  const results = new Float64Array(rows);
  return ({ tiles }, origin, [begin, end]) => {
    for (let row = 0; row < rows; row++) {
      const bank = tiles[row % p.tiles]!;
      const index = bank.indexes[Math.floor(row / p.tiles)]!;
      bins.fill(0);
      for (let i = begin; i < end; i++) bins[index[i - origin]!]! += value[i]!;
      let sum = 0;
      for (let k = 0; k < count; k++) sum += centroids[k]! * bins[k]!;
      results[row] = sum;
    }
    tiles.forEach((bank, tile) => {
      eachRecord(bank, begin - origin, end - origin, (pe, column, record) => {
        results[pe * p.tiles + tile]! += value[origin + column]! * record;
      });
    });
    return results;
  };
}

/** The same in fp16, in the order and with the roundings of docs/gobo-tile.md; results are bits of singles. */
function halfDots(p: AcceleratorParameters, group: Group, value: Column): DotProducts {
  const { rows } = group;
  const count = binCount(p);
  const activations = halfValues(value);
  const centroids = halfValues(group.centroids);
  // Arrays of singles round what is put into them.
  const bins = new Float32Array(count + 1);
  const outlierSums = new Float32Array(rows);
  const results = new Float32Array(rows);
  return ({ tiles }, origin, [begin, end]) => {
    outlierSums.fill(0);
    tiles.forEach((bank, tile) => {
      const outliers = halfValues(bank.values);
      eachRecord(bank, begin - origin, end - origin, (pe, column, _code, i) => {
        // A product of two halves is exact in single.
        outlierSums[pe * p.tiles + tile]! += activations[origin + column]! * outliers[i]!;
      });
    });
    for (let row = 0; row < rows; row++) {
      const index = tiles[row % p.tiles]!.indexes[Math.floor(row / p.tiles)]!;
      bins.fill(0);
      for (let i = begin; i < end; i++) bins[index[i - origin]!]! += activations[i]!;
      let total = 0;
      for (let k = 0; k < count; k++) {
        total = Math.fround(total + Math.fround(bins[k]! * centroids[k]!));
      }
      results[row] = total + outlierSums[row]!;
    }
    return singleBits(results);
  };
}

/** Calls `take` for each record of the columns of a bank from `begin` to `end`, in order. */
function eachRecord(
  { recordStarts, rows, values }: TileBank,
  begin: number,
  end: number,
  take: (pe: number, column: number, value: number, record: number) => void,
): void {
  for (let column = begin; column < end; column++) {
    for (let i = recordStarts[column]!; i < recordStarts[column + 1]!; i++) {
      take(rows[i]!, column, values[i]!, i);
    }
  }
}

function groupOf(p: AcceleratorParameters, job: Job): Group {
  const count = binCount(p);
  const span = 2 ** p.weightBits;
  const written = new Uint8Array(count);
  const centroids = new Int32Array(count);
  let rows = groupRows(p);
  for (const [address, data] of job.writes) {
    if (address === groupAddress(p)) {
      const ofFirst = Math.floor(data / 2 ** rowsField.low) % 2 ** rowsField.width;
      const lastTile = Math.floor(data / 2 ** lastTileField.low) % 2 ** lastTileField.width;
      if (ofFirst < 1 || ofFirst > p.pes || lastTile >= p.tiles) {
        throw new Error(
          `The job uses ${ofFirst} rows up to tile ${lastTile}, but there are ${p.tiles} tiles of ${p.pes} rows.`,
        );
      }
      rows = (ofFirst - 1) * p.tiles + lastTile + 1;
    } else if (Number.isInteger(address) && address >= 0 && address < count) {
      if (!Number.isInteger(data) || data < 0 || data >= span) {
        throw new Error(`Centroid ${address} is ${data}, which does not fit ${p.weightBits} bits.`);
      }
      centroids[address] = data >= span / 2 ? data - span : data;
      written[address] = 1;
    } else {
      throw new Error(
        `The job writes to address ${address}, but a run is set up at 0 to ${groupAddress(p)}.`,
      );
    }
  }
  const missing = written.indexOf(0);
  if (missing >= 0) {
    throw new Error(
      `The job does not write centroid ${missing}; a job writes all ${count}, so that its results do not depend on the job before.`,
    );
  }
  return { centroids, rows };
}

/** Sorts the beats of weights into banks. */
function imagesOf(
  p: AcceleratorParameters,
  rows: number,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): readonly Image[] {
  const asWords = inputColumns(job, 'weights', wordBeats(p), blobs);
  const asRecords = inputColumns(job, 'weights', imageRecordBeats(p), blobs);
  const [isRecord, tile, last] = asWords.slice(-3);
  const images: Image[] = [];
  let begin = 0;
  for (let beat = 0; beat < last!.length; beat++) {
    if (tile![beat]! >= p.tiles) throw new Error(`Beat ${beat} of weights is for no tile.`);
    if (last![beat] === 0) continue;
    const beats = Array.from({ length: beat + 1 - begin }, (_, i) => begin + i);
    const tiles = Array.from({ length: Math.min(rows, p.tiles) }, (_, t) => {
      const own = beats.filter((b) => tile![b] === t);
      const words = own.filter((b) => isRecord![b] === 0);
      const records = own.filter((b) => isRecord![b] === 1);
      return bankOf(p, rowsOfTile(p, rows, t), asWords, words, asRecords, records);
    });
    const columns = tiles[0]!.indexes[0]!.length;
    if (columns === 0 || tiles.some(({ indexes }) => indexes[0]!.length !== columns)) {
      throw new Error(
        `Image ${images.length} has tiles with different numbers of columns, or none.`,
      );
    }
    images.push({ beats: beats.length, columns, tiles });
    begin = beat + 1;
  }
  if (begin !== last!.length) throw new Error('The last image of weights is not ended.');
  return images;
}

const rowsOfTile = (p: AcceleratorParameters, rows: number, tile: number): number =>
  Math.ceil((rows - tile) / p.tiles);

function bankOf(
  p: AcceleratorParameters,
  rows: number,
  asWords: readonly Column[],
  words: readonly number[],
  asRecords: readonly Column[],
  records: readonly number[],
): TileBank {
  if (words.length > p.bankWords || records.length > p.bankRecords) {
    throw new Error(
      `${words.length} words and ${records.length} records do not fit a bank of ${p.bankWords} and ${p.bankRecords}.`,
    );
  }
  const unread = binCount(p);
  const indexes = Array.from({ length: rows }, (_, pe) =>
    Uint8Array.from(words, (beat) => asWords[pe]![beat]!),
  );
  const [row, value, ends] = asRecords;
  const recordStarts = new Int32Array(words.length + 1);
  let next = 0;
  words.forEach((beat, column) => {
    recordStarts[column] = next;
    if (asWords[p.pes]![beat] === 0) return;
    let previous = -1;
    for (let ended = false; !ended; next++) {
      const at = records[next];
      if (at === undefined || row![at]! <= previous || row![at]! >= rows) {
        throw new Error(
          `Record ${next} of column ${column} is missing or for another row: rows ascend within a column and stay below ${rows}.`,
        );
      }
      previous = row![at]!;
      indexes[previous]![column] = unread;
      ended = ends![at] === 1;
    }
  });
  if (next !== records.length) {
    throw new Error(`An image has ${records.length} records, but its columns take only ${next}.`);
  }
  recordStarts[words.length] = next;
  return {
    indexes,
    recordStarts,
    rows: records.map((beat) => row![beat]!),
    values: records.map((beat) => value![beat]!),
  };
}
