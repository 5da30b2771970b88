/**
 * GOBO's quantizer step by step as the paper lists it, for small matrices: no sorted runs, no binary
 * search, every weight looks at every boundary. Sums run over weights in ascending order, as ours do.
 */

interface Assigned {
  readonly weight: number;
  bin: number;
}

export interface NaiveResult {
  readonly outliers: readonly number[];
  readonly centroids: readonly number[];
  readonly indexes: readonly number[];
  readonly iterations: number;
}

function nearest(weight: number, table: readonly number[]): number {
  return table.filter((entry, k) => k > 0 && (table[k - 1]! + entry) / 2 <= weight).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function naiveQuantize(weights: readonly number[], bits: number): NaiveResult {
  const count = 2 ** bits;
  const mean = sum(weights) / weights.length;
  const std = Math.sqrt(sum(weights.map((w) => (w - mean) ** 2)) / weights.length);
  const density = (w: number): number =>
    Math.exp(-((w - mean) ** 2) / (2 * std ** 2)) / (std * Math.sqrt(2 * Math.PI));
  const isOutlier = (w: number): boolean => std > 0 && density(w) <= Math.exp(-4);

  const sorted = weights.filter((w) => !isOutlier(w)).sort((a, b) => a - b);
  const total = sorted.length;
  const edge = (bin: number): number => Math.floor((bin * total) / count + 0.5);
  const assigned: Assigned[] = sorted.map((weight, i) => {
    let bin = 0;
    while (edge(bin + 1) <= i) bin++;
    return { weight, bin };
  });
  const update = (previous: readonly number[]): number[] =>
    Array.from({ length: count }, (_, bin) => {
      const members = assigned.filter((a) => a.bin === bin).map((a) => a.weight);
      return members.length > 0 ? sum(members) / members.length : previous[bin]!;
    });
  const norm = (table: readonly number[]): number =>
    sum(assigned.map((a) => Math.abs(a.weight - table[a.bin]!)));

  const atEdges = Array.from(
    { length: count },
    (_, bin) => sorted[Math.min(edge(bin), total - 1)]!,
  );
  let table = update(atEdges);
  let best = table;
  let bestNorm = norm(table);
  let iterations = 0;
  for (;;) {
    const before = assigned.map((a) => a.bin);
    for (const a of assigned) a.bin = nearest(a.weight, table);
    if (assigned.every((a, i) => a.bin === before[i])) break;
    table = update(table);
    const l1 = norm(table);
    if (l1 >= bestNorm) break;
    best = table;
    bestNorm = l1;
    iterations++;
  }
  const centroids = best.map(Math.fround);
  return {
    outliers: weights.flatMap((w, i) => (isOutlier(w) ? [i] : [])),
    centroids,
    indexes: weights.map((w) => (isOutlier(w) ? 0 : nearest(w, centroids))),
    iterations,
  };
}
