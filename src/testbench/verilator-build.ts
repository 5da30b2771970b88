import { availableParallelism } from 'node:os';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  compileObject,
  compilerVersion,
  linkObjects,
  verilate,
  verilatedSources,
  verilatorInclude,
  verilatorVersion,
} from '../tools/index.ts';
import { cached, cacheKey } from './build-cache.ts';
import type { Layout } from './layout.ts';
import { harnessFiles, harnessFolder } from './paths.ts';
import { renderBinding } from './render.ts';
import { writeSources } from './verilog-source.ts';
import type { VerilogSource } from './verilog-source.ts';

/** How a Verilator build weighs compile time against speed. */
export type Optimization = 'quick' | 'fast';

const compilerFlags = { quick: ['-O1'], fast: ['-O3', '-fno-plt', '-fstrict-aliasing'] } as const;

const defines = ['-DVL_USER_FINISH', '-DVM_COVERAGE=0', '-DVM_TRACE=0', '-DVM_SC=0'];

const verilatorFlags = [
  '--default-language',
  '1364-2005',
  '-O3',
  '--no-timing',
  // Registers and memories power on with values from the seed at run time.
  '--x-initial',
  'unique',
  // Warnings are the lint's business; a design with some can still be run.
  '-Wno-fatal',
  '+define+SIMULATION',
  '--output-split',
  '20000',
];

const runtimeSources = ['verilated.cpp', 'verilated_threads.cpp'];

/** The program that runs a design in Verilator, from the cache or newly built. */
export async function buildVerilated(
  layout: Layout,
  verilog: readonly VerilogSource[],
  cache: string,
  optimization: Optimization,
): Promise<string> {
  const flags = [...compilerFlags[optimization], ...defines];
  const versions = [await verilatorVersion(), await compilerVersion()];
  const harness = await Promise.all(
    harnessFiles.map((name) => readFile(join(harnessFolder, name), 'utf8')),
  );
  const runtimeKey = cacheKey(['runtime', ...versions, ...flags, ...runtimeSources, ...harness]);
  const binding = await renderBinding(layout);
  const key = cacheKey([
    'verilator',
    runtimeKey,
    ...verilatorFlags,
    binding,
    ...verilog.flatMap(({ name, text }) => [name, text]),
  ]);
  const folder = await cached(cache, key, async (aside) => {
    const work = join(aside, 'work');
    await mkdir(work);
    const runtime = cached(cache, runtimeKey, (target) => buildRuntime(target, flags));
    const objects = await Promise.all([
      runtime.then(runtimeObjects),
      buildDesign(work, layout.top, verilog, binding, flags),
    ]);
    await linkObjects(objects.flat(), join(aside, 'harness'));
    await rm(work, { recursive: true });
  });
  return join(folder, 'harness');
}

const objectOf = (source: string): string => basename(source).replace(/\.cpp$/, '.o');

function runtimeObjects(folder: string): string[] {
  return ['harness.cpp', ...runtimeSources].map((name) => join(folder, objectOf(name)));
}

/** Verilator's runtime and the harness, which are the same for every design. */
async function buildRuntime(folder: string, flags: readonly string[]): Promise<void> {
  const include = await verilatorInclude();
  const sources = [
    join(harnessFolder, 'harness.cpp'),
    ...runtimeSources.map((name) => join(include, name)),
  ];
  await compileAll(sources, folder, flags, await includeFolders());
}

/** Objects of the design itself and its binding. */
async function buildDesign(
  folder: string,
  top: string,
  verilog: readonly VerilogSource[],
  binding: string,
  flags: readonly string[],
): Promise<string[]> {
  const rtl = await writeSources(folder, verilog);
  const cpp = join(folder, 'cpp');
  await verilate(rtl, { top, folder: cpp, flags: verilatorFlags });
  const bindingSource = join(folder, 'binding.cpp');
  await writeFile(bindingSource, binding);
  const { fast, slow } = await verilatedSources(cpp);
  // What runs once is one translation unit, unoptimized: its time goes into reading headers.
  const once = join(folder, 'once.cpp');
  const onceSources = [...slow, bindingSource];
  await writeFile(once, onceSources.map((path) => `#include "${path}"\n`).join(''));
  const includes = [...(await includeFolders()), cpp];
  const objects = await Promise.all([
    compileAll(fast, folder, flags, includes),
    compileAll([once], folder, ['-O0', ...defines], includes),
  ]);
  return objects.flat();
}

async function includeFolders(): Promise<string[]> {
  const include = await verilatorInclude();
  return [harnessFolder, include, join(include, 'vltstd')];
}

/** Compiles sources into `folder`, as many at a time as there are processors. */
async function compileAll(
  sources: readonly string[],
  folder: string,
  flags: readonly string[],
  includes: readonly string[],
): Promise<string[]> {
  const waiting = [...sources];
  const worker = async (): Promise<void> => {
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      await compileObject(source, join(folder, objectOf(source)), { flags, includes });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return sources.map((source) => join(folder, objectOf(source)));
}
