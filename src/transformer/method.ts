import type { ZodType } from 'zod';

import type { Matrix } from '../tensor/index.ts';
import type { MatmulEngine, Site } from './matmul-engine.ts';

/**
 * A way to quantize a model's matrices and to compute with the result.
 *
 * @typeParam O its options
 * @typeParam Q a quantized matrix
 */
export interface Method<O = unknown, Q = unknown> {
  readonly name: string;
  readonly options: ZodType<O>;
  /** Quantizes one weight [out x in]; the report holds figures such as bits per weight and error norms. */
  quantize(
    w: Matrix,
    site: Site,
    options: O,
  ): { readonly packed: Q; readonly report: Readonly<Record<string, number>> };
  /** The scale of the activations that reach a site, from samples [n x in] of them. */
  calibrate?(site: Site, samples: readonly Matrix[], options: O): number;
  /** An engine that computes with quantized weights (by tensor name) and activation scales (by `siteKey`). */
  engine(model: {
    readonly weights: ReadonlyMap<string, Q>;
    readonly scales: ReadonlyMap<string, number>;
  }): MatmulEngine;
}
