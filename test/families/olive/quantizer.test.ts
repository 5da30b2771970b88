import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { scaleFromRange, searchActivationScale } from '../../../src/families/olive/activations.ts';
import { ovpCode, usualFormat } from '../../../src/families/olive/format/ovp-code.ts';
import { valuesOf } from '../../../src/families/olive/format/ovp-matrix.ts';
import { dequantize } from '../../../src/families/olive/format/ovp-matrix.ts';
import { quantizePairs } from '../../../src/families/olive/format/quantize-pairs.ts';
import { quantizeOlive } from '../../../src/families/olive/quantizer.ts';
import type { QuantizerOptions } from '../../../src/families/olive/quantizer.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import { matrix, rowOf } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { naive, naiveNearestPair, naivePair } from './naive-ovp.ts';
import type { Type } from './naive-ovp.ts';
import { naiveScale } from './naive-quantizer.ts';

const w4: QuantizerOptions = { bits: 4, type: 'auto', rule: 'paper', activationBits: 4 };
const w8: QuantizerOptions = { bits: 8, type: 'auto', rule: 'paper', activationBits: 8 };

/** Normal values, a few of them far out. */
function heavyTailed(rows: number, columns: number, seed: number, share = 20): Matrix {
  const random = rng(seed);
  const w = matrix(rows, columns);
  for (let i = 0; i < w.data.length; i++) {
    w.data[i] = random.normal() * 0.05 * (random.below(share) === 0 ? 8 : 1);
  }
  return w;
}

