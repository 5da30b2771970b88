import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rng } from '../../../src/numeric/index.ts';
import {
  dotProductUnit,
  rowStationaryArray,
  systolicArray,
} from '../../../src/parts/arrays/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Design, EngineName, Parameters } from '../../../src/testbench/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { dotProduct, rowStationary, systolic } from './weight-arrays.ts';

const points = process.env['SYSTOLE_REGRESS'] ? 200 : 20;
const verilogPoints = process.env['SYSTOLE_REGRESS'] ? 20 : 1;

async function verified(design: Design, engine: EngineName, p: Parameters, seed: number) {
  const random = rng(seed);
  const jobs = Array.from({ length: 3 }, () => design.randomJob(p, random));
  const golden = await openSession('golden', design, p);
  const device = await openSession(engine, design, p, { seed });
  try {
    return await verifyJobs(layoutOf(design.rtl(p)), jobs, golden, device, {
      stalls: { seed, source: 80, sink: 80 },
    });
  } finally {
    await device.close();
    await golden.close();
  }
}

const size = (max: number) => fc.integer({ min: 1, max });
const operandBits = fc.constantFrom(8, 16);

const systolicPoint: fc.Arbitrary<Parameters> = fc
  .record({ groups: size(4), lanes: size(4), columns: size(8), operandBits })
  .map(({ groups, lanes, ...rest }) => ({ ...rest, lanes, rows: groups * lanes }));
const rowStationaryPoint: fc.Arbitrary<Parameters> = fc
  .record({
    rows: size(5),
    columns: size(4),
    words: size(3),
    lanes: size(4),
    outputs: size(5),
    operandBits,
  })
  .map(({ words, ...rest }) => ({ ...rest, rowLength: words * rest.lanes }));
const dotProductPoint: fc.Arbitrary<Parameters> = fc
  .record({
    lanes: size(4),
    inputs: size(4),
    copies: size(3),
    tokens: size(5),
    operandBits,
    groups: size(5),
    tiles: size(5),
  })
  .map(({ copies, tiles, ...rest }) => ({
    ...rest,
    outputs: rest.lanes * copies,
    maxLength: rest.inputs * tiles,
  }));

describe.each([
  ['systolic array', systolic, systolicPoint],
  ['row-stationary array', rowStationary, rowStationaryPoint],
  ['dot-product unit', dotProduct, dotProductPoint],
] as const)('%s', (_, design, point) => {
  const seeded = fc.tuple(point, fc.integer({ min: 1, max: 2 ** 31 }));

  it(`equals the plain product in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const found = await verified(design, 'simulator', p, seed);
        expect(found).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(found)).toBe(true);
      }),
      { numRuns: points },
    );
  });

  it.each(['icarus', 'verilator'] as const)(
    `equals the plain product in %s, random points: ${verilogPoints}`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          expect(isVerified(await verified(design, engine, p, seed))).toBe(true);
        }),
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    300_000,
  );

  it('is lint-clean in three tools', async () => {
    await fc.assert(
      fc.asyncProperty(point, async (p) => {
        const program = design.rtl(p);
        const folder = await mkdtemp(join(tmpdir(), 'systole-lint-'));
        try {
          const files = await writeSources(folder, emitVerilog(program));
          const { top } = program;
          const found = await Promise.all([
            verilatorLint(files, { top }),
            icarusLint(files, { top }),
            yosysCheck(files, { top }),
          ]);
          expect(found.flat()).toEqual([]);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 3, endOnFailure: true },
    );
  }, 300_000);
});

describe('sizes that do not fit are refused', () => {
  it('by the systolic array', () => {
    const p = { rows: 6, columns: 2, operandBits: 8, lanes: 4 };
    expect(() => systolicArray(p)).toThrow('4 weights per cycle do not divide 6 rows of cells');
    expect(() => systolicArray({ ...p, columns: 0 })).toThrow('columns of a systolic array is 0');
  });

  it('by the row-stationary array', () => {
    const p = { rows: 2, columns: 2, rowLength: 6, outputs: 2, operandBits: 8, lanes: 4 };
    expect(() => rowStationaryArray(p)).toThrow('4 weights per cycle do not divide the 6 weights');
    expect(() => rowStationaryArray({ ...p, rows: 1.5 })).toThrow('rows of a row-stationary array');
  });

  it('by the dot-product unit', () => {
    const p = {
      outputs: 4,
      tokens: 4,
      inputs: 4,
      operandBits: 8,
      lanes: 3,
      groups: 1,
      maxLength: 8,
    };
    expect(() => dotProductUnit(p)).toThrow('3 weights per cycle do not divide a tile of 16');
    expect(() => dotProductUnit({ ...p, lanes: 4, maxLength: 3 })).toThrow('maxLength is 3');
  });
});
