import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixedCodes, fixedMatrix, fixedScale } from '../../../src/families/gobo/format/fixed.ts';
import type { FixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import { goldenTile } from '../../../src/families/gobo/golden-tile.ts';
import { exactProduct, tileLowering } from '../../../src/families/gobo/lowering.ts';
import type { TileParameters } from '../../../src/families/gobo/params.ts';
import { dequantize, quantizeGobo } from '../../../src/families/gobo/quantizer.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { matrix, maxMagnitude } from '../../../src/tensor/index.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';
import { openSafetensors } from '../../../src/transformer/index.ts';
import { defaultTile, tilePoint } from './arbitraries.ts';

const noBlobs = new Map<string, Uint8Array>();

function onGolden(p: TileParameters, jobs: readonly Job[]): Outcome[] {
  return jobs.map((job) => goldenTile(p, job, noBlobs));
}

/** A matrix that fits the tile's parameters, with this share of outliers. */
function randomMatrix(
  p: TileParameters,
  rows: number,
  columns: number,
  share: number,
  random: Rng,
): FixedMatrix {
  const limit = 2 ** (p.weightBits - 1);
  const code = (): number => random.below(2 * limit - 1) - (limit - 1);
  const positions = Array.from({ length: rows * columns }, (_, i) => i).filter(
    () => random.uniform() < share,
  );
  return {
    rows,
    columns,
    bits: p.bits,
    weightBits: p.weightBits,
    scale: 1,
    centroids: Int32Array.from({ length: 2 ** p.bits }, code).sort(),
    indexes: Uint8Array.from({ length: rows * columns }, () => random.below(2 ** p.bits)),
    outliers: {
      positions: Uint32Array.from(positions),
      codes: Int32Array.from(positions, code),
    },
  };
}

function randomActivations(p: TileParameters, count: number, random: Rng): Int32Array {
  const limit = 2 ** (p.activationBits - 1);
  return Int32Array.from({ length: count }, () => random.below(2 * limit) - limit);
}

/** y = W x by the definition, in BigInt. */
function definition(w: FixedMatrix, activations: Int32Array, tokens: number): bigint[] {
  const outliers = new Map(
    [...w.outliers.positions].map((position, i) => [position, w.outliers.codes[i]!]),
  );
  const result: bigint[] = [];
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < w.rows; row++) {
      let sum = 0n;
      for (let column = 0; column < w.columns; column++) {
        const position = row * w.columns + column;
        const code = outliers.get(position) ?? w.centroids[w.indexes[position]!]!;
        sum += BigInt(code) * BigInt(activations[token * w.columns + column]!);
      }
      result.push(sum);
    }
  }
  return result;
}

