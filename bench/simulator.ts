import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { elaborate } from '../src/hdl/index.ts';
import type { Program } from '../src/ir/index.ts';
import { createSimulator } from '../src/simulator/index.ts';
import { elasticArray } from './designs/elastic.ts';
import { selfFedArray } from './designs/output-stationary.ts';
import { packetSwitch } from './designs/packets.ts';
import { median, rounded, timed } from './measure.ts';
import { buildNative } from './native.ts';

const rounds = 5;
/** Each measured run takes at least so long in the slower engine, and about that in the faster. */
const leastMs = 1000;

const designs: Readonly<Record<string, () => Program>> = {
  'output-stationary-16x16': () => elaborate(selfFedArray, { size: 16 }),
  'output-stationary-32x32': () => elaborate(selfFedArray, { size: 32 }),
  'elastic-8x8': () => elaborate(elasticArray, { size: 8 }),
  'packet-switch-8': () => elaborate(packetSwitch, { readers: 8 }),
};

/**
 * Designs that feed themselves, with nothing around them but a clock: the embedded simulator in one
 * `run` beside Verilator in one loop, from the same Verilog, in turn. Their checksums must agree.
 */
export async function benchSimulator(only = ''): Promise<object[]> {
  const results: object[] = [];
  for (const [design, make] of Object.entries(designs)) {
    if (design.includes(only)) results.push(await race(design, make()));
  }
  return results;
}

async function race(design: string, program: Program): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'systole-bench-'));
  try {
    const start = performance.now();
    const fresh = (): ReturnType<typeof createSimulator> => {
      const simulator = createSimulator(program);
      simulator.run(4);
      simulator.poke('resetn', 1);
      return simulator;
    };
    fresh();
    const simulatorStartMs = performance.now() - start;
    const buildStart = performance.now();
    const native = await buildNative(program, folder);
    const verilatorBuildMs = performance.now() - buildStart;

    const simulator = fresh();
    const nativeRun = (cycles: number) => native.run(cycles);
    // The simulator goes on where it stood; Verilator begins anew and runs all cycles.
    let before = 0;
    const advance = (cycles: number): Promise<number> => {
      before += cycles;
      return timed(() => simulator.run(cycles));
    };
    const cyclesFor = async (run: (cycles: number) => Promise<number>): Promise<number> => {
      let cycles = 1000;
      let ms = await run(cycles);
      while (ms < leastMs / 4) {
        cycles *= 4;
        ms = await run(cycles);
      }
      return Math.ceil((cycles * leastMs * 1.1) / ms);
    };
    const mine = await cyclesFor(advance);
    const theirs = await cyclesFor(async (cycles) => (await nativeRun(cycles)).ms);
    const speeds: { mine: number[]; theirs: number[] } = { mine: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      speeds.mine.push((1000 * mine) / (await advance(mine)));
      speeds.theirs.push((1000 * theirs) / (await nativeRun(theirs)).ms);
    }
    const { checksum } = await nativeRun(before);
    const own = Number(simulator.peek('checksum'));
    if (checksum !== own) {
      throw new Error(
        `${design}: after ${before} cycles the checksum is ${own}, in Verilator ${checksum}.`,
      );
    }
    const [simulatorCyclesPerSecond, verilatorCyclesPerSecond] = [
      median(speeds.mine),
      median(speeds.theirs),
    ];
    return {
      benchmark: 'simulator',
      design,
      simulatorCyclesPerSecond: rounded(simulatorCyclesPerSecond),
      verilatorCyclesPerSecond: rounded(verilatorCyclesPerSecond),
      ratio: rounded(simulatorCyclesPerSecond / verilatorCyclesPerSecond),
      simulatorStartMs: rounded(simulatorStartMs),
      verilatorBuildMs: rounded(verilatorBuildMs),
      checkedCycles: before,
      checksum,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
