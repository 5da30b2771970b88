import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { matrix } from '../../../src/tensor/index.ts';
import { kmeans } from '../../../src/transformer/index.ts';
import { clusters } from '../../../src/transformer/methods/clusters.ts';
import { rng } from '../../../src/numeric/index.ts';

const options = (bits: number) => ({ bits, maxIterations: 10_000 });

/** Lloyd's algorithm as it is told: every value looks at every centroid, of two equally near at the upper. */
function naive(sorted: readonly number[], count: number): number[] {
  const edge = (k: number): number => Math.floor((k * sorted.length) / count + 0.5);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  let centroids = Array.from({ length: count }, (_, k) => {
    const run = sorted.slice(edge(k), edge(k + 1));
    return run.length > 0 ? mean(run) : sorted[Math.min(edge(k), sorted.length - 1)]!;
  });
  for (let assigned = ''; ;) {
    const of = sorted.map((value) => {
      let best = 0;
      centroids.forEach((centroid, k) => {
        if (Math.abs(value - centroid) <= Math.abs(value - centroids[best]!)) best = k;
      });
      return best;
    });
    if (of.join() === assigned) return centroids;
    assigned = of.join();
    centroids = centroids.map((old, k) => {
      const mine = sorted.filter((_, i) => of[i] === k);
      return mine.length > 0 ? mean(mine) : old;
    });
  }
}

describe('the search for clusters', () => {
  it('ends where the textbook algorithm ends', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -500, max: 500 }), { minLength: 8 }),
        fc.integer({ min: 1, max: 8 }),
        (distinct, count) => {
          const sorted = [...distinct].sort((a, b) => a - b);
          const { centroids } = clusters(Float64Array.from(sorted), count, 1000);
          naive(sorted, count).forEach((centroid, k) => {
            expect(centroids[k]).toBeCloseTo(centroid, 9);
          });
        },
      ),
    );
    // Values that repeat leave clusters empty; centroids still ascend.
    fc.assert(
      fc.property(values, (repeated) => {
        const sorted = Float64Array.from(repeated).sort();
        const { centroids } = clusters(sorted, 8, 1000);
        centroids.forEach((centroid, k) => {
          if (k > 0) expect(centroid).toBeGreaterThanOrEqual(centroids[k - 1]!);
        });
      }),
    );
  });

  it('finds the two centres of two heaps', () => {
    const sorted = Float64Array.of(-3, -2, -1, 7, 9);
    expect([...clusters(sorted, 2, 100).centroids]).toEqual([-2, 8]);
  });

  it('finds the best four levels of a Gaussian', () => {
    const random = rng(5);
    const sorted = Float64Array.from({ length: 200_000 }, () => random.normal()).sort();
    const { centroids, iterations } = clusters(sorted, 4, 10_000);
    // Max, "Quantizing for minimum distortion" (1960), table I: 0.4528 and 1.510.
    [-1.51, -0.4528, 0.4528, 1.51].forEach((level, k) => {
      expect(Math.abs(centroids[k]! - level)).toBeLessThan(0.02);
    });
    expect(iterations).toBeGreaterThan(10);
  });

  it('stops at the iteration limit', () => {
    const random = rng(6);
    const sorted = Float64Array.from({ length: 1000 }, () => random.normal()).sort();
    expect(clusters(sorted, 8, 2).iterations).toBe(2);
  });
});

describe('the method kmeans', () => {
  it('gives every weight the nearest centroid and reports what that costs', () => {
    const w = matrix(1, 5, Float32Array.of(7, -3, -2, 9, -1));
    const { packed, report } = kmeans.quantize(w, 'w', options(1));
    expect([...packed.centroids]).toEqual([-2, 8]);
    expect([...packed.indexes]).toEqual([1, 0, 0, 1, 0]);
    expect([...kmeans.dequantize(packed).data]).toEqual([8, -2, -2, 8, -2]);
    expect(report).toMatchObject({ bits: 1, centroids: 2, l1: 4, mse: 0.8 });
    expect(kmeans.format.write(packed)).toHaveLength((report.bitsPerWeight * 5) / 8);
  });

  it('loses nothing where there are no more values than centroids', () => {
    const w = matrix(1, 3, Float32Array.of(0.5, -0.25, 3));
    expect([...kmeans.dequantize(kmeans.quantize(w, 'w', options(2)).packed).data]).toEqual([
      ...w.data,
    ]);
  });
});
