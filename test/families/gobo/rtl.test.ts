import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goboPe, goboTile } from '../../../src/families/gobo/designs.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Parameters } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { rowsAddress } from '../../../src/families/gobo/params.ts';
import { tileJob } from '../../../src/families/gobo/tile-job.ts';
import { defaultTile, pePoint, tilePoint } from './arbitraries.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';

/** Chances that both sides have to wait: enough to be seen in cycles. */
const slow = { source: 70, sink: 70 };

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
/** Random points of each design, and how many are linted and run in Icarus and Verilator. */
const points = regress ? 500 : 50;
const lintPoints = regress ? 100 : 6;
const verilogPoints = regress ? { icarus: 40, verilator: 40 } : { icarus: 4, verilator: 1 };

describe.each([
  { design: goboPe, point: pePoint },
  { design: goboTile, point: tilePoint },
])('$design.name', ({ design, point }) => {
  const standard = Object.fromEntries(
    Object.entries(design.parameters).map(([key, spec]) => [key, spec.default]),
  );
  const seeded = fc.tuple(point as fc.Arbitrary<Parameters>, fc.integer({ min: 1, max: 2 ** 31 }));

  it(`equals the golden model in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const verification = await verifyRandomJobs('simulator', design, p, { seed, jobs: 3 });
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: points },
    );
  });

  it(`is lint-clean in three tools at ${lintPoints} random points and the default`, async () => {
    expect(await lintDesign(design, standard)).toEqual([]);
    await fc.assert(
      fc.asyncProperty(seeded, async ([p]) => {
        expect(await lintDesign(design, p)).toEqual([]);
      }),
      { numRuns: lintPoints, endOnFailure: true },
    );
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    'equals the golden model in %s at random points',
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          const found = await verifyRandomJobs(engine, design, p, { seed, jobs: 3 });
          expect(isVerified(found)).toBe(true);
        }),
        // Builds are slow: report the first failure as it is.
        { numRuns: verilogPoints[engine], endOnFailure: true },
      );
    },
    600_000,
  );

  it('equals the golden model at its default, and counts the same cycles with stalls on every engine', async () => {
    const cycles: number[] = [];
    for (const engine of ['simulator', 'icarus', 'verilator'] as const) {
      const found = await verifyRandomJobs(engine, design, standard, {
        seed: 5,
        jobs: 3,
        stalls: slow,
      });
      expect(isVerified(found)).toBe(true);
      expect(found.stalled!.cycles).toBeGreaterThan(found.free.cycles);
      cycles.push(found.stalled!.cycles);
    }
    expect(new Set(cycles).size).toBe(1);
  }, 300_000);
});

describe('gobo-tile', () => {
  const p = defaultTile;
  const indexes = Array.from({ length: p.pes }, (_, pe) => pe % 8);
  const job = tileJob(
    p,
    p.pes,
    [-4, -3, -2, -1, 1, 2, 3, 4],
    [[{ activation: 7, indexes, outliers: [{ row: 2, value: 100 }] }]],
  );

  it('uses all PEs after reset, without being told how many', async () => {
    const silent = { ...job, writes: job.writes.filter(([address]) => address !== rowsAddress(p)) };
    expect(silent.writes).toHaveLength(8);
    const golden = await openSession('golden', goboTile, p);
    const device = await openSession('simulator', goboTile, p);
    const layout = layoutOf(goboTile.rtl(p));
    expect(isVerified(await verifyJobs(layout, [silent], golden, device))).toBe(true);
  });

  it.each(['simulator', 'verilator', 'icarus'] as const)(
    'stops in %s at a record whose row is not in use',
    async (engine) => {
      const inUse = rowsAddress(p);
      for (const rows of [2, 1]) {
        const writes = job.writes.map(([address, value]) =>
          address === inUse ? ([address, rows] as const) : ([address, value] as const),
        );
        const device = await openSession(engine, goboTile, p);
        const running = device.run([{ ...job, writes, expect: { results: rows } }]);
        await expect(running).rejects.toThrow(/a record names a row that is not in use/);
        await device.close();
      }
    },
    120_000,
  );
});

describe('generated Verilog', () => {
  it.each([
    { design: goboPe, p: { bits: 2, activationBits: 8, maxLength: 4, buffers: 2 } },
    { design: goboTile, p: { ...defaultTile, pes: 4, maxLength: 128 } },
  ])('of a small $design.name is as it was read and approved', async ({ design, p }) => {
    const files = emitVerilog(design.rtl(p));
    expect(emitVerilog(design.rtl(p))).toEqual(files);
    for (const { name, text } of files) {
      const golden = join(import.meta.dirname, 'golden', design.name, name);
      await expect(text).toMatchFileSnapshot(golden);
    }
  });
});
