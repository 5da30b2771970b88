import { describe, expect, it } from 'vitest';

import { goboPe, goboTile } from '../../../src/families/gobo/designs.ts';
import { survivors, usualProfiles } from './survivors.ts';

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
/** A share of the faults, all of them in the slow sweep; the float units have tests of their own. */
const every = regress ? 1 : 12;
const modules = /^gobo_/;

/** Faults of the tile that change no output and no stall-free cycle, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'gobo_multiply_unit_fp16: unary is stuck at 0':
    'the unit also waits for a sink that nothing waits for: slower under stalls, equal in value',
  'gobo_multiply_unit_fp16: product_valid resets to another value':
    'after reset the stage holds a first product of row 0, which leaves no trace',
  'gobo_multiply_unit_fp16: exact_valid resets to another value': 'as product_valid',
  'gobo_multiply_unit_fp16: operands_valid resets to another value': 'as product_valid',
  'gobo_tile_fp16: binary add becomes sub': 'of two rows the next is also the one before',
  'gobo_tile_fp16: rows resets to another value':
    'jobs write the rows; rtl.test.ts checks the value after reset',
  'gobo_tile_fp16: extend extends with the other sign':
    'part of an assertion; rtl.test.ts makes it fail',
  'gobo_tile_fp16: binary ltUnsigned becomes leUnsigned': 'as above',
};

describe('every small fault of the hardware of fp16 that matters is found', () => {
  it('in the processing element', async () => {
    const p = { bits: 2, activationBits: 16, maxLength: 64, buffers: 2, numbers: 1 };
    expect(await survivors(goboPe, p, usualProfiles, every, modules)).toEqual([]);
  }, 600_000);

  it('in the tile', async () => {
    const p = {
      ...{ pes: 2, bits: 2, activationBits: 16, weightBits: 16, maxLength: 64, buffers: 2 },
      ...{ queueDepth: 3, numbers: 1 },
    };
    const found = await survivors(goboTile, p, usualProfiles, every, modules);
    expect(found.filter((fault) => !(fault in harmless))).toEqual([]);
    if (regress) expect(found).toEqual(Object.keys(harmless).sort());
  }, 900_000);
});
