import { concatenate, InputError } from '../../numeric/index.ts';
import { unpackBeats } from '../../testbench/beats.ts';
import type { BeatPlace, Lowering, MatrixCall, Parameters } from '../../testbench/design.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { acceleratorJob, imageBeats } from './accelerator-job.ts';
import { lanesOf } from './array-job.ts';
import { sumResultBeats, weightBeatBytes } from './format/accelerator-streams.ts';
import type { OvpMatrix } from './format/ovp-matrix.ts';
import { arrayLowering, beatsOf, packCall, requireHardware } from './lowering.ts';
import type { PackedCall } from './lowering.ts';
import type { AcceleratorParameters } from './params.ts';

type Call = MatrixCall<OvpMatrix>;

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
  /** Tiles of these tokens; the last one may be filled up. */
  readonly tiles: number;
}

/** Full groups first, then the rest in jobs of its own, since rows in use stay the same in a job. */
function plan(p: AcceleratorParameters, w: OvpMatrix, tokens: number): readonly Plan[] {
  const full = lanesOf(p.rows, w.type);
  const perTile = lanesOf(p.columns, w.type);
  const words = Math.ceil(w.columns / 2);
  const tileBytes = words * p.columns;
  const imageBytes = words * weightBeatBytes(p);
  const allTiles = Math.ceil(tokens / perTile);
  const tilesPerJob = Math.max(1, Math.min(allTiles, Math.floor(jobBytes / tileBytes)));
  const groupsPerJob = Math.max(1, Math.floor(jobBytes / (tilesPerJob * tileBytes + imageBytes)));
  const fullGroups = Math.floor(w.rows / full);
  const rest = w.rows - fullGroups * full;
  const plans: Plan[] = [];
  const add = (rows: number, firstRow: number, groups: number): void => {
    for (let tile = 0; tile < allTiles; tile += tilesPerJob) {
      const firstToken = tile * perTile;
      const tiles = Math.min(tilesPerJob, allTiles - tile);
      const count = Math.min(tiles * perTile, tokens - firstToken);
      plans.push({ rows, firstRow, groups, firstToken, tokens: count, tiles });
    }
  };
  for (let group = 0; group < fullGroups; group += groupsPerJob) {
    add(full, group * full, Math.min(groupsPerJob, fullGroups - group));
  }
  if (rest > 0) add(rest, fullGroups * full, 1);
  return plans;
}

/** Beats of images of each matrix, made once: a session keeps beats that it sees again. */
const packed = new WeakMap<OvpMatrix, Map<string, Uint8Array>>();

function imagesOf(p: AcceleratorParameters, w: OvpMatrix, of: Plan, call: PackedCall): Uint8Array {
  const ready = packed.get(w) ?? new Map<string, Uint8Array>();
  packed.set(w, ready);
  const { rows, firstRow, groups } = of;
  const key = [p.rows, rows, firstRow, groups].join(' ');
  const found = ready.get(key);
  if (found) return found;
  const { stride, width } = call;
  const images = Array.from({ length: groups }, (_, group) => {
    const row = firstRow + group * rows;
    return imageBeats(p, beatsOf(w.pairs, stride, width, row, rows, weightBeatBytes(p)));
  });
  const made = concatenate(images);
  ready.set(key, made);
  return made;
}

/**
 * Cuts a product into jobs for the accelerator: groups of rows that fit the array, each with all tokens; while one
 * group is computed, the next is loaded.
 *
 * @throws InputError where the matrix or the activations do not fit the accelerator
 */
function lower(p: AcceleratorParameters, call: Call): readonly Job[] {
  const { weights } = call;
  const whole = packCall(call);
  const { formats, width, stride, tokenPairs } = whole;
  const words = stride / width;
  if (words > p.bankBeats) {
    throw new InputError(
      `The matrix has ${weights.columns} columns, but bankBeats of the accelerator is ${p.bankBeats}; set bankBeats to at least ${words}.`,
    );
  }
  const perTile = lanesOf(p.columns, weights.type);
  return plan(p, weights, call.tokens).map((of) => {
    const { rows, groups, firstToken, tokens, tiles } = of;
    const ofTiles = Array.from({ length: tiles }, (_, tile) => {
      const token = tile * perTile;
      const count = Math.min(perTile, tokens - token);
      return beatsOf(tokenPairs, stride, width, firstToken + token, count, p.columns);
    });
    return acceleratorJob(p, {
      ...{ formats, tiles, images: groups },
      shape: { rows, columns: Math.min(perTile, tokens) },
      weights: imagesOf(p, weights, of, whole),
      activations: concatenate(Array.from({ length: groups }, () => ofTiles).flat()),
    });
  });
}

