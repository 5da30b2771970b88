import { describe, expect, it } from 'vitest';

import type { Design, Parameters } from '../../../src/testbench/index.ts';
import { survivors, usualProfiles } from '../../families/gobo/survivors.ts';
import { dotProduct, rowStationary, systolic } from './weight-arrays.ts';

interface Case {
  readonly design: Design;
  readonly p: Parameters;
  /** One fault of so many is tried: all of them, which takes minutes, with `SYSTOLE_REGRESS`. */
  readonly every: number;
  /** Faults that change no output and no stall-free cycle, with the reason. */
  readonly harmless: Readonly<Record<string, string>>;
}

const slower = 'slower under stalls, equal in value and in stall-free cycles';
const two = 'a ring of two counts down as it counts up';
const overwritten = 'the last word that is written there is the right one';
const flushed = 'what it would do is decided by flags that are 0 at the end of the reset';

const cases: readonly Case[] = [
  {
    design: systolic,
    p: { rows: 4, columns: 3, operandBits: 8, lanes: 2 },
    every: 16,
    harmless: {
      'systolic_array_4x3x8: binary add becomes sub': two,
      'systolic_array_4x3x8: binary and becomes or': overwritten,
      'systolic_array_4x3x8: group_taken_1 and becomes or': overwritten,
      'systolic_array_4x3x8: register resets to another value':
        'a swap that is over before the first weights are there',
      'systolic_array_4x3x8: unary is stuck at 0': slower,
      'systolic_cell: swapped resets to another value': 'as above',
    },
  },
  {
    design: rowStationary,
    p: { rows: 4, columns: 2, rowLength: 4, outputs: 3, operandBits: 8, lanes: 2 },
    every: 60,
    harmless: {
      'row_stationary_array_4x2x8: activation_halves_0_filled resets to another value':
        'the weights of the first pass take longer to load',
      'row_stationary_array_4x2x8: activation_halves_1_filled resets to another value':
        'the second group is loaded before the first is done, for the same reason',
      'row_stationary_array_4x2x8: binary add becomes sub': two,
      'row_stationary_array_4x2x8: control_1_work resets to another value': flushed,
      'row_stationary_array_4x2x8: control_2_work resets to another value': flushed,
      'row_stationary_array_4x2x8: control_3_work resets to another value': flushed,
      'row_stationary_array_4x2x8: leaving and becomes or':
        'results wait only after the last pair of a row, so never at that of a group',
      'row_stationary_array_4x2x8: row_values_taken_3 and becomes or': overwritten,
      'row_stationary_array_4x2x8: row_weights_taken_3 and becomes or': overwritten,
      'row_stationary_array_4x2x8: unary is stuck at 0': slower,
      'row_stationary_array_4x2x8: unary takes another reduction': 'of a single bit',
    },
  },
  {
    design: dotProduct,
    p: { outputs: 2, tokens: 3, inputs: 2, operandBits: 8, lanes: 2, groups: 3, maxLength: 8 },
    every: 12,
    harmless: {
      'dot_product_unit_2x3x2x8: binary add becomes sub': two,
      'dot_product_unit_2x3x2x8: binary is stuck at 0': 'part of an assertion',
      'dot_product_unit_2x3x2x8: const is one more':
        'part of an assertion; the ring of groups never wraps, as too many are an error',
      'dot_product_unit_2x3x2x8: unary is stuck at 0': `${slower}; part of an assertion`,
    },
  },
];

/** A sink so slow that loading overtakes computing as far as it ever can. */
const profiles = [...usualProfiles, { seed: 15, jobs: 3, source: 0, sink: 251 }];

describe('every small fault that matters is found', () => {
  it.each(cases)(
    'in $design.name',
    async ({ design, p, every, harmless }) => {
      const all = process.env['SYSTOLE_REGRESS'] !== undefined;
      const found = new Set(await survivors(design, p, profiles, all ? 1 : every));
      const known = Object.keys(harmless);
      if (all) expect([...found].sort()).toEqual(known.sort());
      else expect(known).toEqual(expect.arrayContaining([...found]));
    },
    1_200_000,
  );
});
