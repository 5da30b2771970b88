import { describe, expect, it } from 'vitest';

import { arrayJob } from '../../../src/families/baseline/array-job.ts';
import { baselineCore } from '../../../src/families/baseline/designs.ts';
import type { Program } from '../../../src/ir/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Job } from '../../../src/testbench/index.ts';
import { simulatorSession } from '../../../src/testbench/simulator-session.ts';
import { mutationsOf } from '../../ir/mutations.ts';

/** Jobs, power-on values and stalls by seed: even stalls, a slow sink, slow sources. */
const profiles = [
  { seed: 21, jobs: 12, source: 70, sink: 70 },
  { seed: 22, jobs: 6, source: 0, sink: 235 },
  { seed: 23, jobs: 4, source: 120, sink: 20 },
];

const p = { rows: 3, columns: 3, weightBits: 4, activationBits: 5, maxLength: 64 };

/** Relies on what the setup is after reset: all rows in use. */
const ones = [[1], [1], [1]];
const {
  inputs,
  expect: due,
  stalls: none,
  maxCycles,
} = arrayJob(p, p.rows, [{ weights: ones, activations: ones }]);
const unconfigured: Job = { writes: [], inputs, expect: due, stalls: none, maxCycles };

/** Whether a faulty program is found out by the jobs that verify the right one. */
async function killed(program: Program): Promise<boolean> {
  for (const { seed, jobs: count, source, sink } of profiles) {
    const random = rng(seed);
    const jobs = [
      unconfigured,
      ...Array.from({ length: count }, () => baselineCore.randomJob(p, random)),
    ];
    const golden = await openSession('golden', baselineCore, p);
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

/** Faults that change no output and no stall-free cycle, with the reason. */
const harmless: Readonly<Record<string, number>> = {
  // Jobs write to address 0 alone, and between writes the bus shows ones; rtl.test.ts writes to the other one.
  'baseline_core: binary and becomes or': 1,
  // That the array moves only when its sink is ready costs no cycle without stalls; rtl.test.ts looks at it.
  'baseline_core: unary is stuck at 0': 1,
  // What it says is gone in two steps, before the first operands.
  'baseline_core: last_chain resets to another value': 1,
};

describe('every small fault of the hardware that matters is found', () => {
  it('in the array', async () => {
    const program = baselineCore.rtl(p);
    expect(await killed(program)).toBe(false);
    const alive: Record<string, number> = {};
    let survivors = 0;
    const mutations = mutationsOf(program);
    for (const { what, program: faulty } of mutations) {
      if (await killed(faulty)) continue;
      // Numbers of nodes change with every edit of a module.
      const kind = what.replace(/node \d+ /, '');
      alive[kind] = (alive[kind] ?? 0) + 1;
      survivors++;
    }
    console.log(`${mutations.length - survivors} of ${mutations.length} killed`);
    expect(alive).toEqual(harmless);
  }, 300_000);
});
