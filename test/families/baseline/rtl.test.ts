import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { arrayJob } from '../../../src/families/baseline/array-job.ts';
import { baselineArray } from '../../../src/families/baseline/designs.ts';
import type { ArrayParameters } from '../../../src/families/baseline/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { EngineName, Job, Stalls, Verification } from '../../../src/testbench/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { arrayPoint, defaultArray } from './arbitraries.ts';

/** Random points of parameters; `SYSTOLE_REGRESS` runs ten times as many. */
const points = process.env['SYSTOLE_REGRESS'] ? 1000 : 100;
/** How many are linted and how many also run in Icarus and Verilator. */
const lintPoints = process.env['SYSTOLE_REGRESS'] ? 200 : 20;
const verilogPoints = process.env['SYSTOLE_REGRESS'] ? 40 : 6;
const jobsPerPoint = 3;

async function compare(
  engine: EngineName,
  p: ArrayParameters,
  jobs: readonly Job[],
  stalls: Stalls,
): Promise<Verification> {
  const golden = await openSession('golden', baselineArray, p);
  const device = await openSession(engine, baselineArray, p, { seed: stalls.seed });
  try {
    return await verifyJobs(layoutOf(baselineArray.rtl(p)), jobs, golden, device, { stalls });
  } finally {
    await device.close();
    await golden.close();
  }
}

async function verify(engine: EngineName, p: ArrayParameters, seed: number): Promise<Verification> {
  const random = rng(seed);
  const jobs = Array.from({ length: jobsPerPoint }, () => baselineArray.randomJob(p, random));
  // Sources, sinks or both are slow.
  const chance = (): number => [0, 30, 70, 200][random.below(4)]!;
  return compare(engine, p, jobs, { seed, source: chance(), sink: chance() });
}

async function lint(p: ArrayParameters): Promise<string[]> {
  const program = baselineArray.rtl(p);
  const folder = await mkdtemp(join(tmpdir(), 'systole-lint-'));
  try {
    const files = await writeSources(folder, emitVerilog(program));
    const found = await Promise.all([
      verilatorLint(files, { top: program.top }),
      icarusLint(files, { top: program.top }),
      yosysCheck(files, { top: program.top }),
    ]);
    return found.flat();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const seeded = fc.tuple(arrayPoint, fc.integer({ min: 1, max: 2 ** 31 }));

describe('baseline-array', () => {
  it(`equals the golden model in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const verification = await verify('simulator', p, seed);
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: points },
    );
  }, 600_000);

  it('equals it with one row or one column, and at full size', async () => {
    for (const [rows, columns] of [
      [1, 1],
      [1, 64],
      [64, 1],
      [64, 64],
    ] as const) {
      const p = { ...defaultArray, rows, columns };
      expect(isVerified(await verify('simulator', p, 7)), `${rows} x ${columns}`).toBe(true);
    }
  }, 300_000);

  it(`is lint-clean in three tools at ${lintPoints} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(arrayPoint, async (p) => {
        expect(await lint(p)).toEqual([]);
      }),
      { numRuns: lintPoints },
    );
    for (const [rows, columns] of [
      [1, 1],
      [1, 3],
      [3, 1],
    ] as const) {
      expect(await lint({ ...defaultArray, rows, columns })).toEqual([]);
    }
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    `equals the golden model in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([point, seed]) => {
          // Builds and runs of large arrays are slow in these; the simulator has had them.
          const p = {
            ...point,
            rows: Math.min(point.rows, 12),
            columns: Math.min(point.columns, 12),
          };
          expect(isVerified(await verify(engine, p, seed))).toBe(true);
        }),
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    600_000,
  );

  it('counts the same cycles with stalls on every engine', async () => {
    const random = rng(5);
    const p = { ...defaultArray, rows: 4, columns: 4 };
    const jobs = Array.from({ length: 4 }, () => baselineArray.randomJob(p, random));
    const stalls = { seed: 5, source: 70, sink: 70 };
    const [simulator, icarus, verilator] = [
      await compare('simulator', p, jobs, stalls),
      await compare('icarus', p, jobs, stalls),
      await compare('verilator', p, jobs, stalls),
    ];
    expect(simulator.stalled!.cycles).toBeGreaterThan(simulator.free.cycles);
    expect(icarus.stalled!.cycles).toBe(simulator.stalled!.cycles);
    expect(verilator.stalled!.cycles).toBe(simulator.stalled!.cycles);
  }, 300_000);

  it('uses all cells after reset, without being told how many', async () => {
    const p = { ...defaultArray, rows: 3, columns: 2 };
    const ones = (count: number): number[][] => Array.from({ length: count }, (_, i) => [i + 1]);
    const tile = { weights: ones(3), activations: ones(2) };
    const job = { ...arrayJob(p, { rows: 3, columns: 2 }, [tile]), writes: [] };
    const found = await compare('simulator', p, [job], { seed: 1, source: 0, sink: 0 });
    expect(isVerified(found)).toBe(true);
    expect(found.free.compared).toBe(6);
  });

  it('emits the Verilog that was read and approved', async () => {
    const p = { rows: 3, columns: 2, weightBits: 4, activationBits: 8, maxLength: 100 };
    const files = emitVerilog(baselineArray.rtl(p));
    expect(emitVerilog(baselineArray.rtl(p))).toEqual(files);
    for (const { name, text } of files) {
      await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'golden', name));
    }
  });
});
