import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { arrayJob } from '../../../src/families/baseline/array-job.ts';
import { baselineArray, baselineCore } from '../../../src/families/baseline/designs.ts';
import type { ArrayParameters } from '../../../src/families/baseline/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import { isVerified, openSession } from '../../../src/testbench/index.ts';
import type { EngineName, Job } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { lintDesign, verifyOn, verifyRandomJobs } from '../design-checks.ts';
import { arrayPoint, defaultArray } from './arbitraries.ts';

/** `SYSTOLE_REGRESS` looks at twenty times as many random points. */
const times = process.env['SYSTOLE_REGRESS'] ? 20 : 1;
/** How many run in the simulator, how many are linted, and how many also run as Verilog. */
const points = 20 * times;
const lintPoints = 2 * times;
const verilogPoints = times;
/** Builds for Verilator take long: there is one for stalls below in any case. */
const verilogEngines: readonly EngineName[] = times > 1 ? ['icarus', 'verilator'] : ['icarus'];
const jobsPerPoint = 3;
/** Of a single row or column; the limit takes long to build. */
const longest = times > 1 ? 64 : 20;

const seeded = fc.tuple(arrayPoint, fc.integer({ min: 1, max: 2 ** 31 }));

describe('baseline-array', () => {
  it(`equals the golden model in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const verification = await verifyRandomJobs('simulator', baselineArray, p, {
          seed,
          jobs: jobsPerPoint,
        });
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: points },
    );
  }, 600_000);

  it.each([[1, 1], [1, longest], [longest, 1], ...(times > 1 ? [[64, 64] as const] : [])] as const)(
    'equals it with %i x %i cells',
    async (rows, columns) => {
      const p = { ...defaultArray, rows, columns };
      expect(
        isVerified(
          await verifyRandomJobs('simulator', baselineArray, p, { seed: 7, jobs: jobsPerPoint }),
        ),
      ).toBe(true);
    },
    300_000,
  );

  it(`is lint-clean in three tools at ${lintPoints} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(arrayPoint, async (p) => {
        expect(await lintDesign(baselineArray, p)).toEqual([]);
      }),
      { numRuns: lintPoints },
    );
  }, 600_000);

  it.each([
    [1, 1],
    [1, 3],
    [3, 1],
  ] as const)('is lint-clean with %i x %i cells, and so is its core', async (rows, columns) => {
    const p = { ...defaultArray, rows, columns };
    expect(await lintDesign(baselineArray, p)).toEqual([]);
    expect(await lintDesign(baselineCore, p)).toEqual([]);
  });

  it.each(verilogEngines)(
    `equals the golden model in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([point, seed]) => {
          // Builds and runs of large arrays are slow in these; the simulator has had them.
          const most = times > 1 ? 12 : 5;
          const p = {
            ...point,
            rows: Math.min(point.rows, most),
            columns: Math.min(point.columns, most),
          };
          expect(
            isVerified(
              await verifyRandomJobs(engine, baselineArray, p, { seed, jobs: jobsPerPoint }),
            ),
          ).toBe(true);
        }),
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    600_000,
  );

  it('counts the same cycles with stalls on every engine', async () => {
    const p = { ...defaultArray, rows: 3, columns: 4 };
    const random = rng(5);
    const jobs = Array.from({ length: jobsPerPoint }, () => baselineArray.randomJob(p, random));
    const stalls = { seed: 5, source: 70, sink: 70 };
    const on = (engine: EngineName) => verifyOn(engine, baselineArray, p, jobs, stalls);
    const found = [await on('simulator'), await on('icarus'), await on('verilator')];
    expect(found.every(isVerified)).toBe(true);
    const [simulator] = found;
    expect(simulator!.stalled!.cycles).toBeGreaterThan(simulator!.free.cycles);
    const cycles = found.map(({ stalled }) => stalled!.cycles);
    expect(new Set(cycles).size).toBe(1);
  }, 300_000);

  const few = { ...defaultArray, rows: 3, columns: 2 };
  const ones = (count: number): number[][] => Array.from({ length: count }, (_, i) => [i + 1]);
  const tile = { weights: ones(3), activations: ones(2) };
  const outcomesOf = async (p: ArrayParameters, ...jobs: Job[]) => {
    const session = await openSession('simulator', baselineArray, p, { seed: 1 });
    try {
      return await session.run(jobs);
    } finally {
      await session.close();
    }
  };

  it('uses all rows after reset, and has no setup but that of rows', async () => {
    const job = arrayJob(few, 3, [tile]);
    const [silent] = await outcomesOf(few, { ...job, writes: [] });
    const [other] = await outcomesOf(few, { ...job, writes: [[1, 1]] });
    expect(silent).toEqual(baselineArray.golden(few, job, new Map()));
    expect(other).toEqual(silent);
  });

  it('takes operands while its sink is not ready, as long as no result waits', async () => {
    const p = { ...defaultArray, rows: 1, columns: 1 };
    const lane = [Array<number>(2000).fill(1)];
    const job = arrayJob(p, 1, [{ weights: lane, activations: lane }]);
    const stalls = { seed: 3, source: 0, sink: 250 };
    const [outcome] = await outcomesOf(p, { ...job, stalls });
    // The sink is ready in a cycle of 43, so that the one result waits for it, but no operand does.
    expect(outcome!.cycles).toBeLessThan(3000);
  });

  it('delivers a row of results per cycle, while it computes in every cycle', async () => {
    const p = { ...defaultArray, rows: 8, columns: 5 };
    const lanes = (count: number) => Array.from({ length: count }, () => Array<number>(8).fill(1));
    const tiles = Array.from({ length: 50 }, () => ({ weights: lanes(8), activations: lanes(5) }));
    const [outcome] = await outcomesOf(p, arrayJob(p, 8, tiles));
    expect(outcome!.cycles).toBe(50 * 8 + 8 + 5 - 1);
    expect(outcome!.counters).toEqual({ cycles: outcome!.cycles, stalls: 0, starves: 0 });
  });

  it('emits the Verilog that was read and approved', async () => {
    const p = { rows: 3, columns: 2, weightBits: 4, activationBits: 8, maxLength: 100 };
    const files = emitVerilog(baselineCore.rtl(p));
    expect(emitVerilog(baselineCore.rtl(p))).toEqual(files);
    for (const { name, text } of files) {
      await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'golden', name));
    }
  });
});

describe('baseline-core', () => {
  it(`equals the golden model at ${10 * times} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const verification = await verifyRandomJobs('simulator', baselineCore, p, {
          seed,
          jobs: jobsPerPoint,
        });
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: 10 * times },
    );
  }, 600_000);
});
