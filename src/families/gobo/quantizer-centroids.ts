import { distanceOf, prefixSums, sumOf } from './quantizer-sums.ts';
import type { PrefixSums } from './quantizer-sums.ts';

/**
 * Representative values of one layer's Gaussian weights: GOBO's Algorithm 1 from the sorting on.
 *
 * Weights are sorted once. A set of ascending centroids then assigns contiguous runs to them, so an
 * assignment is only the list of where the runs begin and is found by binary search; with prefix
 * sums a whole iteration takes K log N steps, however many weights there are.
 */

export interface CentroidSearch {
  /** K values, ascending, float64, before they are rounded to the dictionary's type. */
  readonly centroids: Float64Array;
  /** Updates of the centroids that lowered the L1 norm. */
  readonly iterations: number;
}

/**
 * Where each of K runs begins; entry K is the number of weights. Run k is edges[k] .. edges[k + 1] - 1.
 */
type Edges = Int32Array;

/** Runs of equal population: edge i at floor(i n / K + 1/2). */
function equalPopulation(n: number, count: number): Edges {
  return Int32Array.from({ length: count + 1 }, (_, i) => Math.floor((i * n) / count + 0.5));
}

/** Index of the first of the ascending weights begin .. end - 1 that is at least `value`. */
function lowerBound(sorted: Float32Array, value: number, begin: number, end: number): number {
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Each weight to its nearest centroid; one exactly midway goes to the upper. */
function nearestRuns(sorted: Float32Array, centroids: Float64Array): Edges {
  const edges = new Int32Array(centroids.length + 1);
  edges[centroids.length] = sorted.length;
  midpoints(centroids).forEach((midpoint, k) => {
    edges[k + 1] = lowerBound(sorted, midpoint, edges[k]!, sorted.length);
  });
  return edges;
}

/**
 * The mean of each run; an empty run keeps its centroid, or, where there is none yet, takes the
 * weight at its edge.
 */
function meansOf(
  sorted: Float32Array,
  sums: PrefixSums,
  edges: Edges,
  previous?: Float64Array,
): Float64Array {
  return Float64Array.from({ length: edges.length - 1 }, (_, k) => {
    const begin = edges[k]!;
    const end = edges[k + 1]!;
    if (begin === end) return previous?.[k] ?? sorted[Math.min(begin, sorted.length - 1)]!;
    const mean = sumOf(sums, begin, end) / (end - begin);
    // A mean lies between the extremes; a rounded one must too, or the table might not ascend.
    return Math.min(Math.max(mean, sorted[begin]!), sorted[end - 1]!);
  });
}

function l1Norm(
  sorted: Float32Array,
  sums: PrefixSums,
  edges: Edges,
  centroids: Float64Array,
): number {
  let norm = 0;
  for (let k = 0; k < centroids.length; k++) {
    const centroid = centroids[k]!;
    const begin = edges[k]!;
    const end = edges[k + 1]!;
    const middle = lowerBound(sorted, centroid, begin, end);
    norm += distanceOf(sums, begin, middle, end, centroid);
  }
  return norm;
}

/** The K - 1 boundaries between neighbours of an ascending table, in float64. */
export function midpoints(table: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: table.length - 1 }, (_, k) => (table[k]! + table[k + 1]!) / 2);
}

/**
 * Starts from bins of equal population and their means, then repeats: assign each weight to the
 * nearest centroid, move each centroid to the mean of its weights, measure the L1 norm of that
 * assignment to the moved centroids. Ends when the norm does not fall, when no weight changed its
 * centroid, or after `maxIterations`, and gives back the centroids with the lowest norm.
 *
 * @param sorted the Gaussian weights in ascending order, at least one
 * @param count K, the number of centroids
 */
export function findCentroids(
  sorted: Float32Array,
  count: number,
  maxIterations: number,
): CentroidSearch {
  const sums = prefixSums(sorted);
  const bins = equalPopulation(sorted.length, count);
  let centroids = meansOf(sorted, sums, bins);
  let norm = l1Norm(sorted, sums, bins, centroids);
  let iterations = 0;
  while (iterations < maxIterations) {
    const edges = nearestRuns(sorted, centroids);
    const updated = meansOf(sorted, sums, edges, centroids);
    const updatedNorm = l1Norm(sorted, sums, edges, updated);
    // An unchanged assignment has unchanged centroids and norm, so this ends the search then, too.
    if (updatedNorm >= norm) break;
    centroids = updated;
    norm = updatedNorm;
    iterations++;
  }
  return { centroids, iterations };
}
