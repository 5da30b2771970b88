import { concatenate, InputError } from '../../numeric/index.ts';
import { exactMatmul } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { beatBytes, packBeats, unpackBeats } from '../../testbench/beats.ts';
import type {
  BeatPlace,
  Lowering,
  MatrixCall,
  Parameters,
  QuantizedWeights,
} from '../../testbench/design.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import type { CodedMatrix } from './format/coded-matrix.ts';
import { denseCodes, fixedCodes, fixedMatrix, fixedResult, fixedScale } from './format/fixed.ts';
import type { FixedMatrix } from './format/fixed.ts';
import { activationBeats, recordBeats, resultBeats, weightBeats } from './format/streams.ts';
import { groupCount, groupOutliers, tileGroup } from './format/tile-image.ts';
import {
  adoptHalves,
  halfCodes,
  halfProduct,
  halfResults,
  quantizeHalves,
} from './lowering-fp16.ts';
import { isFp16 } from './params.ts';
import type { TileParameters } from './params.ts';
import { quantizeGobo } from './quantizer.ts';
import type { QuantizedMatrix } from './quantizer.ts';
import { cycleLimit, setupWrites } from './tile-job.ts';

/** Beats of inputs that one job may hold, in bytes: enough to amortise a round trip. */
const jobBytes = 8 * 2 ** 20;

/** A dot product per row: one group of rows times one token. */
interface Unit {
  readonly group: number;
  readonly token: number;
}

/** Units that one job computes, all with the same number of rows in use. */
interface Plan {
  readonly rows: number;
  readonly units: readonly Unit[];
}

/** The beats that describe a group of rows, the same for every token. */
interface GroupImage {
  readonly weights: Uint8Array;
  readonly records: Uint8Array;
  /** Cycles of the columns when nothing stalls. */
  readonly cycles: number;
}

/** What the tile holds: codes of `fixed`, or the bits of halves. */
export type TileMatrix = FixedMatrix | CodedMatrix;

/** Whether the codes of a matrix are integers with a scale. */
const isFixed = (weights: TileMatrix): weights is FixedMatrix => 'scale' in weights;

/** Refuses a matrix or activations that do not fit the parameters. */
export function checkCall(p: TileParameters, call: MatrixCall<TileMatrix>): void {
  const { weights, tokens, activations } = call;
  if (isFixed(weights) === isFp16(p)) {
    const [held, made] = isFp16(p) ? ['fixed', 'fp16'] : ['fp16', 'fixed'];
    throw new InputError(
      `The matrix holds values of the number system ${held}, but the tile was made for ${made}; quantize with the tile's parameters.`,
    );
  }
  if (weights.bits !== p.bits || weights.weightBits !== p.weightBits) {
    throw new InputError(
      `The matrix has ${weights.bits}-bit indexes and ${weights.weightBits}-bit values, but the tile was made for ${p.bits} and ${p.weightBits}; quantize with the tile's parameters.`,
    );
  }
  if (weights.columns > p.maxLength) {
    throw new InputError(
      `The matrix has ${weights.columns} columns, but maxLength of the tile is ${p.maxLength}; set maxLength to at least ${weights.columns}.`,
    );
  }
  if (activations.length !== tokens * weights.columns) {
    throw new InputError(
      `${activations.length} activations were given for ${tokens} tokens of ${weights.columns} columns; ${tokens * weights.columns} are needed.`,
    );
  }
  const span = 2 ** p.activationBits;
  const least = isFp16(p) ? 0 : -span / 2;
  const bad = activations.findIndex((a) => a < least || a >= least + span);
  if (bad >= 0) {
    throw new InputError(
      `Activation ${activations[bad]} of token ${Math.floor(bad / weights.columns)} does not fit the tile's ${p.activationBits} bits; quantize activations with the tile's activationBits.`,
    );
  }
}

