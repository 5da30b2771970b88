import { describe, expect, it } from 'vitest';

import { goboPe, goboTile } from '../../../src/families/gobo/designs.ts';
import { survivors } from './survivors.ts';

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
