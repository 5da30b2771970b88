import { describe, expect, it } from 'vitest';

import { goboPe, goboTile } from '../../../src/families/gobo/designs.ts';
import { rng } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Design, Parameters } from '../../../src/testbench/index.ts';
import { simulatorSession } from '../../../src/testbench/simulator-session.ts';
import type { Program } from '../../../src/ir/index.ts';
import { mutationsOf } from '../../ir/mutations.ts';

/** Jobs, power-on values and stalls by seed: even stalls, a slow sink, slow sources. */
const profiles = [
  { seed: 11, jobs: 12, source: 70, sink: 70 },
  { seed: 12, jobs: 6, source: 0, sink: 235 },
  { seed: 13, jobs: 3, source: 120, sink: 20 },
  { seed: 14, jobs: 3, source: 70, sink: 70 },
];

/** Whether a faulty program is found out by the jobs that verify the right one. */
async function killed(design: Design, p: Parameters, program: Program): Promise<boolean> {
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

/** Faults of the tile that change no output and no stall-free cycle, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'gobo_multiply_unit: unary is stuck at 0':
    'the unit also waits for a sink that nothing waits for: slower under stalls, equal in value',
  'gobo_multiply_unit: product_valid resets to another value':
    'after three cycles of reset the stage holds a first product of row 0, which leaves no trace',
  'gobo_multiply_unit: operands_valid resets to another value': 'as product_valid',
  'gobo_tile: rows resets to another value':
    'jobs write the rows; rtl.test.ts checks the value after reset',
  'gobo_tile: extend extends with the other sign':
    'part of an assertion; rtl.test.ts makes it fail',
  'gobo_tile: binary ltUnsigned becomes leUnsigned': 'as above',
};

async function survivors(design: Design, p: Parameters): Promise<string[]> {
  const program = design.rtl(p);
  expect(await killed(design, p, program)).toBe(false);
  const alive: string[] = [];
  const mutations = mutationsOf(program);
  for (const { what, program: faulty } of mutations) {
    // Numbers of nodes change with every edit of a module.
    if (!(await killed(design, p, faulty))) alive.push(what.replace(/node \d+ /, ''));
  }
  console.log(`${design.name}: ${mutations.length - alive.length} of ${mutations.length} killed`);
  return alive.sort();
}

describe('every small fault of the hardware that matters is found', () => {
  it('in the processing element', async () => {
    const p = { bits: 2, activationBits: 8, maxLength: 64, buffers: 2 };
    expect(await survivors(goboPe, p)).toEqual([]);
  });

  it('in the tile', async () => {
    const p = {
      pes: 3,
      bits: 2,
      activationBits: 8,
      weightBits: 8,
      maxLength: 64,
      buffers: 2,
      queueDepth: 3,
    };
    expect(await survivors(goboTile, p)).toEqual(Object.keys(harmless).sort());
  });
});
