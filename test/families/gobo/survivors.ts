import { expect } from 'vitest';

import { rng } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Design, Parameters } from '../../../src/testbench/index.ts';
import { simulatorSession } from '../../../src/testbench/simulator-session.ts';
import type { Program } from '../../../src/ir/index.ts';
import { mutationsOf } from '../../ir/mutations.ts';

/** Jobs, power-on values and stalls of one run. */
export interface Profile {
  readonly seed: number;
  readonly jobs: number;
  readonly source: number;
  readonly sink: number;
}

/** Even stalls, a slow sink, slow sources. */
export const usualProfiles: readonly Profile[] = [
  { seed: 11, jobs: 12, source: 70, sink: 70 },
  { seed: 12, jobs: 6, source: 0, sink: 235 },
  { seed: 13, jobs: 3, source: 120, sink: 20 },
  { seed: 14, jobs: 3, source: 70, sink: 70 },
];

/** Whether a faulty program is found out by the jobs that verify the right one. */
async function killed(
  design: Design,
  p: Parameters,
  program: Program,
  profiles: readonly Profile[],
): Promise<boolean> {
  for (const { seed, jobs: count, source, sink } of profiles) {
    const random = rng(seed);
    const jobs = Array.from({ length: count }, () => design.randomJob(p, random)).map((job) => ({
      ...job,
      maxCycles: 30 * job.maxCycles,
    }));
    const golden = await openSession('golden', design, p);
    try {
      const device = simulatorSession(createSimulator, program, layoutOf(program), seed);
      const stalls = { seed, source, sink };
      const found = await verifyJobs(layoutOf(program), jobs, golden, device, { stalls });
      if (!isVerified(found)) return true;
    } catch {
      // Hangs, left-over beats, failed assertions and combinational loops are found out, too.
      return true;
    }
  }
  return false;
}

/**
 * Small faults of a design that no job finds, in words, sorted.
 *
 * @param every tries only the first of so many faults
 * @param modules tries only faults whose text, which begins with the module, is like this
 */
export async function survivors(
  design: Design,
  p: Parameters,
  profiles = usualProfiles,
  every = 1,
  modules = /^/,
): Promise<string[]> {
  const program = design.rtl(p);
  expect(await killed(design, p, program, profiles)).toBe(false);
  const alive: string[] = [];
  const mutations = mutationsOf(program)
    .filter(({ what }) => modules.test(what))
    .filter((_, i) => i % every === 0);
  for (const { what, program: faulty } of mutations) {
    // Numbers of nodes change with every edit of a module.
    if (!(await killed(design, p, faulty, profiles))) alive.push(what.replace(/node \d+ /, ''));
  }
  console.log(`${design.name}: ${mutations.length - alive.length} of ${mutations.length} killed`);
  return alive.sort();
}
