import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'systole-watch-'));
});
afterAll(() => rm(folder, { recursive: true }));

const small = ['watch', '--pe', 'vssa', '--tokens', '8', '--depth', '2'];

describe('watch', () => {
  it('writes a page, into a new folder if need be, and says how long both orders take', async () => {
    const out = join(folder, 'new', 'array.html');
    const ran = await run('watch', '--pe', 'vssa', '-o', out);
    expect(ran).toEqual({
      exitCode: 0,
      stdout: `${out} shows 1,029 unsorted and 592 sorted cycles; open it in a browser.\n`,
      stderr: '',
    });
    expect(await readFile(out, 'utf8')).toMatch(/^<!doctype html>/);
    expect(await readdir(join(folder, 'new'))).toEqual(['array.html']);
  });

  it('shows the cycles that `cycles` counts for the same tokens', async () => {
    const asked = ['--pe', 'vssa-array', '--set', 'rows=4', '--set', 'cols=4', '--tokens', '12'];
    const more = ['--depth', '8', '--eight', '0.5', '--pruned', '0.1', '--seed', '5', '--json'];
    const out = join(folder, 'array.html');
    const film = JSON.parse((await run('watch', ...asked, ...more, '--out', out)).stdout);
    const counted = JSON.parse((await run('cycles', ...asked, ...more)).stdout).scores;
    const [unsorted, sorted] = film.takes;
    expect([unsorted.cycles, sorted.cycles]).toEqual([counted.unsorted, counted.sorted]);
    const { busy, stalled, starved } = unsorted;
    expect({ busy, stalled, starved }).toEqual(counted.stalls.unsorted);
    expect(film.parameters).toEqual({ rows: 4, cols: 4, skid: 0 });
  });

  it('writes a picture instead where the name ends in .svg', async () => {
    const out = join(folder, 'array.svg');
    expect((await run(...small, '--quiet', '-o', out)).stdout).toBe('');
    expect(await readFile(out, 'utf8')).toMatch(/^<svg /);
  });

  it.each([
    [['watch', '--pe', 'gobo'], '--pe: there is nothing to watch in gobo-tile; choose vssa-array.'],
    [[...small, '-o', 'film.mp4'], '--out: film.mp4 must end in .html'],
    [[...small, '--eight', '1.5'], '--eight 1.5 must be a share of the tokens, from 0 to 1.'],
    [[...small, '--set', 'rows=99'], '--set: rows = 99 is out of range'],
    [
      ['watch', '--pe', 'vssa', '--tokens', '1024', '--depth', '1024'],
      'take fewer tokens or a smaller depth',
    ],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, stderr } = await run(...argv);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(exitCode).toBe(2);
  });

  it('refuses a file that cannot be written, and leaves nothing behind', async () => {
    const out = join(folder, 'taken.html');
    await mkdir(out);
    const { exitCode, stderr } = await run(...small, '-o', out);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`--out: ${out} cannot be written (`);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
