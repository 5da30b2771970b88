import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cached, cacheKey } from '../../src/testbench/build-cache.ts';

let cache: string;
beforeEach(async () => {
  cache = join(await mkdtemp(join(tmpdir(), 'systole-cache-')), 'below');
});
afterEach(() => rm(join(cache, '..'), { recursive: true }));

const writing = (text: string) => async (folder: string) => {
  await sleep(20);
  await writeFile(join(folder, 'text'), text);
};

test('builds once, however many ask at the same time', async () => {
  let builds = 0;
  const build = async (folder: string): Promise<void> => {
    builds++;
    await writing('built')(folder);
  };
  const folders = await Promise.all(Array.from({ length: 8 }, () => cached(cache, 'k', build)));
  expect(builds).toBe(1);
  expect(new Set(folders)).toEqual(new Set([join(cache, 'k')]));
  expect(await readFile(join(cache, 'k', 'text'), 'utf8')).toBe('built');
  expect(await readdir(cache)).toEqual(['k']);
});

test('a failed build leaves nothing behind, and can be tried again', async () => {
  const failing = cached(cache, 'k', async (folder) => {
    await writeFile(join(folder, 'half'), '');
    throw new Error('no luck');
  });
  await expect(failing).rejects.toThrow('no luck');
  expect(await readdir(cache)).toEqual([]);
  await cached(cache, 'k', writing('built'));
  expect(await readdir(cache)).toEqual(['k']);
});

test('nothing is visible under the final name before it is complete', async () => {
  const building = cached(cache, 'k', async (folder) => {
    await writing('built')(folder);
    await expect(stat(join(cache, 'k'))).rejects.toThrow(/ENOENT/);
  });
  await building;
});

test('the lock of a dead process is broken', async () => {
  await mkdir(cache);
  // Beyond the largest process number that Linux hands out.
  await writeFile(join(cache, 'k.lock'), `4194305 ${hostname()} abc\n`);
  await cached(cache, 'k', writing('built'));
  expect(await readdir(cache)).toEqual(['k']);
});

test('a lock that nobody has touched for long is broken, wherever its owner was', async () => {
  await mkdir(cache);
  const path = join(cache, 'k.lock');
  await writeFile(path, '1 elsewhere abc\n');
  const old = new Date(Date.now() - 60_000);
  await utimes(path, old, old);
  await cached(cache, 'k', writing('built'));
  expect(await readdir(cache)).toEqual(['k']);
});

test('the lock of a living process is waited for', async () => {
  await mkdir(cache);
  const path = join(cache, 'k.lock');
  await writeFile(path, `${process.pid} ${hostname()} abc\n`);
  let done = false;
  const waiting = cached(cache, 'k', writing('built')).then(() => {
    done = true;
  });
  await sleep(200);
  expect(done).toBe(false);
  await rm(path);
  await waiting;
});

test('keys tell apart what concatenation would not', () => {
  expect(cacheKey(['ab', 'c'])).not.toBe(cacheKey(['a', 'bc']));
  expect(cacheKey(['ab', ''])).not.toBe(cacheKey(['ab']));
  expect(cacheKey(['ab'])).toMatch(/^[0-9a-f]{64}$/);
});
