import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Program } from '../src/ir/index.ts';
import { runToolOrThrow } from '../src/tools/run-tool.ts';
import type { Tool } from '../src/tools/index.ts';
import { verilator } from '../src/tools/index.ts';
import { emitVerilog } from '../src/verilog/index.ts';

/** A design that Verilator compiled with nothing around it but its clock. */
export interface Native {
  /** Runs from reset for so many cycles; gives the checksum and the milliseconds of the loop. */
  run(cycles: number): Promise<{ readonly checksum: number; readonly ms: number }>;
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

/** Builds a design with the ports `clk`, `resetn` and an output `checksum` of 32 bits. */
export async function buildNative(program: Program, folder: string): Promise<Native> {
  await mkdir(folder, { recursive: true });
  const names: string[] = [];
  for (const { name, text } of emitVerilog(program)) {
    await writeFile(join(folder, name), text);
    names.push(name);
  }
  await writeFile(join(folder, 'main.cpp'), mainSource(program.top));
  await runToolOrThrow(
    verilator,
    ['--cc', '--exe', '--build', ...flags, '--top-module', program.top, ...names, 'main.cpp'],
    { cwd: folder },
  );
  const executable: Tool = {
    ...verilator,
    title: program.top,
    command: join(folder, 'obj_dir', `V${program.top}`),
  };
  return {
    async run(cycles) {
      const { stdout } = await runToolOrThrow(executable, [String(cycles)]);
      const [checksum, ms] = stdout.split(' ').map(Number);
      return { checksum: checksum!, ms: ms! };
    },
  };
}

function mainSource(top: string): string {
  return `#include "V${top}.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>

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
  run(std::atol(arguments[1]));
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  top.clk = 0;
  top.eval();
  std::printf("%u %.3f\\n", static_cast<unsigned>(top.checksum), time.count());
}
`;
}
