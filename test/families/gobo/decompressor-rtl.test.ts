import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goboDecompressor } from '../../../src/families/gobo/designs.ts';
import { isVerified, openSession } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { decompressorJob } from '../../../src/families/gobo/decompressor-job.ts';
import { decompressorPoint, defaultDecompressor } from './arbitraries.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
/** Random points, and how many are linted and run in Icarus and Verilator. */
const points = regress ? 300 : 20;
const lintPoints = regress ? 60 : 4;
const verilogPoints = regress ? { icarus: 20, verilator: 20 } : { icarus: 2, verilator: 1 };

/** What takes little time to build, for all that needs no parameters of its own. */
const small = { bits: 2, valueBytes: 1, inputBytes: 4, lanes: 2 };

const seeded = fc.tuple(decompressorPoint, fc.integer({ min: 1, max: 2 ** 31 }));

/** Chances that both sides have to wait: enough to be seen in cycles. */
const slow = { source: 70, sink: 70 };

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
          const jobs = { seed, jobs: 3, stalls };
          const verification = await verifyRandomJobs('simulator', goboDecompressor, p, jobs);
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
        expect(await lintDesign(goboDecompressor, p)).toEqual([]);
      }),
      { numRuns: lintPoints, endOnFailure: true },
    );
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    'equals the golden model in %s at random points',
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([any, seed]) => {
          // A program for more lanes takes long to build.
          const few = { lanes: Math.min(any.lanes, 5), inputBytes: Math.min(any.inputBytes, 9) };
          const p = { ...any, ...(regress ? {} : few) };
          const found = await verifyRandomJobs(engine, goboDecompressor, p, { seed, jobs: 3 });
          expect(isVerified(found)).toBe(true);
        }),
        // Builds are slow: report the first failure as it is.
        { numRuns: verilogPoints[engine], endOnFailure: true },
      );
    },
    600_000,
  );

  it('counts the same cycles with stalls on every engine', async () => {
    for (const p of regress ? [small, defaultDecompressor] : [small]) {
      const cycles: number[] = [];
      for (const engine of ['simulator', 'icarus', 'verilator'] as const) {
        const found = await verifyRandomJobs(engine, goboDecompressor, p, {
          seed: 5,
          jobs: 6,
          stalls: slow,
        });
        expect(isVerified(found)).toBe(true);
        expect(found.stalled!.cycles).toBeGreaterThan(found.free.cycles);
        cycles.push(found.stalled!.cycles);
      }
      expect(new Set(cycles).size).toBe(1);
    }
  }, 300_000);

  it.each(['simulator', 'verilator', 'icarus'] as const)(
    'stops in %s at records that are out of order, beyond their block or double',
    async (engine) => {
      const setup = { dictionary: [1, 2, 3, 4], rows: 1, columns: 6 };
      /** A block of six weights with records at these offsets. */
      const bodyOf = (...offsets: number[]): Uint8Array =>
        Uint8Array.of(offsets.length, ...offsets.flatMap((offset) => [offset, 100]), 0, 0);
      const run = async (body: Uint8Array): Promise<unknown> => {
        const device = await openSession(engine, goboDecompressor, small);
        try {
          return await device.run([decompressorJob(small, setup, [body])]);
        } finally {
          await device.close();
        }
      };
      await expect(run(bodyOf(1, 4))).resolves.toHaveLength(1);
      for (const [offsets, message] of [
        [[4, 5, 1], /the offset of a record does not ascend or lies beyond its block/],
        [[1, 6], /the offset of a record does not ascend or lies beyond its block/],
        [[1, 1], /two records of a block have one offset/],
      ] as const) {
        await expect(run(bodyOf(...offsets))).rejects.toThrow(message);
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
