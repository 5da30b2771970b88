/** What a search for cluster centres found. */
export interface Clusters {
  /** Ascending, float64. */
  readonly centroids: Float64Array;
  /** Updates of the centroids until no value changed its cluster. */
  readonly iterations: number;
}

/** The boundaries between neighbours of an ascending table, in float64. */
const midpoints = (table: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: table.length - 1 }, (_, k) => (table[k]! + table[k + 1]!) / 2);

/** Index of the first of the ascending `sorted` that is at least `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * One-dimensional K-means (Lloyd's algorithm) to the fixpoint. Clusters of sorted values are runs, so an assignment is
 * the list of where they begin, and means come from running sums: one iteration takes `count` binary searches.
 *
 * @param sorted ascending, at least one
 * @param count K; a cluster that gets no value keeps its centroid
 */
export function clusters(sorted: Float64Array, count: number, maxIterations: number): Clusters {
  const sums = new Float64Array(sorted.length + 1);
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = sums[i]! + sorted[i]!;
  let edges = Int32Array.from({ length: count + 1 }, (_, k) =>
    Math.floor((k * sorted.length) / count + 0.5),
  );
  const means = (previous?: Float64Array): Float64Array =>
    Float64Array.from({ length: count }, (_, k) => {
      const [begin, end] = [edges[k]!, edges[k + 1]!];
      if (begin === end) return previous?.[k] ?? sorted[Math.min(begin, sorted.length - 1)]!;
      const mean = (sums[end]! - sums[begin]!) / (end - begin);
      // Differences of long sums are rounded; a mean still lies between the extremes.
      return Math.min(Math.max(mean, sorted[begin]!), sorted[end - 1]!);
    });
  let centroids = means();
  let iterations = 0;
  while (iterations < maxIterations) {
    const moved = Int32Array.from(edges);
    midpoints(centroids).forEach((midpoint, k) => {
      moved[k + 1] = lowerBound(sorted, midpoint);
    });
    if (moved.every((edge, k) => edge === edges[k])) break;
    edges = moved;
    centroids = means(centroids);
    iterations++;
  }
  return { centroids, iterations };
}

/** For each value the position of the nearest entry of an ascending table of up to 256; ties go up. */
export function nearest(table: ArrayLike<number>, values: ArrayLike<number>): Uint8Array {
  const boundaries = midpoints(table);
  const indexes = new Uint8Array(values.length);
  for (let i = 0; i < indexes.length; i++) {
    const value = values[i]!;
    let low = 0;
    let high = boundaries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (boundaries[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    indexes[i] = low;
  }
  return indexes;
}
