import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { methods } from '../../../src/families/index.ts';
import { matrixKind } from '../../../src/families/olive/format/describe.ts';
import { valuesOf } from '../../../src/families/olive/format/ovp-matrix.ts';
import type { OvpMatrix } from '../../../src/families/olive/format/ovp-matrix.ts';
import { goldenArray } from '../../../src/families/olive/golden-array.ts';
import { arrayLowering } from '../../../src/families/olive/lowering.ts';
import { oliveMethod } from '../../../src/families/olive/method.ts';
import type { OliveOptions } from '../../../src/families/olive/method.ts';
import type { ArrayParameters } from '../../../src/families/olive/params.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import { matmulTransposed, matrix } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import type { Job } from '../../../src/testbench/job.ts';

const site = { layer: 0, role: 'query', tensor: 'w' } as const;
const optionsWith = (given: object): OliveOptions => oliveMethod.options.parse(given);
const array: ArrayParameters = { rows: 8, columns: 4, sharedDecoders: 1 };
const onGolden = (p: ArrayParameters, jobs: readonly Job[]) =>
  jobs.map((job) => goldenArray(p, job, new Map()));

function heavyTailed(rows: number, columns: number, seed: number): Matrix {
  const random = rng(seed);
  const w = matrix(rows, columns);
  for (let i = 0; i < w.data.length; i++) {
    w.data[i] = random.normal() * (random.below(20) === 0 ? 8 : 1);
  }
  return w;
}

/** A product in the method's engine, and what it was made of. */
async function inEngine(options: OliveOptions, w: Matrix, x: Matrix) {
  const { packed, report } = oliveMethod.quantize(w, 'w', options);
  const scale = oliveMethod.calibrate!(site, { range: 9, samples: [x] }, options);
  const product = await oliveMethod
    .engine({ weights: new Map([['w', packed]]), scales: new Map([['0.query', scale]]), options })
    .linear(site, x, { starts: Uint32Array.of(0, x.rows) });
  return { packed, report, scale, product };
}

