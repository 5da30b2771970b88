/** The arrays of src/parts/arrays as designs, with golden models from docs/arrays.md alone. */
import { elaborate } from '../../../src/hdl/index.ts';
import type { Program } from '../../../src/ir/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import {
  dotProductUnit,
  rowStationaryArray,
  systolicArray,
} from '../../../src/parts/arrays/index.ts';
import type {
  DotProductUnitParameters,
  RowStationaryArrayParameters,
  SystolicArrayParameters,
} from '../../../src/parts/arrays/index.ts';
import { noStalls, packBeats, unpackBeats } from '../../../src/testbench/index.ts';
import type { Design, Job, Parameters } from '../../../src/testbench/index.ts';

/** Numbers of a beat, then its `last`. */
export type Beat = readonly number[];

/** Shape of a stream: numbers of a beat and their bits. */
export interface Numbers {
  readonly count: number;
  readonly bits: number;
}

const widths = ({ count, bits }: Numbers): number[] => [...Array<number>(count).fill(bits), 1];

export const packed = (shape: Numbers, beats: readonly Beat[]): Uint8Array =>
  packBeats(
    widths(shape),
    widths(shape).map((_, field) => beats.map((beat) => beat[field]!)),
  );

export function unpacked(shape: Numbers, bytes: Uint8Array): number[][] {
  const columns = unpackBeats(widths(shape), bytes, [
    ...Array<boolean>(shape.count).fill(true),
    false,
  ]);
  return Array.from(columns[0]!, (_, beat) => columns.map((column) => column[beat]!));
}

/** What of a design's streams follows from its parameters. */
interface Shapes {
  readonly weights: Numbers;
  readonly activations: Numbers;
  readonly results: Numbers;
}

/** Bits that tell `n` things apart. */
const telling = (n: number): number => Math.ceil(Math.log2(n));

/** Beats of `size` numbers, the last of them marked. */
export function marked(numbers: readonly number[], size: number): Beat[] {
  const beats: number[][] = [];
  for (let at = 0; at < numbers.length; at += size) {
    beats.push([...numbers.slice(at, at + size), +(at + size >= numbers.length)]);
  }
  return beats;
}

interface Decoded {
  readonly weights: readonly Beat[];
  readonly activations: readonly Beat[];
}

function design<P extends object>(
  name: string,
  rtl: (p: P) => Program,
  shapes: (p: P) => Shapes,
  golden: (p: P, job: Decoded) => { readonly results: readonly Beat[]; readonly cycles: number },
  random: (p: P, rng: Rng, value: () => number) => Decoded,
): Design {
  const of = (p: Parameters): P => p as unknown as P;
  return {
    name,
    summary: '',
    parameters: {},
    rtl: (p) => rtl(of(p)),
    golden: (p, job) => {
      const shape = shapes(of(p));
      const beats = (stream: 'weights' | 'activations') =>
        unpacked(shape[stream], job.inputs[stream] as Uint8Array);
      const { results, cycles } = golden(of(p), {
        weights: beats('weights'),
        activations: beats('activations'),
      });
      return { outputs: { results: packed(shape.results, results) }, cycles, counters: {} };
    },
    manual: () => ({ operation: [], timing: [] }),
    randomJob: (parameters, rng): Job => {
      const p = of(parameters);
      const shape = shapes(p);
      const limit = 2 ** (shape.weights.bits - 1);
      const value = (): number =>
        [-limit, limit - 1, 0][rng.below(6)] ?? rng.below(2 * limit) - limit;
      const job = random(p, rng, value);
      const total = job.weights.length + job.activations.length;
      return {
        writes: [],
        inputs: {
          weights: packed(shape.weights, job.weights),
          activations: packed(shape.activations, job.activations),
        },
        expect: { results: golden(p, job).results.length },
        stalls: noStalls,
        maxCycles: 400 * total + 10_000,
      };
    },
  };
}

const flat = (beats: readonly Beat[]): number[] => beats.flatMap((beat) => beat.slice(0, -1));
const lastOf = (beat: Beat): number => beat.at(-1)!;
const some = (count: number, value: () => number): number[] => Array.from({ length: count }, value);
const repeat = <T>(count: number, make: (at: number) => readonly T[]): T[] =>
  Array.from({ length: count }, (_, at) => make(at)).flat();

export const systolic = design<SystolicArrayParameters>(
  'systolic-array',
  (p) => elaborate(...systolicArray(p)),
  (p) => ({
    weights: { count: p.lanes, bits: p.operandBits },
    activations: { count: p.rows, bits: p.operandBits },
    results: { count: p.columns, bits: 2 * p.operandBits + telling(p.rows) },
  }),
  (p, job) => {
    const { rows: R, columns: C } = p;
    const weights = flat(job.weights);
    const load = (R * C) / p.lanes;
    const results: Beat[] = [];
    let pass = 0;
    let weightsFrom = 0;
    let accepted = -1;
    let isFirst = true;
    for (const beat of job.activations) {
      accepted = Math.max(accepted + 1, isFirst ? weightsFrom + load : 0);
      if (isFirst) weightsFrom = accepted + R + C;
      const matrix = weights.slice(pass * R * C, (pass + 1) * R * C);
      const sums = Array.from({ length: C }, (_, output) =>
        beat.slice(0, R).reduce((sum, x, input) => sum + x * matrix[output * R + input]!, 0),
      );
      results.push([...sums, lastOf(beat)]);
      isFirst = lastOf(beat) === 1;
      if (isFirst) pass++;
    }
    return { results, cycles: accepted + R + C - 1 + 1 };
  },
  (p, rng, value) => {
    const passes = 1 + rng.below(3);
    const tokens = some(passes, () => [1, 2, 1 + rng.below(20)][rng.below(3)]!);
    return {
      weights: repeat(passes, () => marked(some(p.rows * p.columns, value), p.lanes)),
      activations: tokens.flatMap((count) => marked(some(count * p.rows, value), p.rows)),
    };
  },
);

