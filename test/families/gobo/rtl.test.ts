import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goboPe, goboTile } from '../../../src/families/gobo/designs.ts';
import { rng } from '../../../src/numeric/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Design, EngineName, Parameters, Verification } from '../../../src/testbench/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { rowsAddress } from '../../../src/families/gobo/params.ts';
import { tileJob } from '../../../src/families/gobo/tile-job.ts';
import { defaultTile, pePoint, tilePoint } from './arbitraries.ts';

/** Random points of each design; `SYSTOLE_REGRESS` runs ten times as many. */
const points = process.env['SYSTOLE_REGRESS'] ? 500 : 50;
/** How many of them also run in Icarus and Verilator. */
const verilogPoints = process.env['SYSTOLE_REGRESS'] ? 40 : 8;
const jobsPerPoint = 3;
const stalls = { seed: 1, source: 70, sink: 70 };

async function verify(
  engine: EngineName,
  design: Design,
  p: Parameters,
  seed: number,
): Promise<Verification> {
  const random = rng(seed);
  const jobs = Array.from({ length: jobsPerPoint }, () => design.randomJob(p, random)).map(
    // Stalls make a job longer than its stall-free limit allows for.
    (job) => ({ ...job, maxCycles: 4 * job.maxCycles }),
  );
  const golden = await openSession('golden', design, p);
  const device = await openSession(engine, design, p, { seed });
  try {
    return await verifyJobs(layoutOf(design.rtl(p)), jobs, golden, device, {
      stalls: { ...stalls, seed },
    });
  } finally {
    await device.close();
    await golden.close();
  }
}

async function lint(design: Design, p: Parameters): Promise<string[]> {
  const program = design.rtl(p);
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

describe.each([
  { design: goboPe, point: pePoint },
  { design: goboTile, point: tilePoint },
])('$design.name', ({ design, point }) => {
  const seeded = fc.tuple(point as fc.Arbitrary<Parameters>, fc.integer({ min: 1, max: 2 ** 31 }));

  it(`equals the golden model in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const verification = await verify('simulator', design, p, seed);
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: points },
    );
  });

  it(`is lint-clean in three tools at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p]) => {
        expect(await lint(design, p)).toEqual([]);
      }),
      { numRuns: points },
    );
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    `equals the golden model in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          expect(isVerified(await verify(engine, design, p, seed))).toBe(true);
        }),
        // Builds are slow: report the first failure as it is.
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    600_000,
  );

  it('counts the same cycles with stalls on every engine', async () => {
    const p = Object.fromEntries(
      Object.entries(design.parameters).map(([key, spec]) => [key, spec.default]),
    );
    const [simulator, icarus, verilator] = [
      await verify('simulator', design, p, 5),
      await verify('icarus', design, p, 5),
      await verify('verilator', design, p, 5),
    ];
    expect(simulator.stalled!.cycles).toBeGreaterThan(simulator.free.cycles);
    expect(icarus.stalled!.cycles).toBe(simulator.stalled!.cycles);
    expect(verilator.stalled!.cycles).toBe(simulator.stalled!.cycles);
  }, 300_000);
});

describe('gobo-tile', () => {
  const p = { ...defaultTile, pes: 5, bits: 2 };
  const job = tileJob(
    p,
    p.pes,
    [-3, -1, 1, 3],
    [[{ activation: 7, indexes: [0, 1, 2, 3, 3], outliers: [{ row: 2, value: 100 }] }]],
  );

  it('uses all PEs after reset, without being told how many', async () => {
    const silent = { ...job, writes: job.writes.filter(([address]) => address !== rowsAddress(p)) };
    expect(silent.writes).toHaveLength(4);
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
