import { concatenate, InputError } from '../../numeric/index.ts';
import { beatBytes, unpackBeats } from '../../testbench/beats.ts';
import type { BeatPlace, Lowering, MatrixCall, Parameters } from '../../testbench/design.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { acceleratorJob, imageParts, markImage, weightBeatBytes } from './accelerator-job.ts';
import type { AcceleratorParameters } from './params.ts';
import { activationBeats, resultBeats } from './format/streams.ts';
import { groupOutliers } from './format/tile-image.ts';
import { checkCall, tileLowering } from './lowering.ts';
import type { TileMatrix } from './lowering.ts';
import type { QuantizedMatrix } from './format/quantized-matrix.ts';

type Call = MatrixCall<TileMatrix>;

/** Beats of inputs that one job may hold, in bytes: enough to amortise a round trip. */
const jobBytes = 8 * 2 ** 20;

/** What one job computes: groups of rows, each an image, and for each the same tokens. */
interface Plan {
  /** Rows of each group. */
  readonly rows: number;
  readonly firstRow: number;
  readonly groups: number;
  readonly firstToken: number;
  readonly tokens: number;
}

function outliersOfRows(
  w: Pick<TileMatrix, 'rows' | 'columns'> & {
    readonly outliers: { readonly positions: Uint32Array };
  },
): Int32Array {
  const counts = new Int32Array(w.rows);
  for (const position of w.outliers.positions) counts[Math.floor(position / w.columns)]!++;
  return counts;
}

/**
 * Rows of a full group: all PEs of all tiles, or as many rows of each tile as let the outliers of every
 * group fit the memory.
 */
function rowsPerGroup(p: AcceleratorParameters, w: TileMatrix): number {
  const ofRow = outliersOfRows(w);
  for (let perTile = p.pes; perTile >= 1; perTile--) {
    const rows = perTile * p.tiles;
    if (mostRecords(p, ofRow, rows) <= p.bankRecords) return rows;
  }
  const most = ofRow.reduce((max, count) => Math.max(max, count), 0);
  throw new InputError(
    `A row of the matrix has ${most} outliers, but bankRecords of the accelerator is ${p.bankRecords}; set bankRecords to at least ${most}.`,
  );
}

/** Outliers of the tile that has most, where groups have so many rows. */
function mostRecords(p: AcceleratorParameters, ofRow: Int32Array, rows: number): number {
  const groups = Math.ceil(ofRow.length / rows);
  const sums = new Int32Array(groups * p.tiles);
  ofRow.forEach((count, row) => {
    sums[Math.floor(row / rows) * p.tiles + ((row % rows) % p.tiles)]! += count;
  });
  return sums.reduce((most, sum) => Math.max(most, sum), 0);
}

/** Full groups first, then the rest in jobs of its own, since rows in use stay the same in a job. */
function plan(p: AcceleratorParameters, w: TileMatrix, tokens: number): readonly Plan[] {
  const full = rowsPerGroup(p, w);
  const fullGroups = Math.floor(w.rows / full);
  const tokenBytes = w.columns * beatBytes(activationBeats(p).widths);
  const tokensPerJob = Math.max(1, Math.min(tokens, Math.floor(jobBytes / tokenBytes)));
  const imageBytes = w.columns * p.tiles * weightBeatBytes(p);
  const groupsPerJob = Math.max(1, Math.floor(jobBytes / (tokensPerJob * tokenBytes + imageBytes)));
  const plans: Plan[] = [];
  const add = (rows: number, firstRow: number, groups: number): void => {
    for (let firstToken = 0; firstToken < tokens; firstToken += tokensPerJob) {
      const count = Math.min(tokensPerJob, tokens - firstToken);
      plans.push({ rows, firstRow, groups, firstToken, tokens: count });
    }
  };
  for (let group = 0; group < fullGroups; group += groupsPerJob) {
    add(full, group * full, Math.min(groupsPerJob, fullGroups - group));
  }
  const rest = w.rows - fullGroups * full;
  if (rest > 0) add(rest, fullGroups * full, 1);
  return plans;
}

/** Beats of the images of a job, and how many outliers they hold. */
interface Images {
  readonly bytes: Uint8Array;
  readonly records: number;
}

/** Of each matrix, made once: a session keeps beats that it sees again. */
const packed = new WeakMap<TileMatrix, Map<string, Images>>();

function imagesOf(p: AcceleratorParameters, w: TileMatrix, of: Plan): Images {
  const ready = packed.get(w) ?? new Map<string, Images>();
  packed.set(w, ready);
  const { tiles, pes, bits, weightBits } = p;
  const key = [tiles, pes, bits, weightBits, of.rows, of.firstRow, of.groups].join(' ');
  const found = ready.get(key) ?? packImages(p, w, of);
  ready.set(key, found);
  return found;
}

function packImages(p: AcceleratorParameters, w: TileMatrix, of: Plan): Images {
  const { rows, firstRow, groups } = of;
  let records = 0;
  const images = Array.from({ length: groups }, (_, group) => {
    const first = firstRow + group * rows;
    const indexes = Array.from({ length: rows }, (_, row) =>
      w.indexes.subarray((first + row) * w.columns, (first + row + 1) * w.columns),
    );
    const begin = groupOutliers(w, first, 1).begin;
    const { begin: end } = groupOutliers(w, first + rows, 1);
    records += end - begin;
    const outliers = Array.from({ length: end - begin }, (_, i) => {
      const position = w.outliers.positions[begin + i]!;
      return {
        row: Math.floor(position / w.columns) - first,
        column: position % w.columns,
        value: w.outliers.codes[begin + i]!,
      };
    });
    return markImage(p, concatenate(imageParts(p, { indexes, outliers })));
  });
  return { bytes: concatenate(images), records };
}

