import { halvesToFloat32 } from '../../numeric/index.ts';
import { packBeats } from '../../testbench/beats.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import {
  activationBeats,
  binBeats,
  operandBeats,
  recordBeats,
  resultBeats,
  weightBeats,
} from './format/streams.ts';
import { peCycles } from './golden-pe.ts';
import { recordsOf, setupOf, tileCycles } from './golden-tile.ts';
import { binCount } from './params.ts';
import type { PeParameters, TileParameters } from './params.ts';

// A sum or product of float64 rounded to single is the correctly rounded one: docs/floating-point.md.
// An element of a Float32Array rounds what is put into it.

/** The one NaN that the units give. */
const canonicalNan = 0x7fc00000;

/** Values of halves, whose bits may be read as signed integers. */
export const halfValues = (halves: ArrayLike<number>): Float32Array =>
  halvesToFloat32(Uint16Array.from(halves));

/** Bits of singles, those of the canonical NaN for every NaN. */
export function singleBits(singles: Float32Array): Uint32Array {
  const bits = Uint32Array.from(new Uint32Array(singles.buffer));
  singles.forEach((value, i) => {
    if (Number.isNaN(value)) bits[i] = canonicalNan;
  });
  return bits;
}

/**
 * The processing element in fp16, as docs/gobo-tile.md specifies it: bins from +0, added to in the
 * order of the operands, each sum rounded to single.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenPeFp16(
  p: PeParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['operands'], 'bins');
  if (job.writes.length > 0) throw new Error('The processing element has no setup to write to.');
  const [activation, index, outlier, last] = inputColumns(job, 'operands', operandBeats(p), blobs);
  const starts = dotStarts(last!, p.maxLength, 'operands');
  const count = binCount(p);
  const sets = starts.length - 1;
  checkExpected(job, 'bins', sets * count);

  const values = halfValues(activation!);
  const bins = new Float32Array(sets * count);
  const lasts = new Uint8Array(sets * count);
  for (let set = 0; set < sets; set++) {
    for (let beat = starts[set]!; beat < starts[set + 1]!; beat++) {
      if (outlier![beat] === 0) bins[set * count + index![beat]!]! += values[beat]!;
    }
    lasts[(set + 1) * count - 1] = 1;
  }
  return {
    outputs: { bins: packBeats(binBeats(p).widths, [singleBits(bins), lasts]) },
    cycles: peCycles(p, last!),
    counters: {},
  };
}

/**
 * The tile in fp16, as docs/gobo-tile.md specifies it: every result of a job in the order and with the
 * roundings that are written there, and the cycles it takes without outside stalls. What a job has to
 * be is as for `goldenTile`.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenTileFp16(
  p: TileParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['activations', 'weights', 'records'], 'results');
  const setup = setupOf(p, job);
  const { rows } = setup;
  const [activation, last] = inputColumns(job, 'activations', activationBeats(p), blobs);
  const weights = inputColumns(job, 'weights', weightBeats(p), blobs);
  const [row, value, endOfColumn] = inputColumns(job, 'records', recordBeats(p), blobs);
  const hasOutliers = weights[p.pes]!;
  if (hasOutliers.length !== activation!.length) {
    throw new Error(
      `The job has ${activation!.length} beats of activations but ${hasOutliers.length} of weights; every column needs one of each.`,
    );
  }
  const starts = dotStarts(last!, p.maxLength, 'activations');
  const dots = starts.length - 1;
  checkExpected(job, 'results', dots * rows);
  const recordStarts = recordsOf(hasOutliers, row!, endOfColumn!, rows);

  const count = binCount(p);
  // As in `goldenTile`, the last bin of each PE takes the activations of outlier slots.
  const stride = count + 1;
  for (let record = 0, column = 0; record < row!.length; record++) {
    while (recordStarts[column + 1]! <= record) column++;
    weights[row![record]!]![column] = count;
  }

  const activations = halfValues(activation!);
  const outliers = halfValues(value!);
  const centroids = halfValues(setup.centroids);
  const bins = new Float32Array(stride);
  const outlierSums = new Float32Array(rows);
  const results = new Float32Array(dots * rows);
  const lastRow = new Uint8Array(dots * rows);
  for (let dot = 0; dot < dots; dot++) {
    const begin = starts[dot]!;
    const end = starts[dot + 1]!;
    outlierSums.fill(0);
    for (let column = begin; column < end; column++) {
      for (let i = recordStarts[column]!; i < recordStarts[column + 1]!; i++) {
        // A product of two halves is exact in single.
        outlierSums[row![i]!]! += activations[column]! * outliers[i]!;
      }
    }
    for (let pe = 0; pe < rows; pe++) {
      const index = weights[pe]!;
      bins.fill(0);
      for (let column = begin; column < end; column++) {
        bins[index[column]!]! += activations[column]!;
      }
      let sum = 0;
      for (let k = 0; k < count; k++) {
        sum = Math.fround(sum + Math.fround(bins[k]! * centroids[k]!));
      }
      results[dot * rows + pe] = sum + outlierSums[pe]!;
    }
    lastRow[dot * rows + rows - 1] = 1;
  }
  return {
    outputs: { results: packBeats(resultBeats(p).widths, [singleBits(results), lastRow]) },
    cycles: tileCycles(p, rows, last!, recordStarts),
    counters: {},
  };
}
