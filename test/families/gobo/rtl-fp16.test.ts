import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goboPe, goboTile } from '../../../src/families/gobo/designs.ts';
import { isVerified } from '../../../src/testbench/index.ts';
import type { Parameters } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { defaultTile, fp16PePoint, fp16TilePoint } from './arbitraries.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
// A few PEs show what many do; each has an adder that takes its time to build and to simulate.
const fewPes = fp16TilePoint.map((p) => ({
  ...p,
  pes: 1 + (p.pes % 5),
  bits: Math.min(p.bits, 5),
}));

const points = {
  pe: { simulator: regress ? 300 : 15, verilog: regress ? 20 : 1, lint: regress ? 40 : 2 },
  tile: { simulator: regress ? 300 : 12, verilog: regress ? 20 : 1, lint: regress ? 40 : 3 },
};

describe.each([
  { design: goboPe, point: fp16PePoint, runs: points.pe },
  { design: goboTile, point: fewPes, runs: points.tile },
])('$design.name in fp16', ({ design, point, runs }) => {
  const seeded = fc.tuple(point as fc.Arbitrary<Parameters>, fc.integer({ min: 1, max: 2 ** 31 }));

  it(`equals the golden model in every bit and cycle at ${runs.simulator} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const verification = await verifyRandomJobs('simulator', design, p, { seed, jobs: 4 });
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: runs.simulator },
    );
  }, 300_000);

  it(`is lint-clean in three tools at ${runs.lint} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p]) => {
        expect(await lintDesign(design, p)).toEqual([]);
      }),
      { numRuns: runs.lint, endOnFailure: true },
    );
  }, 300_000);

  it.each(['icarus', 'verilator'] as const)(
    `equals the golden model in %s at ${runs.verilog} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          const verification = await verifyRandomJobs(engine, design, p, { seed, jobs: 8 });
          expect(isVerified(verification)).toBe(true);
        }),
        { numRuns: runs.verilog, endOnFailure: true },
      );
    },
    300_000,
  );
});

/** Chances that both sides have to wait: enough to be seen in cycles. */
const slow = { source: 70, sink: 70 };

describe('gobo-tile in fp16', () => {
  it('counts the same cycles with stalls on every engine', async () => {
    for (const buffers of regress ? [1, 2] : [1]) {
      const p = { ...defaultTile, pes: 3, bits: 2, buffers, numbers: 1 };
      const cycles = await Promise.all(
        (['simulator', 'icarus', 'verilator'] as const).map(async (engine) => {
          const found = await verifyRandomJobs(engine, goboTile, p, {
            seed: 5,
            jobs: 12,
            stalls: slow,
          });
          expect(isVerified(found)).toBe(true);
          expect(found.stalled!.cycles).toBeGreaterThan(found.free.cycles);
          return found.stalled!.cycles;
        }),
      );
      expect(new Set(cycles).size).toBe(1);
    }
  }, 300_000);
});

describe('generated Verilog of fp16', () => {
  it.each([
    { design: goboPe, p: { ...defaultTile, bits: 2, buffers: 2, numbers: 1 } },
    { design: goboTile, p: { ...defaultTile, pes: 2, bits: 2, numbers: 1 } },
  ])('of a small $design.name is as it was read and approved', async ({ design, p }) => {
    const files = emitVerilog(design.rtl(p));
    expect(emitVerilog(design.rtl(p))).toEqual(files);
    const folder = join(import.meta.dirname, 'golden', `${design.name}-fp16`);
    // The float units are held against exhaustive tests of their own.
    for (const { name, text } of files.filter((file) => file.name.startsWith('gobo_'))) {
      await expect(text).toMatchFileSnapshot(join(folder, name));
    }
  });
});
