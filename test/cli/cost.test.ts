import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { families, findDesign } from '../../src/families/index.ts';
import { resolveParameters } from '../../src/testbench/index.ts';
import { openYosys } from '../../src/tools/index.ts';
import { run } from './run.ts';

const hasYosys = await openYosys().then(
  () => true,
  (error: unknown) => {
    console.warn(`skipped: ${(error as Error).message}`);
    return false;
  },
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'systole-cost-'));
  vi.stubEnv('SYSTOLE_CACHE', folder);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe.skipIf(!hasYosys)('systole cost', () => {
  it('counts a plain unit, the second time from the cache', async () => {
    const argv = ['cost', '--pe', 'int4-mac', '--targets', 'ice40', '--quiet'];
    const { exitCode, stdout } = await run(...argv, '--json');
    expect(exitCode).toBe(0);
    const { targets, rows } = JSON.parse(stdout) as {
      targets: string[];
      rows: { label: string; costs: { ice40: { inLogic: { flipFlops: number } } } }[];
    };
    expect(targets).toEqual(['ice40']);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      label: 'int4 MAC, 20-bit sum',
      costs: { ice40: { inLogic: { flipFlops: 20, dsps: 0 } } },
    });
    const start = performance.now();
    const again = await run(...argv);
    expect(again.stdout).toContain('Lattice iCE40 (LUT4)');
    expect(again.stdout).toContain('before place and route');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('refuses a target that there is not', async () => {
    const { exitCode, stderr } = await run('cost', '--pe', 'int4-mac', '--targets', 'gate');
    expect(exitCode).toBe(2);
    expect(stderr).toContain("systole cost: --targets: there is no target 'gate';");
  });
});

it.each([
  ['--table', 'gobo'],
  ['--pe', 'gobo-tile', '--liberty', 'cells.lib'],
  ['--pe', 'gobo-tile', '--targets', 'xcup,gates'],
])('systole cost --by-module is not for %s %s', async (...argv) => {
  const { exitCode, stderr } = await run('cost', '--by-module', ...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("--by-module counts Yosys' own gates of one design;");
});

describe('rows of the tables', () => {
  const rows = families.flatMap(({ name, costs = [] }) => costs.map((row) => ({ name, ...row })));

  it.each(rows)('$name: $label', ({ name, design, parameters = {}, productsPerCycle }) => {
    const found = findDesign(design);
    // A table compares its family with itself and with the plain arrays, never with a third family.
    expect([name, 'baseline']).toContain(found.family.name);
    expect(() => resolveParameters(found.design, parameters, 'row')).not.toThrow();
    if (productsPerCycle !== undefined) expect(productsPerCycle).toBeGreaterThan(0);
  });
});
