import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { lintMessages, messageLines, runTool, runToolOrThrow, toolVersion } from './run-tool.ts';
import type { Tool } from './run-tool.ts';

export const verilator: Tool = {
  title: 'Verilator',
  command: 'verilator',
  install: 'apt-get install verilator',
  instead: 'use --engine simulator',
  versionArguments: ['--version'],
  versionPattern: /Verilator (\d+\.\d+)/,
  oldest: '5.002',
};

export function verilatorVersion(): Promise<string> {
  return toolVersion(verilator);
}

/** Messages of `verilator --lint-only -Wall` as Verilog-2005; none where the files are clean. */
export async function verilatorLint(
  files: readonly string[],
  options: { readonly top: string; readonly defines?: readonly string[] },
): Promise<string[]> {
  const cwd = folderOf(files);
  const result = await runTool(
    verilator,
    [
      '--lint-only',
      '-Wall',
      '--default-language',
      '1364-2005',
      '--top-module',
      options.top,
      ...(options.defines ?? []).map((define) => `+define+${define}`),
      ...files.map((file) => relative(cwd, resolve(file))),
    ],
    { cwd },
  );
  return lintMessages(verilator, result, messageLines(result));
}

/** Translates Verilog to C++ classes `V<top>` in `folder`. Throws on errors and warnings. */
export async function verilate(
  files: readonly string[],
  options: { readonly top: string; readonly folder: string; readonly flags: readonly string[] },
): Promise<void> {
  const cwd = folderOf(files);
  await runToolOrThrow(
    verilator,
    [
      '--cc',
      ...options.flags,
      '--top-module',
      options.top,
      '--prefix',
      `V${options.top}`,
      '--Mdir',
      relative(cwd, resolve(options.folder)),
      ...files.map((file) => relative(cwd, resolve(file))),
    ],
    { cwd },
  );
}

/**
 * Where to run Verilator. It takes a path with a space for one that ends there (and then warns that
 * file and module have different names), so it gets paths relative to the first file's folder.
 */
function folderOf(files: readonly string[]): string {
  return dirname(resolve(files[0] ?? '.'));
}

/** The C++ files that `verilate` wrote: those on the simulation's path, and those run once. */
export async function verilatedSources(
  folder: string,
): Promise<{ readonly fast: readonly string[]; readonly slow: readonly string[] }> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpp')).sort();
  const isSlow = (name: string): boolean => /__(Slow|Syms)/.test(name);
  return {
    fast: names.filter((name) => !isSlow(name)).map((name) => join(folder, name)),
    slow: names.filter(isSlow).map((name) => join(folder, name)),
  };
}

/** Folder of Verilator's own C++ sources. */
export async function verilatorInclude(): Promise<string> {
  const { stdout } = await runToolOrThrow(verilator, ['--getenv', 'VERILATOR_ROOT']);
  return join(stdout.trim(), 'include');
}
