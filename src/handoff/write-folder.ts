import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../numeric/index.ts';
import { systemReason } from './system-reason.ts';
import { isOurManifest, manifestName } from './manifest.ts';
import type { HandoffFile } from './manifest.ts';

/** A file to be written; its path is relative to the folder and uses slashes. */
export interface FolderFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** How a folder shows that it was written by us, so that it may be replaced. */
export interface Marker {
  readonly file: string;
  isOurs(text: string): boolean;
}

/** Why a folder cannot be written. */
export type FolderIssue =
  | { readonly code: 'folder-is-file'; readonly folder: string }
  | {
      readonly code: 'folder-in-use';
      readonly folder: string;
      readonly found: string;
      readonly marker: string;
    }
  | { readonly code: 'folder-unwritable'; readonly folder: string; readonly reason: string };

function describe(issue: FolderIssue): string {
  switch (issue.code) {
    case 'folder-is-file':
      return `--out: ${issue.folder} is a file; give the name of a folder.`;
    case 'folder-in-use':
      return (
        `--out: ${issue.folder} holds files that Systole did not write (${issue.found}, and no ` +
        `${issue.marker} of ours); give a new or an empty folder.`
      );
    case 'folder-unwritable':
      return (
        `--out: ${issue.folder} cannot be written (${issue.reason}); ` +
        'give a folder that you may write to.'
      );
  }
}

const refuse = (issue: FolderIssue): InputError => new InputError(describe(issue), issue.code);

/** Only a folder that is empty or was written by us is replaced: `--out ~` must do no harm. */
async function checkReplaceable(
  target: string,
  folder: string,
  marker: Marker,
): Promise<'absent' | 'present'> {
  const found = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return 'absent';
  if (!found.isDirectory()) throw refuse({ code: 'folder-is-file', folder });
  const names = (await readdir(target)).sort();
  if (names.length === 0) return 'present';
  const manifest = await readFile(join(target, marker.file), 'utf8').catch(() => '');
  if (!marker.isOurs(manifest)) {
    throw refuse({ code: 'folder-in-use', folder, found: names[0]!, marker: marker.file });
  }
  return 'present';
}

async function writeFiles(folder: string, files: readonly FolderFile[]): Promise<void> {
  for (const { path, content } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/** Puts the finished folder `from` in the place of `to`, which comes back should that fail. */
async function replace(from: string, to: string, aside: string): Promise<void> {
  await rename(to, aside);
  try {
    await rename(from, to);
  } catch (error) {
    await rename(aside, to);
    throw error;
  }
  await rm(aside, { recursive: true });
}

/**
 * Writes a hand-off folder, as `writeFolder` does.
 */
export async function writeHandoff(folder: string, files: readonly HandoffFile[]): Promise<void> {
  await writeFolder(
    folder,
    files.map(({ path, text }) => ({ path, content: text })),
    { file: manifestName, isOurs: isOurManifest },
  );
}

/**
 * Writes the files as `folder`: completely or not at all, through a temporary folder beside it.
 * Throws `InputError` where `folder` is neither absent, empty, nor has the `marker` of an earlier
 * run, and where it cannot be written.
 */
export async function writeFolder(
  folder: string,
  files: readonly FolderFile[],
  marker: Marker,
): Promise<void> {
  // A trailing slash must not put the temporary folder inside.
  const target = resolve(folder);
  const suffix = randomBytes(6).toString('hex');
  const fresh = `${target}.${suffix}.tmp`;
  try {
    const state = await checkReplaceable(target, folder, marker);
    await mkdir(fresh, { recursive: true });
    try {
      await writeFiles(fresh, files);
      if (state === 'absent') await rename(fresh, target);
      else await replace(fresh, target, `${target}.${suffix}.old.tmp`);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw refuse({ code: 'folder-unwritable', folder, reason });
  }
}