export const rowStationary = design<RowStationaryArrayParameters>(
  'row-stationary-array',
  (p) => elaborate(...rowStationaryArray(p)),
  (p) => ({
    weights: { count: p.lanes, bits: p.operandBits },
    activations: { count: p.columns, bits: p.operandBits },
    results: { count: p.columns, bits: 2 * p.operandBits + telling(p.rows * p.rowLength) },
  }),
  (p, job) => {
    const { rows: R, columns: C, rowLength: Q, outputs: P } = p;
    const inputs = R * Q;
    const weights = flat(job.weights);
    const results: Beat[] = [];
    const starts: number[] = [];
    const firstActivations: number[] = [];
    const firstWeights: number[] = [];
    const ends: number[] = [];
    const passEnds: number[] = [];
    const load = (P * inputs) / p.lanes;
    for (let g = 0; g * inputs < job.activations.length; g++) {
      const beats = job.activations.slice(g * inputs, (g + 1) * inputs);
      const endsPass = lastOf(beats.at(-1)!) === 1;
      const pass = passEnds.length;
      const matrix = weights.slice(pass * P * inputs, (pass + 1) * P * inputs);
      for (let output = 0; output < P; output++) {
        const sums = Array.from({ length: C }, (_, token) =>
          beats.reduce((sum, beat, k) => sum + beat[token]! * matrix[output * inputs + k]!, 0),
        );
        results.push([...sums, +(endsPass && output === P - 1)]);
      }
      firstActivations.push(
        Math.max((firstActivations[g - 1] ?? -inputs) + inputs, (ends[g - 2] ?? -1) + 1),
      );
      if (firstWeights.length === pass) {
        firstWeights.push(
          Math.max((firstWeights[pass - 1] ?? -load) + load, (passEnds[pass - 2] ?? -1) + 1),
        );
      }
      starts.push(
        Math.max(
          (starts[g - 1] ?? -P * Q) + P * Q,
          firstActivations[g]! + inputs,
          firstWeights[pass]! + load,
        ),
      );
      ends.push(starts[g]! + P * Q + R - 2);
      if (endsPass) passEnds.push(ends[g]!);
    }
    return { results, cycles: ends.at(-1)! + 2 };
  },
  (p, rng, value) => {
    const passes = 1 + rng.below(4);
    const inputs = p.rows * p.rowLength;
    const groups = some(passes, () => [1, 2, 1 + rng.below(4)][rng.below(3)]!);
    return {
      weights: repeat(passes, () => marked(some(p.outputs * inputs, value), p.lanes)),
      activations: groups.flatMap((count) =>
        marked(some(count * inputs * p.columns, value), p.columns),
      ),
    };
  },
);

export const dotProduct = design<DotProductUnitParameters>(
  'dot-product-unit',
  (p) => elaborate(...dotProductUnit(p)),
  (p) => ({
    weights: { count: p.lanes, bits: p.operandBits },
    activations: { count: p.tokens * p.inputs, bits: p.operandBits },
    results: { count: p.outputs * p.tokens, bits: 2 * p.operandBits + telling(p.maxLength) },
  }),
  (p, job) => {
    const { outputs: M, tokens: T, inputs: K } = p;
    const weights = flat(job.weights);
    const perTile = (M * K) / p.lanes;
    const results: Beat[] = [];
    let tile = 0;
    let accepted = -1;
    let weightsFrom = 0;
    /** Sums of the pass so far, by group. */
    let sums: number[][] = [];
    let group = 0;
    for (const beat of job.activations) {
      if (group === 0) {
        accepted = Math.max(accepted + 1, weightsFrom + perTile);
        weightsFrom = accepted;
      } else accepted++;
      const matrix = weights.slice(tile * M * K, (tile + 1) * M * K);
      const before = sums[group] ?? Array<number>(M * T).fill(0);
      sums[group] = before.map((sum, n) => {
        const [output, token] = [Math.floor(n / T), n % T];
        let total = sum;
        for (let k = 0; k < K; k++) total += matrix[output * K + k]! * beat[token * K + k]!;
        return total;
      });
      const isLastTile = lastOf(job.weights[(tile + 1) * perTile - 1]!) === 1;
      if (isLastTile) results.push([...sums[group]!, lastOf(beat)]);
      group++;
      if (lastOf(beat) === 1) {
        group = 0;
        tile++;
        if (isLastTile) sums = [];
      }
    }
    return { results, cycles: accepted + 3 };
  },
  (p, rng, value) => {
    const passes = 1 + rng.below(3);
    const shapes = some(passes, () => 0).map(() => ({
      tiles: 1 + rng.below(Math.min(4, Math.floor(p.maxLength / p.inputs))),
      groups: [1, p.groups, 1 + rng.below(p.groups)][rng.below(3)]!,
    }));
    return {
      weights: shapes.flatMap(({ tiles }) =>
        marked(some(tiles * p.outputs * p.inputs, value), p.lanes),
      ),
      activations: shapes.flatMap(({ tiles, groups }) =>
        repeat(tiles, () => marked(some(groups * p.tokens * p.inputs, value), p.tokens * p.inputs)),
      ),
    };
  },
);
