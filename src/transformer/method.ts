import type { z } from 'zod';

import type { IntegerProducts, Matrix } from '../tensor/index.ts';
import type { MatmulEngine, Site } from './matmul-engine.ts';
import type { MatrixKind } from './model-matrices.ts';

/** One figure of a matrix report; a record groups figures of one kind, such as counts by case, a list those of a table. */
export type Figure = number | string | readonly number[] | Readonly<Record<string, number>>;

/**
 * What quantizing did to one matrix. Methods add figures of their own, such as the number of outliers.
 * Errors are over all weights of the matrix, original minus dequantized.
 */
export type MatrixReport = {
  /** Bits of one weight's code, as asked for. */
  readonly bits: number;
  /** Bits on disk for everything (codes, tables, exceptions and where they are) per weight. */
  readonly bitsPerWeight: number;
  /** Mean of the errors' squares. */
  readonly mse: number;
  /** Sum of the errors' magnitudes. */
  readonly l1: number;
} & Readonly<Record<string, Figure>>;

/** A quantized matrix and what quantizing did to it. */
export interface Quantized<Q> {
  readonly packed: Q;
  readonly report: MatrixReport;
}

/** A strict zod object with a default for every key, so that `{}` means the usual settings. */
export type OptionsSchema<O> = z.ZodType<O> & {
  readonly shape: Readonly<Record<string, z.ZodType>>;
};

/** How packed matrices rest on disk. */
export interface PackedFormat<Q> {
  /** Ending of the file, without the dot. */
  readonly extension: string;
  write(packed: Q): Uint8Array;
  /**
   * @param place what error messages call the bytes, such as the path of the file
   * @throws InputError for bytes that are truncated or damaged
   */
  read(bytes: Uint8Array, place: string): Q;
}

/** Activations that reached one site over a calibration set. */
export interface SiteActivations {
  /** Largest |x| over the whole set. */
  readonly range: number;
  /** Rows of the set, [n x in] each, evenly thinned where the set is large. */
  readonly samples: readonly Matrix[];
}

/** The quantized linear layers of a model, ready to compute with. */
export interface QuantizedLayers<O, Q, S = number> {
  /** By the name of the tensor in the checkpoint. */
  readonly weights: ReadonlyMap<string, Q>;
  /** What `calibrate` gave, by `siteKey`; empty for a method without `calibrate`. */
  readonly scales: ReadonlyMap<string, S>;
  readonly options: O;
}

/**
 * A way to quantize a model's matrices and to compute with the result.
 *
 * @typeParam O its options
 * @typeParam Q a quantized matrix
 * @typeParam S what calibration gives for a site: a scale, or a record of plain JSON data where that is not enough
 */
export interface Method<O = unknown, Q = unknown, S = number> {
  /** As on the command line: `gobo`. */
  readonly name: string;
  /** One line for help texts, without a full stop. */
  readonly summary: string;
  /** Every key has a default and a description. A key named `bits` is what `--bits n` sets. */
  readonly options: OptionsSchema<O>;
  /** Other values that `--bits` takes, with the options they stand for: `w4a4`. */
  readonly precisions?: Readonly<Record<string, Partial<O>>>;
  /**
   * Whether activations stay in floating point, so that the model's accuracy is that of the dequantized weights.
   * Where not, only `engine` computes what the method means.
   */
  readonly weightOnly: boolean;
  /** Kinds of matrices that it quantizes unless told otherwise; linear layers and tables of embeddings unless given. */
  readonly kinds?: readonly MatrixKind[];
  /** Whether `engine` needs scales of `attentionOperands`, too; `calibrate` then gives them. */
  readonly attention?: boolean;
  /**
   * Quantizes one matrix, a linear layer's weight [out x in] or a table of embeddings [entries x width].
   *
   * @param name what error messages call the matrix: its tensor in the checkpoint
   * @throws InputError for weights that are not finite or that the method cannot represent
   */
  quantize(w: Matrix, name: string, options: O): Quantized<Q>;
  /** The matrix that the packed form stands for. */
  dequantize(packed: Q): Matrix;
  readonly format: PackedFormat<Q>;
  /** The scale of the activations that reach a site; absent where `engine` needs none. */
  calibrate?(site: Site, activations: SiteActivations, options: O): S;
  /**
   * The method's own arithmetic in software, that of its hardware where it has one: each product computed whole and,
   * where it computes with integers, exactly, with the integers in `Product.exact`. Whoever wants the dequantized
   * weights in floating point takes `dequantize`.
   *
   * @param products where it has its integer products computed, for a method with `products`; in software unless given
   */
  engine(model: QuantizedLayers<O, Q, S>, products?: IntegerProducts): MatmulEngine;
  /** Whether every product of `engine`, those of attention too, may be computed elsewhere. */
  readonly products?: boolean;
}

/** A method whose options and packed matrices only it knows. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `unknown` would refuse every method: its own types stand in argument places
export type AnyMethod = Method<any, any, any>;
