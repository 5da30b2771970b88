import { expect, it } from 'vitest';

import {
  vssaAccelerator,
  vssaArray,
  vssaPe,
  vssaRequantizer,
  vssaScores,
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

const written =
  'jobs write it; array-rtl, accelerator-rtl and pe-rtl.test.ts have some that do not';
const counted = 'a run begins at 0 in any case';
const waits =
  'elements of so small an array seldom wait without stalls; array-rtl.test.ts counts larger ones';
const vectors = 'a rare case of random jobs; topk-rtl.test.ts looks at it';
const bus = 'the bus shows the last word of setup until the next one';
const listed = 'jobs give up the list first; accelerator-rtl.test.ts has some that do not';
const few =
  'numbers of so few tokens and blocks; accelerator-rtl.test.ts has up to 1024 places among 31 rows';
const beyond = 'what would be place n of n tokens is not in use';
/** Faults that change no output, and no cycle or counter without stalls, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'vssa_accelerator_core: depth resets to another value': written,
  'vssa_accelerator_core: binary and becomes or': listed,
  'vssa_accelerator_core: binary eq becomes ne': listed,
  'vssa_accelerator_core: binary ltUnsigned becomes leUnsigned': 'the smaller of two equal numbers',
  'vssa_accelerator_core: extend extends with the other sign': few,
  'vssa_accelerator_core: flags resets to another value': written,
  'vssa_accelerator_core: left_count resets to another value': written,
  'vssa_accelerator_core: left_tags resets to another value': written,
  'vssa_accelerator_core: left_uses resets to another value': written,
  'vssa_accelerator_core: mux swaps its legs': bus,
  'vssa_accelerator_core: right_count resets to another value': written,
  'vssa_accelerator_core: right_tags resets to another value': written,
  'vssa_accelerator_core: right_uses resets to another value': written,
  'vssa_left_store: binary ltUnsigned becomes leUnsigned': 'none of 0 lanes has 8 bits either way',
  'vssa_left_store: binary mulUnsigned becomes mulSigned': few,
  'vssa_left_store: binary sub becomes add': 'of two rows, the one before is the next one',
  'vssa_left_store: const is one more': 'a larger reciprocal would do for so few places',
  'vssa_left_store: extend extends with the other sign': few,
  'vssa_operand_lane_24x2: const is one more': 'low digits of words of one digit are ignored',
  'vssa_operand_lane_32x2: const is one more': 'low digits of words of one digit are ignored',
  'vssa_right_store: binary mulUnsigned becomes mulSigned': few,
  'vssa_right_store: const is one more': 'a larger reciprocal would do for so few places',
  'vssa_right_store: extend extends with the other sign': few,
  'vssa_right_store: binary ltUnsigned becomes leUnsigned': 'none of 0 lanes has 8 bits either way',
  'vssa_token_list: binary and becomes or': beyond,
  'vssa_token_list: binary ltUnsigned becomes leUnsigned': beyond,
  'vssa_token_list: eight resets to another value': listed,
  'vssa_token_list: extend extends with the other sign': few,
  'vssa_token_list: held resets to another value': listed,
  'vssa_token_list: total resets to another value': listed,
  'vssa_grid: binary add becomes sub': 'of two rows, the next one is the one before',
  'vssa_grid: busy_count resets to another value': counted,
  'vssa_grid: const is one more':
    'zeros for lanes that are not in use are words of one digit, whose low one is ignored',
  'vssa_grid: extend extends with the other sign': waits,
  'vssa_array_core: left_signed resets to another value': written,
  'vssa_array_core: mux swaps its legs': bus,
  'vssa_array_core: right_signed resets to another value': written,
  'vssa_grid: stalled_count resets to another value': counted,
  'vssa_grid: starved_count resets to another value': counted,
  'vssa_array_core: used_columns resets to another value': written,
  'vssa_array_core: used_rows resets to another value': written,
  'vssa_pe: left_signed resets to another value': written,
  'vssa_pe: right_signed resets to another value': written,
  'vssa_processing_element: extend extends with the other sign':
    'the product of two low digits is never negative',
  'vssa_requantizer: extend extends with the other sign': 'of 8, which is positive',
  'vssa_row: binary add becomes sub': waits,
  'vssa_row: extend extends with the other sign': waits,
  'vssa_score_accumulator: accumulates resets to another value': written,
  'vssa_score_accumulator: const is one more': 'clearing the marks takes a cycle more',
  'vssa_score_accumulator: extend extends with the other sign':
    'many rows of 8 bits; scores-rtl.test.ts has them',
  'vssa_score_accumulator: is_first_layer resets to another value': written,
  'vssa_score_accumulator: last_token resets to another value': written,
  'vssa_score_accumulator: query_precision resets to another value': written,
  'vssa_score_accumulator: unary is stuck at 0': 'a slow sink costs a cycle more',
  'vssa_score_lane: extend extends with the other sign': 'of 8, which is positive',
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
  [
    vssaAccelerator.name,
    vssaAccelerator,
    {
      ...{ rows: 2, cols: 4, skid: 0, maxTokens: 24, loadWords: 2 },
      ...{ leftBlocks: 16, rightBlocks: 12 },
    },
    ...([
      isWhole ? 150 : 24,
      150,
      /^vssa_(accelerator_core|\w+_store|operand_lane|token_list)/,
    ] as const),
  ],
  [vssaScores.name, vssaScores, { maxTokens: 24, loadWords: 2 }, 12, 40, /^vssa_/],
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
