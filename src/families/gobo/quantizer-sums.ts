/**
 * Sums over runs of sorted weights as differences of prefix sums. Plain float64 prefix sums would
 * lose the small differences to the large totals, and the search compares exactly those; so each
 * prefix carries what its rounding lost, and every result is as if rounded once.
 */

/** Entry i is the sum of the first i weights: `high` rounded to float64, `low` the rest. */
export interface PrefixSums {
  readonly high: Float64Array;
  readonly low: Float64Array;
}

/** What rounding took from a + b, exactly; `sum` is its rounded value (Knuth's TwoSum). */
function lostBySum(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/** The upper half of a float64's digits (Veltkamp's splitting); the rest is exact, too. */
function upperHalf(x: number): number {
  const scaled = x * (2 ** 27 + 1);
  return scaled - (scaled - x);
}

/** What rounding took from a x b, exactly; `product` is its rounded value (Dekker's TwoProduct). */
function lostByProduct(a: number, b: number, product: number): number {
  const a1 = upperHalf(a);
  const a2 = a - a1;
  const b1 = upperHalf(b);
  const b2 = b - b1;
  return a1 * b1 - product + a1 * b2 + a2 * b1 + a2 * b2;
}

export function prefixSums(weights: Float32Array): PrefixSums {
  const high = new Float64Array(weights.length + 1);
  const low = new Float64Array(weights.length + 1);
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    const next = sum + weight;
    lost += lostBySum(sum, weight, next);
    sum = next;
    high[i + 1] = sum;
    low[i + 1] = lost;
  }
  return { high, low };
}

/** The sum of weights begin .. end - 1. */
export function sumOf({ high, low }: PrefixSums, begin: number, end: number): number {
  const sum = high[end]! - high[begin]!;
  return sum + (lostBySum(high[end]!, -high[begin]!, sum) + (low[end]! - low[begin]!));
}

/**
 * The sum of |weight - center| over weights begin .. end - 1, of which those from `middle` on are
 * not below the center.
 */
export function distanceOf(
  { high, low }: PrefixSums,
  begin: number,
  middle: number,
  end: number,
  center: number,
): number {
  // Weights above minus weights below, and the center as often as there are more below than above.
  const excess = 2 * middle - begin - end;
  const ends = high[end]! + high[begin]!;
  const weights = ends - 2 * high[middle]!;
  const centers = center * excess;
  const distance = weights + centers;
  return (
    distance +
    (lostBySum(high[end]!, high[begin]!, ends) +
      lostBySum(ends, -2 * high[middle]!, weights) +
      lostByProduct(center, excess, centers) +
      lostBySum(weights, centers, distance) +
      (low[end]! + low[begin]! - 2 * low[middle]!))
  );
}
