import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rng } from '../../src/numeric/index.ts';
import { layoutOf, openSession, verifyJobs } from '../../src/testbench/index.ts';
import type {
  Design,
  EngineName,
  Job,
  Parameters,
  Stalls,
  Verification,
} from '../../src/testbench/index.ts';
import { writeSources } from '../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../src/tools/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';

/** Jobs on an engine against the golden model, without stalls and with these. */
export async function verifyOn(
  engine: EngineName,
  design: Design,
  p: Parameters,
  jobs: readonly Job[],
  stalls?: Stalls,
): Promise<Verification> {
  const golden = await openSession('golden', design, p);
  const device = await openSession(engine, design, p, { seed: stalls?.seed ?? 1 });
  try {
    const layout = layoutOf(design.rtl(p));
    return await verifyJobs(layout, jobs, golden, device, stalls ? { stalls } : {});
  } finally {
    await device.close();
    await golden.close();
  }
}

export interface RandomJobs {
  /** Of jobs, stalls and power-on values, from 1. */
  readonly seed: number;
  readonly jobs: number;
  /** Chances of a stall per cycle, in 1/256; at random where absent: sources, sinks or both are slow. */
  readonly stalls?: { readonly source: number; readonly sink: number };
}

/** Random jobs on an engine against the golden model, without and with stalls. */
export async function verifyRandomJobs(
  engine: EngineName,
  design: Design,
  p: Parameters,
  { seed, jobs: count, stalls }: RandomJobs,
): Promise<Verification> {
  const random = rng(seed);
  const jobs = Array.from({ length: count }, () => design.randomJob(p, random)).map(
    // Stalls make a job longer than its stall-free limit allows for.
    (job) => ({ ...job, maxCycles: 4 * job.maxCycles }),
  );
  const chance = (): number => [0, 30, 70, 200][random.below(4)]!;
  const { source, sink } = stalls ?? { source: chance(), sink: chance() };
  return verifyOn(engine, design, p, jobs, { seed, source, sink });
}

const linters = { verilator: verilatorLint, icarus: icarusLint, yosys: yosysCheck };

/** What tools, by default all three, have to say about the Verilog of a design; empty where they are content. */
export async function lintDesign(
  design: Design,
  p: Parameters,
  tools: readonly (keyof typeof linters)[] = ['verilator', 'icarus', 'yosys'],
): Promise<string[]> {
  const program = design.rtl(p);
  const folder = await mkdtemp(join(tmpdir(), 'systole-lint-'));
  try {
    const files = await writeSources(folder, emitVerilog(program));
    const found = await Promise.all(
      tools.map((tool) => linters[tool](files, { top: program.top })),
    );
    return found.flat();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
