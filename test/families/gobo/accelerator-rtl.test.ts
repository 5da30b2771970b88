import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  acceleratorJob,
  imageParts,
  markImage,
  weightBeatBytes,
} from '../../../src/families/gobo/accelerator-job.ts';
import type { WeightImage } from '../../../src/families/gobo/accelerator-job.ts';
import { swapAddress } from '../../../src/families/gobo/params.ts';
import type { AcceleratorParameters } from '../../../src/families/gobo/params.ts';
import { goboAccelerator } from '../../../src/families/gobo/designs.ts';
import { concatenate, rng } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { isVerified, noStalls, openSession } from '../../../src/testbench/index.ts';
import type { Job } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { createMaster } from '../../parts/shell/axi-master.ts';
import { acceleratorPoint, defaultAccelerator } from './accelerator-point.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
const points = regress ? 300 : 10;
const lintPoints = regress ? 100 : 3;
const verilogPoints = regress ? 20 : 1;

const seeded = fc.tuple(acceleratorPoint, fc.integer({ min: 1, max: 2 ** 31 }));

describe('gobo-accelerator', () => {
  it(`equals the golden model in every bit and cycle at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([p, seed]) => {
        const verification = await verifyRandomJobs('simulator', goboAccelerator, p, {
          seed,
          jobs: 3,
        });
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: points },
    );
  }, 600_000);

  it('counts the cycles that the golden model predicts, for 200 random shapes', async () => {
    const shapes: AcceleratorParameters[] = [
      { ...small, tiles: 1, pes: 3 },
      { ...small, tiles: 3, pes: 2, buffers: 1 },
      { ...small, tiles: 4, pes: 4, bits: 3, queueDepth: 2 },
      { ...small, tiles: 2, pes: 5, maxLength: 7 },
    ];
    let compared = 0;
    for (const [i, p] of shapes.entries()) {
      const random = rng(100 + i);
      const jobs = Array.from({ length: 50 }, () => goboAccelerator.randomJob(p, random));
      const golden = await openSession('golden', goboAccelerator, p);
      const device = await openSession('simulator', goboAccelerator, p, { seed: 1 });
      const predicted = await golden.run(jobs);
      const outcomes = await device.run(jobs);
      outcomes.forEach(({ cycles, counters, outputs }, job) => {
        expect(cycles).toBe(predicted[job]!.cycles);
        expect(counters['cycles']).toBe(cycles);
        expect(counters['stalls']).toBe(0);
        expect(outputs).toEqual(predicted[job]!.outputs);
        compared++;
      });
    }
    expect(compared).toBe(200);
  }, 120_000);

  it(`is lint-clean in three tools at ${lintPoints} random points and the default`, async () => {
    expect(await lintDesign(goboAccelerator, defaultAccelerator)).toEqual([]);
    await fc.assert(
      fc.asyncProperty(acceleratorPoint, async (p) => {
        expect(await lintDesign(goboAccelerator, p)).toEqual([]);
      }),
      { numRuns: lintPoints },
    );
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    `equals the golden model in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(seeded, async ([p, seed]) => {
          // A program for more tiles takes longer to build than all else here.
          const few = { ...p, tiles: Math.min(p.tiles, 5) };
          const jobs = { seed, jobs: 3 };
          expect(isVerified(await verifyRandomJobs(engine, goboAccelerator, few, jobs))).toBe(true);
        }),
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    600_000,
  );

  it('generates 64 tiles in less than 5 seconds', () => {
    const start = performance.now();
    const files = emitVerilog(goboAccelerator.rtl({ ...defaultAccelerator, tiles: 64 }));
    expect(performance.now() - start).toBeLessThan(5000);
    expect(files.at(-1)!.name).toBe('gobo_accelerator.v');
    // A generate loop, not 64 instances.
    const core = files.find(({ name }) => name === 'gobo_accelerator_core.v')!.text;
    expect(core.match(/gobo_accelerator_lane u_lane/g)).toHaveLength(1);
  });

  it('is emitted as it was read and approved, for small parameters', async () => {
    const files = emitVerilog(goboAccelerator.rtl(small));
    expect(emitVerilog(goboAccelerator.rtl(small))).toEqual(files);
    const own = files.filter(({ name }) => name.startsWith('gobo_accelerator'));
    expect(own).toHaveLength(3);
    for (const { name, text } of own) {
      const golden = join(import.meta.dirname, 'golden', 'gobo-accelerator', name);
      await expect(text).toMatchFileSnapshot(golden);
    }
  });
});

const small: AcceleratorParameters = {
  ...defaultAccelerator,
  tiles: 3,
  pes: 2,
  bits: 2,
  activationBits: 8,
  weightBits: 8,
  maxLength: 64,
  bankWords: 64,
  bankRecords: 32,
};

/** An image of one group of six rows without outliers, with so many columns. */
function image(seed: number, columns: number): WeightImage {
  const random = rng(seed);
  return {
    indexes: Array.from({ length: 6 }, () =>
      Array.from({ length: columns }, () => random.below(4)),
    ),
    outliers: [{ row: 4, column: 1, value: -7 }],
  };
}

const bytesOf = (of: WeightImage): Uint8Array =>
  markImage(small, concatenate(imageParts(small, of)));

