import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, runToolOrThrow, toolVersion } from './run-tool.ts';
import type { Tool } from './run-tool.ts';
import { findPackage, yowaspTool } from './yowasp.ts';
import type { YowaspPackage } from './yowasp.ts';
import { yosys } from './yosys.ts';
import { InputError } from '../numeric/index.ts';

/** A program of the synthesis flow, from npm or from the system. */
export interface SynthesisTool {
  /** With its version and where it comes from; results depend on it. */
  readonly title: string;
  /** What a user should know about the choice; absent where it is the preferred one. */
  readonly note?: string;
  /** Runs in a folder, with names of files there. Throws with what it printed where it fails. */
  run(folder: string, args: readonly string[]): Promise<void>;
}

export type SynthesisSource = 'npm' | 'system';

const yosysPackage: YowaspPackage = {
  name: '@yowasp/yosys',
  version: '0.55.944',
  command: 'yosys',
};

const nextpnrPackage: YowaspPackage = {
  name: '@yowasp/nextpnr-ice40',
  version: '0.8.621',
  command: 'nextpnr-ice40',
};

const nextpnr: Tool = {
  title: 'nextpnr-ice40',
  command: 'nextpnr-ice40',
  install: 'apt-get install nextpnr-ice40',
  versionArguments: ['--version'],
  versionPattern: /[Vv]ersion "?(?:nextpnr-)?(\d+\.\d+)/,
};

/**
 * Yosys: the package from npm, whose version is pinned, before that of the system. Throws
 * `InputError` where there is neither.
 */
export function openYosys(source?: SynthesisSource): Promise<SynthesisTool> {
  return open(yosys, yosysPackage, source);
}

/** nextpnr for iCE40, in the same order; its package is large, and installed on demand only. */
export function openNextpnr(source?: SynthesisSource): Promise<SynthesisTool> {
  return open(nextpnr, nextpnrPackage, source);
}

async function open(
  tool: Tool,
  wanted: YowaspPackage,
  source: SynthesisSource | undefined,
): Promise<SynthesisTool> {
  const install = `npm install --no-save ${wanted.name}@${wanted.version}`;
  if (source !== 'system') {
    const found = findPackage(wanted);
    if (found) {
      return {
        title: `${tool.title} ${found.version} (npm ${wanted.name})`,
        ...(found.version === wanted.version
          ? {}
          : {
              note: `figures were published with ${wanted.version}, installed with \`${install}\``,
            }),
        run: running(yowaspTool(tool, found, wanted.command)),
      };
    }
  }
  if (source !== 'npm' && (await isThere(tool))) {
    return {
      title: `${tool.title} ${await toolVersion(tool)} (system)`,
      note:
        `figures of another version can differ by some percent; \`${install}\` gives the one ` +
        'that published figures are from',
      run: running(tool),
    };
  }
  throw new InputError(
    `${tool.title} is needed and was found neither among the packages of npm nor on the PATH; ` +
      `install it with \`${install}\` or \`${tool.install}\`.`,
    'missing-tool',
  );
}

/** Whether the program is on the PATH, whatever its version. */
async function isThere(tool: Tool): Promise<boolean> {
  try {
    await runTool(tool, tool.versionArguments);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

const running = (tool: Tool) => async (folder: string, args: readonly string[]) => {
  await runToolOrThrow(tool, args, { cwd: folder });
};

/** Runs a Yosys script, one command in each entry, on the files of a folder. */
export async function runYosysScript(
  { run }: SynthesisTool,
  folder: string,
  script: readonly string[],
): Promise<void> {
  const name = 'script.ys';
  await writeFile(join(folder, name), `${script.join('\n')}\n`);
  await run(folder, ['-q', '-s', name]);
}
