import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { linearCodes, linearScale } from '../../../src/families/baseline/format/linear.ts';
import { arrayLowering } from '../../../src/families/baseline/lowering.ts';
import { baselineMethod } from '../../../src/families/baseline/method.ts';
import { designOf, methods } from '../../../src/families/index.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import { matrix } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { linear } from '../../../src/transformer/index.ts';
import { defaultArray } from './arbitraries.ts';

const site = { layer: 0, role: 'query', tensor: 'w' } as const;
const tokens = { starts: Uint32Array.of(0, 1) };
const optionsWith = (given: object) => baselineMethod.options.parse(given);

function gaussian(rows: number, columns: number, std: number, seed: number): Matrix {
  const random = rng(seed);
  const w = matrix(rows, columns);
  for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() * std;
  return w;
}

describe('the number system', () => {
  it('has a scale for every range, also the extreme ones', () => {
    expect(linearScale(127, 8)).toBe(1);
    expect(linearScale(7, 4)).toBe(1);
    expect(linearScale(1, 8)).toBe(Math.fround(1 / 127));
    expect(linearScale(0, 8)).toBe(1);
    expect(linearScale(2 ** -149, 16)).toBe(2 ** -149);
    for (const bad of [-1, NaN, Infinity]) expect(() => linearScale(bad, 8)).toThrow(InputError);
  });

  it('rounds halves away from zero, clamps both sides alike and refuses NaN', () => {
    const values = [0.5, -0.5, 1.49, 127.4, 128, -128, Infinity, -Infinity];
    expect([...linearCodes(values, 1, 8)]).toEqual([1, -1, 1, 127, 127, -127, 127, -127]);
    expect([...linearCodes([7.6, -9, 3.2], 1, 4)]).toEqual([7, -7, 3]);
    expect([...linearCodes([40000, -32767.5], 1, 16)]).toEqual([32767, -32767]);
    expect(() => linearCodes([0, NaN], 1, 8)).toThrow(/Value 1 is NaN/);
  });
});

describe('the baseline as a method', () => {
  it('is among the methods, runs on its array, and has options in range', () => {
    expect(methods).toContain(baselineMethod);
    expect(designOf(baselineMethod)?.name).toBe('baseline-array');
    expect(optionsWith({})).toEqual({ weightBits: 8, activationBits: 8 });
    for (const [name, options] of Object.entries(baselineMethod.precisions!)) {
      expect(`w${options.weightBits}a${options.activationBits}`).toBe(name);
      expect(optionsWith(options)).toEqual(options);
    }
    for (const bad of [
      { weightBits: 3 },
      { activationBits: 17 },
      { weightBits: 8.5 },
      { bits: 8 },
    ]) {
      expect(baselineMethod.options.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
    }
  });

  it('quantizes weights as the method `linear` does, where both can', () => {
    const w = gaussian(20, 30, 0.05, 1);
    for (const bits of [4, 6, 8]) {
      const ours = baselineMethod.quantize(w, 'w', optionsWith({ weightBits: bits }));
      const theirs = linear.quantize(w, 'w', { bits });
      expect([...ours.packed.codes]).toEqual([...theirs.packed.codes]);
      expect(baselineMethod.dequantize(ours.packed)).toEqual(linear.dequantize(theirs.packed));
      expect(ours.report).toMatchObject({ bits, mse: theirs.report.mse, l1: theirs.report.l1 });
    }
    w.data[31] = Infinity;
    expect(() => baselineMethod.quantize(w, 'layer.weight', optionsWith({}))).toThrow(
      /^layer\.weight: the weight in row 1, column 1 is Infinity/,
    );
  });

  it('keeps a matrix in a file, and refuses one that is not whole', () => {
    const { format } = baselineMethod;
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 16 }),
        fc.integer({ min: 4, max: 16 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (weightBits, activationBits, rows, columns, seed) => {
          const options = { weightBits, activationBits };
          const w = gaussian(rows, columns, 1, seed);
          const { packed, report } = baselineMethod.quantize(w, 'w', options);
          const bytes = format.write(packed);
          expect(format.read(bytes, 'w')).toEqual(packed);
          expect(bytes.length).toBe(28 + Math.ceil((rows * columns * weightBits) / 8));
          expect(report.bitsPerWeight).toBe((8 * bytes.length) / (rows * columns));
        },
      ),
    );
    const { packed } = baselineMethod.quantize(gaussian(3, 4, 1, 5), 'w', optionsWith({}));
    const good = format.write(packed);
    const refusal = (bytes: Uint8Array): string => {
      try {
        format.read(bytes, 'm.baseline');
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = good.slice();
      bytes[at] = value;
      return bytes;
    };
    expect(refusal(changed(0, 0x58))).toMatch(/^m\.baseline: the file starts with "XBAS"/);
    expect(refusal(good.subarray(0, 12))).toMatch(/ends at byte 12/);
    expect(refusal(changed(4, 2))).toMatch(/version 2/);
    expect(refusal(changed(5, 17))).toMatch(/weights are said to have 17 bits/);
    expect(refusal(changed(6, 3))).toMatch(/activations are said to have 3 bits/);
    expect(refusal(good.subarray(0, -1))).toMatch(
      /has 39 bytes, but 3 x 4 codes of 8 bits take 40/,
    );
    for (const at of [6, 18, 22, good.length - 1]) {
      expect(refusal(changed(at, good[at]! ^ 1)), `byte ${at}`).toMatch(/checksum/);
    }
  });

  it('computes what the array computes, in every bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 4, max: 16 }),
        fc.integer({ min: 4, max: 16 }),
        fc.nat(),
        async (rows, columns, count, activationBits, weightBits, seed) => {
          const options = { activationBits, weightBits };
          const w = gaussian(rows, columns, 0.05, seed);
          const x = gaussian(count, columns, 1, seed + 1);
          // The calibration has seen less than what comes: the largest activations clamp.
          const range = 2;
          const { packed } = baselineMethod.quantize(w, 'w', options);
          const scale = baselineMethod.calibrate!(site, { range, samples: [x] }, options);
          const product = await baselineMethod
            .engine({
              weights: new Map([['w', packed]]),
              scales: new Map([['0.query', scale]]),
              options,
            })
            .linear(site, x, tokens);

          const { parameters: p, weights } = arrayLowering.adopt(defaultArray, packed);
          const call = { weights, tokens: count, activations: arrayLowering.encode(p, x, range) };
          const exact = arrayLowering.product(p, call);
          expect([...product.exact!]).toEqual([...exact]);
          expect([product.value.rows, product.value.columns]).toEqual([count, rows]);
          expect(product.value.data).toEqual(arrayLowering.decode(p, call, exact, range));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says what its engine lacks', async () => {
    const { packed } = baselineMethod.quantize(gaussian(2, 8, 1, 1), 'w', optionsWith({}));
    const x = gaussian(1, 8, 1, 2);
    const engineOf = (weights: [string, typeof packed][], scales: [string, number][]) =>
      baselineMethod.engine({
        weights: new Map(weights),
        scales: new Map(scales),
        options: optionsWith({}),
      });
    await expect(engineOf([['w', packed]], []).linear(site, x, tokens)).rejects.toThrow(
      /scale for 0\.query/,
    );
    await expect(engineOf([], [['0.query', 1]]).linear(site, x, tokens)).rejects.toThrow(
      /no weight "w"/,
    );
  });
});
