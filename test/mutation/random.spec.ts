/** Random programs, few of them and without shrinking: what a mutant survives nowhere else. */
import { describe, expect, it } from 'vitest';
import { icarus } from '../../src/tools/index.ts';
import { engines } from '../fuzz/engines.ts';
import { makeCase } from '../fuzz/programs.ts';
import { available } from '../tools/available.ts';

const hasIcarus = await available(icarus);

describe('random programs', () => {
  it.each([
    ['reference', 25],
    ['simulator', 25],
    ['icarus', 20],
  ] as const)('show no difference in %s on %i seeds', async (engine, seeds) => {
    if (engine === 'icarus' && !hasIcarus) return;
    const { check, kindOf } = engines[engine];
    const cases = Array.from({ length: seeds }, (_, i) => makeCase(i + 1, kindOf(i + 1)));
    expect(await check(cases)).toEqual(cases.map(() => undefined));
  });
});
