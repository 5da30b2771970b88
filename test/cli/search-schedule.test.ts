import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { run } from './run.ts';

const scratch = (): string => mkdtempSync(join(tmpdir(), 'systole-search-'));
const calibration = 'models/tiny-nli/calibration.jsonl';
/** The first rows of the calibration examples, in a file of their own. */
function rowsOf(count: number): string {
  const path = join(scratch(), 'rows.jsonl');
  writeFileSync(path, readFileSync(calibration, 'utf8').split('\n').slice(0, count).join('\n'));
  return path;
}
const few = ['--calibration', rowsOf(6), '--jobs', '1'];

interface Report {
  readonly reference: number;
  readonly points: readonly Record<string, number>[];
  readonly front: readonly Record<string, number>[];
  readonly chosen: Record<string, number> | null;
  readonly resumed: number;
}

async function searched(out: string, ...argv: string[]): Promise<Report> {
  const ran = await run('search-schedule', '--out', out, '--json', ...few, ...argv);
  expect(ran.stderr).toBe('');
  expect(ran.exitCode).toBe(0);
  return JSON.parse(ran.stdout) as Report;
}

describe('systole search-schedule', () => {
  it('measures a grid, writes it down, and goes on where it stopped', async () => {
    const out = join(scratch(), 'search');
    const first = await searched(out, '--r0', '1', '--rho', '1,0', '--drop', '100');
    expect(first).toMatchObject({ model: 'tiny-nli', data: 'rows.jsonl', resumed: 0 });
    expect(first.points).toHaveLength(2);
    expect(first.points[0]).toMatchObject({ r0End: 1, rho: 1, cost: 1, attentionCost: 1 });
    // Four layers, of which the first has 8 bits: scores at a quarter, context at half in the others.
    expect(first.points[1]!['attentionCost']).toBeCloseTo((1 + 3 * (3 / 8)) / 4, 10);
    expect(first.chosen).toEqual(first.points[1]);
    expect(readdirSync(out).sort()).toEqual([
      'pareto.svg',
      'points.csv',
      'schedule.yaml',
      'search.json',
    ]);

    // What is known is not measured again: a marked point comes back as it stands there.
    const path = join(out, 'search.json');
    const state = JSON.parse(readFileSync(path, 'utf8')) as Report;
    state.points[1]!['correct'] = 0;
    state.points[1]!['accuracy'] = 0;
    writeFileSync(path, JSON.stringify(state));
    const second = await searched(out, '--r0', '1,0.2', '--rho', '1', '--drop', '0');
    expect(second.resumed).toBe(2);
    expect(second.points).toHaveLength(3);
    expect(second.points[1]).toMatchObject({ rho: 0, accuracy: 0 });
    expect(second.points[2]).toMatchObject({ r0End: 0.2, rho: 1 });
    expect(second.points[2]!['cost']).toBeLessThan(1);

    const csv = readFileSync(join(out, 'points.csv'), 'utf8').trim().split('\n');
    expect(csv[0]).toBe('r0End,rho,cost,attentionCost,correct,predictions,accuracy,front,chosen');
    expect(csv).toHaveLength(4);
    const svg = readFileSync(join(out, 'pareto.svg'), 'utf8');
    expect(svg.match(/<circle class="(?:point|best)"/g)).toHaveLength(3);
    expect(svg).toContain('<title>r0End 0.2, rho 1:');

    const other = await run(
      ...['search-schedule', '--out', out, '--set', 'scope=full', '--quiet', ...few],
    );
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toMatch(/search\.json is of a search with other options; give another/);
  });

  it('chooses a schedule that eval takes', async () => {
    const out = join(scratch(), 'search');
    const grid = ['--r0', '0.5', '--rho', '0.5', '--drop', '100', '--set', 'unprunedLayers=2'];
    const text = await run('search-schedule', '--out', out, ...grid, ...few);
    expect(text.stdout).toMatch(/│ +0\.5 │ 0\.5 │ .* chosen/);
    const argv = ['--config', join(out, 'schedule.yaml'), '--data', rowsOf(6), '--json', ...few];
    const { stdout } = await run('eval', ...argv);
    const report = JSON.parse(stdout) as Report & {
      correct: number;
      precisions: Record<string, number>[];
    };
    const csv = readFileSync(join(out, 'points.csv'), 'utf8').trim().split('\n');
    expect(report.correct).toBe(Number(csv[1]!.split(',')[4]));
    expect(report.precisions).toHaveLength(4);
    expect(report.precisions[1]![0]).toBe(0);
    expect(report.precisions[3]![0]).toBeGreaterThan(0);
    expect(report.precisions[3]![4]).toBeGreaterThan(0);
  });

  it.each([
    [['--method', 'gobo'], /--method: the method gobo has no schedule to search for/],
    [['--r0', '1,1.5'], /--r0 1,1\.5: '1\.5' must be a number from 0 to 1/],
    [['--rho', '1,,0'], /--rho 1,,0: '' must be a number from 0 to 1/],
    [['--drop', 'x'], /--drop x: 'x' must be a number from 0 to 100/],
  ])('refuses %o', async (argv, message) => {
    const ran = await run('search-schedule', '--out', join(scratch(), 'o'), ...argv);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toMatch(message);
  });

  it('needs a place to write to', async () => {
    expect((await run('search-schedule')).stderr).toMatch(/--out says where/);
  });
});
