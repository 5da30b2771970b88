import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goboTile } from '../../../src/families/gobo/designs.ts';
import type { CodedMatrix } from '../../../src/families/gobo/format/coded-matrix.ts';
import { fixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import { halfCodes, halfMatrix, halfProduct } from '../../../src/families/gobo/lowering-fp16.ts';
import { tileLowering } from '../../../src/families/gobo/lowering.ts';
import type { TileParameters } from '../../../src/families/gobo/params.ts';
import { dequantize, quantizeGobo } from '../../../src/families/gobo/quantizer.ts';
import { halfDraw } from '../../../src/families/gobo/random-half.ts';
import { InputError, halfToNumber, rng } from '../../../src/numeric/index.ts';
import { matmulTransposed, matrix } from '../../../src/tensor/index.ts';
import { layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import { openSafetensors } from '../../../src/transformer/index.ts';
import { defaultTile, fp16TilePoint } from './arbitraries.ts';
import { productOfHalves, randomHalfMatrix } from './random-matrix.ts';

const usual: TileParameters = { ...defaultTile, numbers: 1 };

describe('lowering of fp16 onto the tile', () => {
  it('gives the bits of the definition by way of jobs and as a whole', () => {
    fc.assert(
      fc.property(
        fp16TilePoint,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 0.001, 0.05, 1),
        fc.integer(),
        (p, rows, wanted, tokens, share, seed) => {
          const random = rng(seed);
          const columns = Math.min(wanted, p.maxLength);
          const weights = randomHalfMatrix(p, rows, columns, share, random);
          const activations = Int32Array.from({ length: tokens * columns }, halfDraw(random));
          const call = { weights, tokens, activations };
          const outcomes = tileLowering
            .lower(p, call)
            .map((job) => goboTile.golden(p, job, new Map()));
          const raised = tileLowering.raise(p, call, outcomes);
          const expected = productOfHalves(weights, activations, tokens);
          expect([...raised]).toEqual(expected);
          expect([...tileLowering.product(p, call)]).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('rounds activations to the nearest half, none beyond the largest, and refuses NaN', () => {
    const values = [1, -0, 65504, 65519, 65520, 1e9, -Infinity, 2 ** -25, 2 ** -25 * 1.001, 2049];
    expect([...halfCodes(values)].map((bits) => bits.toString(16))).toEqual([
      '3c00',
      '8000',
      '7bff',
      '7bff',
      '7bff',
      '7bff',
      'fbff',
      '0',
      '1',
      '6800',
    ]);
    const given = matrix(1, 3, Float32Array.of(0, NaN, 1));
    expect(() => tileLowering.encode(usual, given, 1)).toThrow(
      new InputError(
        'Activation 1 is NaN, and so would be every result of its token; find out where the model produced it.',
      ),
    );
  });

  it('rounds dictionary and outliers once, and refuses what is too large for a half', () => {
    const random = rng(4);
    const data = Float32Array.from({ length: 64 * 32 }, () => 0.05 * random.normal());
    data[77] = 0.9;
    const w = matrix(64, 32, data);
    const { packed } = quantizeGobo(w, { bits: 3, valueType: 'f16', name: 'w' });
    const { weights, outliers } = tileLowering.quantize(usual, w, 'w');
    expect(outliers).toBe(packed.outliers.positions.length);
    expect(Array.from(weights.centroids, halfToNumber)).toEqual([...packed.centroids]);
    expect(Array.from(weights.outliers.codes, halfToNumber)).toEqual([...packed.outliers.values]);
    const adopted = tileLowering.adopt({ ...usual, bits: 5, maxLength: 8 }, packed);
    expect(adopted).toEqual({ parameters: { ...usual, bits: 3, maxLength: 32 }, weights });
    const large = { ...packed, outliers: { ...packed.outliers, values: Float32Array.of(-65520) } };
    expect(() => halfMatrix(large)).toThrow(
      new InputError(
        'The weight -65520 is too large for a half, which ends at 65504; use the number system fixed for this matrix.',
      ),
    );
  });

  it('refuses matrices and activations of the other number system', () => {
    const { packed } = quantizeGobo(matrix(2, 4, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)), {
      ...{ bits: 3, name: 'w' },
    });
    const call = { tokens: 1, activations: Int32Array.of(0, 0, 0, 0) };
    expect(() => tileLowering.lower(usual, { ...call, weights: fixedMatrix(packed, 16) })).toThrow(
      /values of the number system fixed, but the tile was made for fp16;/,
    );
    expect(() => tileLowering.lower(defaultTile, { ...call, weights: halfMatrix(packed) })).toThrow(
      /values of the number system fp16, but the tile was made for fixed;/,
    );
    expect(() =>
      tileLowering.lower(usual, {
        weights: halfMatrix(packed),
        ...{ tokens: 1, activations: Int32Array.of(0, -1, 0, 0) },
      }),
    ).toThrow(/Activation -1 of token 0 does not fit/);
  });
});

describe('a layer of tiny-nli in fp16', () => {
  it('runs on the tile in every bit, near the dequantized product', async () => {
    const file = openSafetensors('models/tiny-nli/model.safetensors');
    const name = 'bert.encoder.layer.1.intermediate.dense.weight';
    const rows = 80;
    const w = matrix(rows, 128, file.read(name).subarray(0, rows * 128));
    const p = { ...usual, pes: 5 };
    const { weights } = tileLowering.quantize(p, w, name);
    const random = rng(5);
    const x = matrix(
      2,
      128,
      Float32Array.from({ length: 256 }, () => random.normal()),
    );
    const call = { weights, tokens: 2, activations: tileLowering.encode(p, x, 4) };
    const jobs = tileLowering.lower(p, call);
    const golden = await openSession('golden', goboTile, p);
    const device = await openSession('simulator', goboTile, p);
    const found = await verifyJobs(layoutOf(goboTile.rtl(p)), jobs, golden, device);
    expect(found).toMatchObject({ free: { compared: 160, mismatches: 0 }, cycleMismatches: 0 });

    const raised = tileLowering.raise(p, call, await golden.run(jobs));
    expect(raised).toEqual(halfProduct(weights as CodedMatrix, call.activations, 2));
    const { packed } = quantizeGobo(w, { bits: 3, valueType: 'f16', name });
    const reference = matmulTransposed(x, dequantize(packed));
    const values = tileLowering.decode(p, call, raised, 4);
    values.forEach((value, i) => {
      // Activations have 11 bits; 128 weights of 0.1 or so.
      expect(Math.abs(value - reference.data[i]!)).toBeLessThan(2e-3);
    });
  });
});
