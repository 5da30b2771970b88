import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readContainer } from '../../../src/families/gobo/format/container.ts';
import { fixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import type { FixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import { tileLowering } from '../../../src/families/gobo/lowering.ts';
import { goboMethod } from '../../../src/families/gobo/method.ts';
import { dequantize } from '../../../src/families/gobo/quantizer.ts';
import { methods } from '../../../src/families/index.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import { matmulTransposed, matrix } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { openSafetensors } from '../../../src/transformer/index.ts';
import { defaultTile } from './arbitraries.ts';
import { bitsOf } from './format/containers.ts';

const site = { layer: 0, role: 'query', tensor: 'w' } as const;
const tokens = { starts: Uint32Array.of(0, 1) };

function gaussian(rows: number, columns: number, std: number, seed: number): Matrix {
  const random = rng(seed);
  const w = matrix(rows, columns);
  for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() * std;
  return w;
}

const optionsWith = (given: object) => goboMethod.options.parse(given);
const usual = optionsWith({});

describe('GOBO as a method', () => {
  it('is among the methods, and its options have the defaults of the paper', () => {
    expect(methods).toContain(goboMethod);
    expect(usual).toMatchObject({
      ...{ bits: 3, threshold: -4, outliers: true, valueType: 'f32' },
      ...{ activationBits: 16, weightBits: 16 },
    });
    for (const bad of [
      { bits: 1 },
      { bits: 7 },
      { bits: 3.5 },
      { valueType: 'f64' },
      { maxIterations: -1 },
      { threshold: Infinity },
      { weightBits: 17 },
      { activationBits: 7 },
      { outlier: false },
    ]) {
      expect(goboMethod.options.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
    }
  });

  it('hands its options to the quantizer and reports what it did', () => {
    const w = gaussian(16, 512, 0.05, 1);
    w.data[100] = 2;
    const { packed, report } = goboMethod.quantize(w, 'w', optionsWith({ bits: 4 }));
    expect(packed.bits).toBe(4);
    expect(report).toMatchObject({ bits: 4, outliers: packed.outliers.positions.length });
    expect(report['centroids']).toEqual([...packed.centroids]);
    for (const key of ['mean', 'std', 'iterations', 'l1', 'mse']) {
      expect(report[key], key).toBeTypeOf('number');
    }
    expect(report.bitsPerWeight).toBe((8 * goboMethod.format.write(packed).length) / w.data.length);

    const all = goboMethod.quantize(w, 'w', optionsWith({ outliers: false })).report;
    expect(all['outliers']).toBe(0);
    expect(all.mse).toBeGreaterThan(2 * goboMethod.quantize(w, 'w', usual).report.mse);
    const many = goboMethod.quantize(w, 'w', optionsWith({ threshold: 0 })).report;
    expect(many['outliers']).toBeGreaterThan(100);
    const none = goboMethod.quantize(w, 'w', optionsWith({ maxIterations: 0 })).report;
    expect(none['iterations']).toBe(0);
    const half = goboMethod.quantize(w, 'w', optionsWith({ valueType: 'f16' })).packed;
    expect(half.valueType).toBe('f16');

    w.data[3] = NaN;
    expect(() => goboMethod.quantize(w, 'encoder.weight', usual)).toThrow(InputError);
    expect(() => goboMethod.quantize(w, 'encoder.weight', usual)).toThrow(/encoder\.weight is NaN/);
  });

  it('has the container as its format', () => {
    const { packed } = goboMethod.quantize(gaussian(5, 300, 0.05, 2), 'w', usual);
    const bytes = goboMethod.format.write(packed);
    expect(bitsOf(goboMethod.format.read(bytes, 'w'))).toEqual(bitsOf(packed));
    expect(bitsOf(readContainer(bytes, 'w'))).toEqual(bitsOf(packed));
    expect(() => goboMethod.format.read(bytes.subarray(1), 'w.gobo')).toThrow(/^w\.gobo is/);
    expect(goboMethod.dequantize(packed)).toEqual(dequantize(packed));
  });

  it('computes what the tile computes, in every bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 8, max: 16 }),
        fc.integer({ min: 8, max: 16 }),
        fc.nat(),
        async (rows, columns, count, bits, activationBits, weightBits, seed) => {
          const options = optionsWith({ bits, activationBits, weightBits });
          const w = gaussian(rows, columns, 0.05, seed);
          const x = gaussian(count, columns, 1, seed + 1);
          // The calibration has seen less than what comes: the largest activations clamp.
          const range = 2;
          const { packed } = goboMethod.quantize(w, 'w', options);
          const scale = goboMethod.calibrate!(site, { range, samples: [x] }, options);
          const engine = goboMethod.engine({
            weights: new Map([['w', packed]]),
            scales: new Map([['0.query', scale]]),
            options,
          });
          const product = await engine.linear(site, x, tokens);

          const p = { ...defaultTile, bits, activationBits, weightBits };
          const { weights } = tileLowering.quantize(p, w, 'w');
          const call = { weights, tokens: count, activations: tileLowering.encode(p, x, range) };
          const exact = tileLowering.product(p, call);
          expect([...product.exact!]).toEqual([...exact]);
          expect([product.value.rows, product.value.columns]).toEqual([count, rows]);
          const values = Array.from(exact, (sum) =>
            Math.fround(sum * scale * (weights as FixedMatrix).scale),
          );
          expect([...product.value.data]).toEqual(values);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is near the product with the dequantized weights, at 16 bits within 0.01 %', async () => {
    const w = gaussian(64, 256, 0.05, 3);
    const x = gaussian(20, 256, 1, 4);
    const { packed } = goboMethod.quantize(w, 'w', usual);
    const range = Math.max(...x.data.map(Math.abs));
    const scales = new Map([
      ['0.query', goboMethod.calibrate!(site, { range, samples: [x] }, usual)],
    ]);
    const engine = goboMethod.engine({ weights: new Map([['w', packed]]), scales, options: usual });
    const { value } = await engine.linear(site, x, tokens);
    const expected = matmulTransposed(x, dequantize(packed));
    const norm = (m: ArrayLike<number>): number =>
      Math.sqrt(Array.from(m).reduce((sum, v) => sum + v * v, 0));
    const error = expected.data.map((v, i) => v - value.data[i]!);
    expect(norm(error) / norm(expected.data)).toBeLessThan(1e-4);
    expect(norm(error)).toBeGreaterThan(0);
  });

  it('leaves products of two activations in floating point', async () => {
    const engine = goboMethod.engine({ weights: new Map(), scales: new Map(), options: usual });
    const q = gaussian(4, 8, 1, 5);
    const k = gaussian(4, 8, 1, 6);
    const head = { layer: 0, role: 'attention-0' } as const;
    const whole = { starts: Uint32Array.of(0, 4) };
    const scores = await engine.scores(head, q, k, whole);
    expect(scores.value).toEqual(matmulTransposed(q, k));
    expect(scores.exact).toBeUndefined();
  });

  it('fails where a weight or a scale is missing, and for activations that are NaN', async () => {
    const { packed } = goboMethod.quantize(gaussian(4, 8, 0.05, 7), 'w', usual);
    const weights = new Map([['w', packed]]);
    const x = gaussian(1, 8, 1, 8);
    const without = goboMethod.engine({ weights, scales: new Map(), options: usual });
    await expect(without.linear(site, x, tokens)).rejects.toThrow(/scale for 0\.query/);
    const scales = new Map([['0.query', 1]]);
    const empty = goboMethod.engine({ weights: new Map(), scales, options: usual });
    await expect(empty.linear(site, x, tokens)).rejects.toThrow(/no weight "w"/);
    x.data[2] = NaN;
    const engine = goboMethod.engine({ weights, scales, options: usual });
    await expect(engine.linear(site, x, tokens)).rejects.toThrow(InputError);
  });

  it('compresses all of tiny-nli, embeddings included, as its containers say', () => {
    const file = openSafetensors('models/tiny-nli/model.safetensors');
    const config = JSON.parse(readFileSync('models/tiny-nli/config.json', 'utf8')) as object;
    expect(config).toMatchObject({ model_type: 'bert' });
    let [bytes, weights] = [0, 0];
    for (const { name, shape } of file.tensors.values()) {
      if (shape.length !== 2) continue;
      const w = matrix(shape[0]!, shape[1]!, file.read(name));
      const options = optionsWith({ bits: name.includes('embeddings') ? 4 : 3 });
      const { packed, report } = goboMethod.quantize(w, name, options);
      const container = goboMethod.format.write(packed);
      expect(report.bitsPerWeight).toBe((8 * container.length) / w.data.length);
      expect(fixedMatrix(packed, 16).indexes).toBe(packed.indexes);
      bytes += container.length;
      weights += w.data.length;
    }
    expect((4 * weights) / bytes).toBeGreaterThan(9);
  });
});
