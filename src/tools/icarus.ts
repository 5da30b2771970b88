import { lintMessages, messageLines, runTool, runToolOrThrow, toolVersion } from './run-tool.ts';
import type { Tool, ToolResult } from './run-tool.ts';

export const icarus: Tool = {
  title: 'Icarus Verilog',
  command: 'iverilog',
  install: 'apt-get install iverilog',
  instead: 'use --engine simulator',
  versionArguments: ['-V'],
  versionPattern: /Icarus Verilog version (\d+\.\d+)/,
  oldest: '10.0',
};

const vvp: Tool = { ...icarus, command: 'vvp' };

export function icarusVersion(): Promise<string> {
  return toolVersion(icarus);
}

/** Messages of `iverilog -g2005 -Wall`; none where the files are clean. */
export async function icarusLint(
  files: readonly string[],
  options: { readonly top: string; readonly defines?: readonly string[] },
): Promise<string[]> {
  const result = await runTool(icarus, [
    '-g2005',
    '-Wall',
    '-tnull',
    '-s',
    options.top,
    ...(options.defines ?? []).map((define) => `-D${define}`),
    ...files,
  ]);
  return lintMessages(icarus, result, messageLines(result));
}

/** Compiles Verilog-2005 to a program for `vvp`. Throws on errors. */
export async function icarusCompile(
  files: readonly string[],
  options: { readonly top: string; readonly output: string; readonly defines: readonly string[] },
): Promise<void> {
  await runToolOrThrow(icarus, [
    '-g2005',
    '-Wall',
    '-s',
    options.top,
    ...options.defines.map((define) => `-D${define}`),
    '-o',
    options.output,
    ...files,
  ]);
}

/** Runs a compiled program in a folder, where it reads and writes its files. */
export function icarusRun(program: string, folder: string): Promise<ToolResult> {
  return runTool(vvp, ['-n', program], { cwd: folder });
}
