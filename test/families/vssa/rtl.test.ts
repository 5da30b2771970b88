import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  vssaArray,
  vssaPe,
  vssaRequantizer,
  vssaScores,
  vssaTopK,
} from '../../../src/families/vssa/designs.ts';
import { isVerified } from '../../../src/testbench/index.ts';
import type { Design, EngineName, Parameters } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';
import { arrayPoint, pePoint, scoresPoint, topKPoint } from './arbitraries.ts';

/** `SYSTOLE_REGRESS` looks at ten times as many random points. */
const times = process.env['SYSTOLE_REGRESS'] ? 10 : 1;
/** How many are linted, and how many run in Icarus and Verilator. */
const lintPoints = 2 * times;
const verilogPoints = times;

const nothing: fc.Arbitrary<Parameters> = fc.constant({});
const designs: readonly (readonly [Design, fc.Arbitrary<Parameters>, number])[] = [
  [vssaArray, arrayPoint, 6 * times],
  [vssaPe, pePoint, 8 * times],
  [vssaScores, scoresPoint, 6 * times],
  [vssaTopK, topKPoint, 6 * times],
  [vssaRequantizer, nothing, 4 * times],
];
const seed = fc.integer({ min: 1, max: 2 ** 31 });

describe.each(designs.map(([design, ...rest]) => [design.name, design, ...rest] as const))(
  '%s',
  (_, design, points, count) => {
    it(`equals the golden model in every bit and cycle at ${count} random points`, async () => {
      await fc.assert(
        fc.asyncProperty(points, seed, async (p, seed) => {
          const verification = await verifyRandomJobs('simulator', design, p, { seed, jobs: 3 });
          expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
          expect(isVerified(verification)).toBe(true);
        }),
        { numRuns: count },
      );
    }, 600_000);

    it(`is lint-clean in three tools at ${lintPoints} random points`, async () => {
      await fc.assert(
        fc.asyncProperty(points, async (p) => {
          expect(await lintDesign(design, p)).toEqual([]);
        }),
        { numRuns: lintPoints },
      );
    }, 600_000);

    // Building for Verilator takes long; the array has the processing element in it.
    const engines: readonly EngineName[] =
      times > 1 || [vssaArray, vssaScores, vssaTopK].includes(design)
        ? ['icarus', 'verilator']
        : ['icarus'];
    it.each(engines)(
      `equals the golden model in %s at ${verilogPoints} random points`,
      async (engine) => {
        await fc.assert(
          fc.asyncProperty(points, seed, async (point, seed) => {
            // Builds and runs of large arrays are slow in these; the simulator has had them.
            const p =
              'cols' in point
                ? { ...point, rows: Math.min(point['rows']!, 8), cols: Math.min(point['cols']!, 8) }
                : point;
            expect(isVerified(await verifyRandomJobs(engine, design, p, { seed, jobs: 3 }))).toBe(
              true,
            );
          }),
          { numRuns: verilogPoints, endOnFailure: true },
        );
      },
      600_000,
    );
  },
);

describe('at the limits', () => {
  it.each([
    { rows: 1, cols: 1, skid: 0 },
    { rows: 1, cols: 1, skid: 1 },
    { rows: 1, cols: 32, skid: 0 },
    { rows: 32, cols: 1, skid: 1 },
    { rows: 16, cols: 16, skid: 0 },
  ])('the array of %o equals the golden model', async (p) => {
    expect(
      isVerified(await verifyRandomJobs('simulator', vssaArray, p, { seed: 7, jobs: 3 })),
    ).toBe(true);
  });

  it.each([
    { rows: 1, cols: 1, skid: 0 },
    { rows: 1, cols: 3, skid: 1 },
    { rows: 4, cols: 1, skid: 0 },
  ])('the array of %o is lint-clean', async (p) => {
    expect(await lintDesign(vssaArray, p)).toEqual([]);
  });
});

describe('emits the Verilog that was read and approved', () => {
  it.each([
    [vssaArray, { rows: 2, cols: 3, skid: 0 }],
    [vssaPe, { skid: 1 }],
    [vssaScores, { maxTokens: 64, loadWords: 4 }],
    [vssaTopK, { maxTokens: 64 }],
    [vssaRequantizer, {}],
  ] as const)('$name', async (design, p) => {
    const files = emitVerilog(design.rtl(p)).filter(
      ({ name }) => name.startsWith('vssa') && name !== 'vssa_array.v',
    );
    expect(files.length).toBeGreaterThan(0);
    for (const { name, text } of files) {
      const folder = join(import.meta.dirname, 'golden', design.name);
      await expect(text).toMatchFileSnapshot(join(folder, name));
    }
  });
});
