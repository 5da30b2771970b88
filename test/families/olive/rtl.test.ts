import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  oliveArray,
  olivePe,
  oliveTensorCore,
  ovpDecoder,
  ovpEncoder,
} from '../../../src/families/olive/designs.ts';
import {
  codeBeats,
  decodedBeats,
  leftBeats,
  resultBeats,
  rightBeats,
} from '../../../src/families/olive/format/streams.ts';
import { splitPair } from '../../../src/families/olive/golden-decoder.ts';
import {
  columnsAddress,
  fourBitMode,
  leftBiasAddress,
  leftTypeAddress,
  modeAddress,
  rowsAddress,
} from '../../../src/families/olive/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import {
  isVerified,
  noStalls,
  openSession,
  packBeats,
  unpackBeats,
} from '../../../src/testbench/index.ts';
import type { Design, Job, Parameters } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { lintDesign, verifyOn, verifyRandomJobs } from '../design-checks.ts';
import { arrayPoint, defaultArray } from './arbitraries.ts';

const thorough = process.env['SYSTOLE_REGRESS'] !== undefined;
/** Arrays that are built, and jobs of each: a point is both, its types, modes, shape and stalls at random. */
const shapes = thorough ? 100 : 15;
const jobsPerShape = thorough ? 15 : 20;
/** Jobs of an array in each engine; Icarus takes seconds for ten. */
const verilogJobs = thorough ? { icarus: 40, verilator: 200 } : { icarus: 6, verilator: 6 };
const lintPoints = thorough ? 40 : 2;
const pairs = thorough ? 10_000_000 : 100_000;

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

const others: readonly (readonly [Design, Parameters])[] = [
  [ovpDecoder, { bits: 4 }],
  [ovpDecoder, { bits: 8 }],
  [ovpEncoder, { bits: 4 }],
  [ovpEncoder, { bits: 8 }],
  [olivePe, {}],
  [oliveTensorCore, { elements: 16 }],
  [oliveTensorCore, { elements: 4 }],
  [oliveTensorCore, { elements: 28 }],
];

