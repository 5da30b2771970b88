import { InputError } from '../../numeric/index.ts';

/** What of the options says how many tokens have how many bits. */
export interface ScheduleOptions {
  readonly firstLayers8: number;
  /** First layers of the profile that keep all tokens; 0 for max(3, 15 %) of the layers. */
  readonly unprunedLayers: number;
  readonly r0End: number;
  readonly rho: number;
  /** One per layer instead of the profile, or none. */
  readonly r0: readonly number[];
  readonly r1: readonly number[];
}

/** Shares of a sequence's tokens in one layer, 0 .. 1. */
export interface LayerRatios {
  /** That survive. */
  readonly r0: number;
  /** That have 8 bits. */
  readonly r1: number;
}

/** What one layer does with its tokens; `all-8` is without a choice. */
export type LayerPlan = 'all-8' | LayerRatios;

/** How many first layers keep all tokens unless told: max(3, 15 %) of them (the rounding up is our choice). */
const untouched = (layers: number): number => Math.max(3, Math.ceil(0.15 * layers));

/**
 * The plan of every layer, from 0.
 *
 * @param layers passes of the encoder
 * @throws InputError for a list with another number of ratios than there are layers
 */
export function scheduleOf(options: ScheduleOptions, layers: number): readonly LayerPlan[] {
  const { firstLayers8, unprunedLayers, r0End, rho, r0, r1 } = options;
  for (const [key, list] of Object.entries({ r0, r1 })) {
    if (list.length !== 0 && list.length !== layers) {
      throw new InputError(
        `${key} lists ${list.length} ratios, but the model has ${layers} layers; give one for each, or none.`,
      );
    }
  }
  const first = unprunedLayers === 0 ? untouched(layers) : unprunedLayers;
  return Array.from({ length: layers }, (_, layer): LayerPlan => {
    if (layer < firstLayers8) return 'all-8';
    const sloped = layer < first ? 1 : 1 - ((1 - r0End) * (layer - first + 1)) / (layers - first);
    const survive = r0[layer] ?? sloped;
    return { r0: survive, r1: r1[layer] ?? rho * survive };
  });
}

/** How many tokens a layer keeps, and how many of them with 8 bits. */
export interface TokenQuota {
  readonly k0: number;
  readonly k1: number;
}

/**
 * @param length of the sequence, pruned tokens included
 * @returns k0 from 1 on: a sequence is never empty
 */
export const quotaOf = ({ r0, r1 }: LayerRatios, length: number): TokenQuota => ({
  k0: Math.max(1, Math.floor(r0 * length + 0.5)),
  k1: Math.floor(r1 * length + 0.5),
});

/** Tokens of a sequence in one layer, by bits. */
export interface PrecisionCounts {
  readonly 8: number;
  readonly 4: number;
  readonly 0: number;
}

/**
 * The tokens of one sequence in every layer, which their scores do not change.
 *
 * @param isProtected how many of the tokens are
 * @param mean whether one token stands for those that are pruned: it has 4 bits
 */
export function countsOf(
  plan: readonly LayerPlan[],
  length: number,
  isProtected: number,
  mean = false,
): readonly PrecisionCounts[] {
  let live = length;
  return plan.map((layer) => {
    if (layer === 'all-8') return { 8: live, 4: 0, 0: length - live };
    const { k0, k1 } = quotaOf(layer, length);
    live = Math.min(live, Math.max(k0, isProtected));
    const eight = Math.min(k1, live);
    const standIn = mean && live < length ? 1 : 0;
    return { 8: eight, 4: live - eight + standIn, 0: length - live - standIn };
  });
}
