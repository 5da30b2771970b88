import { expect, it } from 'vitest';

import { oliveAccelerator } from '../../../src/families/olive/designs.ts';
import { survivors } from '../gobo/survivors.ts';

const counters =
  'part of counters, flags and giving up banks by software, which accelerator-rtl.test.ts compares';
const limits = 'part of what refuses too large images; accelerator-rtl.test.ts sends some';
const held = 'the register file shows the last word of setup until the next';
const written = 'jobs write the whole setup';
const saturation = 'the same, but for a magnitude just above the largest';
const first = 'set long before it is looked at';
/** Faults that change no output and no stall-free cycle of random jobs, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'olive_accelerator_core: binary add becomes sub': counters,
  'olive_accelerator_core: binary and becomes or': `${counters}; ${held}`,
  'olive_accelerator_core: binary eq becomes ne': counters,
  'olive_accelerator_core: binary is stuck at 0': counters,
  'olive_accelerator_core: const is one more': counters,
  'olive_accelerator_core: eight resets to another value': written,
  'olive_accelerator_core: encodes resets to another value': written,
  'olive_accelerator_core: extend extends with the other sign': counters,
  'olive_accelerator_core: flint resets to another value': written,
  'olive_accelerator_core: illegal resets to another value': counters,
  'olive_accelerator_core: mux swaps its legs': `${counters}; ${held}`,
  'olive_accelerator_core: overflowed resets to another value': counters,
  'olive_accelerator_core: unary takes another reduction': counters,
  'olive_accelerator_core: wide_bias resets to another value': written,
  'olive_accelerator_weights: binary and becomes or': limits,
  'olive_accelerator_weights: binary is stuck at 0': `${limits}; ${counters}`,
  'olive_accelerator_weights: binary ne becomes eq': counters,
  'olive_accelerator_weights: const is one more': `${limits}; ${counters}`,
  'olive_accelerator_weights: leaving_image resets to another value': first,
  'olive_accelerator_weights: primed resets to another value': first,
  'olive_requantizer: coded_valid resets to another value': 'goes before anything is encoded',
  'olive_requantizer: mux swaps its legs': 'byte 0 is the same in both modes',
  'olive_requantizer: unary is stuck at 0': 'steps would wait for a sink that is not ready',
  'olive_requantizer_lane_4: binary ltUnsigned becomes leUnsigned': saturation,
  'olive_requantizer_lane_4: const is one more': `${saturation}; zero has no sign`,
  'olive_requantizer_lane_8: binary ltUnsigned becomes leUnsigned': saturation,
  'olive_requantizer_lane_8: const is one more': `${saturation}; zero has no sign`,
  'olive_requantizer_lane_8: extend extends with the other sign': 'the upper bits are not used',
};

/** All faults take minutes: `SYSTOLE_REGRESS` tries them, else a sample. */
const every = process.env['SYSTOLE_REGRESS'] ? 1 : 40;

/** The shell, the array, the encoders and their parts have tests of their own. */
const own = /^olive_(accelerator_(core|weights)|requantizer)/;

it('every small fault of the accelerator that matters is found', async () => {
  const p = { rows: 6, columns: 4, sharedDecoders: 1, bankBeats: 12 };
  const found = await survivors(oliveAccelerator, p, profiles, every, own);
  expect(Object.keys(harmless)).toEqual(expect.arrayContaining(found));
}, 1_800_000);

/** The first job of the first profile encodes, so that what registers start from matters. */
const profiles = [
  { seed: 28, jobs: 30, source: 70, sink: 70 },
  { seed: 12, jobs: 6, source: 0, sink: 235 },
];