describe('the quantizer', () => {
  it('finds the scales and the type that trying everything finds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 2, max: 25 }),
        fc.integer({ min: 2, max: 30 }),
        fc.nat(),
        (rows, columns, share, seed) => {
          const w = heavyTailed(rows, columns, seed, share);
          const lines = Array.from({ length: rows }, (_, row) => [...rowOf(w, row)]);
          for (const options of [w4, w8]) {
            const types: readonly Type[] = options.bits === 8 ? ['int8'] : ['int4', 'flint4'];
            const found = types.map((type) => lines.map((x) => naiveScale(type, x, columns)));
            const totals = found.map((one) => one.reduce((sum, { error }) => sum + error, 0));
            const winner = totals.length > 1 && totals[1]! < totals[0]! ? 1 : 0;
            const { packed, report } = quantizeOlive(w, 'w', options);
            expect(packed.type).toBe(types[winner]);
            expect([...packed.scales]).toEqual(found[winner]!.map(({ scale }) => scale));
            expect(report['scales']).toEqual([...packed.scales]);

            const reference = naive(
              types[winner]!,
              { int4: 2, flint4: 3, int8: 4 }[types[winner]!],
            );
            const counts = [0, 0, 0];
            const values = lines.flatMap((x, row) => {
              const scale = packed.scales[row]!;
              const pairs = Array.from({ length: Math.ceil(columns / 2) }, (_, pair) =>
                naivePair(reference, x[2 * pair]! / scale, (x[2 * pair + 1] ?? 0) / scale),
              );
              pairs.forEach(({ outliers }) => counts[outliers]!++);
              return pairs.flatMap((pair) => pair.values).slice(0, columns);
            });
            expect([...valuesOf(packed)]).toEqual(values);
            expect(Object.values(report['pairs']!)).toEqual(counts);
            expect(report.mse * w.data.length).toBeCloseTo(totals[winner]!, 5);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps outliers that a plain 4-bit scale would cut off', () => {
    const w = heavyTailed(8, 64, 3, 60);
    w.data[5] = 3;
    const { packed, report } = quantizeOlive(w, 'w', w4);
    expect(Math.abs(dequantize(packed).data[5]! / 3 - 1)).toBeLessThan(0.3);
    expect(report.bits).toBe(4);
    // 20 of the header, 8 of the checksum, 4 for each scale.
    expect(report.bitsPerWeight).toBe((8 * (28 + 32 + 256)) / 512);
    expect(quantizeOlive(w, 'w', w8).report.mse).toBeLessThan(report.mse);
  });

  it('takes flint4 where values crowd around zero, or the type that is asked for', () => {
    const random = rng(5);
    const w = matrix(4, 200);
    for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() ** 3;
    expect(quantizeOlive(w, 'w', w4).packed.type).toBe('flint4');
    expect(quantizeOlive(w, 'w', { ...w4, type: 'int4' }).packed.type).toBe('int4');
  });

  it('follows the published code where asked to', () => {
    const w = heavyTailed(3, 40, 11, 5);
    const { packed } = quantizeOlive(w, 'w', { ...w8, rule: 'artifact' });
    expect(packed).toMatchObject({ type: 'int8', outliers: 'e2m5', bias: 2 });
    const reference = naive('int8', 2, 5);
    const values = [...valuesOf(packed)];
    values.forEach((_, i) => {
      if (i % 2 === 1) return;
      const scale = packed.scales[Math.floor(i / 40)]!;
      const pair = naivePair(reference, w.data[i]! / scale, w.data[i + 1]! / scale, {
        artifact: true,
      });
      expect(values.slice(i, i + 2)).toEqual(pair.values);
    });
  });

  it('takes the nearest of all pairs where asked to', () => {
    const pairOf = (
      type: Type,
      rule: 'paper' | 'nearest-pair',
      x: readonly [number, number],
      scale: number,
    ): { readonly values: readonly number[]; readonly outliers: number } => {
      const out = new Int32Array(2);
      const settings = { code: ovpCode(usualFormat(type)), rule, comparison: 'real' } as const;
      const kinds = quantizePairs(settings, Float32Array.from(x), 0, 2, scale, out);
      return { values: [...out], outliers: kinds.outlierNormal + kinds.outlierOutlier };
    };
    expect(pairOf('int4', 'paper', [10, 7], 1)).toEqual({ values: [12, 0], outliers: 1 });
    expect(pairOf('int4', 'nearest-pair', [10, 7], 1)).toEqual({ values: [7, 7], outliers: 0 });
    expect(pairOf('int4', 'nearest-pair', [-5, 33], 0.5)).toEqual({ values: [0, 64], outliers: 1 });
    expect(pairOf('int4', 'nearest-pair', [13, -11], 1)).toEqual({ values: [7, -7], outliers: 0 });
    expect(pairOf('int4', 'nearest-pair', [40, -40], 1)).toEqual({ values: [0, -48], outliers: 1 });

    const biases = { int4: 2, flint4: 3, int8: 4 } as const;
    const magnitudes = fc.float({
      noNaN: true,
      min: Math.fround(-(2 ** 100)),
      max: Math.fround(2 ** 100),
    });
    const near = fc.integer({ min: -400, max: 400 }).map((halves) => halves / 2);
    fc.assert(
      fc.property(
        fc.constantFrom('int4' as const, 'flint4' as const),
        fc.tuple(fc.oneof(near, magnitudes), fc.oneof(near, magnitudes)),
        fc.constantFrom(1, 2 ** -149, 0.3, 2 ** 60).map(Math.fround),
        fc.boolean(),
        (type, given, scale, relative) => {
          // Magnitudes up to 2^100 are what the quantizer is given.
          const x = given.map((value) => {
            const scaled = Math.fround(relative ? value * scale : value);
            return Math.abs(scaled) <= 2 ** 100 ? scaled : Math.sign(scaled) * 2 ** 100;
          }) as [number, number];
          const { values } = pairOf(type, 'nearest-pair', x, scale);
          const best = naiveNearestPair(naive(type, biases[type]), x[0], x[1], scale);
          const error = (x[0] - values[0]! * scale) ** 2 + (x[1] - values[1]! * scale) ** 2;
          expect(error).toBe(best.error);
        },
      ),
    );
    const w = heavyTailed(3, 41, 12, 2);
    for (const type of ['int4', 'flint4'] as const) {
      const { packed, report } = quantizeOlive(w, 'w', { ...w4, type, rule: 'nearest-pair' });
      const found = Array.from({ length: 3 }, (_, row) =>
        naiveScale(type, [...rowOf(w, row)], 41, { nearestPair: true }),
      );
      expect([...packed.scales]).toEqual(found.map(({ scale }) => scale));
      expect(report.mse * w.data.length).toBeCloseTo(
        found.reduce((sum, { error }) => sum + error, 0),
        5,
      );
    }
    const larger = heavyTailed(12, 300, 1, 30);
    const [paper, nearest] = (['paper', 'nearest-pair'] as const).map(
      (rule) => quantizeOlive(larger, 'w', { ...w4, type: 'int4', rule }).report,
    );
    expect(nearest!.mse).toBeLessThan(paper!.mse);
    const wide = quantizeOlive(w, 'w', { ...w8, rule: 'nearest-pair' });
    expect(wide.packed.outliers).toBe('e4m3');
    expect(wide.report.mse).toBeLessThanOrEqual(quantizeOlive(w, 'w', w8).report.mse);
  });

  it('does with what is extreme, and refuses what cannot be', () => {
    for (const fill of [0, -0.25, 2 ** -149, 2 ** 100]) {
      const w = matrix(2, 3);
      w.data.fill(fill);
      const { packed, report } = quantizeOlive(w, 'w', w4);
      const relative = Math.abs(dequantize(packed).data[2]! - fill) / (Math.abs(fill) || 1);
      expect(relative).toBeLessThan(0.1);
      expect(Number.isFinite(report.mse)).toBe(true);
    }
    expect(quantizeOlive(matrix(1, 1, Float32Array.of(3)), 'w', w4).report.mse).toBeLessThan(0.1);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(
          fc.float({ noNaN: true, min: Math.fround(-(2 ** 100)), max: Math.fround(2 ** 100) }),
          {
            minLength: 1,
            maxLength: 9,
          },
        ),
        fc.constantFrom(
          w4,
          w8,
          { ...w4, rule: 'artifact' as const },
          { ...w4, rule: 'nearest-pair' as const },
          { ...w8, rule: 'nearest-pair' as const },
        ),
        (rows, line, options) => {
          const data = Float32Array.from(Array.from({ length: rows }, () => line).flat());
          const w = matrix(rows, line.length, data);
          const { packed, report } = quantizeOlive(w, 'w', options);
          expect(dequantize(packed).data.every(Number.isFinite)).toBe(true);
          expect(Number.isFinite(report.mse)).toBe(true);
        },
      ),
    );
    const bad = (value: number): (() => unknown) => {
      const w = matrix(2, 2, Float32Array.of(1, 1, value, 1));
      return () => quantizeOlive(w, 'layer', w4);
    };
    expect(bad(NaN)).toThrow(/^layer: the weight in row 1, column 0 is NaN/);
    expect(bad(2 ** 101)).toThrow(/^layer: the weight in row 1, column 0 .* up to 2\^100/);
    expect(() => quantizeOlive(matrix(0, 4), 'empty', w4)).toThrow(InputError);
  });
});

