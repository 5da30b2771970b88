import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { icarus, verilator } from '../../src/tools/index.ts';
import { available as toolsAvailable } from '../tools/available.ts';
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
  // What the first pair of sentences drawn with seed 1 has in tokens.
  const sentence = 42;

  it.each(['simulator', 'verilator'])(
    'agrees in %s on every output of a whole sentence',
    async (engine) => {
      if (engine === 'verilator' && !(await toolsAvailable(verilator))) return;
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
    if (!(await toolsAvailable(icarus))) return;
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
      ...[
        'verify',
        '--pe',
        'gobo',
        '--tensor',
        'classifier.weight',
        '--cases',
        '2',
        '--set',
        'pes=8',
      ],
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/classifier *│ *3 x 128/);
    expect(stdout).toContain('6 of 6 outputs, and 6 of 6 with random stalls: all equal');
    expect(stdout).toContain('npm run gen -- --pe gobo --set pes=8  ');
    expect(stdout).toContain(
      'npm run verify -- --pe gobo --set pes=8 --tensor classifier.weight --engine verilator  ',
    );
  });
});

describe('verify on the RXNMapper ALBERT', () => {
  // The first reaction drawn with seed 78 has 45 tokens, all of which the long sweep runs.
  const cases = process.env['SYSTOLE_REGRESS'] ? 45 : 2;

  const available = (): boolean => {
    if (existsSync(rxnmapper)) return true;
    console.warn(`skipped: ${rxnmapper} is not there`);
    return false;
  };

  it.each(['simulator', 'verilator'])(
    `agrees in %s on ${cases} tokens of every pass`,
    async (engine) => {
      if (!available()) return;
      const argv = ['--model', rxnmapper, '--engine', engine, '--seed', '78'];
      expectEqual(await verified(...argv, '--cases', `${cases}`), cases * rxnRows);
    },
    1_200_000,
  );

  // With layer 0 these are all distinct layers.
  const others = process.env['SYSTOLE_REGRESS']
    ? ([
        ['-1', 256],
        ['12', 128],
      ] as const)
    : [];
  it.each([...others, ['0', 4 * 256 + 512 + 256] as const])(
    'agrees in Icarus on one token of layer %s',
    async (layer, rows) => {
      if (!available()) return;
      const argv = ['--model', rxnmapper, '--engine', 'icarus', '--cases', '1', '--layer', layer];
      expectEqual(await verified(...argv), rows);
    },
    300_000,
  );
});
