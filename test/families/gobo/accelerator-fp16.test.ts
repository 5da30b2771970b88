import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceleratorLowering as lowering } from '../../../src/families/gobo/accelerator-lowering.ts';
import { acceleratorManual } from '../../../src/families/gobo/accelerator-manual.ts';
import { goboAccelerator } from '../../../src/families/gobo/designs.ts';
import { tileLowering } from '../../../src/families/gobo/lowering.ts';
import { groupRows } from '../../../src/families/gobo/params.ts';
import type { AcceleratorParameters } from '../../../src/families/gobo/params.ts';
import { halfDraw } from '../../../src/families/gobo/random-half.ts';
import { rng } from '../../../src/numeric/index.ts';
import { isVerified, openSession, resolveParameters } from '../../../src/testbench/index.ts';
import { matrix } from '../../../src/tensor/index.ts';
import { openSafetensors } from '../../../src/transformer/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { acceleratorPoint, defaultAccelerator } from './accelerator-point.ts';
import { productOfHalves, randomFixedMatrix, randomHalfMatrix } from './random-matrix.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
const points = regress ? 200 : 5;
const verilogPoints = regress ? 10 : 1;
const lintPoints = regress ? 30 : 1;

const inHalves = { activationBits: 16, weightBits: 16, numbers: 1 };
const usual: AcceleratorParameters = { ...defaultAccelerator, ...inHalves };

/** A few PEs show what many do; each has an adder that takes its time to build and to simulate. */
const point = acceleratorPoint.map((p): AcceleratorParameters => ({
  ...p,
  ...inHalves,
  tiles: Math.min(p.tiles, 4),
  pes: 1 + (p.pes % 3),
  bits: Math.min(p.bits, 5),
}));
const seeded = fc.tuple(point, fc.integer({ min: 1, max: 2 ** 31 }));

describe('gobo-accelerator in fp16', () => {
  it('gives the bits of the definition, by way of images and jobs and as a whole', () => {
    fc.assert(
      fc.property(
        point,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 0.001, 0.05, 1),
        fc.nat(),
        (p, rows, wanted, tokens, share, seed) => {
          const random = rng(seed);
          const columns = Math.min(wanted, p.maxLength, p.bankWords, p.bankRecords);
          const weights = randomHalfMatrix(p, rows, columns, share, random);
          const activations = Int32Array.from({ length: tokens * columns }, halfDraw(random));
          const call = { weights, tokens, activations };
          const outcomes = lowering
            .lower(p, call)
            .map((job) => goboAccelerator.golden(p, job, new Map()));
          const expected = productOfHalves(weights, activations, tokens);
          expect([...lowering.raise(p, call, outcomes)]).toEqual(expected);
          expect([...lowering.product(p, call)]).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it(`equals the golden model in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const found = await verifyRandomJobs('simulator', goboAccelerator, p, { seed, jobs: 3 });
        expect(found).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(found)).toBe(true);
      }),
      { numRuns: points },
    );
  });

  it.each(['icarus', 'verilator'] as const)(
    `equals the golden model in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          const found = await verifyRandomJobs(engine, goboAccelerator, p, { seed, jobs: 3 });
          expect(isVerified(found)).toBe(true);
        }),
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
  );

  it(`is lint-clean in three tools at ${lintPoints} random points and the default`, async () => {
    expect(await lintDesign(goboAccelerator, usual)).toEqual([]);
    await fc.assert(
      fc.asyncProperty(point, async (p) => {
        expect(await lintDesign(goboAccelerator, p)).toEqual([]);
      }),
      { numRuns: lintPoints, endOnFailure: true },
    );
  });

  it('has modules of its own, but for what only moves numbers, and tells software', () => {
    const p = { ...usual, tiles: 2, pes: 2 };
    const program = goboAccelerator.rtl(p);
    expect(emitVerilog(program).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'gobo_pe_fp16_wide.v',
        'gobo_multiply_unit_fp16.v',
        'gobo_tile_fp16.v',
        'gobo_accelerator_lane_fp16.v',
        'gobo_accelerator_core_fp16.v',
        'gobo_accelerator_fp16.v',
      ]),
    );
    for (const numbers of [0, 1]) {
      const [bus] = goboAccelerator.rtl({ ...p, numbers }).modules.at(-1)!.buses!;
      const register = bus!.registers.find(({ name }) => name === 'PARAMETER_NUMBERS');
      expect(register).toMatchObject({ access: 'read-only', reset: numbers });
    }
  });

  it('takes two cycles more than integers for a group, as its manual and description say', () => {
    const p = { ...usual, tiles: 3, pes: 2, bits: 2 };
    const [rows, columns] = [5, 20];
    const cyclesOf = (numbers: number): number => {
      const weights =
        numbers === 1
          ? randomHalfMatrix(p, rows, columns, 0, rng(1))
          : randomFixedMatrix(p, rows, columns, 0, rng(1));
      const call = { weights, tokens: 1, activations: new Int32Array(columns) };
      const jobs = lowering.lower({ ...p, numbers }, call);
      return goboAccelerator.golden({ ...p, numbers }, jobs[0]!, new Map()).cycles;
    };
    // Image, two cycles until it is open, columns, bins of the first tile, stages of the unit, slice, and the
    // results of the tiles behind it in the last row.
    expect(cyclesOf(1)).toBe(3 * columns + 1 + columns + 2 * 4 + 5 + 1 + 1);
    expect(cyclesOf(0)).toBe(cyclesOf(1) - 2);
    const text = acceleratorManual(p).operation.join('\n');
    expect(text).toContain('centroid k (a half) at word k');
    expect(text).toContain('a single each');
    expect(text).toContain('Every NaN that leaves is 0x7fc00000');
    expect(acceleratorManual(defaultAccelerator).operation.join('\n')).not.toContain('single');
  });

  it('refuses widths and matrices of the other number system', () => {
    const resolve = (given: object): unknown =>
      resolveParameters(goboAccelerator, { numbers: 'fp16', ...given }, '--set');
    expect(resolve({})).toEqual(usual);
    expect(() => resolve({ weightBits: 12 })).toThrow(/so weightBits must be 16, not 12;/);
    const call = {
      weights: randomFixedMatrix(usual, 2, 4, 0, rng(1)),
      ...{ tokens: 1, activations: new Int32Array(4) },
    };
    expect(() => lowering.lower(usual, call)).toThrow(
      /values of the number system fixed, but the tile was made for fp16;/,
    );
  });

  it('computes a layer of tiny-nli as the tile does, in every bit', async () => {
    const file = openSafetensors('models/tiny-nli/model.safetensors');
    const name = 'bert.encoder.layer.1.intermediate.dense.weight';
    const rows = 200;
    const w = matrix(rows, 128, file.read(name).subarray(0, rows * 128));
    const { weights } = lowering.quantize(usual, w, name);
    const random = rng(5);
    const x = matrix(
      2,
      128,
      Float32Array.from({ length: 256 }, () => random.normal()),
    );
    const call = { weights, tokens: 2, activations: lowering.encode(usual, x, 4) };
    const jobs = lowering.lower(usual, call);
    expect(jobs.map(({ expect: { results } }) => results)).toEqual([
      2 * 3 * groupRows(usual),
      2 * (rows - 3 * groupRows(usual)),
    ]);
    const golden = await openSession('golden', goboAccelerator, usual);
    const raised = lowering.raise(usual, call, await golden.run(jobs));
    expect(raised).toEqual(tileLowering.product(usual, call));
    expect(lowering.decode(usual, call, raised, 4)).toEqual(
      tileLowering.decode(usual, call, raised, 4),
    );
  });
});
