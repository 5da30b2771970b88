/** The lint gate: every tool, every warning on, no waivers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerilogFile } from '../../src/verilog/index.ts';

export const tools = ['verilator', 'iverilog', 'yosys'] as const;
export type Tool = (typeof tools)[number];

/** Tools that are not installed; tests that need them say so and skip. */
export const missingTools: readonly Tool[] = tools.filter(
  (tool) => spawnSync(tool, ['-V']).error !== undefined,
);

/** Runs `work` in a folder of its own that holds the files. */
export function withFiles<T>(files: readonly VerilogFile[], work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'systole-verilog-'));
  try {
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Everything that the tools have to say about the files; empty where they are clean. */
export function lint(
  files: readonly VerilogFile[],
  top: string,
  options: { readonly defines?: readonly string[]; readonly tools?: readonly Tool[] } = {},
): string {
  const { defines = [] } = options;
  const define = defines.map((symbol) => `-D${symbol}`);
  const names = files.map((file) => file.name);
  const read = ['read_verilog', ...define, ...names].join(' ');
  const script = `${read}; hierarchy -check -top ${top}; proc; check -assert`;
  const commands: Record<Tool, readonly string[]> = {
    verilator: ['--lint-only', '-Wall', '--top-module', top, ...define, ...names],
    iverilog: ['-g2005', '-Wall', '-tnull', '-s', top, ...define, ...names],
    yosys: ['-q', '-p', script],
  };
  return withFiles(files, (folder) =>
    (options.tools ?? tools).map((tool) => run(folder, tool, commands[tool])).join(''),
  );
}

function run(cwd: string, tool: Tool, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd, encoding: 'utf8' });
  const said = `${stdout}${stderr}`;
  return status === 0 && said === '' ? '' : `${tool} (${status}):\n${said}`;
}

/** What Icarus prints when it runs the files with a test bench. */
export function simulate(
  files: readonly VerilogFile[],
  bench: string,
  top: string,
  defines: readonly string[] = [],
): string {
  return withFiles(files, (cwd) => {
    writeFileSync(join(cwd, 'bench.v'), bench);
    const names = [...files.map((file) => file.name), 'bench.v'];
    const define = defines.map((symbol) => `-D${symbol}`);
    execFileSync('iverilog', ['-g2005', '-s', top, '-o', 'bench.vvp', ...define, ...names], {
      cwd,
    });
    return execFileSync('vvp', ['-n', 'bench.vvp'], { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
  });
}