describe('OliVe as a method', () => {
  it('is among the methods and knows its precisions', () => {
    expect(methods).toContain(oliveMethod);
    expect(optionsWith({})).toEqual({ precision: 'w4a4', type: 'auto', rule: 'paper' });
    for (const [name, options] of Object.entries(oliveMethod.precisions!)) {
      expect(options).toEqual({ precision: name });
    }
    expect(oliveMethod.options.safeParse({ precision: 'w4a8' }).success).toBe(false);
  });

  it('computes exactly what the array computes, tile by tile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('w4a4' as const, 'w8a8' as const),
        fc.constantFrom('auto' as const, 'int4' as const, 'flint4' as const),
        fc.constantFrom('paper' as const, 'nearest-pair' as const),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        async (precision, type, rule, rows, columns, tokens, halfRows, halfColumns, seed) => {
          const options = optionsWith({ precision, type, rule });
          const w = heavyTailed(rows, columns, seed);
          const x = heavyTailed(tokens, columns, seed + 1);
          const { packed, scale, product } = await inEngine(options, w, x);
          expect(scale).toMatchObject({ rule });

          const p = { rows: 2 * halfRows, columns: 2 * halfColumns, sharedDecoders: 1 };
          const { parameters, weights } = arrayLowering.adopt(p, packed);
          expect(parameters).toBe(p);
          const activations = arrayLowering.encode(p, x, 9, scale);
          const call = { weights, tokens, activations, scale };
          const jobs = arrayLowering.lower(p, call);
          const raised = arrayLowering.raise(p, call, onGolden(p, jobs));
          const values = valuesOf(packed);
          const expected = Array.from({ length: tokens * rows }, (_, i) => {
            let sum = 0;
            for (let k = 0; k < columns; k++) {
              sum +=
                activations[Math.floor(i / rows) * columns + k]! *
                values[(i % rows) * columns + k]!;
            }
            return sum;
          });
          expect([...raised]).toEqual(expected);
          expect([...product.exact!]).toEqual(expected);
          expect([...arrayLowering.product(p, call)]).toEqual(expected);
          expect(product.value.data).toEqual(arrayLowering.decode(p, call, raised, 9));

          const places = jobs.flatMap((job, j) =>
            Array.from({ length: job.expect['results']! }, (_, beat) =>
              arrayLowering.locate(p, call, j, beat),
            ),
          );
          const lanes = precision === 'w8a8' ? halfRows : p.rows;
          expect(places.every(({ tile, row }) => tile === Math.floor(row / lanes))).toBe(true);
          const across = precision === 'w8a8' ? halfColumns : p.columns;
          expect(new Set(places.map(({ row, token }) => `${row} ${token}`)).size).toBe(
            rows * Math.ceil(tokens / across),
          );
        },
      ),
      { numRuns: 80 },
    );
  });

  it('is near the product in floating point, with 8 bits nearer than with 4', async () => {
    const w = heavyTailed(16, 64, 1);
    const x = heavyTailed(5, 64, 2);
    const right = matmulTransposed(x, w);
    const error = async (precision: OliveOptions['precision']): Promise<number> => {
      const { product } = await inEngine(optionsWith({ precision }), w, x);
      const squares = (m: Matrix): number => m.data.reduce((sum, v) => sum + v * v, 0);
      const difference = matrix(
        5,
        16,
        product.value.data.map((v, i) => v - right.data[i]!),
      );
      return Math.sqrt(squares(difference) / squares(right));
    };
    const [full, weights, wide] = [await error('w4a4'), await error('w4a16'), await error('w8a8')];
    expect(full).toBeLessThan(0.4);
    expect(weights).toBeLessThan(full);
    expect(wide).toBeLessThan(0.06);
  });

  it('runs a matrix on the array where only ranges are known', () => {
    const w = heavyTailed(9, 65, 3);
    const x = heavyTailed(3, 65, 4);
    w.data[5] = 60;
    const { weights, outliers, bitsPerWeight } = arrayLowering.quantize(array, w, 'w');
    expect(outliers).toBeGreaterThan(0);
    expect(bitsPerWeight).toBeGreaterThan(4);
    const call = { weights, tokens: 3, activations: arrayLowering.encode(array, x, 20) };
    const jobs = arrayLowering.lower(array, call);
    const exact = arrayLowering.raise(array, call, onGolden(array, jobs));
    expect(exact).toEqual(arrayLowering.product(array, call));
    const values = arrayLowering.decode(array, call, exact, 20);
    const right = matmulTransposed(x, w).data;
    expect(Math.abs(values[0]! - right[0]!)).toBeLessThan(0.5 * Math.abs(right[0]!) + 30);
    // Weights of 8 bits take the same activations.
    const { packed } = oliveMethod.quantize(w, 'w', optionsWith({ precision: 'w8a8' }));
    const wide = { ...call, weights: packed };
    const outcomes = onGolden(array, arrayLowering.lower(array, wide));
    expect(arrayLowering.raise(array, wide, outcomes)).toEqual(arrayLowering.product(array, wide));
  });

  it('says what does not fit', async () => {
    const w = heavyTailed(4, 6, 5);
    const x = heavyTailed(2, 6, 6);
    const pack = (given: object): OvpMatrix =>
      oliveMethod.quantize(w, 'w', optionsWith(given)).packed;
    expect(() => arrayLowering.adopt(array, pack({ precision: 'w4a16' }))).toThrow(/w4a4 or w8a8/);
    expect(() => arrayLowering.adopt(array, pack({ precision: 'w8a8', rule: 'artifact' }))).toThrow(
      /rule=paper/,
    );
    const weights = pack({});
    const scale = { type: 'int8', scale: 1, rule: 'paper' };
    const call = { weights, tokens: 2, activations: new Int32Array(12), scale };
    expect(() => arrayLowering.lower(array, call)).toThrow(
      /4-bit codes and its activations are int8/,
    );
    const short = { ...call, tokens: 3, scale: undefined };
    expect(() => arrayLowering.lower(array, short)).toThrow(/12 activations .* 18 are needed/);
    const fine = { ...call, scale: undefined };
    expect(() => arrayLowering.raise(array, fine, [])).toThrow(/0 outcomes .* 1 jobs/);

    // Two products of the largest outliers of 8 bits are 2^31.
    const large = matrix(1, 4, Float32Array.of(0, 1e6, 0, 1e6));
    const tiny = { type: 'int8', scale: 1, rule: 'paper' } as const;
    const wide = pack({ precision: 'w8a8' });
    const values = { ...wide, rows: 1, columns: 4, scales: Float32Array.of(1) };
    const pairs = Uint8Array.of(0x80, 0x40, 0x80, 0x40);
    const overflowing = { ...values, pairs };
    const engine = oliveMethod.engine({
      weights: new Map([['w', overflowing]]),
      scales: new Map([['0.query', tiny]]),
      options: optionsWith({ precision: 'w8a8' }),
    });
    const tokens = { starts: Uint32Array.of(0, 1) };
    await expect(engine.linear(site, large, tokens)).rejects.toThrow(/w: a sum is 2147483648/);
    const activations = arrayLowering.encode(array, large, 1, tiny);
    const over = { weights: overflowing, tokens: 1, activations, scale: tiny };
    const outcomes = onGolden(array, arrayLowering.lower(array, over));
    expect(() => arrayLowering.raise(array, over, outcomes)).toThrow(/left the 32 bits/);
    expect([...arrayLowering.product(array, over)]).toEqual([-(2 ** 31)]);

    const nan = matrix(1, 4, Float32Array.of(0, NaN, 0, 0));
    await expect(engine.linear(site, nan, tokens)).rejects.toThrow(InputError);
    const lacking = oliveMethod.engine({
      weights: new Map([['w', weights]]),
      scales: new Map(),
      options: optionsWith({}),
    });
    await expect(lacking.linear(site, x, tokens)).rejects.toThrow(/scale for 0\.query/);
    await expect(lacking.linear({ ...site, tensor: 'v' }, x, tokens)).rejects.toThrow(/weight "v"/);
  });
});