/** Groups of `pes` rows, the last one shorter, each for all tokens, in jobs of bounded size. */
function plan(p: TileParameters, w: CodedMatrix, tokens: number): readonly Plan[] {
  const columnBytes = beatBytes(weightBeats(p).widths) + beatBytes(activationBeats(p).widths);
  const recordBytes = beatBytes(recordBeats(p).widths);
  const plans: { rows: number; units: Unit[] }[] = [];
  let bytes = 0;
  for (let group = 0; group < groupCount(w, p.pes); group++) {
    const rows = Math.min(p.pes, w.rows - group * p.pes);
    const { begin, end } = groupOutliers(w, p.pes, group);
    const unitBytes = w.columns * columnBytes + (end - begin) * recordBytes;
    for (let token = 0; token < tokens; token++) {
      let open = plans.at(-1);
      if (open?.rows !== rows || bytes + unitBytes > jobBytes) {
        open = { rows, units: [] };
        plans.push(open);
        bytes = 0;
      }
      open.units.push({ group, token });
      bytes += unitBytes;
    }
  }
  return plans;
}

function groupImage(p: TileParameters, w: CodedMatrix, group: number): GroupImage {
  const { rows, indexes, records } = tileGroup(w, p.pes, group);
  const hasOutliers = new Uint8Array(w.columns);
  for (const column of records.columns) hasOutliers[column] = 1;
  const columnsWithOutliers = hasOutliers.reduce((sum, flag) => sum + flag, 0);
  const unused = Array.from({ length: p.pes - rows }, () => new Uint8Array(w.columns));
  return {
    weights: packBeats(weightBeats(p).widths, [...indexes, ...unused, hasOutliers]),
    records: packBeats(recordBeats(p).widths, [
      records.rows,
      records.codes,
      records.columns.map((column, i) => (records.columns[i + 1] === column ? 0 : 1)),
    ]),
    cycles: w.columns - columnsWithOutliers + records.columns.length,
  };
}

/**
 * Cuts a product into jobs for the tile: groups of `pes` rows, for each group all tokens. The last
 * group, if it has fewer rows, runs in jobs of its own; a large product is spread over several jobs.
 *
 * @throws InputError where the matrix or the activations do not fit the tile's parameters
 */
function lower(p: TileParameters, call: MatrixCall<TileMatrix>): readonly Job[] {
  checkCall(p, call);
  const { weights, tokens, activations } = call;
  const { columns } = weights;
  const ends = new Uint8Array(columns);
  ends[columns - 1] = 1;
  const tokenBeats = Array.from({ length: tokens }, (_, token) =>
    packBeats(activationBeats(p).widths, [
      activations.subarray(token * columns, (token + 1) * columns),
      ends,
    ]),
  );
  let current: { group: number; image: GroupImage } | undefined;
  const imageOf = (group: number): GroupImage => {
    if (current?.group !== group) current = { group, image: groupImage(p, weights, group) };
    return current.image;
  };
  return plan(p, weights, tokens).map(({ rows, units }) => {
    const images = units.map(({ group }) => imageOf(group));
    const columnCycles = images.reduce((sum, image) => sum + image.cycles, 0);
    return {
      writes: setupWrites(p, weights.centroids, rows),
      inputs: {
        activations: concatenate(units.map(({ token }) => tokenBeats[token]!)),
        weights: concatenate(images.map((image) => image.weights)),
        records: concatenate(images.map((image) => image.records)),
      },
      expect: { results: units.length * rows },
      stalls: noStalls,
      maxCycles: cycleLimit(p, columnCycles, units.length, rows),
    };
  });
}