describe('olive-array', () => {
  it(`equals the golden model in every bit and cycle at ${shapes * jobsPerShape} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(arrayPoint(12), seeds, async (p, seed) => {
        const found = await verifyRandomJobs('simulator', oliveArray, p, {
          seed,
          jobs: jobsPerShape,
        });
        expect(found).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(found)).toBe(true);
      }),
      { numRuns: shapes },
    );
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    'equals the golden model in %s',
    async (engine) => {
      const points = [
        { rows: 6, columns: 4, sharedDecoders: 1 },
        { rows: 2, columns: 10, sharedDecoders: 0 },
      ];
      for (const p of engine === 'verilator' && !thorough ? points.slice(0, 1) : points) {
        const found = await verifyRandomJobs(engine, oliveArray, p, {
          seed: 11,
          jobs: verilogJobs[engine],
        });
        expect(isVerified(found), JSON.stringify(found)).toBe(true);
      }
    },
    600_000,
  );

  it(`is lint-clean in three tools, at 64 x 64, too`, async () => {
    await fc.assert(
      fc.asyncProperty(arrayPoint(16), async (p) => {
        expect(await lintDesign(oliveArray, p)).toEqual([]);
      }),
      { numRuns: lintPoints },
    );
    const large = { ...defaultArray, rows: 64, columns: 64 };
    // Verilator and Icarus unfold the loops of lanes and groups, which takes them many seconds at this size.
    expect(await lintDesign(oliveArray, large, thorough ? undefined : ['yosys'])).toEqual([]);
  }, 600_000);

  it('counts illegal pairs up to 65535, of one side or of both', async () => {
    const p = { rows: 2, columns: 2, sharedDecoders: 1 };
    const operands = (beats: number, left: number): Job => ({
      writes: [],
      inputs: {
        left: packBeats(
          leftBeats(p).widths,
          [0, 1].map(() => Array<number>(beats).fill(left)),
        ),
        right: packBeats(rightBeats(p).widths, [
          ...[0, 1].map(() => Array<number>(beats).fill(0x88)),
          Array.from({ length: beats }, (_, k) => Number(k === beats - 1)),
        ]),
      },
      expect: { results: 2 },
      stalls: noStalls,
      maxCycles: 3 * beats,
    });
    const jobs = [operands(20_000, 0x88), operands(33_000, 0x11), operands(16_000, 0x88)];
    expect(isVerified(await verifyOn('simulator', oliveArray, p, jobs))).toBe(true);
    const device = await openSession('simulator', oliveArray, p);
    const outcomes = await device.run(jobs);
    await device.close();
    const { widths, signed } = resultBeats(p);
    const counts = outcomes.map(
      ({ outputs }) => unpackBeats(widths, outputs['results']!, signed).at(-2)![0],
    );
    expect(counts).toEqual([65535, 65535, 64_000]);
  }, 60_000);

  it('emits the Verilog that was read and approved', async () => {
    for (const { name, text } of emitVerilog(
      oliveArray.rtl({ rows: 6, columns: 4, sharedDecoders: 1 }),
    )) {
      await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'golden', name));
    }
  });
});

describe.each(
  others.map(([design, p]) => [`${design.name} ${JSON.stringify(p)}`, design, p] as const),
)('%s', (_, design, p) => {
  it('equals the golden model in every bit and cycle', async () => {
    const found = await verifyRandomJobs('simulator', design, p, {
      seed: 5,
      jobs: thorough ? 300 : 15,
    });
    expect(found).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
    expect(isVerified(found)).toBe(true);
  }, 120_000);

  it('is lint-clean in three tools', async () => {
    expect(await lintDesign(design, p)).toEqual([]);
  }, 120_000);
});

describe('without a setup', () => {
  const p = { rows: 2, columns: 2, sharedDecoders: 1 };
  /** Shape and mode of a job decide how many results there are, so they must be those after reset. */
  const afterReset = new Map([
    [modeAddress, fourBitMode],
    [rowsAddress, p.rows],
    [columnsAddress, p.columns],
  ]);

  it.each([
    ['ovp-decoder of 4 bits', ovpDecoder, { bits: 4 }],
    ['ovp-decoder of 8 bits', ovpDecoder, { bits: 8 }],
    ['olive-tensor-core', oliveTensorCore, { elements: 4 }],
    ['olive-array', oliveArray, p],
  ] as const)('%s computes with the values after reset', async (_, design, parameters) => {
    const random = rng(9);
    const jobs = Array.from({ length: 60 }, () => design.randomJob(parameters, random))
      .filter(({ writes }) =>
        writes.every(([address, data]) => (afterReset.get(address) ?? data) === data),
      )
      .map((job) => ({ ...job, writes: [] }));
    expect(jobs.length).toBeGreaterThan(5);
    expect(isVerified(await verifyOn('simulator', design, parameters, jobs))).toBe(true);
  });
});

describe('ovp-decoder', () => {
  const illegalPairs = { 4: 3, 8: 3 + 2 * 2 * 63 } as const;
  const formats = [
    { bits: 4, flint: false, bias: 2 },
    { bits: 4, flint: true, bias: 3 },
    { bits: 8, flint: false, bias: 4 },
  ] as const;

  it.each(formats)(
    'decodes every pair as the table says: $bits bits, flint $flint, bias $bias',
    async (format) => {
      const { bits, flint, bias } = format;
      const p = { bits };
      const codes = 2 ** bits;
      const all = Array.from({ length: codes * codes }, (_, i) => i);
      const job: Job = {
        writes: [
          ...(bits === 4 ? [[leftTypeAddress, Number(flint)] as const] : []),
          [leftBiasAddress, bias],
        ],
        inputs: {
          pairs: packBeats(codeBeats(p).widths, [
            all.map((i) => i % codes),
            all.map((i) => Math.floor(i / codes)),
            all.map(() => 1),
          ]),
        },
        expect: { values: all.length },
        stalls: noStalls,
        maxCycles: 2 * all.length,
      };
      const device = await openSession('simulator', ovpDecoder, p);
      const [outcome] = await device.run([job]);
      await device.close();
      const { widths, signed } = decodedBeats(p);
      const [e1, i1, e2, i2, illegal] = unpackBeats(widths, outcome!.outputs['values']!, signed);
      let wrong = 0;
      for (const i of all) {
        const pair = splitPair(format, i % codes, Math.floor(i / codes));
        const equal =
          pair.first.exponent === e1![i] &&
          pair.first.integer === i1![i] &&
          pair.second.exponent === e2![i] &&
          pair.second.integer === i2![i] &&
          pair.illegal === (illegal![i] === 1);
        if (!equal) wrong++;
      }
      expect(wrong).toBe(0);
      expect([...illegal!].reduce((sum, flag) => sum + flag)).toBe(illegalPairs[bits]);
    },
  );
});

describe('ovp-encoder', () => {
  it.each([4, 8])(
    `requantizes ${pairs} random pairs to codes of %i bits as the golden model does`,
    async (bits) => {
      // The build takes Verilator longer than the embedded simulator takes for a few.
      const engine = thorough ? 'verilator' : 'simulator';
      const random = rng(17);
      let compared = 0;
      while (compared < pairs) {
        const jobs = Array.from({ length: 1000 }, () => ovpEncoder.randomJob({ bits }, random));
        const found = await verifyOn(engine, ovpEncoder, { bits }, jobs);
        expect(isVerified(found), JSON.stringify(found)).toBe(true);
        compared += found.free.compared;
      }
    },
    1_800_000,
  );
});

/** Without the sweep, arrays and accelerators alone are built with Verilator: each build takes it seconds. */
const engines = ['icarus', ...(thorough ? (['verilator'] as const) : [])] as const;

describe.each(engines)('in %s', (engine) => {
  it.each([
    ['olive-pe', olivePe, {}],
    ['olive-tensor-core', oliveTensorCore, { elements: 8 }],
  ] as const)(
    '%s equals the golden model',
    async (_, design, p) => {
      expect(isVerified(await verifyRandomJobs(engine, design, p, { seed: 3, jobs: 10 }))).toBe(
        true,
      );
    },
    120_000,
  );
});
