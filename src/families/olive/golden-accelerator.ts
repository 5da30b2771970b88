import { packBeats } from '../../testbench/beats.ts';
import type { Column } from '../../testbench/beats.ts';
import { checkExpected, checkStreams, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import {
  activationBeats,
  pairResultBeats,
  rowScalingBeats,
  sumResultBeats,
  wordBeats,
} from './format/accelerator-streams.ts';
import { acceleratorCycles } from './golden-accelerator-cycles.ts';
import { arrayAddresses, arraySetup, decodeLanes, dot, mostIllegal } from './golden-array.ts';
import { encoderCode, requantize } from './golden-encoder.ts';
import type { Scaling } from './golden-encoder.ts';
import type { Setup } from './golden-setup.ts';
import { outputAddress, outputBiasAddress, outputTypeAddress } from './params.ts';
import type { AcceleratorParameters } from './params.ts';

const addresses = [...arrayAddresses, outputAddress, outputTypeAddress, outputBiasAddress];

/** Biases of outliers that the encoder has for codes of 4 bits. */
const outputBiases = [2, 3];

/** What a bank holds. */
interface Image {
  /** All its beats. */
  readonly beats: number;
  /** By byte of a word, one for each pair. */
  readonly bytes: readonly Uint8Array[];
  readonly scalings: readonly Scaling[];
}

/** Results before they leave: sums by column, one row of a tile behind the other. */
interface Sums {
  readonly columns: readonly Int32Array[];
  readonly illegalPairs: number;
  readonly overflows: number;
}

/**
 * The accelerator as docs/olive-accelerator.md specifies it: every result of a job, its counters, and the cycles it takes
 * without outside stalls.
 *
 * A job stands for itself: what it does not write is as after reset, and it uses every image that it loads for as many
 * tiles as the register TILES says.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenAccelerator(
  p: AcceleratorParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['weights', 'activations'], 'results');
  const setup = arraySetup(p, job, addresses);
  const { bits, rows, output } = setup;
  if (output.pairs && bits === 4 && !outputBiases.includes(output.bias)) {
    throw new Error(`The job encodes with bias ${output.bias}, but the encoder has 2 and 3.`);
  }
  const tiles = job.registers?.['TILES'] ?? 1;
  const images = imagesOf(p, setup, job, blobs);
  const activations = inputColumns(job, 'activations', activationBeats(p), blobs);
  const due = images.reduce((sum, { bytes }) => sum + tiles * bytes[0]!.length, 0);
  if (due !== activations[0]!.length) {
    throw new Error(
      `The job has ${activations[0]!.length} beats of activations, but its images take ${due}: ${tiles} tiles of each.`,
    );
  }
  const results = images.length * tiles * (output.pairs ? Math.ceil(rows / 2) : rows);
  checkExpected(job, 'results', results);
  if (job.registers?.['RESULTS'] !== results) {
    throw new Error(`The register RESULTS is not the ${results} beats of results of the job.`);
  }
  const sums = sumsOf(p, setup, images, tiles, activations);
  return {
    outputs: {
      results: output.pairs
        ? pairsFrom(p, setup, images, tiles, sums.columns)
        : packBeats(sumResultBeats(p).widths, [...sums.columns, lastOf(results, rows)]),
    },
    cycles: acceleratorCycles(p, {
      ...{ bits, rows, tiles, pairs: output.pairs },
      images: images.map(({ beats, bytes }) => ({ beats, words: bytes[0]!.length })),
    }),
    counters: { illegal_pairs: sums.illegalPairs, overflows: sums.overflows },
  };
}

/** 1 with every `every`-th beat. */
const lastOf = (beats: number, every: number): Uint8Array =>
  Uint8Array.from({ length: beats }, (_, beat) => (beat % every === every - 1 ? 1 : 0));

/** Sorts the beats of weights into banks. */
function imagesOf(
  p: AcceleratorParameters,
  { rows, output }: Setup,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): readonly Image[] {
  const asWords = inputColumns(job, 'weights', wordBeats(p), blobs);
  const [bias, multiplier, shift] = inputColumns(job, 'weights', rowScalingBeats(p), blobs);
  const [isScaling, last] = asWords.slice(-2);
  const images: Image[] = [];
  let words: number[] = [];
  let scalings: Scaling[] = [];
  for (let beat = 0; beat < last!.length; beat++) {
    if (isScaling![beat] === 0) words.push(beat);
    else {
      scalings.push({
        bias: bias![beat]!,
        multiplier: multiplier![beat]!,
        shift: shift![beat]!,
      });
    }
    if (last![beat] === 0) continue;
    if (words.length < 1 || words.length > p.bankBeats || scalings.length > p.rows) {
      throw new Error(
        `Image ${images.length} has ${words.length} words and ${scalings.length} scalings, but a bank holds 1 to ${p.bankBeats} and up to ${p.rows}.`,
      );
    }
    if (output.pairs && scalings.length < rows) {
      throw new Error(
        `Image ${images.length} has ${scalings.length} scalings, but its ${rows} rows become pairs.`,
      );
    }
    const own = words;
    images.push({
      beats: words.length + scalings.length,
      bytes: asWords
        .slice(0, p.rows)
        .map((column) => Uint8Array.from(own, (place) => column[place]!)),
      scalings,
    });
    words = [];
    scalings = [];
  }
  if (images.length === 0 || words.length + scalings.length > 0) {
    throw new Error('The last image of weights is not ended.');
  }
  return images;
}

/** The sums of all tiles, with what the counters count. */
function sumsOf(
  p: AcceleratorParameters,
  { bits, rows, columns, left, right }: Setup,
  images: readonly Image[],
  tiles: number,
  activations: readonly Column[],
): Sums {
  const all = images.length * tiles * rows;
  const sums = Array.from({ length: p.columns }, () => new Int32Array(all));
  const beats = activations[0]!.length;
  const tokens = decodeLanes({ bits, ...right }, activations, columns, beats);
  let illegalPairs = 0;
  let overflows = 0;
  let begin = 0;
  let place = 0;
  for (const { bytes } of images) {
    const length = bytes[0]!.length;
    const weights = decodeLanes({ bits, ...left }, bytes, rows, length);
    const ofWeights = weights.illegal.reduce((sum, count) => sum + count, 0);
    for (let tile = 0; tile < tiles; tile++) {
      const end = begin + length;
      let illegal = ofWeights;
      for (let k = begin; k < end; k++) illegal += tokens.illegal[k]!;
      illegalPairs += Math.min(illegal, mostIllegal);
      const values = tokens.lanes.map((lane) => lane.subarray(2 * begin, 2 * end));
      for (let row = 0; row < rows; row++, place++) {
        let flags = 0;
        for (let column = 0; column < columns; column++) {
          flags |= dot(weights.lanes[row]!, values[column]!, sums[column]!, place);
        }
        overflows += flags;
      }
      begin = end;
    }
  }
  return { columns: sums, illegalPairs, overflows };
}

const nothing: Scaling = { bias: 0, multiplier: 0, shift: 0 };

/** Sums as beats of pairs. */
function pairsFrom(
  p: AcceleratorParameters,
  { bits, rows, output }: Setup,
  images: readonly Image[],
  tiles: number,
  sums: readonly Int32Array[],
): Uint8Array {
  const code = encoderCode({ bits }, { left: output });
  const perTile = Math.ceil(rows / 2);
  const beats = images.length * tiles * perTile;
  const bytes = Array.from({ length: p.columns }, () => new Uint8Array(beats));
  const lanes = bits === 8 ? p.columns / 2 : p.columns;
  for (let beat = 0; beat < beats; beat++) {
    const tile = Math.floor(beat / perTile);
    const { scalings } = images[Math.floor(tile / tiles)]!;
    const row = 2 * (beat % perTile);
    const place = tile * rows + row;
    const paired = row + 1 < rows;
    const scaling = [scalings[row]!, paired ? scalings[row + 1]! : nothing] as const;
    for (let lane = 0; lane < lanes; lane++) {
      const column = sums[lane]!;
      const second = paired ? column[place + 1]! : 0;
      const pair = requantize(code, [column[place]!, second], scaling);
      if (bits === 4) bytes[lane]![beat] = pair.first + 16 * pair.second;
      else {
        bytes[2 * lane]![beat] = pair.first;
        bytes[2 * lane + 1]![beat] = pair.second;
      }
    }
  }
  const zeros = new Uint8Array(beats);
  return packBeats(pairResultBeats(p).widths, [
    ...bytes,
    ...bytes.map(() => zeros),
    lastOf(beats, perTile),
  ]);
}