/** Puts the outcomes of `lower`'s jobs together: [tokens x rows], exact integers or bits of singles. */
function raise(
  p: TileParameters,
  call: MatrixCall<CodedMatrix>,
  outcomes: readonly Outcome[],
): Float64Array {
  const { weights, tokens } = call;
  const { widths, signed } = resultBeats(p);
  const plans = plan(p, weights, tokens);
  if (outcomes.length !== plans.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${plans.length} jobs.`);
  }
  const product = new Float64Array(tokens * weights.rows);
  plans.forEach(({ rows, units }, job) => {
    const [values] = unpackBeats(widths, outcomes[job]!.outputs['results']!, signed);
    if (values!.length !== units.length * rows) {
      throw new Error(
        `Job ${job} has ${values!.length} results instead of ${units.length * rows}.`,
      );
    }
    units.forEach(({ group, token }, unit) => {
      product.set(
        values!.subarray(unit * rows, (unit + 1) * rows),
        token * weights.rows + group * p.pes,
      );
    });
  });
  return product;
}

/** A real matrix as the tile holds it: GOBO's dictionary and outliers in the `fixed` system. */
function quantize(p: TileParameters, matrix: Matrix, name: string): QuantizedWeights<FixedMatrix> {
  const { packed, report } = quantizeGobo(matrix, { bits: p.bits, name });
  return {
    weights: fixedMatrix(packed, p.weightBits),
    outliers: report.outliers,
    bitsPerWeight: report.bitsPerWeight,
  };
}

function encode(p: TileParameters, activations: Matrix, range: number): Int32Array {
  const { activationBits } = p;
  return fixedCodes(activations.data, fixedScale(range, activationBits), activationBits);
}

/** Where a beat of `results` of one of `lower`'s jobs belongs; a tile is a group of `pes` rows. */
function locate(
  p: TileParameters,
  call: MatrixCall<CodedMatrix>,
  job: number,
  beat: number,
): BeatPlace {
  const { rows, units } = plan(p, call.weights, call.tokens)[job]!;
  const { group, token } = units[Math.floor(beat / rows)]!;
  return { tile: group, row: group * p.pes + (beat % rows), token };
}

/** What the method packed, at the width of its indexes and for rows of its length. */
function adopt(
  p: TileParameters,
  packed: QuantizedMatrix,
): { parameters: Parameters; weights: FixedMatrix } {
  const maxLength = Math.max(p.maxLength, packed.columns);
  return {
    parameters: { ...p, bits: packed.bits, maxLength },
    weights: fixedMatrix(packed, p.weightBits),
  };
}

/** The float32 values of exact sums. */
function decode(
  p: TileParameters,
  weights: FixedMatrix,
  exact: Float64Array,
  range: number,
): Float32Array {
  const scale = fixedScale(range, p.activationBits);
  return Float32Array.from(exact, (sum) => fixedResult(sum, scale, weights.scale));
}

// `resolveParameters` has made sure that every parameter is there and in range.
const ofTile = (p: Parameters): TileParameters => p as TileParameters;

/** Runs a matrix on the tile. */
export const tileLowering: Lowering<TileMatrix, QuantizedMatrix> = {
  quantize: (p, matrix, name) => (isFp16(p) ? quantizeHalves : quantize)(ofTile(p), matrix, name),
  adopt: (p, packed) => (isFp16(p) ? adoptHalves : adopt)(ofTile(p), packed),
  encode: (p, activations, range) =>
    isFp16(p) ? halfCodes(activations.data) : encode(ofTile(p), activations, range),
  decode: (p, call, exact, range) =>
    isFixed(call.weights) ? decode(ofTile(p), call.weights, exact, range) : halfResults(exact),
  product: (_p, { weights, activations, tokens }) =>
    isFixed(weights)
      ? exactProduct(weights, activations, tokens)
      : halfProduct(weights, activations, tokens),
  lower: (p, call) => lower(ofTile(p), call),
  raise: (p, call, outcomes) => raise(ofTile(p), call, outcomes),
  locate: (p, call, job, beat) => locate(ofTile(p), call, job, beat),
};

/**
 * The method's exact product x W^T in integers, computed whole, without bins, groups or jobs: the
 * second way to every result of the tile.
 *
 * @param activations [tokens x columns], row-major
 * @returns [tokens x rows], row-major
 */
export function exactProduct(
  weights: FixedMatrix,
  activations: Int32Array,
  tokens: number,
): Float64Array {
  return exactMatmul(
    { rows: tokens, columns: weights.columns, data: activations },
    denseCodes(weights),
  );
}
