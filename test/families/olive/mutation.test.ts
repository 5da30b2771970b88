import { describe, expect, it } from 'vitest';

import {
  oliveArray,
  olivePe,
  oliveTensorCore,
  ovpDecoder,
  ovpEncoder,
} from '../../../src/families/olive/designs.ts';
import type { Program } from '../../../src/ir/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { isVerified, layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Design, Parameters } from '../../../src/testbench/index.ts';
import { simulatorSession } from '../../../src/testbench/simulator-session.ts';
import { mutationsOf } from '../../ir/mutations.ts';

/** Jobs, power-on values and stalls by seed: even stalls, a slow sink. */
const profiles = [
  { seed: 21, jobs: 12, source: 70, sink: 70 },
  { seed: 22, jobs: 24, source: 0, sink: 235 },
];

/** Whether a faulty program is found out by jobs that verify the right one. */
async function killed(design: Design, p: Parameters, program: Program): Promise<boolean> {
  for (const { seed, jobs: count, source, sink } of profiles) {
    const random = rng(seed);
    const jobs = Array.from({ length: count }, () => design.randomJob(p, random));
    const golden = await openSession('golden', design, p);
    try {
      const device = simulatorSession(createSimulator, program, layoutOf(program), seed);
      const stalls = { seed, source, sink };
      if (!isVerified(await verifyJobs(layoutOf(program), jobs, golden, device, { stalls }))) {
        return true;
      }
    } catch {
      // Hangs, left-over beats, failed assertions and combinational loops are found out, too.
      return true;
    }
  }
  return false;
}

/** Every n-th fault is tried; `SYSTOLE_REGRESS` tries all. */
const share = process.env['SYSTOLE_REGRESS'] ? 1 : 23;

/**
 * What may survive, of all faults: constants that no input reaches, such as places of leading ones below every
 * threshold; counts that would take 65535 illegal pairs, which a test of its own brings; what the last elements of a
 * row pass on to nobody.
 */
const mostAlive = 0.25;

const designs: readonly (readonly [Design, Parameters])[] = [
  [ovpDecoder, { bits: 4 }],
  [ovpDecoder, { bits: 8 }],
  [ovpEncoder, { bits: 4 }],
  [olivePe, {}],
  [oliveArray, { rows: 4, columns: 4, sharedDecoders: 1 }],
  [oliveTensorCore, { elements: 4 }],
];

describe('small faults of the hardware are found', () => {
  const named = designs.map(
    ([design, p]) => [`${design.name} ${JSON.stringify(p)}`, design, p] as const,
  );

  it.each(named)(
    'in %s',
    async (_, design, p) => {
      const program = design.rtl(p);
      expect(await killed(design, p, program)).toBe(false);
      const faults = mutationsOf(program).filter((_, i) => i % share === 0);
      const alive: string[] = [];
      for (const { what, program: faulty } of faults) {
        if (!(await killed(design, p, faulty))) alive.push(what);
      }
      console.log(
        [
          `${design.name}: ${faults.length - alive.length} of ${faults.length} killed`,
          ...alive,
        ].join('\n  '),
      );
      expect(alive.length / faults.length).toBeLessThanOrEqual(mostAlive);
    },
    1_800_000,
  );
});
