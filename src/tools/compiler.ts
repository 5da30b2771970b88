import { runToolOrThrow, toolVersion } from './run-tool.ts';
import type { Tool } from './run-tool.ts';

export const compiler: Tool = {
  title: 'A C++ compiler (g++)',
  command: 'g++',
  install: 'apt-get install g++',
  instead: 'use --engine simulator',
  versionArguments: ['--version'],
  versionPattern: /(\d+\.\d+\.\d+)/,
};

export function compilerVersion(): Promise<string> {
  return toolVersion(compiler);
}

/** Compiles one C++17 source file to an object file. Throws with the compiler's messages. */
export async function compileObject(
  source: string,
  object: string,
  options: { readonly flags: readonly string[]; readonly includes: readonly string[] },
): Promise<void> {
  await runToolOrThrow(compiler, [
    '-std=c++17',
    ...options.flags,
    ...options.includes.flatMap((folder) => ['-I', folder]),
    '-c',
    source,
    '-o',
    object,
  ]);
}

export async function linkObjects(objects: readonly string[], program: string): Promise<void> {
  await runToolOrThrow(compiler, [...objects, '-pthread', '-o', program]);
}