/**
 * Puts the outcomes of `lower`'s jobs together: [tokens x rows], exact integers.
 *
 * @throws InputError where a sum left 32 bits
 */
function raise(p: AcceleratorParameters, call: Call, outcomes: readonly Outcome[]): Float64Array {
  const { weights, tokens } = call;
  const { widths, signed } = sumResultBeats(p);
  const perTile = lanesOf(p.columns, weights.type);
  const plans = plan(p, weights, tokens);
  if (outcomes.length !== plans.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${plans.length} jobs.`);
  }
  const product = new Float64Array(tokens * weights.rows);
  plans.forEach((of, job) => {
    const { outputs, counters } = outcomes[job]!;
    const sums = unpackBeats(widths, outputs['results']!, signed);
    const due = of.groups * of.tiles * of.rows;
    if (sums[0]!.length !== due) {
      throw new Error(`Job ${job} has ${sums[0]!.length} rows of results instead of ${due}.`);
    }
    if (counters['illegal_pairs'] !== 0) {
      throw new Error(`Job ${job} counts ${counters['illegal_pairs']} illegal pairs.`);
    }
    if (counters['overflows'] !== 0) {
      throw new InputError(
        `Sums of ${counters['overflows']} rows, from row ${of.firstRow} on, left the 32 bits of the array; use codes of 4 bits for this matrix.`,
      );
    }
    for (let beat = 0; beat < due; beat++) {
      const { row, token } = placeOf(of, perTile, beat);
      const count = Math.min(perTile, of.firstToken + of.tokens - token);
      for (let j = 0; j < count; j++) {
        product[(token + j) * weights.rows + row] = sums[j]![beat]!;
      }
    }
  });
  return product;
}

/** Where a beat of the results of a job belongs: a row of the matrix, the first token of the tile. */
function placeOf(
  { rows, firstRow, firstToken, tiles }: Plan,
  perTile: number,
  beat: number,
): { readonly row: number; readonly token: number } {
  const tile = Math.floor(beat / rows);
  return {
    row: firstRow + Math.floor(tile / tiles) * rows + (beat % rows),
    token: firstToken + (tile % tiles) * perTile,
  };
}

/** Where a beat of `results` of one of `lower`'s jobs belongs, and which group of rows it is of. */
function locate(p: AcceleratorParameters, call: Call, job: number, beat: number): BeatPlace {
  const { weights } = call;
  const of = plan(p, weights, call.tokens)[job]!;
  const place = placeOf(of, lanesOf(p.columns, weights.type), beat);
  return { tile: Math.floor(place.row / lanesOf(p.rows, weights.type)), ...place };
}

/** What the method packed, with banks that hold any of its rows. */
function adopt(
  p: AcceleratorParameters,
  weights: OvpMatrix,
): { parameters: Parameters; weights: OvpMatrix } {
  requireHardware(weights);
  const bankBeats = Math.max(p.bankBeats, Math.ceil(weights.columns / 2));
  return { parameters: { ...p, bankBeats }, weights };
}

const ofAccelerator = (p: Parameters): AcceleratorParameters => p as AcceleratorParameters;

/** Runs a matrix on the accelerator: its rows are left operands, tokens right ones, results sums. */
export const acceleratorLowering: Lowering<OvpMatrix, OvpMatrix> = {
  ...arrayLowering,
  adopt: (p, weights) => adopt(ofAccelerator(p), weights),
  lower: (p, call) => lower(ofAccelerator(p), call),
  raise: (p, call, outcomes) => raise(ofAccelerator(p), call, outcomes),
  locate: (p, call, job, beat) => locate(ofAccelerator(p), call, job, beat),
};
