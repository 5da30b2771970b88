import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** SHA-256 over the parts in order, each with its length, so that no two lists share a key. */
export function cacheKey(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest('hex');
}

/** A lock whose owner has not touched it for this long is stale. */
const staleAfter = 30_000;
const touchEvery = 5_000;
const pollEvery = 50;

/**
 * The folder `<cache>/<key>`, built by `build` if it is not there yet.
 *
 * It is built in a folder aside and renamed when complete, so that whatever is found under its
 * final name is whole. A lock file keeps parallel workers from doing the same work twice; should
 * two ever build at once (a stale lock broken by both), the first rename wins and both are served.
 */
export async function cached(
  cache: string,
  key: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cache, key);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const release = await lock(`${folder}.lock`);
  try {
    if (await exists(folder)) return folder;
    const aside = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
    await mkdir(aside);
    try {
      await build(aside);
      await renameUnlessThere(aside, folder);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    return folder;
  } finally {
    await release();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
  }
}

/** Waits for the lock and takes it; the returned function gives it back. */
async function lock(path: string): Promise<() => Promise<void>> {
  const owner = `${process.pid} ${hostname()} ${randomBytes(6).toString('hex')}\n`;
  for (;;) {
    if (await create(path, owner)) break;
    if (await isStale(path)) await rm(path, { force: true });
    else await sleep(pollEvery);
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, touchEvery);
  touch.unref();
  return async () => {
    clearInterval(touch);
    // Another worker may have taken the lock for stale (this process was suspended, say).
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text === owner) await rm(path, { force: true });
  };
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(text);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether the owner is known to be dead, or has shown no life for a while. */
async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > staleAfter) return true;
    const [pid, host] = (await readFile(path, 'utf8')).split(/\s/);
    return host === hostname() && !isAlive(Number(pid));
  } catch {
    // Gone in the meantime: not stale, just free.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
