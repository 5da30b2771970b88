import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runToolOrThrow } from '../src/tools/run-tool.ts';
import type { Tool } from '../src/tools/index.ts';
import { verilator } from '../src/tools/index.ts';

export interface NativeRun {
  readonly checksum: number;
  /** Milliseconds of the loop, and those that it had a processor: less where others want it, too. */
  readonly ms: number;
  readonly cpuMs: number;
}

/** A design that Verilator compiled with nothing around it but its clock. */
export interface Native {
  /** Runs from reset for so many cycles. */
  run(cycles: number): Promise<NativeRun>;
}

// The makefile of Verilator puts OPT_FAST (-Os) behind CFLAGS, where it would win.
const optimization = '-O3 -march=native';
const flags = [
  '-O3',
  '--x-assign',
  'fast',
  '--no-timing',
  '-Wno-fatal',
  '-CFLAGS',
  optimization,
  '-MAKEFLAGS',
  `OPT_FAST='${optimization}' OPT_GLOBAL='${optimization}'`,
];

/** A design with the ports `clk`, `resetn` and an output `checksum` of 32 bits. */
export interface Sources {
  readonly top: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Values for parameters of the top. */
  readonly parameters?: Readonly<Record<string, number>>;
}

export async function buildNative(
  { top, files, parameters = {} }: Sources,
  folder: string,
): Promise<Native> {
  await mkdir(folder, { recursive: true });
  for (const { name, text } of files) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'main.cpp'), mainSource(top));
  const values = Object.entries(parameters).map(([name, value]) => `-G${name}=${value}`);
  const names = files.map(({ name }) => name);
  await runToolOrThrow(
    verilator,
    ['--cc', '--exe', '--build', ...flags, ...values, '--top-module', top, ...names, 'main.cpp'],
    { cwd: folder },
  );
  const executable: Tool = {
    ...verilator,
    title: top,
    command: join(folder, 'obj_dir', `V${top}`),
  };
  return {
    async run(cycles) {
      const { stdout } = await runToolOrThrow(executable, [String(cycles)]);
      const [checksum, ms, cpuMs] = stdout.split(' ').map(Number);
      return { checksum: checksum!, ms: ms!, cpuMs: cpuMs! };
    },
  };
}

function mainSource(top: string): string {
  return `#include "V${top}.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

int main(int, char** arguments) {
  VerilatedContext context;
  V${top} top(&context);
  const auto run = [&](long cycles) {
    for (long i = 0; i < cycles; ++i) {
      top.clk = 0;
      top.eval();
      top.clk = 1;
      top.eval();
    }
  };
  top.resetn = 0;
  run(4);
  top.resetn = 1;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  run(std::atol(arguments[1]));
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  const double cpuMs = 1000.0 * (std::clock() - cpu) / CLOCKS_PER_SEC;
  top.clk = 0;
  top.eval();
  std::printf("%u %.3f %.3f\\n", static_cast<unsigned>(top.checksum), time.count(), cpuMs);
}
`;
}
