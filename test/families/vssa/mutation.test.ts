import { expect, it } from 'vitest';

import {
  vssaArray,
  vssaPe,
  vssaRequantizer,
  vssaTopK,
} from '../../../src/families/vssa/designs.ts';
import type { Program } from '../../../src/ir/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { layoutOf, openSession } from '../../../src/testbench/index.ts';
import type { Design, Job, Outcome, Parameters } from '../../../src/testbench/index.ts';
import { simulatorSession } from '../../../src/testbench/simulator-session.ts';
import { mutationsOf } from '../../ir/mutations.ts';

/** All faults take minutes: `SYSTOLE_REGRESS` tries them, else a sample. */
const isWhole = process.env['SYSTOLE_REGRESS'] !== undefined;

/** Chances of stalls behind a run without any: even ones, a slow sink, slow sources. */
const profiles = [
  { source: 70, sink: 70 },
  { source: 0, sink: 235 },
  { source: 120, sink: 20 },
];
const seed = 11;

/** Jobs of every profile, and what the golden model says about those without stalls. */
interface Trial {
  readonly jobs: readonly Job[];
  readonly expected: readonly Outcome[];
}

async function trialOf(design: Design, p: Parameters, count: number): Promise<Trial> {
  const random = rng(seed);
  const jobs = Array.from({ length: count }, () => design.randomJob(p, random));
  const golden = await openSession('golden', design, p);
  return { jobs, expected: await golden.run(jobs) };
}

/** Whether outputs, cycles or counters of a faulty program give it away. */
async function killed(program: Program, { jobs, expected }: Trial): Promise<boolean> {
  try {
    const device = simulatorSession(createSimulator, program, layoutOf(program), seed);
    const free = await device.run(jobs);
    expect(free).toEqual(expected);
    for (const chances of profiles) {
      const stalls = { seed, ...chances };
      const slow = await device.run(jobs.map((job) => ({ ...job, stalls })));
      expect(slow.map(({ outputs }) => outputs)).toEqual(expected.map(({ outputs }) => outputs));
    }
    return false;
  } catch {
    // Hangs, left-over beats, failed assertions and combinational loops are found out, too.
    return true;
  }
}

const written = 'jobs write it; array-rtl.test.ts and pe-rtl.test.ts have some that do not';
const counted = 'a run begins at 0 in any case';
const waits =
  'elements of so small an array seldom wait without stalls; array-rtl.test.ts counts larger ones';
const vectors = 'a rare case of random jobs; topk-rtl.test.ts looks at it';
const bus = 'the bus shows the last word of setup until the next one';
/** Faults that change no output, and no cycle or counter without stalls, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'vssa_array_core: binary add becomes sub': 'of two rows, the next one is the one before',
  'vssa_array_core: busy_count resets to another value': counted,
  'vssa_array_core: const is one more':
    'zeros for lanes that are not in use are words of one digit, whose low one is ignored',
  'vssa_array_core: extend extends with the other sign': waits,
  'vssa_array_core: left_signed resets to another value': written,
  'vssa_array_core: mux swaps its legs': bus,
  'vssa_array_core: right_signed resets to another value': written,
  'vssa_array_core: stalled_count resets to another value': counted,
  'vssa_array_core: starved_count resets to another value': counted,
  'vssa_array_core: used_columns resets to another value': written,
  'vssa_array_core: used_rows resets to another value': written,
  'vssa_pe: left_signed resets to another value': written,
  'vssa_pe: right_signed resets to another value': written,
  'vssa_processing_element: extend extends with the other sign':
    'the product of two low digits is never negative',
  'vssa_requantizer: extend extends with the other sign': 'of 8, which is positive',
  'vssa_row: binary add becomes sub': waits,
  'vssa_row: extend extends with the other sign': waits,
  'vssa_top_k: binary add becomes sub': vectors,
  'vssa_top_k: binary and becomes or': `what is written then is written again before it is read, or ${vectors}`,
  'vssa_top_k: binary is stuck at 0': vectors,
  'vssa_top_k: binary ltUnsigned becomes leUnsigned': 'the smaller of two equal numbers',
  'vssa_top_k: const is one more': vectors,
  'vssa_top_k: eight resets to another value': written,
  'vssa_top_k: extend extends with the other sign': vectors,
  'vssa_top_k: keep resets to another value': written,
  'vssa_top_k: mux swaps its legs': vectors,
  'vssa_top_k_lane: reaches leUnsigned becomes ltUnsigned':
    'the bound that is found is one less then; topk-rtl.test.ts has a key of 0',
};

it.each([
  [vssaArray.name, vssaArray, { rows: 3, cols: 2, skid: 0 }, 14, 80, /^vssa_(?!array:)/],
  [vssaArray.name, vssaArray, { rows: 2, cols: 3, skid: 1 }, 14, 80, /^vssa_(?!array:)/],
  // What it says about its activity is looked at in the array.
  [vssaPe.name, vssaPe, { skid: 0 }, 6, 4, /^vssa_pe:/],
  [vssaTopK.name, vssaTopK, { maxTokens: 40 }, 24, 48, /^/],
  [vssaRequantizer.name, vssaRequantizer, {}, 4, 2, /^vssa_/],
] as const)(
  'every small fault of %s that matters is found',
  async (name, design, p, count, sample, own) => {
    const program = design.rtl(p);
    const trial = await trialOf(design, p, count);
    expect(await killed(program, trial)).toBe(false);
    const mutations = mutationsOf(program)
      .filter(({ what }) => own.test(what))
      .filter((_, i) => isWhole || i % sample === 0);
    const alive = new Set<string>();
    let survivors = 0;
    for (const { what, program: faulty } of mutations) {
      if (await killed(faulty, trial)) continue;
      // Numbers of nodes change with every edit of a module.
      alive.add(what.replace(/node \d+ /, ''));
      survivors += 1;
      if (process.env['SHOW']) console.log(what);
    }
    console.log(`${name}: ${mutations.length - survivors} of ${mutations.length} killed`);
    expect(Object.keys(harmless)).toEqual(expect.arrayContaining([...alive]));
  },
  1_200_000,
);