function checkAccelerator(p: AcceleratorParameters, call: Call): void {
  checkCall(p, call);
  const { columns } = call.weights;
  if (columns > p.bankWords) {
    throw new InputError(
      `The matrix has ${columns} columns, but bankWords of the accelerator is ${p.bankWords}; set bankWords to at least ${columns}.`,
    );
  }
}

/**
 * Cuts a product into jobs for the accelerator: groups of rows that fit a bank, each with all tokens; while one
 * group is computed, the next is loaded.
 *
 * @throws InputError where the matrix or the activations do not fit the accelerator's parameters
 */
function lower(p: AcceleratorParameters, call: Call): readonly Job[] {
  checkAccelerator(p, call);
  const { weights, activations } = call;
  const { columns } = weights;
  return plan(p, weights, call.tokens).map((of) => {
    const { rows, groups, firstToken, tokens } = of;
    const { bytes, records } = imagesOf(p, weights, of);
    const ofTokens = activations.subarray(firstToken * columns, (firstToken + tokens) * columns);
    const values = new Int32Array(groups * ofTokens.length);
    const ends = new Uint8Array(values.length);
    for (let group = 0; group < groups; group++) values.set(ofTokens, group * ofTokens.length);
    for (let end = columns - 1; end < ends.length; end += columns) ends[end] = 1;
    return acceleratorJob(p, {
      centroids: weights.centroids,
      ...{ rows, tokens, weights: bytes, values, ends, records },
      weightBeats: bytes.length / weightBeatBytes(p),
      dots: groups * tokens,
    });
  });
}

/** Puts the outcomes of `lower`'s jobs together: [tokens x rows], exact integers or bits of singles. */
function raise(p: AcceleratorParameters, call: Call, outcomes: readonly Outcome[]): Float64Array {
  const { weights, tokens } = call;
  const { widths, signed } = resultBeats(p);
  const plans = plan(p, weights, tokens);
  if (outcomes.length !== plans.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${plans.length} jobs.`);
  }
  const product = new Float64Array(tokens * weights.rows);
  plans.forEach((of, job) => {
    const [values] = unpackBeats(widths, outcomes[job]!.outputs['results']!, signed);
    const due = of.groups * of.tokens * of.rows;
    if (values!.length !== due) {
      throw new Error(`Job ${job} has ${values!.length} results instead of ${due}.`);
    }
    for (let dot = 0; dot < of.groups * of.tokens; dot++) {
      const { row, token } = placeOf(of, dot * of.rows);
      const results = values!.subarray(dot * of.rows, (dot + 1) * of.rows);
      product.set(results, token * weights.rows + row);
    }
  });
  return product;
}

/** Where a beat of the results of a job belongs. */
function placeOf(
  { rows, firstRow, firstToken, tokens }: Plan,
  beat: number,
): { readonly row: number; readonly token: number } {
  const dot = Math.floor(beat / rows);
  return {
    row: firstRow + Math.floor(dot / tokens) * rows + (beat % rows),
    token: firstToken + (dot % tokens),
  };
}

/** Where a beat of `results` of one of `lower`'s jobs belongs, and which tile computes it. */
function locate(p: AcceleratorParameters, call: Call, job: number, beat: number): BeatPlace {
  const of = plan(p, call.weights, call.tokens)[job]!;
  return { tile: (beat % of.rows) % p.tiles, ...placeOf(of, beat) };
}

/** What the method packed, with memories of which each bank holds any group of its rows. */
function adopt(
  p: AcceleratorParameters,
  matrix: QuantizedMatrix,
): { parameters: Parameters; weights: TileMatrix } {
  const { parameters, weights } = tileLowering.adopt(p, matrix);
  const most = outliersOfRows(matrix).reduce((max, count) => Math.max(max, count), 0);
  return {
    parameters: {
      ...parameters,
      bankWords: Math.max(p.bankWords, matrix.columns),
      bankRecords: Math.max(p.bankRecords, most),
    },
    weights,
  };
}

const ofAccelerator = (p: Parameters): AcceleratorParameters => p as AcceleratorParameters;

/** Runs a matrix on the accelerator. */
export const acceleratorLowering: Lowering<TileMatrix, QuantizedMatrix> = {
  quantize: (p, matrix, name) => tileLowering.quantize(p, matrix, name),
  adopt: (p, matrix) => adopt(ofAccelerator(p), matrix),
  encode: (p, activations, range) => tileLowering.encode(p, activations, range),
  decode: (p, call, exact, range) => tileLowering.decode(p, call, exact, range),
  product: (p, call) => tileLowering.product(p, call),
  lower: (p, call) => lower(ofAccelerator(p), call),
  raise: (p, call, outcomes) => raise(ofAccelerator(p), call, outcomes),
  locate: (p, call, job, beat) => locate(ofAccelerator(p), call, job, beat),
};
