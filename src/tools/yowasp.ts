import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Tool } from './run-tool.ts';

/** A program that npm installs as WebAssembly: it needs no compiler, no root and no system package. */
export interface YowaspPackage {
  /** `@yowasp/yosys` */
  readonly name: string;
  /** What is tested; another one is used all the same, and named in reports. */
  readonly version: string;
  /** Name of the program among those of the package. */
  readonly command: string;
}

/** An installed package. */
export interface InstalledPackage {
  readonly module: string;
  readonly version: string;
}

const runner = fileURLToPath(new URL('yowasp-process.ts', import.meta.url));

/**
 * Where npm has put a package: beside Systole, or in the current folder or one above it. `undefined`
 * where it is not installed.
 */
export function findPackage({ name }: YowaspPackage): InstalledPackage | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      const module = createRequire(from).resolve(name);
      return { module, version: versionOf(name, module) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

/** From the package's own description, which its `exports` do not let one import. */
function versionOf(name: string, module: string): string {
  for (let folder = dirname(module); folder !== dirname(folder); folder = dirname(folder)) {
    const description = join(folder, 'package.json');
    if (!existsSync(description)) continue;
    const found = JSON.parse(readFileSync(description, 'utf8')) as {
      readonly name?: string;
      readonly version?: string;
    };
    if (found.name === name && found.version !== undefined) return found.version;
  }
  throw new Error(`${module} is in no folder of a package '${name}'.`);
}

/** How to start an installed package as any other program; `tool` is what messages call it. */
export function yowaspTool(tool: Tool, installed: InstalledPackage, command: string): Tool {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return {
    ...tool,
    command: process.execPath,
    leading: ['--import', loader, runner, installed.module, command],
  };
}
