import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rng } from '../../../src/numeric/index.ts';
import { layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type {
  Design,
  EngineName,
  Job,
  Outcome,
  Parameters,
  Verification,
} from '../../../src/testbench/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';

/** Some random jobs in an engine against the golden model, with and without stalls. */
export async function verifyPoint(
  engine: EngineName,
  design: Design,
  p: Parameters,
  seed: number,
  count = 3,
): Promise<Verification> {
  const random = rng(seed);
  const jobs = Array.from({ length: count }, () => design.randomJob(p, random));
  // Sources, sinks or both are slow.
  const chance = (): number => [0, 30, 70, 200][random.below(4)]!;
  const stalls = { seed, source: chance(), sink: chance() };
  const golden = await openSession('golden', design, p);
  const device = await openSession(engine, design, p, { seed });
  try {
    return await verifyJobs(layoutOf(design.rtl(p)), jobs, golden, device, { stalls });
  } finally {
    await device.close();
    await golden.close();
  }
}

/** Outcomes of these jobs, one after the other, in the embedded simulator. */
export async function simulate(
  design: Design,
  p: Parameters,
  jobs: readonly Job[],
): Promise<readonly Outcome[]> {
  const session = await openSession('simulator', design, p, { seed: 3 });
  try {
    return await session.run(jobs);
  } finally {
    await session.close();
  }
}

/** What three tools find in the Verilog of a design. */
export async function lint(design: Design, p: Parameters): Promise<string[]> {
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
