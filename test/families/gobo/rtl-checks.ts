import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rng } from '../../../src/numeric/index.ts';
import { layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Design, EngineName, Parameters, Verification } from '../../../src/testbench/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';

export interface RandomJobs {
  /** Of jobs, stalls and power-on values, from 1. */
  readonly seed: number;
  readonly jobs: number;
  /** Chances of a stall per cycle, in 1/256. */
  readonly stalls?: { readonly source: number; readonly sink: number };
}

/** Random jobs on an engine, without and with stalls, against the golden model. */
export async function verifyRandomJobs(
  engine: EngineName,
  design: Design,
  p: Parameters,
  { seed, jobs: count, stalls = { source: 70, sink: 70 } }: RandomJobs,
): Promise<Verification> {
  const random = rng(seed);
  const jobs = Array.from({ length: count }, () => design.randomJob(p, random)).map(
    // Stalls make a job longer than its stall-free limit allows for.
    (job) => ({ ...job, maxCycles: 4 * job.maxCycles }),
  );
  const golden = await openSession('golden', design, p);
  const device = await openSession(engine, design, p, { seed });
  try {
    return await verifyJobs(layoutOf(design.rtl(p)), jobs, golden, device, {
      stalls: { ...stalls, seed },
    });
  } finally {
    await device.close();
    await golden.close();
  }
}

/** What three tools have to say about the Verilog of a design; empty where they are content. */
export async function lintDesign(design: Design, p: Parameters): Promise<string[]> {
  const program = design.rtl(p);
  const folder = await mkdtemp(join(tmpdir(), 'systole-lint-'));
  try {
    const files = await writeSources(folder, emitVerilog(program));
    const found = await Promise.all([
      verilatorLint(files, { top: program.top }),
      icarusLint(files, { top: program.top }),
      yosysCheck(files, { top: program.top }),
    ]);
    return found.flat();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
