import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceleratorJob, imageBeats } from '../../../src/families/olive/accelerator-job.ts';
import { sideFormat } from '../../../src/families/olive/array-job.ts';
import { oliveAccelerator } from '../../../src/families/olive/designs.ts';
import { weightBeatBytes } from '../../../src/families/olive/format/accelerator-streams.ts';
import type { Scaling } from '../../../src/families/olive/golden-encoder.ts';
import { releaseAddress } from '../../../src/families/olive/params.ts';
import type { AcceleratorParameters } from '../../../src/families/olive/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { isVerified, noStalls, openSession } from '../../../src/testbench/index.ts';
import type { Job } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { createMaster } from '../../parts/shell/axi-master.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';
import { acceleratorPoint, defaultAccelerator } from './arbitraries.ts';

const thorough = process.env['SYSTOLE_REGRESS'] !== undefined;
const points = thorough ? 100 : 6;
const lintPoints = thorough ? 40 : 1;
const jobsPerPoint = 5;

const small: AcceleratorParameters = { rows: 6, columns: 4, sharedDecoders: 1, bankBeats: 16 };

describe('olive-accelerator', () => {
  it(`equals the golden model in every bit and cycle at ${points * jobsPerPoint} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(acceleratorPoint, fc.integer({ min: 1, max: 2 ** 31 }), async (p, seed) => {
        const found = await verifyRandomJobs('simulator', oliveAccelerator, p, {
          seed,
          jobs: jobsPerPoint,
        });
        expect(found).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(found)).toBe(true);
      }),
      { numRuns: points },
    );
  }, 600_000);

  it('counts what the golden model counts, stalls or not', async () => {
    const random = rng(7);
    const jobs = Array.from({ length: 40 }, () => oliveAccelerator.randomJob(small, random));
    const golden = await openSession('golden', oliveAccelerator, small);
    const device = await openSession('simulator', oliveAccelerator, small, { seed: 1 });
    const wanted = await golden.run(jobs);
    for (const stalls of [noStalls, { seed: 3, source: 60, sink: 60 }]) {
      const found = await device.run(jobs.map((job) => ({ ...job, stalls })));
      found.forEach(({ counters, cycles }, i) => {
        expect(counters).toMatchObject(wanted[i]!.counters);
        expect(counters['cycles']).toBe(cycles);
        if (stalls === noStalls) expect(cycles).toBe(wanted[i]!.cycles);
      });
    }
    const sum = (key: string): number =>
      wanted.reduce((total, { counters }) => total + counters[key]!, 0);
    expect(sum('illegal_pairs')).toBeGreaterThan(100);
    expect(sum('overflows')).toBeGreaterThan(10);
    await device.close();
    await golden.close();
  }, 120_000);

  it('is lint-clean in three tools', async () => {
    expect(
      await lintDesign(oliveAccelerator, defaultAccelerator, thorough ? undefined : ['icarus']),
    ).toEqual([]);
    await fc.assert(
      fc.asyncProperty(acceleratorPoint, async (p) => {
        expect(await lintDesign(oliveAccelerator, p)).toEqual([]);
      }),
      { numRuns: lintPoints },
    );
  }, 600_000);

  it('is generated with 64 x 64 elements, lanes and groups in loops', () => {
    const large = { ...defaultAccelerator, rows: 64, columns: 64 };
    const files = emitVerilog(oliveAccelerator.rtl(large));
    const text = (name: string): string => files.find((file) => file.name === name)!.text;
    expect(text('olive_requantizer.v').match(/olive_requantizer_lane_4 u_/g)).toHaveLength(1);
    expect(text('olive_array.v').match(/olive_group u_/g)).toHaveLength(1);
  });

  it.each(['icarus', 'verilator'] as const)(
    'equals the golden model in %s',
    async (engine) => {
      const found = await verifyRandomJobs(engine, oliveAccelerator, small, {
        seed: 11,
        jobs: thorough ? 100 : 20,
      });
      expect(isVerified(found), JSON.stringify(found)).toBe(true);
    },
    600_000,
  );
});

/** An image of six rows, of the same random pairs for the same seed. */
function image(seed: number, words: number): Uint8Array {
  const random = rng(seed);
  const stride = weightBeatBytes(small);
  const bytes = new Uint8Array(words * stride);
  for (let word = 0; word < words; word++) {
    for (let row = 0; row < small.rows; row++) bytes[word * stride + row] = random.below(7);
  }
  const scalings = Array.from({ length: small.rows }, (): Scaling => ({
    bias: random.below(100) - 50,
    multiplier: 1 + random.below(2 ** 12),
    shift: 12,
  }));
  return imageBeats(small, bytes, scalings);
}

function job(
  images: readonly Uint8Array[],
  words: number,
  tiles: number,
  seed: number,
  output = true,
): Job {
  const random = rng(seed);
  const weights = new Uint8Array(images.reduce((sum, each) => sum + each.length, 0));
  let end = 0;
  for (const each of images) {
    weights.set(each, end);
    end += each.length;
  }
  return acceleratorJob(small, {
    formats: { left: sideFormat('int4'), right: sideFormat('flint4') },
    ...{ shape: { rows: small.rows, columns: small.columns }, tiles, images: images.length },
    ...{ weights, ...(output && { output: sideFormat('flint4') }) },
    activations: Uint8Array.from(
      { length: images.length * tiles * words * small.columns },
      () => random.below(7) + 16 * random.below(7),
    ),
  });
}

describe('weights on the chip', () => {
  const [a, b] = [image(1, 16), image(2, 16)];

  it('are loaded beside the computation: a further image costs the cycles of its pairs alone', async () => {
    const device = await openSession('simulator', oliveAccelerator, small);
    const jobs = [job([a], 16, 3, 9), job([a, b], 16, 3, 9), job([a, b, a, b], 16, 3, 9)];
    const [one, two, four] = (await device.run(jobs)).map(({ cycles }) => cycles);
    expect(two! - one!).toBe(3 * 32);
    expect(four! - two!).toBe(2 * 3 * 32);
    await device.close();
  });

  it('stay for further runs until software swaps banks, and the next are loaded meanwhile', async () => {
    const golden = await openSession('golden', oliveAccelerator, small);
    const device = await openSession('simulator', oliveAccelerator, small);
    const resident = (of: Job, weights: Uint8Array, ...writes: Job['writes']): Job => ({
      ...of,
      registers: { ...of.registers, TILES: 0 },
      writes: [...writes, ...of.writes],
      inputs: { ...of.inputs, weights },
    });
    const none = new Uint8Array(0);
    const swap = [releaseAddress, 0] as const;
    const alone = [
      job([a], 16, 2, 1),
      job([a], 16, 3, 2),
      job([a], 16, 3, 2, false),
      job([b], 16, 3, 3),
      job([a], 16, 1, 4),
    ];
    const jobs = [
      resident(alone[0]!, a),
      resident(alone[1]!, none),
      resident(alone[2]!, b),
      resident(alone[3]!, none, swap),
      // Without images loaded there is nothing to give up.
      resident(alone[4]!, a, swap, swap),
    ];
    const wanted = await golden.run(alone);
    for (const stalls of [noStalls, { seed: 5, source: 100, sink: 100 }]) {
      const outcomes = await device.run(jobs.map((each) => ({ ...each, stalls })));
      outcomes.forEach(({ outputs }, i) => expect(outputs, `job ${i}`).toEqual(wanted[i]!.outputs));
      // Before the next pass the last image goes, too; it is loaded anew.
      if (stalls === noStalls) jobs[0] = resident(alone[0]!, a, swap);
    }
    await device.close();
    await golden.close();
  });
});

describe('STATUS', () => {
  const p = { rows: 2, columns: 2, sharedDecoders: 1, bankBeats: 3 };
  const program = oliveAccelerator.rtl(p);
  const [bus] = program.modules.find(({ name }) => name === program.top)!.buses!;
  const register = (name: string) => bus!.registers.find((each) => each.name === name)!;

  /** A simulator after reset and `start`; beats go in one by one. */
  function device() {
    const simulator = createSimulator(program, { seed: 1 });
    simulator.poke('s_axis_weights_tvalid', 0);
    simulator.poke('s_axis_activations_tvalid', 0);
    simulator.poke('m_axis_tready', 1);
    simulator.poke('resetn', 0);
    simulator.run(4);
    simulator.poke('resetn', 1);
    const master = createMaster(simulator, rng(3), 0);
    const write = (address: number, data: number): void => {
      master.run([{ kind: 'write', address, data }]);
    };
    write(register('CONTROL').offset, 1);
    return {
      write,
      read: (name: string): number =>
        master.run([{ kind: 'read', address: register(name).offset }])[0]!.data,
      flag: (name: string): number => {
        const { offset, fields } = register('STATUS');
        const { low } = fields.find((field) => field.name === name)!;
        return (master.run([{ kind: 'read', address: offset }])[0]!.data >>> low) & 1;
      },
      clear: (name: string): void => {
        const { offset, fields } = register('STATUS');
        write(offset, 2 ** fields.find((field) => field.name === name)!.low);
      },
      send: (stream: string, data: bigint, last = 0): void => {
        simulator.poke(`s_axis_${stream}_tdata`, data);
        if (stream === 'weights') simulator.poke(`s_axis_${stream}_tlast`, last);
        simulator.poke(`s_axis_${stream}_tvalid`, 1);
        for (let taken = false; !taken; simulator.tick()) {
          simulator.settle();
          taken = simulator.peek(`s_axis_${stream}_tready`) === 1n;
        }
        simulator.poke(`s_axis_${stream}_tvalid`, 0);
        simulator.settle();
      },
      wait: () => simulator.run(12),
    };
  }

  it.each([
    ['words', 0n, 3],
    ['scalings', 1n << 54n, 2],
  ] as const)('says that %s did not fit', (_, data, fits) => {
    const { send, flag, clear } = device();
    for (let beat = 0; beat <= fits; beat++) {
      expect(flag('load_error')).toBe(0);
      send('weights', data);
    }
    expect(flag('load_error')).toBe(1);
    clear('load_error');
    expect(flag('load_error')).toBe(0);
  });

  it('says that a tile had illegal pairs, and a sum too many bits, until it is told to stop', () => {
    const { write, read, send, flag, clear, wait } = device();
    const window = bus!.windows[0]!.offset;
    // 8-bit mode with the largest outliers: (2^15)^2 twice leaves 32 bits; then an illegal pair.
    write(register('TILES').offset, 0);
    write(register('RESULTS').offset, 100);
    for (const [address, data] of [
      [0, 1],
      [3, 4],
      [4, 4],
      [5, 1],
      [6, 1],
    ] as const) {
      write(window + 4 * address, data);
    }
    send('weights', 0x4080n);
    send('weights', 0x4080n, 1);
    expect([flag('overflow'), flag('illegal_pair')]).toEqual([0, 0]);
    send('activations', 0x4080n);
    send('activations', 0x4080n);
    wait();
    expect([flag('overflow'), flag('illegal_pair')]).toEqual([1, 0]);
    expect([read('OVERFLOWS'), read('ILLEGAL_PAIRS')]).toEqual([1, 0]);
    clear('overflow');
    send('activations', 0x0080n);
    send('activations', 0x8080n);
    wait();
    expect([flag('overflow'), flag('illegal_pair')]).toEqual([0, 1]);
    expect([read('OVERFLOWS'), read('ILLEGAL_PAIRS')]).toEqual([1, 2]);
    write(window, 1);
    expect([read('OVERFLOWS'), read('ILLEGAL_PAIRS'), flag('illegal_pair')]).toEqual([0, 0, 1]);
    clear('illegal_pair');
    expect(flag('illegal_pair')).toBe(0);
  });
});