/** A job that loads these images and uses each for so many tokens; same activations for the same seed. */
function job(images: readonly WeightImage[], tokens: number, seed: number): Job {
  const random = rng(seed);
  const weights = concatenate(images.map(bytesOf));
  const lengths = images.flatMap((each) => Array<number>(tokens).fill(each.indexes[0]!.length));
  const ends = lengths.flatMap((n) => Array.from({ length: n }, (_, i) => (i === n - 1 ? 1 : 0)));
  return acceleratorJob(small, {
    centroids: [-50, -3, 9, 100],
    ...{ rows: 6, tokens, weights, ends, dots: lengths.length, records: images.length },
    weightBeats: weights.length / weightBeatBytes(small),
    values: ends.map(() => random.below(256) - 128),
  });
}

describe('weights on the chip', () => {
  const [a, b] = [image(1, 40), image(2, 40)];

  it('are loaded beside the computation: a further image costs the cycles of its columns alone', async () => {
    const device = await openSession('simulator', goboAccelerator, small);
    const tokens = 5;
    const jobs = [job([a], tokens, 9), job([a, b], tokens, 9), job([a, b, a, b], tokens, 9)];
    const [one, two, four] = (await device.run(jobs)).map(({ cycles }) => cycles);
    // 3 tiles x 40 words and a record go in during 5 tokens x 40 columns.
    expect(two! - one!).toBe(tokens * 40);
    expect(four! - two!).toBe(2 * tokens * 40);
    // With one token an image takes its 121 beats.
    const single = [job([a, b], 1, 9), job([a, b, a], 1, 9)];
    const [second, third] = (await device.run(single)).map(({ cycles }) => cycles);
    expect(third! - second!).toBe(3 * 40 + 1);
    await device.close();
  });

  it('stay for further runs until software swaps banks, and the next are loaded meanwhile', async () => {
    const golden = await openSession('golden', goboAccelerator, small);
    const device = await openSession('simulator', goboAccelerator, small);
    const resident = (of: Job, weights: Uint8Array, ...writes: Job['writes']): Job => ({
      ...of,
      registers: { ...of.registers, TOKENS: 0 },
      writes: [...writes, ...of.writes],
      inputs: { ...of.inputs, weights },
    });
    const none = new Uint8Array(0);
    const swap = [swapAddress(small), 0] as const;
    const alone = [job([a], 2, 1), job([a], 3, 2), job([a], 3, 2), job([b], 3, 3), job([a], 1, 4)];
    const jobs = [
      resident(alone[0]!, bytesOf(a)),
      resident(alone[1]!, none),
      resident(alone[2]!, bytesOf(b)),
      resident(alone[3]!, none, swap),
      // Without images loaded there is nothing to give up.
      resident(alone[4]!, bytesOf(a), swap, swap),
    ];
    const wanted = await golden.run(alone);
    for (const stalls of [noStalls, { seed: 5, source: 100, sink: 100 }]) {
      const outcomes = await device.run(jobs.map((each) => ({ ...each, stalls })));
      outcomes.forEach(({ outputs }, i) => expect(outputs, `job ${i}`).toEqual(wanted[i]!.outputs));
      if (stalls !== noStalls) continue;
      const cycles = outcomes.map((outcome) => outcome.cycles);
      expect(cycles[2]).toBe(cycles[1]);
      expect(cycles[3]).toBe(cycles[1]);
      const waits = outcomes.map(({ counters }) => counters['weight_waits']!);
      // The activation that came first waits for all 121 beats but the two cycles in which it enters.
      expect(waits[0]).toBe(121);
      expect(waits.slice(1, 4)).toEqual([121, 121, 121]);
      expect(waits[4]).toBe(242);
    }
    await device.close();
    await golden.close();
  });

  it('that do not fit a bank are left out, and set a bit of STATUS', () => {
    const program = goboAccelerator.rtl({ ...small, tiles: 1, bankWords: 3, bankRecords: 2 });
    const [bus] = program.modules.find(({ name }) => name === program.top)!.buses!;
    const at = (name: string): number =>
      bus!.registers.find((register) => register.name === name)!.offset;
    const field = bus!.registers
      .find(({ name }) => name === 'STATUS')!
      .fields.find(({ name }) => name === 'load_error')!;
    for (const [record, fits] of [
      [0, 3],
      [1, 2],
    ] as const) {
      const simulator = createSimulator(program, { seed: 1 });
      simulator.poke('s_axis_weights_tvalid', 0);
      simulator.poke('s_axis_activations_tvalid', 0);
      simulator.poke('resetn', 0);
      simulator.run(4);
      simulator.poke('resetn', 1);
      const master = createMaster(simulator, rng(3), 0);
      master.run([{ kind: 'write', address: at('CONTROL'), data: 1 }]);
      const status = (): number =>
        (master.run([{ kind: 'read', address: at('STATUS') }])[0]!.data >>> field.low) & 1;
      for (let beat = 0; beat <= fits; beat++) {
        expect(status()).toBe(0);
        simulator.poke('s_axis_weights_tdata', record * 2 ** 10);
        simulator.poke('s_axis_weights_tlast', 0);
        simulator.poke('s_axis_weights_tvalid', 1);
        simulator.settle();
        simulator.tick();
        simulator.poke('s_axis_weights_tvalid', 0);
      }
      expect(status()).toBe(1);
    }
  });
});