describe('the file of a matrix', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('w4a4' as const, 'w8a8' as const, 'w4a16' as const),
        fc.constantFrom('paper' as const, 'artifact' as const, 'nearest-pair' as const),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (precision, rule, rows, columns, seed) => {
          const { packed, report } = oliveMethod.quantize(
            heavyTailed(rows, columns, seed),
            'w',
            optionsWith({ precision, rule }),
          );
          const bytes = oliveMethod.format.write(packed);
          expect(oliveMethod.format.read(bytes, 'w')).toEqual(packed);
          expect(report.bitsPerWeight).toBe((8 * bytes.length) / (rows * columns));
          const [shown] = matrixKind.describe(bytes, 'w').matrices;
          expect(shown).toMatchObject({
            shape: [rows, columns],
            bits: report.bits,
            valueType: packed.type,
            outliers: report['outliers'],
          });
          const { total, ...parts } = shown!.bytes;
          expect(Object.values(parts).reduce((sum, part) => sum + part)).toBe(total);
        },
      ),
    );
  });

  it('is refused where it is not whole', () => {
    const { packed } = oliveMethod.quantize(heavyTailed(3, 4, 7), 'w', optionsWith({}));
    const { write, read } = oliveMethod.format;
    const good = write(packed);
    const refusal = (bytes: Uint8Array): string => {
      try {
        read(bytes, 'm.olive');
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
    expect(refusal(changed(0, 0x58))).toMatch(/^m\.olive: the file starts with "XOVP"/);
    expect(refusal(good.subarray(0, 12))).toMatch(/ends at byte 12/);
    expect(refusal(changed(4, 2))).toMatch(/version 2/);
    expect(refusal(changed(5, 3))).toMatch(/no format of pairs with the numbers 3, 0/);
    expect(refusal(changed(6, 1))).toMatch(/no format of pairs/);
    expect(refusal(changed(7, 13))).toMatch(/no format of pairs/);
    expect(refusal(changed(8, 5))).toMatch(/5 bits, not 4, 8 or 16/);
    expect(refusal(good.subarray(0, -1))).toMatch(/has 45 bytes, but 3 x 4 .* take 46/);
    expect(refusal(changed(good.length - 9, 0))).toMatch(/checksum/);
    const illegal = write({ ...packed, pairs: Uint8Array.of(0, 0, 0, 0x88, 0, 0) });
    expect(refusal(illegal)).toMatch(/1 pairs .* pair 1 of row 1/);
    expect(refusal(write({ ...packed, scales: Float32Array.of(1, 0, 1) }))).toMatch(
      /scale of row 1/,
    );
    const damaged = matrixKind.describe(changed(good.length - 9, 0), 'm.olive').matrices[0]!;
    expect(damaged.damage).toMatch(/checksum/);
    expect(matrixKind.matches(good)).toBe(true);
  });
});
