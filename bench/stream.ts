import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { elaborate } from '../src/hdl/index.ts';
import { rng } from '../src/numeric/index.ts';
import { createSimulator } from '../src/simulator/index.ts';
import { layoutOf, noStalls } from '../src/testbench/index.ts';
import type { Job, Outcome } from '../src/testbench/index.ts';
import { simulatorSession } from '../src/testbench/simulator-session.ts';
import { verilatorSession } from '../src/testbench/verilator-session.ts';
import { emitVerilog } from '../src/verilog/index.ts';
import { streamedArray } from './designs/output-stationary.ts';
import { inTurn, rounded, timed } from './measure.ts';

const rounds = 5;
/** So many beats that a run takes at least a second or so. */
const sizes = [
  { size: 16, beats: 1_000_000 },
  { size: 32, beats: 300_000 },
];

/** Arrays whose operands come as vectors through the testbench, in both engines, in turn. */
export async function benchStream(only = ''): Promise<object[]> {
  const results: object[] = [];
  for (const { size, beats } of sizes) {
    const design = `output-stationary-${size}x${size}-streamed`;
    if (design.includes(only)) results.push(await race(design, size, beats));
  }
  return results;
}

async function race(design: string, size: number, beats: number): Promise<object> {
  const program = elaborate(streamedArray, { size });
  const layout = layoutOf(program);
  const cache = await mkdtemp(join(tmpdir(), 'systole-bench-'));
  try {
    let start = performance.now();
    const simulator = simulatorSession(createSimulator, program, layout, 1);
    const simulatorStartMs = performance.now() - start;
    start = performance.now();
    const verilog = emitVerilog(program);
    const verilator = await verilatorSession(layout, verilog, { cache, optimization: 'fast' });
    const verilatorBuildMs = performance.now() - start;
    const job = vectors(beats, layout.streams[0]!.beatBytes);
    const run = async (session: typeof simulator): Promise<Outcome> =>
      (await session.run([job]))[0]!;
    const [mine, theirs] = [await run(simulator), await run(verilator)];
    if (Buffer.compare(mine.outputs['sums']!, theirs.outputs['sums']!) !== 0) {
      throw new Error('The two engines do not agree.');
    }
    await timed(() => run(simulator));
    const [simulatorMs, verilatorMs] = await inTurn(rounds, [
      () => run(simulator),
      () => run(verilator),
    ]);
    await simulator.close();
    await verilator.close();
    return {
      benchmark: 'simulator',
      design,
      simulatorCyclesPerSecond: rounded((1000 * mine.cycles) / simulatorMs!),
      verilatorCyclesPerSecond: rounded((1000 * theirs.cycles) / verilatorMs!),
      ratio: rounded(verilatorMs! / simulatorMs!),
      simulatorStartMs: rounded(simulatorStartMs),
      verilatorBuildMs: rounded(verilatorBuildMs),
    };
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** Random operands; a tile begins every 64 beats. */
function vectors(beats: number, beatBytes: number): Job {
  const random = rng(1);
  const bytes = Uint8Array.from({ length: beats * beatBytes }, () => random.below(256));
  for (let beat = 0; beat < beats; beat++) {
    bytes[(beat + 1) * beatBytes - 1] = beat % 64 === 0 ? 1 : 0;
  }
  return {
    writes: [],
    inputs: { operands: bytes },
    expect: { sums: beats },
    stalls: noStalls,
    maxCycles: 2 * beats,
  };
}
