import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { elaborate } from '../src/hdl/index.ts';
import type { Program } from '../src/ir/index.ts';
import { createSimulator } from '../src/simulator/index.ts';
import { elasticArray } from './designs/elastic.ts';
import { selfFedArray } from './designs/output-stationary.ts';
import { packetSwitch } from './designs/packets.ts';
import { median, rounded, timed } from './measure.ts';
import { emitVerilog } from '../src/verilog/index.ts';
import { buildNative } from './native.ts';
import type { Native, Sources } from './native.ts';

const rounds = 5;
/** Each measured run takes at least so long in the slower engine, and about that in the faster. */
const leastMs = 1000;

interface Contest {
  readonly program: Program;
  /** Verilog of the same function, written by hand. */
  readonly byHand?: Sources;
}

const contests: Readonly<Record<string, () => Promise<Contest>>> = {
  'output-stationary-16x16': () => outputStationary(16),
  'output-stationary-32x32': () => outputStationary(32),
  'elastic-8x8': async () => ({ program: elaborate(elasticArray, { size: 8 }) }),
  'packet-switch-8': async () => ({ program: elaborate(packetSwitch, { readers: 8 }) }),
};

async function outputStationary(size: number): Promise<Contest> {
  const name = 'output_stationary.v';
  const text = await readFile(new URL(`reference/${name}`, import.meta.url), 'utf8');
  return {
    program: elaborate(selfFedArray, { size }),
    byHand: { top: 'output_stationary', files: [{ name, text }], parameters: { SIZE: size } },
  };
}

/**
 * Designs that feed themselves, with nothing around them but a clock: the embedded simulator in one
 * `run` beside Verilator in one loop, from the same Verilog, in turn. Their checksums must agree.
 */
export async function benchSimulator(only = ''): Promise<object[]> {
  const results: object[] = [];
  for (const [design, make] of Object.entries(contests)) {
    if (design.includes(only)) results.push(await race(design, await make()));
  }
  return results;
}

async function race(design: string, { program, byHand }: Contest): Promise<object> {
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
    const emitted = { top: program.top, files: emitVerilog(program) };
    const native = await buildNative(emitted, join(folder, 'emitted'));
    const verilatorBuildMs = performance.now() - buildStart;

    const reference = byHand && (await buildNative(byHand, join(folder, 'by-hand')));

    const simulator = fresh();
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
    const theirs = await cyclesFor(async (cycles) => (await native.run(cycles)).ms);
    const speedOf = async (contestant: Native): Promise<number> =>
      (1000 * theirs) / (await contestant.run(theirs)).ms;
    const speeds: Record<'mine' | 'theirs' | 'byHand', number[]> = {
      mine: [],
      theirs: [],
      byHand: [],
    };
    for (let round = 0; round < rounds; round++) {
      speeds.mine.push((1000 * mine) / (await advance(mine)));
      speeds.theirs.push(await speedOf(native));
      if (reference) speeds.byHand.push(await speedOf(reference));
    }
    const own = Number(simulator.peek('checksum'));
    for (const contestant of reference ? [native, reference] : [native]) {
      const { checksum } = await contestant.run(before);
      if (checksum !== own) {
        throw new Error(
          `${design}: after ${before} cycles the checksum is ${own}, in Verilator ${checksum}.`,
        );
      }
    }
    const simulatorCyclesPerSecond = median(speeds.mine);
    const verilatorCyclesPerSecond = median(speeds.theirs);
    const byHandCyclesPerSecond = median(speeds.byHand);
    return {
      benchmark: 'simulator',
      design,
      simulatorCyclesPerSecond: rounded(simulatorCyclesPerSecond),
      verilatorCyclesPerSecond: rounded(verilatorCyclesPerSecond),
      ratio: rounded(simulatorCyclesPerSecond / verilatorCyclesPerSecond),
      simulatorStartMs: rounded(simulatorStartMs),
      verilatorBuildMs: rounded(verilatorBuildMs),
      ...(reference && {
        byHandCyclesPerSecond: rounded(byHandCyclesPerSecond),
        emittedToByHand: rounded(verilatorCyclesPerSecond / byHandCyclesPerSecond),
      }),
      checkedCycles: before,
      checksum: own,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
