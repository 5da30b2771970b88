import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { icarus, verilator } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';
import { run } from './run.ts';

/** Rows of all linear layers of tiny-nli: 4 layers of 4 x 128 + 512 + 128, pooler, classifier. */
const tinyNliRows = 4 * (4 * 128 + 512 + 128) + 128 + 3;
/** Of RXNMapper: the mapping, 12 passes of 4 x 256 + 512 + 256, the dense layer of the head. */
const rxnRows = 256 + 12 * (4 * 256 + 512 + 256) + 128;
const rxnmapper = join(process.env['SYSTOLE_DATA'] ?? '../shared/data', 'rxnmapper-albert');

async function verified(...argv: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await run('verify', '--pe', 'gobo', '--json', ...argv);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function expectEqual(report: Record<string, unknown>, outputs: number): void {
  expect(report).toMatchObject({
    expected: outputs,
    compared: outputs,
    mismatches: 0,
    stalled: { expected: outputs, compared: outputs },
    verified: true,
  });
  const { predicted, counted } = report['cycles'] as Record<string, number>;
  expect(counted).toBeGreaterThan(0);
  expect(counted).toBe(predicted);
}

describe('verify on the linear layers of tiny-nli', () => {
  // The first sentence drawn with seed 1 has fewer tokens than this.
  const sentence = 40;

  it.each(['simulator', 'verilator'])(
    'agrees in %s on every output of a whole sentence',
    async (engine) => {
      if (engine === 'verilator' && !(await available(verilator))) return;
      const report = await verified('--engine', engine, '--cases', `${sentence}`);
      expectEqual(report, sentence * tinyNliRows);
      expect(report).toMatchObject({
        pe: 'gobo',
        engine,
        seed: 1,
        outliers: 1138,
        weights: 803_200,
      });
    },
    300_000,
  );

  it('agrees in Icarus on one token', async () => {
    if (!(await available(icarus))) return;
    expectEqual(await verified('--engine', 'icarus', '--cases', '1'), tinyNliRows);
  }, 300_000);

  it('takes other parameters, and seeds give other examples', async () => {
    const small = [
      '--layer',
      '0',
      '--set',
      'bits=4',
      '--set',
      'pes=5',
      '--set',
      'activationBits=9',
    ];
    const [one, two] = [
      await verified(...small, '--seed', '1'),
      await verified(...small, '--seed', '2'),
    ];
    expectEqual(one, 4 * (4 * 128 + 512 + 128));
    expectEqual(two, 4 * (4 * 128 + 512 + 128));
    expect(one['outliers']).toBe(two['outliers']);
    expect((one['stalled'] as { cycles: number }).cycles).not.toBe(
      (two['stalled'] as { cycles: number }).cycles,
    );
  });

  it('takes one tensor and prints a table', async () => {
    const { exitCode, stdout } = await run(
      ...['verify', '--pe', 'gobo', '--tensor', 'classifier.weight', '--cases', '2'],
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/classifier *│ *3 x 128/);
    expect(stdout).toContain('6 of 6 outputs, and 6 of 6 with random stalls: all equal');
    expect(stdout).toContain('npm run gen -- --pe gobo');
  });
});

describe('verify on the RXNMapper ALBERT', () => {
  const engines = process.env['SYSTOLE_REGRESS']
    ? [
        ['simulator', 80],
        ['verilator', 80],
        ['icarus', 1],
      ]
    : [
        ['simulator', 2],
        ['verilator', 2],
      ];
  it.each(engines)(
    'agrees in %s on %d tokens of every pass',
    async (engine, cases) => {
      if (!existsSync(rxnmapper)) {
        console.warn(`skipped: ${rxnmapper} is not there`);
        return;
      }
      const argv = ['--model', rxnmapper, '--engine', `${engine}`, '--cases', `${cases}`];
      expectEqual(await verified(...argv), Number(cases) * rxnRows);
    },
    1_200_000,
  );
});
