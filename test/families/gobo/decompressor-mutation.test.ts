import { expect, it } from 'vitest';

import { goboDecompressor } from '../../../src/families/gobo/designs.ts';
import { survivors, usualProfiles } from './survivors.ts';

const slower = 'slower under stalls, equal in value and in stall-free cycles';
const modulo = 'the same modulo the width at these parameters';
const asserted = 'part of an assertion; decompressor-rtl.test.ts makes it fail';

/** Faults that change no output and no stall-free cycle, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'fifo_4x10: const is one more': 'one block more may be open: values tell eight from each other',
  'fifo_4x10: count resets to another value': 'blocks are announced early; their indexes decide',
  'gobo_block_parser: binary leUnsigned becomes ltUnsigned':
    'a last whole record waits for the next beat, which indexes need anyway',
  'gobo_block_parser: const is one more': 'as above',
  'gobo_block_parser: extend extends with the other sign':
    'the top bit is never set, or means a slot that no one fills',
  'gobo_block_parser: turn resets to another value': 'any bank may be the first',
  'gobo_byte_aligner: binary add becomes sub': modulo,
  'gobo_decompressor: columns resets to another value': 'jobs write the shape',
  'gobo_decompressor: rows resets to another value': 'as above',
  'gobo_expander: binary add becomes sub': modulo,
  'gobo_expander: binary is stuck at 0': asserted,
  'gobo_expander: binary or becomes and': asserted,
  'gobo_expander: const is one more': 'what a lane shows that is always used; part of an assertion',
  'gobo_expander: lane_used_0 ltUnsigned becomes leUnsigned': 'lane 0 is always used',
  'gobo_expander: past_0 is stuck at 0': asserted,
  'gobo_expander: past_1 is stuck at 0': asserted,
  'gobo_expander: past_2 is stuck at 0': asserted,
  'gobo_expander: past_3 is stuck at 0': asserted,
  'gobo_expander: unary is stuck at 0': `lane 0 is always used; ${slower}; ${asserted}`,
  'gobo_expander: unary takes another reduction': asserted,
};

/** All faults take minutes: `SYSTOLE_REGRESS` tries them, else a sample. */
const every = process.env['SYSTOLE_REGRESS'] ? 1 : 12;

it('every small fault of the decompressor that matters is found', async () => {
  const p = { bits: 3, valueBytes: 2, inputBytes: 4, lanes: 3 };
  const [first, ...others] = usualProfiles;
  const profiles = [{ ...first!, jobs: 30 }, ...others];
  const found = new Set(await survivors(goboDecompressor, p, profiles, every));
  const known = Object.keys(harmless);
  if (every === 1) expect([...found].sort()).toEqual(known.sort());
  else expect(known).toEqual(expect.arrayContaining([...found]));
}, 1_200_000);
