import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { elaborate } from '../../../src/hdl/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { systolicArray, systolicSumBits } from '../../../src/parts/arrays/index.ts';
import type { SystolicArrayParameters } from '../../../src/parts/arrays/index.ts';
import {
  isVerified,
  layoutOf,
  noStalls,
  openSession,
  packBeats,
  unpackBeats,
  verifyJobs,
} from '../../../src/testbench/index.ts';
import type { Design, EngineName, Job, Parameters } from '../../../src/testbench/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';

const points = process.env['SYSTOLE_REGRESS'] ? 200 : 20;
const verilogPoints = process.env['SYSTOLE_REGRESS'] ? 20 : 2;

const of = (p: Parameters): SystolicArrayParameters => p as unknown as SystolicArrayParameters;
const widthsOf = {
  weights: (p: SystolicArrayParameters) => [...Array<number>(p.lanes).fill(p.operandBits), 1],
  activations: (p: SystolicArrayParameters) => [...Array<number>(p.rows).fill(p.operandBits), 1],
  results: (p: SystolicArrayParameters) => [
    ...Array<number>(p.columns).fill(systolicSumBits(p)),
    1,
  ],
};

/** A job of passes, each with its weights [columns x rows] and some beats of activations [rows]. */
function jobOf(
  p: SystolicArrayParameters,
  passes: readonly {
    readonly weights: readonly (readonly number[])[];
    readonly activations: readonly (readonly number[])[];
  }[],
): Job {
  const lastOf = <T>(list: readonly T[]): number[] => list.map((_, i) => +(i === list.length - 1));
  const weightBeats = passes.flatMap(({ weights }) => {
    const flat = weights.flat();
    const beats = Array.from({ length: flat.length / p.lanes }, (_, i) =>
      flat.slice(i * p.lanes, (i + 1) * p.lanes),
    );
    const last = lastOf(beats);
    return beats.map((beat, i) => [...beat, last[i]!]);
  });
  const activationBeats = passes.flatMap(({ activations }) => {
    const last = lastOf(activations);
    return activations.map((beat, i) => [...beat, last[i]!]);
  });
  const packed = (widths: readonly number[], beats: readonly (readonly number[])[]): Uint8Array =>
    packBeats(
      widths,
      widths.map((_, field) => beats.map((beat) => beat[field]!)),
    );
  return {
    writes: [],
    inputs: {
      weights: packed(widthsOf.weights(p), weightBeats),
      activations: packed(widthsOf.activations(p), activationBeats),
    },
    expect: { results: activationBeats.length },
    stalls: noStalls,
    maxCycles: 200 * (weightBeats.length + activationBeats.length + 20 * (p.rows + p.columns)),
  };
}

/** The plain products, read from the job's own beats. */
function products(p: SystolicArrayParameters, job: Job): Uint8Array {
  const signed = [...Array<boolean>(p.rows).fill(true), false];
  const words = unpackBeats(widthsOf.weights(p), job.inputs['weights'] as Uint8Array, [
    ...Array<boolean>(p.lanes).fill(true),
    false,
  ]);
  const values = unpackBeats(
    widthsOf.activations(p),
    job.inputs['activations'] as Uint8Array,
    signed,
  );
  const ends = values[p.rows]!;
  let pass = 0;
  const beats = Array.from(ends, (end, beat) => {
    const sums = Array.from({ length: p.columns }, (_, column) => {
      let sum = 0;
      for (let row = 0; row < p.rows; row++) {
        const place = (pass * p.columns + column) * p.rows + row;
        sum += words[place % p.lanes]![Math.floor(place / p.lanes)]! * values[row]![beat]!;
      }
      return sum;
    });
    pass += end;
    return [...sums, end];
  });
  const widths = widthsOf.results(p);
  return packBeats(
    widths,
    widths.map((_, field) => beats.map((beat) => beat[field]!)),
  );
}

/** First accepted beat to last result: loading and passes as the part's words say. */
function cyclesOf(p: SystolicArrayParameters, job: Job): number {
  const ends = unpackBeats(widthsOf.activations(p), job.inputs['activations'] as Uint8Array)[
    p.rows
  ]!;
  const load = (p.rows * p.columns) / p.lanes;
  let free = 0;
  let at = 0;
  for (let beat = 0; beat < ends.length; beat++) {
    if (beat === 0 || ends[beat - 1] === 1) {
      at = Math.max(at, free + load);
      free = at + p.rows + p.columns;
    }
    at++;
  }
  return at - 1 + p.rows + p.columns;
}

const design: Design = {
  name: 'systolic-array',
  summary: '',
  parameters: {},
  rtl: (p) => elaborate(...systolicArray(of(p))),
  golden: (p, job) => ({
    outputs: { results: products(of(p), job) },
    cycles: cyclesOf(of(p), job),
    counters: {},
  }),
  manual: () => ({ operation: [], timing: [] }),
  randomJob: (parameters, random) => {
    const p = of(parameters);
    const limit = 2 ** (p.operandBits - 1);
    const value = (): number =>
      [-limit, limit - 1, 0][random.below(6)] ?? random.below(2 * limit) - limit;
    const rows = (count: number): number[][] =>
      Array.from({ length: count }, () => Array.from({ length: p.rows }, value));
    return jobOf(
      p,
      Array.from({ length: 1 + random.below(3) }, () => ({
        weights: rows(p.columns),
        activations: rows([1, 2, 1 + random.below(20)][random.below(3)]!),
      })),
    );
  },
};

async function verified(engine: EngineName, p: SystolicArrayParameters, seed: number) {
  const parameters = p as unknown as Parameters;
  const random = rng(seed);
  const jobs = Array.from({ length: 3 }, () => design.randomJob(parameters, random));
  const golden = await openSession('golden', design, parameters);
  const device = await openSession(engine, design, parameters, { seed });
  try {
    return await verifyJobs(layoutOf(design.rtl(parameters)), jobs, golden, device, {
      stalls: { seed, source: 80, sink: 80 },
    });
  } finally {
    await device.close();
    await golden.close();
  }
}

const point: fc.Arbitrary<SystolicArrayParameters> = fc
  .record({
    groups: fc.integer({ min: 1, max: 4 }),
    lanes: fc.integer({ min: 1, max: 4 }),
    columns: fc.integer({ min: 1, max: 8 }),
    operandBits: fc.constantFrom(8, 16),
  })
  .map(({ groups, lanes, ...rest }) => ({ ...rest, lanes, rows: groups * lanes }));
const seeded = fc.tuple(point, fc.integer({ min: 1, max: 2 ** 31 }));

describe('systolic array', () => {
  it(`equals the plain product in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const found = await verified('simulator', p, seed);
        expect(found).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(found)).toBe(true);
      }),
      { numRuns: points },
    );
  });

  it.each(['icarus', 'verilator'] as const)(
    `equals the plain product in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          expect(isVerified(await verified(engine, p, seed))).toBe(true);
        }),
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    300_000,
  );

  it('is lint-clean in three tools', async () => {
    await fc.assert(
      fc.asyncProperty(point, async (p) => {
        const program = elaborate(...systolicArray(p));
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
      { numRuns: 4, endOnFailure: true },
    );
  }, 300_000);

  it('refuses sizes that do not fit', () => {
    const p = { rows: 6, columns: 2, operandBits: 8, lanes: 4 };
    expect(() => systolicArray(p)).toThrow('4 weights per cycle do not divide 6 rows of cells');
    expect(() => systolicArray({ ...p, columns: 0 })).toThrow('columns of a systolic array is 0');
  });
});
