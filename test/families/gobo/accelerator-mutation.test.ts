import { expect, it } from 'vitest';

import { goboAccelerator } from '../../../src/families/gobo/designs.ts';
import { survivors } from './survivors.ts';

const swap = 'part of the swap by software; accelerator-rtl.test.ts swaps';
const waits = 'part of WEIGHT_WAITS, which accelerator-rtl.test.ts compares';
const limits = 'part of what refuses too large images; accelerator-rtl.test.ts sends some';
const written = 'jobs write the rows in use';
/** Faults that change no output and no stall-free cycle of random jobs, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'gobo_accelerator_core: binary add becomes sub': waits,
  'gobo_accelerator_core: binary and becomes or': `${swap}, or ${waits}`,
  'gobo_accelerator_core: binary is stuck at 0': `${swap}, or ${waits}`,
  'gobo_accelerator_core: binary ne becomes eq': swap,
  'gobo_accelerator_core: const is one more': `${swap}, or ${waits}`,
  'gobo_accelerator_core: is_swap is stuck at 0': swap,
  'gobo_accelerator_core: last_tile resets to another value': written,
  'gobo_accelerator_core: mux swaps its legs': waits,
  'gobo_accelerator_core: primed resets to another value':
    'the next cycle sets it, long before there are activations',
  'gobo_accelerator_core: unary is stuck at 0': waits,
  'gobo_accelerator_core: unary takes another reduction': limits,
  'gobo_accelerator_core: waits resets to another value': waits,
  'gobo_accelerator_lane: binary and becomes or': `${limits}; a word written early is written again; the register file shows the last word of setup, the rows, until the next`,
  'gobo_accelerator_lane: binary is stuck at 0': limits,
  'gobo_accelerator_lane: const is one more': limits,
  'gobo_accelerator_lane: extend extends with the other sign': 'rows are at most 32 of 63',
  'gobo_accelerator_lane: in_use resets to another value': written,
};

/** All faults take minutes: `SYSTOLE_REGRESS` tries them, else a sample. */
const every = process.env['SYSTOLE_REGRESS'] ? 1 : 16;

/** The shell, the tile and their parts have tests of their own. */
const own = /^gobo_accelerator_(core|lane)/;

it('every small fault of the accelerator that matters is found', async () => {
  const p = {
    ...{ tiles: 3, pes: 2, bits: 2, activationBits: 8, weightBits: 8, maxLength: 24 },
    ...{ buffers: 2, queueDepth: 2, bankWords: 24, bankRecords: 12 },
  };
  const found = new Set(await survivors(goboAccelerator, p, profiles, every, own));
  const known = Object.keys(harmless);
  if (every === 1) expect([...found].sort()).toEqual(known.sort());
  else expect(known).toEqual(expect.arrayContaining([...found]));
}, 1_200_000);

const profiles = [
  { seed: 11, jobs: 12, source: 70, sink: 70 },
  { seed: 12, jobs: 4, source: 0, sink: 235 },
];