describe('activations', () => {
  it('get one scale over all rows, as trying everything finds it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (rows, columns, seed) => {
          const x = heavyTailed(rows, columns, seed);
          for (const type of ['int4', 'flint4'] as const) {
            const found = searchActivationScale([x], { ...w4, type });
            const { scale } = naiveScale(type, [...x.data], columns, { halves: true });
            expect(found).toEqual({ type, scale, rule: 'paper' });
          }
        },
      ),
      { numRuns: 30 },
    );
    // Several samples are one.
    const flat = heavyTailed(20, 15, 1, 2 ** 30);
    const samples = [matrix(12, 15, flat.data.slice(0, 180)), matrix(8, 15, flat.data.slice(180))];
    expect(searchActivationScale(samples, { ...w4, type: 'int4' }).scale).toBe(
      naiveScale('int4', [...flat.data], 15, { halves: true }).scale,
    );
  });

  it('have a scale also where nothing but the range is known', () => {
    expect(scaleFromRange(96)).toEqual({ type: 'int4', scale: 1, rule: 'paper' });
    expect(scaleFromRange(0).scale).toBe(1);
    expect(scaleFromRange(2 ** -149).scale).toBe(2 ** -149);
    for (const bad of [NaN, -1, Infinity]) expect(() => scaleFromRange(bad)).toThrow(InputError);
    const infinite = matrix(1, 2, Float32Array.of(1, Infinity));
    expect(() => searchActivationScale([infinite], w4)).toThrow(/activation is Infinity/);
  });
});
