import { expect, it } from 'vitest';

import { goboDecompressor } from '../../../src/families/gobo/designs.ts';
import { survivors } from './survivors.ts';

/** Faults that change no output and no stall-free cycle, with the reason. */
const harmless: Readonly<Record<string, string>> = {};

it('every small fault of the decompressor that matters is found', async () => {
  const p = { bits: 2, valueBytes: 1, inputBytes: 2, lanes: 2 };
  expect(await survivors(goboDecompressor, p)).toEqual(Object.keys(harmless).sort());
}, 900_000);
