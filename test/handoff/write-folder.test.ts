import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeHandoff } from '../../src/handoff/index.ts';
import { InputError } from '../../src/numeric/index.ts';

let place = '';
let target = '';

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'systole-write-'));
  target = join(place, 'gobo');
});
afterEach(() => rm(place, { recursive: true }));

const ours = { path: 'MANIFEST.json', text: '{"generator":{"name":"systole","version":"0"}}\n' };
const files = [{ path: 'rtl/a.v', text: 'module a;\n' }, ours];

async function refusal(folder: string, code: string): Promise<string> {
  const error: unknown = await writeHandoff(folder, files).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).code).toBe(code);
  return (error as InputError).message;
}

describe('writing the folder', () => {
  it('makes it, with the folders above', async () => {
    await writeHandoff(join(place, 'x/y/gobo/'), files);
    expect(await readFile(join(place, 'x/y/gobo/rtl/a.v'), 'utf8')).toBe('module a;\n');
    expect(await readdir(join(place, 'x/y'))).toEqual(['gobo']);
  });

  it('takes an empty folder', async () => {
    await mkdir(target);
    await writeHandoff(target, files);
    expect((await readdir(target)).sort()).toEqual(['MANIFEST.json', 'rtl']);
  });

  it('replaces an earlier hand-off whole, and leaves nothing beside it', async () => {
    await writeHandoff(target, files);
    await mkdir(join(target, 'build'));
    await writeHandoff(target, [{ path: 'rtl/b.v', text: 'module b;\n' }, ours]);
    expect((await readdir(target)).sort()).toEqual(['MANIFEST.json', 'rtl']);
    expect(await readdir(join(target, 'rtl'))).toEqual(['b.v']);
    expect(await readdir(place)).toEqual(['gobo']);
  });

  it.each([
    ['no manifest', 'notes.txt', 'mine'],
    ["somebody else's manifest", 'MANIFEST.json', '{"generator":{"name":"other"}}'],
    ['a manifest that is no JSON', 'MANIFEST.json', 'Manifest-Version: 1.0'],
    ['a manifest that is no object', 'MANIFEST.json', 'null'],
  ])('refuses a folder with %s, and leaves it alone', async (_, name, text) => {
    await mkdir(target);
    await writeFile(join(target, name), text);
    expect(await refusal(target, 'folder-in-use')).toContain(name);
    expect(await readFile(join(target, name), 'utf8')).toBe(text);
    expect(await readdir(place)).toEqual(['gobo']);
  });

  it('refuses a file, and a link, which might lead anywhere', async () => {
    await writeFile(target, 'mine');
    await refusal(target, 'folder-is-file');
    await mkdir(join(place, 'elsewhere'));
    await symlink(join(place, 'elsewhere'), join(place, 'link'));
    await refusal(join(place, 'link'), 'folder-is-file');
  });

  it('leaves the earlier hand-off as it is where writing fails half way', async () => {
    await writeHandoff(target, files);
    const clash = [...files, { path: 'rtl/a.v/b', text: '' }];
    await expect(writeHandoff(target, clash)).rejects.toThrow(InputError);
    expect(await readFile(join(target, 'rtl/a.v'), 'utf8')).toBe('module a;\n');
    expect(await readdir(place)).toEqual(['gobo']);
  });

  // Root may write anywhere.
  it.skipIf(process.getuid?.() === 0)('says where it may not write', async () => {
    await chmod(place, 0o500);
    expect(await refusal(target, 'folder-unwritable')).toContain('permission denied');
    await chmod(place, 0o700);
  });
});
