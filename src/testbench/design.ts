import type { Program } from '../ir/index.ts';
import type { Rng } from '../numeric/index.ts';
import type { IntegerProduct, Matrix } from '../tensor/index.ts';
import type { Job, Outcome } from './job.ts';

/** Whole-number parameter of a design, with what the command line says about it. */
export interface ParameterSpec {
  readonly help: string;
  readonly default: number;
  /** Smallest and largest value allowed, both included. */
  readonly min: number;
  readonly max: number;
  /** The only values allowed between these, ascending; all whole numbers where it is absent. */
  readonly values?: readonly number[];
  /** Words for values: given instead of the number, and shown instead of it. */
  readonly names?: Readonly<Record<string, number>>;
}

/** Values by parameter name, complete and checked by `resolveParameters`. */
export type Parameters = Readonly<Record<string, number>>;

/**
 * One product x W^T to be computed by a design, in the integers of its number system.
 * `activations` is [tokens x columns], row-major.
 */
export interface MatrixCall<Weights = unknown> {
  readonly weights: Weights;
  readonly tokens: number;
  readonly activations: Int32Array;
  /** What the family's method calibrated for the place the activations come from; absent where only a range is known. */
  readonly scale?: unknown;
}

/** A real matrix in the number system of a design. */
export interface QuantizedWeights<Weights = unknown> {
  readonly weights: Weights;
  /** How many weights are kept exact beside the dictionary or grid; 0 where a design has none. */
  readonly outliers: number;
  /** Bits in storage for everything, divided by the number of weights. */
  readonly bitsPerWeight: number;
}

/** Where in a matrix product one beat of an outcome belongs. */
export interface BeatPlace {
  /** Group of rows that the design computes at once, from 0. */
  readonly tile: number;
  /** Row of the matrix. */
  readonly row: number;
  readonly token: number;
}

/** How products of integers of any kind run on a design. */
export interface ProductLowering {
  /** Cuts a product into jobs. */
  lower(p: Parameters, product: IntegerProduct): readonly Job[];
  /** Puts the outcomes of these jobs together: [n x m], row-major; 0 where a row does not take part. */
  raise(p: Parameters, product: IntegerProduct, outcomes: readonly Outcome[]): Int32Array;
}

/** How real matrices and activations run on a design. */
export interface Lowering<Weights = unknown, Packed = unknown> {
  /** Quantizes a matrix [rows x columns]; `name` is what messages call it. */
  quantize(p: Parameters, matrix: Matrix, name: string): QuantizedWeights<Weights>;
  /** A matrix that the family's method packed, as the design holds it, and the parameters that takes. */
  adopt(
    p: Parameters,
    packed: Packed,
  ): { readonly parameters: Parameters; readonly weights: Weights };
  /**
   * Integers of activations whose calibrated largest magnitude is `range`.
   *
   * @param scale as in `MatrixCall`
   */
  encode(p: Parameters, activations: Matrix, range: number, scale?: unknown): Int32Array;
  /** The exact product [tokens x rows], computed whole: without tiles, jobs or beats. */
  product(p: Parameters, call: MatrixCall<Weights>): Float64Array;
  /** Cuts the product into jobs. */
  lower(p: Parameters, call: MatrixCall<Weights>): readonly Job[];
  /** Beats of results that all jobs give, from the call alone; absent where every output is one. */
  resultBeats?(p: Parameters, call: MatrixCall<Weights>): number;
  /** Puts the outcomes of these jobs together: exact integers, [tokens x rows], row-major. */
  raise(p: Parameters, call: MatrixCall<Weights>, outcomes: readonly Outcome[]): Float64Array;
  /** The float32 values of an exact result, [tokens x rows]; `range` as for `encode`. */
  decode(
    p: Parameters,
    call: MatrixCall<Weights>,
    exact: Float64Array,
    range: number,
  ): Float32Array;
  /** Where beat `beat` of the results of job `job` belongs. */
  locate(p: Parameters, call: MatrixCall<Weights>, job: number, beat: number): BeatPlace;
  /** For a design that computes all that its method's `engine` multiplies, attention too. */
  readonly products?: ProductLowering;
}

/** What the user of a piece of hardware must know beyond its ports: paragraphs of Markdown. */
export interface Manual {
  /** How to drive it, in order. */
  readonly operation: readonly string[];
  /** Throughput and latency, in cycles. */
  readonly timing: readonly string[];
}

/** A piece of hardware that can be generated, verified and handed off. */
export interface Design {
  /** As on the command line: `gobo-tile`. */
  readonly name: string;
  readonly summary: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** What is wrong with values that are allowed each alone, as a sentence without its full stop. */
  conflict?(p: Parameters): string | undefined;
  rtl(p: Parameters): Program;
  /** Output beats and stall-free cycles from the specification alone; never looks at the RTL. */
  golden(p: Parameters, job: Job, blobs: ReadonlyMap<string, Uint8Array>): Outcome;
  /** What goes into the README of the hand-off folder, with the figures of these parameters. */
  manual(p: Parameters): Manual;
  /** A random job with corner values over-represented, without stalls. */
  randomJob(p: Parameters, rng: Rng): Job;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each design has its own weights
  readonly lowering?: Lowering<any, any>;
}
