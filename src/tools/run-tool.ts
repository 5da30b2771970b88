import { execa } from 'execa';
import { InputError } from '../numeric/index.ts';

/** An external program that Systole can use but does not need. */
export interface Tool {
  /** As users call it: `Verilator`. */
  readonly title: string;
  readonly command: string;
  /** Arguments that come before all others: of an interpreter, say. */
  readonly leading?: readonly string[];
  /** How to install it on Debian or Ubuntu. */
  readonly install: string;
  /** What to do without it, to end the sentence: `use --engine simulator`. */
  readonly instead?: string;
  /** Arguments that print the version, and what finds it there. */
  readonly versionArguments: readonly string[];
  readonly versionPattern: RegExp;
  /** Oldest version that works, compared number by number. */
  readonly oldest?: string;
}

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program, never through a shell; a non-zero exit code is the caller's to judge.
 * Throws `InputError` where the program is not installed.
 */
export async function runTool(
  tool: Tool,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<ToolResult> {
  const result = await execa(tool.command, [...(tool.leading ?? []), ...args], {
    reject: false,
    stdin: 'ignore',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (result.code === 'ENOENT') throw missing(tool);
  if (result.exitCode === undefined) {
    throw new Error(
      `${tool.title} did not run to its end: ${result.shortMessage ?? 'no reason given'}`,
    );
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** As `runTool`, but throws with what the program printed where its exit code is not 0. */
export async function runToolOrThrow(
  tool: Tool,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<ToolResult> {
  const result = await runTool(tool, args, options);
  if (result.exitCode !== 0) {
    const printed = `${result.stderr}\n${result.stdout}`.trim();
    throw new Error(`${tool.title} ended with exit code ${result.exitCode}:\n${printed}`);
  }
  return result;
}

function missing(tool: Tool): InputError {
  const instead = tool.instead === undefined ? '' : `, or ${tool.instead}`;
  return new InputError(
    `${tool.title} was not found on the PATH; install it with \`${tool.install}\`${instead}.`,
  );
}

const versions = new Map<string, Promise<string>>();

/** The version of an installed program. Throws `InputError` where it is missing or too old. */
export async function toolVersion(tool: Tool): Promise<string> {
  // The PATH is part of the key: with another one, another program may answer.
  const key = [tool.command, ...(tool.leading ?? []), process.env['PATH'] ?? ''].join(' ');
  let version = versions.get(key);
  if (version === undefined) {
    version = detectVersion(tool);
    versions.set(key, version);
  }
  return version;
}

async function detectVersion(tool: Tool): Promise<string> {
  const { stdout, stderr } = await runTool(tool, tool.versionArguments);
  const version = tool.versionPattern.exec(`${stdout}\n${stderr}`)?.[1];
  if (version === undefined) {
    throw new InputError(`\`${tool.command}\` on the PATH does not look like ${tool.title}.`);
  }
  if (tool.oldest !== undefined && compareVersions(version, tool.oldest) < 0) {
    const instead = tool.instead === undefined ? '' : `, or ${tool.instead}`;
    throw new InputError(
      `${tool.title} ${version} on the PATH is too old; install ${tool.oldest} or newer${instead}.`,
    );
  }
  return version;
}

/** Below, at or above 0 as version `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The lines of a program's output that say something. */
export function messageLines(result: ToolResult): string[] {
  return `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
}

/** Makes sure that a lint that failed without a word is not taken for a clean one. */
export function lintMessages(
  tool: Tool,
  result: ToolResult,
  messages: readonly string[],
): string[] {
  return messages.length === 0 && result.exitCode !== 0
    ? [`${tool.title} ended with exit code ${result.exitCode}`]
    : [...messages];
}
