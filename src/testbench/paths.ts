import { fileURLToPath } from 'node:url';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Folder of the C++ harness. */
export const harnessFolder = fromRoot('sim');

/** Its files; `harness.cpp` includes the others. */
export const harnessFiles = [
  'harness.cpp',
  'bench.h',
  'beats.h',
  'binding.h',
  'hexfiles.h',
  'serve.h',
  'stalls.h',
] as const;

/** Folder of the templates of generated test code. */
export const templateFolder = fromRoot('templates/sim');

/** Where built simulations are kept: `SYSTOLE_CACHE`, or `sim/build/cache` in the project. */
export function cacheFolder(): string {
  const given = process.env['SYSTOLE_CACHE'];
  return given === undefined || given === '' ? fromRoot('sim/build/cache') : given;
}
