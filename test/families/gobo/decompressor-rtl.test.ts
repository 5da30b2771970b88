import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goboDecompressor } from '../../../src/families/gobo/designs.ts';
import type { DecompressorParameters } from '../../../src/families/gobo/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { EngineName, Verification } from '../../../src/testbench/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { decompressorJob } from '../../../src/families/gobo/decompressor-job.ts';
import { decompressorPoint, defaultDecompressor } from './arbitraries.ts';

/** Random points; `SYSTOLE_REGRESS` runs ten times as many. */
const points = process.env['SYSTOLE_REGRESS'] ? 300 : 25;
/** How many of them are linted, and run in Icarus and Verilator. */
const lintPoints = process.env['SYSTOLE_REGRESS'] ? 60 : 6;
const verilogPoints = process.env['SYSTOLE_REGRESS'] ? 20 : 3;
const jobsPerPoint = 3;

async function verify(
  engine: EngineName,
  p: DecompressorParameters,
  seed: number,
  stalls = { source: 70, sink: 70 },
): Promise<Verification> {
  const random = rng(seed);
  const jobs = Array.from({ length: jobsPerPoint }, () => goboDecompressor.randomJob(p, random));
  const golden = await openSession('golden', goboDecompressor, p);
  const device = await openSession(engine, goboDecompressor, p, { seed });
  try {
    return await verifyJobs(layoutOf(goboDecompressor.rtl(p)), jobs, golden, device, {
      stalls: { ...stalls, seed },
    });
  } finally {
    await device.close();
    await golden.close();
  }
}

async function lint(p: DecompressorParameters): Promise<string[]> {
  const program = goboDecompressor.rtl(p);
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

const seeded = fc.tuple(decompressorPoint, fc.integer({ min: 1, max: 2 ** 31 }));

describe('gobo-decompressor', () => {
  it(`equals the golden model in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(
        seeded,
        fc.constantFrom(
          { source: 70, sink: 70 },
          { source: 0, sink: 230 },
          { source: 230, sink: 0 },
        ),
        async ([p, seed], stalls) => {
          const verification = await verify('simulator', p, seed, stalls);
          expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
          expect(isVerified(verification)).toBe(true);
        },
      ),
      { numRuns: points },
    );
  });

  it(`is lint-clean in three tools at ${lintPoints} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(decompressorPoint, async (p) => {
        expect(await lint(p)).toEqual([]);
      }),
      { numRuns: lintPoints, endOnFailure: true },
    );
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    `equals the golden model in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          expect(isVerified(await verify(engine, p, seed))).toBe(true);
        }),
        // Builds are slow: report the first failure as it is.
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    600_000,
  );

  it('counts the same cycles with stalls on every engine', async () => {
    const [simulator, icarus, verilator] = [
      await verify('simulator', defaultDecompressor, 5),
      await verify('icarus', defaultDecompressor, 5),
      await verify('verilator', defaultDecompressor, 5),
    ];
    expect(simulator.stalled!.cycles).toBeGreaterThan(simulator.free.cycles);
    expect(icarus.stalled!.cycles).toBe(simulator.stalled!.cycles);
    expect(verilator.stalled!.cycles).toBe(simulator.stalled!.cycles);
  }, 300_000);

  it.each(['simulator', 'verilator', 'icarus'] as const)(
    'stops in %s at records that are out of order, beyond their block or double',
    async (engine) => {
      const p = { bits: 2, valueBytes: 1, inputBytes: 4, lanes: 2 };
      const setup = { dictionary: [1, 2, 3, 4], rows: 1, columns: 6 };
      const good = Uint8Array.of(2, 1, 100, 4, 101, 0, 0);
      const run = async (body: Uint8Array): Promise<unknown> => {
        const device = await openSession(engine, goboDecompressor, p);
        try {
          return await device.run([decompressorJob(p, setup, [body])]);
        } finally {
          await device.close();
        }
      };
      await expect(run(good)).resolves.toHaveLength(1);
      for (const [offsets, message] of [
        [[4, 5, 1], /the offset of a record does not ascend or lies beyond its block/],
        [[1, 6], /the offset of a record does not ascend or lies beyond its block/],
        [[1, 1], /two records of a block have one offset/],
      ] as const) {
        const records = offsets.flatMap((offset) => [offset, 100]);
        const body = Uint8Array.of(offsets.length, ...records, 0, 0);
        await expect(run(body)).rejects.toThrow(message);
      }
    },
    120_000,
  );
});

describe('generated Verilog', () => {
  it('of a small gobo-decompressor is as it was read and approved', async () => {
    const p = { bits: 2, valueBytes: 1, inputBytes: 2, lanes: 2 };
    for (const { name, text } of emitVerilog(goboDecompressor.rtl(p))) {
      const golden = join(import.meta.dirname, 'golden', goboDecompressor.name, name);
      await expect(text).toMatchFileSnapshot(golden);
    }
  });
});