describe('lowering onto the tile', () => {
  it('gives the exact product by way of jobs and as a whole, at all parameters', () => {
    fc.assert(
      fc.property(
        tilePoint,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 0.001, 0.05, 1),
        fc.integer(),
        (p, rows, wanted, tokens, share, seed) => {
          const random = rng(seed);
          const columns = Math.min(wanted, p.maxLength);
          const weights = randomMatrix(p, rows, columns, share, random);
          const activations = randomActivations(p, tokens * columns, random);
          const call = { weights, tokens, activations };
          const raised = tileLowering.raise(p, call, onGolden(p, tileLowering.lower(p, call)));
          const expected = definition(weights, activations, tokens);
          expect([...raised].map(BigInt)).toEqual(expected);
          expect([...exactProduct(weights, activations, tokens)].map(BigInt)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('runs full groups first and the rest in a job of its own, groups before tokens', () => {
    const p = { ...defaultTile, pes: 4 };
    const weights = randomMatrix(p, 10, 6, 0.1, rng(1));
    const call = { weights, tokens: 3, activations: randomActivations(p, 18, rng(2)) };
    const jobs = tileLowering.lower(p, call);
    expect(jobs.map((job) => job.writes.at(-1))).toEqual([
      [8, 4],
      [8, 2],
    ]);
    expect(jobs.map((job) => job.expect['results'])).toEqual([2 * 3 * 4, 3 * 2]);
    const [first] = jobs;
    // 3 bytes per activation: tokens 0, 1, 2 for group 0, then again for group 1.
    const beats = first!.inputs['activations'] as Uint8Array;
    expect(beats.length).toBe(6 * 6 * 3);
    expect(beats.subarray(0, 54)).toEqual(beats.subarray(54));
  });

  it('spreads a large product over jobs below 8 MiB, also where every weight is an outlier', () => {
    const p = { ...defaultTile, maxLength: 65536 };
    for (const [columns, share] of [
      [65536, 0],
      [16384, 1],
    ] as const) {
      const weights = randomMatrix(p, 33, columns, share, rng(3));
      const tokens = 7;
      const activations = randomActivations(p, tokens * columns, rng(4));
      const call = { weights, tokens, activations };
      const jobs = tileLowering.lower(p, call);
      // 12 or 8 of the 14 dot product groups of 16 rows fit, then the others, then the tail's 7.
      expect(jobs.length).toBe(3);
      for (const job of jobs) {
        const bytes = Object.values(job.inputs).reduce((n, b) => n + (b as Uint8Array).length, 0);
        expect(bytes).toBeLessThan(8 * 2 ** 20 + 1);
      }
      const raised = tileLowering.raise(p, call, onGolden(p, jobs));
      expect(raised).toEqual(exactProduct(weights, activations, tokens));
    }
  });

  it('refuses calls that do not fit the tile, and outcomes that do not fit the call', () => {
    const p = { ...defaultTile, activationBits: 8 };
    const weights = randomMatrix(p, 3, 4, 0, rng(1));
    const call = { weights, tokens: 2, activations: new Int32Array(8) };
    const refusal = (params: TileParameters, change: object): string => {
      try {
        tileLowering.lower(params, { ...call, ...change });
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    expect(refusal({ ...p, bits: 4 }, {})).toMatch(/3-bit indexes .* made for 4/);
    expect(refusal({ ...p, weightBits: 8 }, {})).toMatch(/16-bit values, .* 3 and 8;/);
    expect(refusal({ ...p, maxLength: 3 }, {})).toMatch(/4 columns, but maxLength .* 3/);
    expect(refusal(p, { tokens: 3 })).toMatch(/8 activations .* 12 are needed/);
    const large = new Int32Array(8);
    large[5] = 128;
    expect(refusal(p, { activations: large })).toMatch(/128 of token 1 .* 8 bits/);

    const outcomes = onGolden(p, tileLowering.lower(p, call));
    expect(() => tileLowering.raise(p, call, [])).toThrow('0 outcomes were given for 1 jobs');
    const short = { ...outcomes[0]!, outputs: { results: new Uint8Array(5) } };
    expect(() => tileLowering.raise(p, call, [short])).toThrow('has 1 results instead of 6');
  });
});

describe('a layer of tiny-nli on the tile', () => {
  const file = openSafetensors('models/tiny-nli/model.safetensors');

  it('equals the dequantized product, up to fixed-point rounding, and exactly in integers', () => {
    const name = 'bert.encoder.layer.1.intermediate.dense.weight';
    const weights = matrix(512, 128, file.read(name));
    const { packed, report } = quantizeGobo(weights, { name });
    const fixed = fixedMatrix(packed, 16);
    const tokens = 2;
    const random = rng(5);
    const x = Float32Array.from({ length: tokens * 128 }, () => random.normal());
    const scale = fixedScale(maxMagnitude({ data: x }), 16);
    const activations = fixedCodes(x, scale, 16);
    const call = { weights: fixed, tokens, activations };
    const outcomes = onGolden(defaultTile, tileLowering.lower(defaultTile, call));
    const raised = tileLowering.raise(defaultTile, call, outcomes);
    expect(raised).toEqual(exactProduct(fixed, activations, tokens));

    const back = dequantize(packed).data;
    raised.forEach((sum, i) => {
      const token = Math.floor(i / 512);
      const row = i % 512;
      let reference = 0;
      for (let c = 0; c < 128; c++) reference += back[row * 128 + c]! * x[token * 128 + c]!;
      expect(Math.abs(sum * scale * fixed.scale - reference)).toBeLessThan(2e-3);
    });
    // 32 groups x 2 tokens of 128 columns. At 128 = 16 PEs x 8 bins any outlier makes the tile stall,
    // by a cycle that the shared unit gives to it.
    const cycles = outcomes.reduce((sum, outcome) => sum + outcome.cycles, 0);
    const outlierCycles = tokens * report.outliers;
    expect(cycles).toBeGreaterThan(64 * 128);
    expect(cycles).toBeLessThanOrEqual(65 * 128 + 3 + 2 * outlierCycles);
  });
});
