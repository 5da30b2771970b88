/**
 * The quantizer against a second one that shares nothing with it: exact rational sums, no sorted runs, each weight
 * looks at every boundary. So it also says what the prefix sums and the radix sort must give.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { distanceOf, prefixSums, sumOf } from '../../../src/families/gobo/quantizer-sums.ts';
import { sortedWeights } from '../../../src/families/gobo/quantizer-sort.ts';
import { quantizeGobo } from '../../../src/families/gobo/quantizer.ts';
import { rng, roundToHalf } from '../../../src/numeric/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { matrix } from '../../../src/tensor/index.ts';

/** Every float64 is a whole number of these. */
const unit = 1074n;

const view = new DataView(new ArrayBuffer(8));

/** x in units of 2^-1074. */
function exact(x: number): bigint {
  view.setFloat64(0, x);
  const word = view.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const fraction = word & ((1n << 52n) - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return word >> 63n ? -magnitude : magnitude;
}

/** The float64 nearest to n / d units. */
function rounded(n: bigint, d = 1n): number {
  if (n < 0n) return -rounded(-n, d);
  if (n === 0n) return 0;
  // Two more bits than fit, and a sticky one.
  const shift = BigInt(n.toString(2).length - d.toString(2).length - 56);
  const scaled = shift > 0n ? n / (d << shift) : (n << -shift) / d;
  const inexact = shift > 0n ? n % (d << shift) !== 0n : (n << -shift) % d !== 0n;
  const odd = scaled | (inexact ? 1n : 0n);
  // Round 56 or 57 bits to 53, half to even, before the power of two is applied.
  const drop = BigInt(odd.toString(2).length - 53);
  const floor = odd >> drop;
  const rest = odd - (floor << drop);
  const half = 1n << (drop - 1n);
  const up = rest > half || (rest === half && floor & 1n) ? 1n : 0n;
  const power = Number(shift + drop - unit);
  return Number(floor + up) * 2 ** (power + 500) * 2 ** -500;
}

const total = (values: readonly number[]): bigint =>
  values.reduce((sum, value) => sum + exact(value), 0n);

interface Second {
  readonly outliers: readonly number[];
  readonly centroids: readonly number[];
  readonly indexes: readonly number[];
  readonly iterations: number;
}

/** How many boundaries between neighbours the weight has reached. */
const nearestOf = (weight: number, table: readonly number[]): number =>
  table.filter((entry, k) => k > 0 && (table[k - 1]! + entry) / 2 <= weight).length;

function secondQuantizer(
  weights: readonly number[],
  bits: number,
  type: 'f32' | 'f16',
  threshold = -4,
): Second {
  const count = 2 ** bits;
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  const variance = weights.reduce((a, b) => a + (b - mean) ** 2, 0) / weights.length;
  const std = Math.sqrt(variance);
  const outliers = weights.flatMap((w, i) =>
    std > 0 &&
    -((w - mean) ** 2) / (2 * std ** 2) - Math.log(std) - 0.5 * Math.log(2 * Math.PI) <= threshold
      ? [i]
      : [],
  );
  const out = new Set(outliers);
  const sorted = weights.filter((_, i) => !out.has(i)).sort((a, b) => a - b);
  const n = sorted.length;
  const edge = (i: number): number => Math.floor((i * n) / count + 0.5);
  let members = Array.from({ length: count }, (_, i) => sorted.slice(edge(i), edge(i + 1)));
  let table = members.map((m, i) =>
    m.length > 0 ? rounded(total(m), BigInt(m.length)) : sorted[Math.min(edge(i), n - 1)]!,
  );
  const norm = (): bigint =>
    members.reduce(
      (sum, m, k) =>
        m.reduce((s, w) => {
          const d = exact(w) - exact(table[k]!);
          return s + (d < 0n ? -d : d);
        }, sum),
      0n,
    );
  let best = table;
  let bestNorm = norm();
  let iterations = 0;
  for (;;) {
    const next: number[][] = table.map(() => []);
    for (const w of sorted) next[nearestOf(w, table)]!.push(w);
    if (next.every((m, k) => m.length === members[k]!.length)) break;
    members = next;
    table = members.map((m, k) => (m.length > 0 ? rounded(total(m), BigInt(m.length)) : table[k]!));
    const l1 = norm();
    if (l1 >= bestNorm) break;
    best = table;
    bestNorm = l1;
    iterations++;
  }
  const centroids = best.map((c) => (type === 'f16' ? roundToHalf(c) : Math.fround(c)));
  const indexes = weights.map((w, i) => (out.has(i) ? 0 : nearestOf(w, centroids)));
  return { outliers, centroids, indexes, iterations };
}

/** Weights of one of several kinds, float32. */
function weightsOf(kind: string, count: number, random: Rng): number[] {
  const one = (): number => {
    switch (kind) {
      case 'gaussian':
        return random.normal() * 0.05;
      case 'few values':
        return (random.below(7) - 3) * 0.1;
      case 'constant':
        return 0.1;
      case 'two ends':
        return random.below(2) === 0 ? 1e-3 : -0.7;
      case 'wide':
        // Not wider: the quantizer compares norms in float64, where a smaller step would drown.
        return random.normal() * 10 ** -random.below(6);
      default:
        return random.uniform() - 0.5;
    }
  };
  return Array.from({ length: count }, () => Math.fround(one()));
}

const kinds = ['gaussian', 'few values', 'constant', 'two ends', 'wide', 'uniform'];

describe('GOBO quantizer beside a second one with exact sums', () => {
  it('gives the same outliers, dictionary, indexes and updates', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 2, max: 6 }),
        fc.constantFrom('f32' as const, 'f16' as const),
        fc.nat(),
        (kind, count, bits, valueType, seed) => {
          const weights = weightsOf(kind, count, rng(seed));
          const expected = secondQuantizer(weights, bits, valueType);
          fc.pre(expected.outliers.length < count);
          const w = matrix(1, count, Float32Array.from(weights));
          const { packed, report } = quantizeGobo(w, { bits, valueType });
          expect([...packed.outliers.positions]).toEqual(expected.outliers);
          expect([...packed.centroids]).toEqual(expected.centroids);
          expect([...packed.indexes]).toEqual(expected.indexes);
          expect(report.iterations).toBe(expected.iterations);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('agrees on a matrix of several thousand weights', () => {
    const weights = weightsOf('gaussian', 4000, rng(4));
    const w = matrix(40, 100, Float32Array.from(weights));
    for (const bits of [3, 4]) {
      const expected = secondQuantizer(weights, bits, 'f32');
      const { packed, report } = quantizeGobo(w, { bits });
      expect([...packed.outliers.positions]).toEqual(expected.outliers);
      expect([...packed.centroids]).toEqual(expected.centroids);
      expect([...packed.indexes]).toEqual(expected.indexes);
      expect(report.iterations).toBe(expected.iterations);
    }
  });

  it('gives every weight an index where outliers are switched off', () => {
    const weights = [...weightsOf('gaussian', 500, rng(6)), 3, -7];
    const w = matrix(1, 502, Float32Array.from(weights));
    const expected = secondQuantizer(weights, 3, 'f32', -Infinity);
    const { packed, report } = quantizeGobo(w, { bits: 3, outliers: false });
    expect(report.outliers).toBe(0);
    expect(packed.outliers.positions.length).toBe(0);
    expect([...packed.centroids]).toEqual(expected.centroids);
    expect([...packed.indexes]).toEqual(expected.indexes);
    expect(quantizeGobo(w, { bits: 3 }).report.outliers).toBeGreaterThan(1);
    // Where every weight would be an outlier, there is none to refuse.
    const huge = matrix(1, 4, Float32Array.of(-100, -50, 50, 100));
    expect(() => quantizeGobo(huge)).toThrow(/Every weight/);
    expect([...quantizeGobo(huge, { bits: 2, outliers: false }).packed.centroids]).toEqual([
      ...huge.data,
    ]);
  });

  it('reports errors over all weights', () => {
    const random = rng(8);
    const w = matrix(8, 300);
    for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() * 0.05;
    w.data[9] = 1.2345;
    const { packed, report } = quantizeGobo(w, { valueType: 'f16' });
    let [l1, squares, at] = [0, 0, 0];
    w.data.forEach((weight, i) => {
      const back =
        packed.outliers.positions[at] === i
          ? packed.outliers.values[at++]!
          : packed.centroids[packed.indexes[i]!]!;
      l1 += Math.abs(weight - back);
      squares += (weight - back) ** 2;
    });
    expect(at).toBeGreaterThan(0);
    expect(report.l1).toBeCloseTo(l1, 12);
    expect(report.l2).toBeCloseTo(Math.sqrt(squares), 12);
    expect(report.mse).toBeCloseTo(squares / 2400, 12);
  });
});

describe('sums over runs', () => {
  it('are as if rounded once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        (kind, count, seed) => {
          const random = rng(seed);
          const sorted = Float32Array.from(weightsOf(kind, count, random)).sort();
          const sums = prefixSums(sorted);
          const begin = random.below(count);
          const end = begin + 1 + random.below(count - begin);
          const run = [...sorted.subarray(begin, end)];
          const sum = total(run);
          expect(sumOf(sums, begin, end)).toBe(rounded(sum) + 0);

          const center = rounded(sum, BigInt(run.length));
          const middle = begin + run.filter((w) => w < center).length;
          const distance = run.reduce((s, w) => {
            const d = exact(w) - exact(center);
            return s + (d < 0n ? -d : d);
          }, 0n);
          const expected = rounded(distance);
          const found = distanceOf(sums, begin, middle, end, center);
          expect(Math.abs(found - expected)).toBeLessThanOrEqual(2 ** -52 * expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('radix sort', () => {
  it('orders float32 by value and keeps every one of them', () => {
    const bits = (values: Iterable<number>): number[] => [
      ...new Uint32Array(Float32Array.from(values).buffer),
    ];
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, maxLength: 200 }), (values) => {
        const before = bits(values);
        const sorted = sortedWeights(values);
        // Float32Array's own sort puts -0 before 0, too.
        expect(bits(sorted)).toEqual(bits(values.slice().sort()));
        expect(bits(values)).toEqual(before);
      }),
    );
    expect(bits(sortedWeights(Float32Array.of(0, -0, Infinity, -1, 2 ** -149, -Infinity)))).toEqual(
      bits([-Infinity, -1, -0, 0, 2 ** -149, Infinity]),
    );
  });
});
