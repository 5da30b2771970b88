/** Search among the schedules of the linear profile: what each costs and how accurate it leaves a model. */

export interface ProfilePoint {
  /** Share of tokens that survive in the last layer. */
  readonly r0End: number;
  /** Share of 8-bit tokens among them. */
  readonly rho: number;
}

export interface MeasuredPoint extends ProfilePoint {
  /** Digit products beside those of all tokens at 8 bits. */
  readonly cost: number;
  readonly attentionCost: number;
  readonly correct: number;
  readonly predictions: number;
  /** correct / predictions */
  readonly accuracy: number;
}

/** Every pair, the dearest first: no pruning and 8 bits. */
export const profileGrid = (
  r0Ends: readonly number[],
  rhos: readonly number[],
): readonly ProfilePoint[] =>
  descending(r0Ends).flatMap((r0End) => descending(rhos).map((rho) => ({ r0End, rho })));

const descending = (values: readonly number[]): readonly number[] =>
  [...new Set(values)].sort((a, b) => b - a);

/** The points that no other beats in both cost and accuracy, the cheapest first; of equal points the first. */
export function paretoFront<T extends Pick<MeasuredPoint, 'cost' | 'accuracy'>>(
  points: readonly T[],
): readonly T[] {
  const sorted = points.toSorted((a, b) => a.cost - b.cost || b.accuracy - a.accuracy);
  let best = -Infinity;
  return sorted.filter(({ accuracy }) => {
    if (accuracy <= best) return false;
    best = accuracy;
    return true;
  });
}

/**
 * The cheapest point that loses at most `drop` of the reference accuracy; of equally cheap ones the most accurate.
 * Undefined if there is none.
 */
export const cheapestWithin = <T extends Pick<MeasuredPoint, 'cost' | 'accuracy'>>(
  points: readonly T[],
  reference: number,
  drop: number,
): T | undefined =>
  // A drop of 0.01 from 0.99 must let 0.98 pass, whatever float64 makes of the difference.
  paretoFront(points).find(({ accuracy }) => accuracy >= reference - drop - 1e-12);
