import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemReason } from '../handoff/index.ts';
import { InputError } from '../numeric/index.ts';

/**
 * Writes a file completely or not at all, through a temporary one beside it. Throws `InputError` where it cannot be
 * written; `option` is where its name was given.
 */
export async function writeOutput(option: string, file: string, text: string): Promise<void> {
  const target = resolve(file);
  const fresh = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(fresh, text);
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { force: true });
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new InputError(
      `${option}: ${file} cannot be written (${reason}); give the name of a file in a folder that you may write to.`,
    );
  }
}
