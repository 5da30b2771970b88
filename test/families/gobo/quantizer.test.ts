import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dequantize, quantizeGobo } from '../../../src/families/gobo/quantizer.ts';
import type { QuantizedMatrix } from '../../../src/families/gobo/quantizer.ts';
import { InputError, rng, roundToHalf } from '../../../src/numeric/index.ts';
import { matrix } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { openSafetensors } from '../../../src/transformer/index.ts';
import { naiveQuantize } from './naive-quantizer.ts';

function row(values: readonly number[]): Matrix {
  return matrix(1, values.length, Float32Array.from(values));
}

function gaussian(rows: number, columns: number, std: number, seed: number): Matrix {
  const random = rng(seed);
  const w = matrix(rows, columns);
  for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() * std;
  return w;
}

/** Sixty-fourths, so that every sum of them is exact in whatever order it is taken. */
const weightList = fc
  .tuple(
    fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 120 }),
    fc.array(fc.integer({ min: -4000, max: 4000 }), { maxLength: 3 }),
    fc.constantFrom(1, 1 / 8, 8),
  )
  .map(([common, rare, scale]) => [...common, ...rare].map((n) => (n / 64) * scale));

describe('GOBO quantizer', () => {
  it('equals a step-by-step model on small matrices', () => {
    fc.assert(
      fc.property(weightList, fc.integer({ min: 2, max: 6 }), (weights, bits) => {
        const expected = naiveQuantize(weights, bits);
        fc.pre(expected.outliers.length < weights.length);
        const { packed, report } = quantizeGobo(row(weights), { bits });
        expect([...packed.outliers.positions]).toEqual(expected.outliers);
        expect([...packed.centroids]).toEqual(expected.centroids);
        expect([...packed.indexes]).toEqual(expected.indexes);
        expect(report.iterations).toBe(expected.iterations);
      }),
      { numRuns: 300 },
    );
  });

  it('takes the nearest entry of an ascending table, the upper one of two, and keeps outliers bit by bit', () => {
    fc.assert(
      fc.property(weightList, fc.integer({ min: 2, max: 6 }), (weights, bits) => {
        fc.pre(naiveQuantize(weights, bits).outliers.length < weights.length);
        const { packed, report } = quantizeGobo(row(weights), { bits });
        const table = [...packed.centroids];
        expect(table.every((c, k) => k === 0 || c >= table[k - 1]!)).toBe(true);
        const outliers = new Set(packed.outliers.positions);
        const back = dequantize(packed).data;
        let l1 = 0;
        weights.forEach((weight, i) => {
          if (outliers.has(i)) {
            expect(back[i]).toBe(Math.fround(weight));
            return;
          }
          const index = packed.indexes[i]!;
          expect(back[i]).toBe(table[index]);
          const distance = Math.abs(weight - table[index]!);
          l1 += distance;
          for (let k = 0; k < table.length; k++) {
            if (k > index) expect(Math.abs(weight - table[k]!)).toBeGreaterThan(distance);
            else expect(Math.abs(weight - table[k]!)).toBeGreaterThanOrEqual(distance);
          }
        });
        expect(report.l1).toBeCloseTo(l1, 9);
      }),
      { numRuns: 300 },
    );
  });

  it('works an example that can be checked by hand', () => {
    // 2 bits: bins {-8, -7}, {-1, 0}, {1, 2}, {6, 9} with means -7.5, -0.5, 1.5, 7.5 (in 64ths). Every
    // weight is already nearest to its own mean, so the first assignment changes nothing.
    const weights = [6, -8, 1, 0, -7, 2, 9, -1].map((n) => n / 64);
    const { packed, report } = quantizeGobo(row(weights), { bits: 2 });
    expect([...packed.centroids]).toEqual([-7.5, -0.5, 1.5, 7.5].map((n) => n / 64));
    expect([...packed.indexes]).toEqual([3, 0, 2, 1, 0, 2, 3, 1]);
    expect(report).toMatchObject({ iterations: 0, outliers: 0, l1: (4 * 0.5 + 4 * 0.5 + 2) / 64 });
    expect(report.l2).toBeCloseTo(Math.sqrt(6 * 0.25 + 2 * 2.25) / 64, 12);
    // Fixed header and checksums 36 bytes, dictionary 16, count 1, indexes 2, for 8 weights.
    expect(report.bitsPerWeight).toBe(((36 + 16 + 1 + 2) * 8) / 8);
  });

  it('sends a weight exactly midway to the upper centroid', () => {
    // Bins {0, 0}, {1, 3}, {10, 10}, {20, 20} with means 0, 2, 10, 20: the 1 is midway and stays with
    // the upper one, so nothing changes. Sent down, it would lower the norm and cost an update.
    const { packed, report } = quantizeGobo(row([0, 0, 1, 3, 10, 10, 20, 20].map((n) => n / 64)), {
      bits: 2,
    });
    expect([...packed.centroids]).toEqual([0, 2, 10, 20].map((n) => n / 64));
    expect([...packed.indexes]).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(report).toMatchObject({ iterations: 0, l1: 2 / 64 });
  });

  it('moves centroids while the norm falls and goes back to the best ones', () => {
    // Bins {0, 0}, {0, 2}, {4, 4}, {8, 8}: means 0, 1, 4, 8. The 0 of the second bin moves to the
    // first, whose mean stays 0; the second becomes 2 and the norm falls from 2 to 0.
    const { packed, report } = quantizeGobo(row([0, 0, 0, 2, 4, 4, 8, 8].map((n) => n / 64)), {
      bits: 2,
    });
    expect([...packed.centroids]).toEqual([0, 2, 4, 8].map((n) => n / 64));
    expect(report).toMatchObject({ iterations: 1, l1: 0 });

    // A search that may go one update further than the best must come back with the same table.
    const w = gaussian(128, 128, 0.04, 11);
    const best = quantizeGobo(w);
    const stopped = quantizeGobo(w, { maxIterations: best.report.iterations });
    expect(best.packed.centroids).toEqual(stopped.packed.centroids);
    const earlier = quantizeGobo(w, { maxIterations: best.report.iterations - 1 });
    expect(best.packed.centroids).not.toEqual(earlier.packed.centroids);
  });

  it('cuts where the density rule says', () => {
    // ln density <= -4 is |w - mean| >= k std with k = sqrt(2 (4 - ln(2 pi) / 2 - ln std)).
    for (const [std, k] of [
      [0.02, 3.7398],
      [0.05, 3.4862],
      [0.1, 3.2814],
      [0.2, 3.0628],
    ] as const) {
      const w = gaussian(400, 400, std, 7);
      const { packed, report } = quantizeGobo(w);
      const outliers = new Set(packed.outliers.positions);
      let nearestOutlier = Infinity;
      let farthestKept = 0;
      w.data.forEach((weight, i) => {
        const distance = Math.abs(weight - report.mean) / report.std;
        if (outliers.has(i)) nearestOutlier = Math.min(nearestOutlier, distance);
        else farthestKept = Math.max(farthestKept, distance);
      });
      expect(nearestOutlier).toBeGreaterThan(k - 0.01);
      expect(farthestKept).toBeLessThan(k + 0.01);
      expect(nearestOutlier).toBeGreaterThan(farthestKept);
      expect(report.outliers).toBeGreaterThan(0);
    }
  });

  it('finds at 3 bits the minimum that a Gaussian has: 6 to 8 updates, known centroids', () => {
    const w = gaussian(768, 1024, 0.04, 1);
    const { packed, report } = quantizeGobo(w);
    expect(report.iterations).toBeGreaterThanOrEqual(6);
    expect(report.iterations).toBeLessThanOrEqual(8);
    [0.197, 0.627, 1.167, 1.975].forEach((expected, i) => {
      expect(Math.abs(packed.centroids[4 + i]! / report.std - expected)).toBeLessThan(0.03);
      expect(Math.abs(packed.centroids[3 - i]! / report.std + expected)).toBeLessThan(0.03);
    });
    // A dictionary that any weight of the matrix could use more cheaply would not be a minimum.
    expect(report.l1 / w.data.length / report.std).toBeCloseTo(0.1441, 3);
  });

  it('rounds values once to half precision when asked, and counts their bytes', () => {
    const w = gaussian(8, 512, 0.05, 3);
    w.data[700] = 0.7001;
    const exact = quantizeGobo(w).packed;
    const { packed, report } = quantizeGobo(w, { valueType: 'f16' });
    expect([...packed.centroids].every((c) => roundToHalf(c) === c)).toBe(true);
    packed.centroids.forEach((c, k) =>
      expect(Math.abs(c - exact.centroids[k]!)).toBeLessThan(1e-4),
    );
    expect([...packed.outliers.values]).toContain(roundToHalf(Math.fround(0.7001)));
    const bytes = 36 + 8 * 2 + 16 * (1 + 96) + report.outliers * 3;
    expect(report.bitsPerWeight).toBeCloseTo((bytes * 8) / 4096, 12);
  });

  it('counts a block of mostly outliers as raw values and tail blocks by their length', () => {
    // Density at +-15 is below e^-4 for a standard deviation near 15, so only the zeros have indexes.
    const w = matrix(
      1,
      300,
      new Float32Array(300).map((_, i) => (i % 2 === 0 ? 15 : -15)),
    );
    for (let i = 260; i < 300; i++) w.data[i] = 0;
    const { report } = quantizeGobo(w, { bits: 5 });
    expect(report.outliers).toBe(260);
    // Header 36, 32 entries; 256 raw values; tail of 44 weights, 4 outliers, 28 bytes of indexes.
    expect(report.bitsPerWeight * 300).toBe(8 * (36 + 32 * 4 + (1 + 1024) + (1 + 4 * 5 + 28)));
  });

  it('stays within 0.08 bits of overhead at 0.1 % outliers', () => {
    const { report } = quantizeGobo(gaussian(768, 768, 0.06, 5));
    expect(report.outliers / (768 * 768)).toBeLessThan(0.001);
    expect(report.bitsPerWeight).toBeLessThan(3.08);
    expect(report.bitsPerWeight).toBeGreaterThan(3 + 8 / 256);
  });

  it('obeys the iteration limit', () => {
    const w = gaussian(64, 64, 0.04, 2);
    expect(quantizeGobo(w, { maxIterations: 2 }).report.iterations).toBe(2);
    expect(quantizeGobo(w, { maxIterations: 0 }).report.iterations).toBe(0);
  });

  it('represents a constant matrix and one with fewer weights than centroids exactly', () => {
    for (const value of [0, 0.1, -3, 1e-40, 50]) {
      const w = matrix(5, 7, new Float32Array(35).fill(value));
      expect(dequantize(quantizeGobo(w).packed)).toEqual(w);
    }
    const few = row([0.5, -0.25, 0.125]);
    expect(dequantize(quantizeGobo(few, { bits: 6 }).packed)).toEqual(few);
  });

  it('refuses what it cannot quantize, in one sentence that names place and remedy', () => {
    const message = (w: Matrix, options = {}): string => {
      try {
        quantizeGobo(w, { name: 'encoder.weight', ...options });
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    expect(message(gaussian(20, 20, 30, 1))).toMatch(
      /^Every weight of encoder\.weight is an outlier at threshold -4: .* below 21\.78; scale/,
    );
    const broken = gaussian(3, 4, 0.1, 1);
    broken.data[6] = NaN;
    expect(message(broken)).toMatch(/row 1, column 2 of encoder\.weight is NaN/);
    broken.data[6] = -Infinity;
    expect(message(broken)).toMatch(/row 1, column 2 of encoder\.weight is -Infinity/);
    expect(message(matrix(0, 4))).toMatch(/no weights \(0 x 4\)/);
    expect(message(gaussian(2, 2, 0.1, 1), { bits: 7 })).toMatch(/7 bits .* 2 to 6 bits/);
    expect(message(gaussian(2, 2, 0.1, 1), { threshold: NaN })).toMatch(/threshold .* NaN/);
    expect(message(gaussian(2, 2, 0.1, 1), { maxIterations: -1 })).toMatch(/limit .* -1/);
    expect(message(row([70000, 70000]), { valueType: 'f16' })).toMatch(
      /70000 .* too large for f16/,
    );
  });
});

interface Measured {
  readonly tensor: string;
  readonly outlierPercent: string;
  readonly iterations: number;
}

/** The table of models/tiny-nli/measured.txt, which a separate implementation in Python wrote. */
function measuredTable(): readonly Measured[] {
  const lines = readFileSync('models/tiny-nli/measured.txt', 'utf8').split('\n');
  const begin = lines.findIndex((line) => line.startsWith('== per matrix'));
  return lines.slice(begin + 1).flatMap((line) => {
    const [name, shape, , , , outlierPercent, iterations] = line.split(/\s+/);
    if (shape === undefined || !/^\d+x\d+$/.test(shape)) return [];
    const tensor = name!.replace(/^L(\d)/, 'bert.encoder.layer.$1') + '.weight';
    return [{ tensor, outlierPercent: outlierPercent!, iterations: Number(iterations) }];
  });
}

describe('GOBO quantizer on tiny-nli', () => {
  const file = openSafetensors('models/tiny-nli/model.safetensors');
  const quantized = measuredTable().map((measured) => {
    const [rows, columns] = file.tensors.get(measured.tensor)!.shape;
    const weights = matrix(rows!, columns!, file.read(measured.tensor));
    return { measured, weights, ...quantizeGobo(weights, { name: measured.tensor }) };
  });

  it('finds the outliers that were measured, matrix by matrix', () => {
    expect(quantized.length).toBe(29);
    for (const { measured, weights, report } of quantized) {
      const percent = (100 * report.outliers) / weights.data.length;
      expect(percent.toFixed(3), measured.tensor).toBe(measured.outlierPercent);
    }
    const linear = quantized.filter(({ measured }) => !measured.tensor.includes('embeddings'));
    expect(linear.reduce((sum, { report }) => sum + report.outliers, 0)).toBe(1138);
    expect(linear.reduce((sum, { weights }) => sum + weights.data.length, 0)).toBe(803200);
  });

  it('needs as many updates as were measured, give or take one', () => {
    // The measurement counts the nearest-centroid assignments that lowered the norm, the first
    // included, and takes the norm before the centroids move; ours counts updates and takes it after.
    // On large matrices that is a shift of at most one; tiny ones follow their few weights.
    for (const { measured, weights, report } of quantized) {
      if (weights.data.length < 16384) continue;
      expect(Math.abs(report.iterations - measured.iterations), measured.tensor).toBeLessThan(2);
    }
  });

  it('costs 3.1 to 3.2 bits per weight and loses about a fifth of a standard deviation', () => {
    for (const { measured, weights, packed, report } of quantized) {
      if (weights.data.length < 16384) continue;
      expect(report.bitsPerWeight, measured.tensor).toBeGreaterThan(3.05);
      expect(report.bitsPerWeight, measured.tensor).toBeLessThan(3.3);
      expect(rms(weights, packed) / report.std, measured.tensor).toBeLessThan(0.22);
    }
  });
});

function rms(w: Matrix, q: QuantizedMatrix): number {
  const back = dequantize(q).data;
  return Math.sqrt(w.data.reduce((sum, v, i) => sum + (v - back[i]!) ** 2, 0) / w.data.length);
}
