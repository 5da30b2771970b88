import { describe, it } from 'vitest';
import { rng } from '../../src/numeric/rng.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { randomProgram } from './random-program.ts';

// SYSTOLE_SEEDS=1000-1100 runs other programs than the usual ones.
const [first, last] = (process.env['SYSTOLE_SEEDS'] ?? '1-16').split('-').map(Number);
const seeds = Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);

describe.skipIf(skipReason !== '')(`random programs${skipReason}`, () => {
  it.each(seeds)('seed %i: clean in every tool, and equal to the reference', (seed) => {
    expectFaithful(randomProgram(rng(seed), 10 + (seed % 4) * 15), seed, 20);
  });
});
