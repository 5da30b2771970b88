/** The engines that read the emitted Verilog: Icarus, Verilator, and Yosys as a prover. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  compileObject,
  icarus,
  linkObjects,
  verilatedSources,
  verilatorInclude,
  yosys,
} from '../../src/tools/index.ts';
import { makeBench, prefixOf } from './bench.ts';
import type { Bench } from './bench.ts';
import type { Case } from './programs.ts';

/** What is wrong with each case of a batch; undefined where nothing is. */
export type Findings = readonly (string | undefined)[];

export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'systole-fuzz-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a tool in a folder; what it said, and whether it ended well. */
async function run(
  cwd: string,
  command: string,
  args: readonly string[],
  timeout?: number,
): Promise<{ readonly said: string; readonly good: boolean; readonly timedOut: boolean }> {
  const result = await execa(command, args, {
    cwd,
    reject: false,
    all: true,
    stdin: 'ignore',
    ...(timeout === undefined ? {} : { timeout }),
  });
  return { said: result.all, good: result.exitCode === 0, timedOut: result.timedOut };
}

async function writeBench(folder: string, bench: Bench): Promise<string[]> {
  await writeFile(join(folder, 'fuzz_bench.v'), bench.wrapper);
  for (const { name, text } of bench.files) await writeFile(join(folder, name), text);
  await writeFile(join(folder, 'stimulus.hex'), bench.stimulus.join('\n'));
  return ['fuzz_bench.v', ...bench.files.map((file) => file.name)];
}

/** Shares out what a tool said among the cases that it names. */
function blame(said: string, cases: readonly Case[], tool: string): Findings {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const findings = cases.map((_, index) => {
    const own = lines.filter((line) => new RegExp(`\\b${prefixOf(index)}`).test(line));
    return own.length === 0 ? undefined : `${tool} says: ${own.slice(0, 4).join(' / ')}`;
  });
  return lines.length > 0 && findings.every((finding) => finding === undefined)
    ? cases.map(() => `${tool} says: ${lines.slice(0, 4).join(' / ')}`)
    : findings;
}

export function checkIcarus(cases: readonly Case[]): Promise<Findings> {
  return inFolder(async (folder) => {
    const bench = makeBench(cases);
    const names = await writeBench(folder, bench);
    const { inBits, outBits, stimulus } = bench;
    const driver = `module fuzz_driver;
  reg clk = 0;
  reg [${inBits - 1}:0] in;
  wire [${outBits - 1}:0] out;
  reg [${inBits - 1}:0] stimulus [0:${stimulus.length - 1}];
  integer i;
  fuzz_bench bench (.clk(clk), .in(in), .out(out));
  initial begin
    $readmemh("stimulus.hex", stimulus);
    for (i = 0; i < ${stimulus.length}; i = i + 1) begin
      in = stimulus[i];
      #1 $display("%b", out);
      clk = 1;
      #1 clk = 0;
    end
    $finish;
  end
endmodule
`;
    await writeFile(join(folder, 'fuzz_driver.v'), driver);
    const lint = await run(folder, icarus.command, [
      ...['-g2005', '-Wall', '-s', 'fuzz_bench', '-tnull'],
      ...names,
    ]);
    if (lint.said !== '') return blame(lint.said, cases, 'Icarus');
    const build = await run(folder, icarus.command, [
      ...['-g2005', '-s', 'fuzz_driver', '-o', 'bench.vvp', 'fuzz_driver.v'],
      ...names,
    ]);
    if (!build.good) return blame(build.said, cases, 'Icarus');
    const { said } = await run(folder, 'vvp', ['-n', 'bench.vvp']);
    return bench.compare(said.split('\n').filter((line) => /^[01xz]+$/.test(line)));
  });
}

// Elements of an array that feed each other through one packed vector look like a loop to Verilator's
// scheduler (UNOPTFLAT); it is a remark about speed, which the lint does not make.
const verilatorFlags = ['-Wno-UNOPTFLAT', '--default-language', '1364-2005', '-O3', '--no-timing'];
const compilerFlags = ['-O0', '-DVM_COVERAGE=0', '-DVM_TRACE=0', '-DVM_SC=0'];

/** Verilator's own sources, compiled once per run of this process. */
let runtime: Promise<{ readonly objects: string[]; readonly includes: string[] }> | undefined;

async function buildRuntime(): Promise<{ objects: string[]; includes: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'systole-fuzz-runtime-'));
  const include = await verilatorInclude();
  const includes = [include, join(include, 'vltstd')];
  const objects = ['verilated', 'verilated_threads'].map((name) => join(folder, `${name}.o`));
  await Promise.all(
    objects.map((object) => {
      const source = join(include, object.slice(folder.length + 1).replace(/\.o$/, '.cpp'));
      return compileObject(source, object, { flags: compilerFlags, includes });
    }),
  );
  return { objects, includes };
}

/** Removes what `checkVerilator` keeps between batches. */
export async function forgetRuntime(): Promise<void> {
  const built = await runtime;
  runtime = undefined;
  if (built !== undefined) await rm(join(built.objects[0]!, '..'), { recursive: true });
}

export function checkVerilator(cases: readonly Case[]): Promise<Findings> {
  return inFolder(async (folder) => {
    const bench = makeBench(cases);
    const names = await writeBench(folder, bench);
    const verilated = await run(folder, 'verilator', [
      ...['--cc', '-Wall', '-Wno-fatal', ...verilatorFlags],
      ...['--top-module', 'fuzz_bench', '--prefix', 'Vfuzz', '--Mdir', 'cpp', ...names],
    ]);
    if (verilated.said !== '' || !verilated.good) {
      return blame(verilated.said, cases, 'Verilator');
    }
    const { objects, includes } = await (runtime ??= buildRuntime());
    const cpp = join(folder, 'cpp');
    const { fast, slow } = await verilatedSources(cpp);
    const main = join(folder, 'main.cpp');
    const sources = [...fast, ...slow].map((path) => `#include "${path}"\n`).join('');
    await writeFile(main, sources + driverSource(bench));
    const object = join(folder, 'main.o');
    await compileObject(main, object, { flags: compilerFlags, includes: [...includes, cpp] });
    const program = join(folder, 'bench');
    await linkObjects([object, ...objects], program);
    const { said } = await run(folder, program, []);
    return bench.compare(said.split('\n').filter((line) => /^[01]+$/.test(line)));
  });
}

function driverSource({ inBits, outBits, stimulus }: Bench): string {
  return `
#include <cstdio>
#include <cstring>
int main() {
  VerilatedContext context;
  Vfuzz top{&context};
  std::FILE* file = std::fopen("stimulus.hex", "r");
  static char line[${Math.ceil(inBits / 4) + 8}];
  top.clk = 0;
  for (int cycle = 0; cycle < ${stimulus.length}; cycle++) {
    if (std::fscanf(file, "%s", line) != 1) return 1;
    int digits = std::strlen(line);
    for (int word = 0; word < ${Math.ceil(inBits / 32)}; word++) {
      unsigned value = 0;
      for (int digit = 7; digit >= 0; digit--) {
        int at = digits - 1 - (word * 8 + digit);
        char c = at < 0 ? '0' : line[at];
        value = value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
      }
      top.in[word] = value;
    }
    top.eval();
    for (int bit = ${outBits - 1}; bit >= 0; bit--) std::putchar('0' + (top.out[bit / 32] >> bit % 32 & 1));
    std::putchar('\\n');
    top.clk = 1;
    top.eval();
    top.clk = 0;
    top.eval();
  }
  return 0;
}
`;
}

/** Cycles over which the two designs are proven equal, after reset. */
export const provenCycles = 5;

/** What a proof came to; `undecided` where the solver ran out of time. */
export type Proof = 'equal' | 'undecided' | { readonly problem: string };

/**
 * Proves the modules `gold` and `gate` of the files equal in every output, for all inputs, over the
 * first cycles after two cycles in which the inputs `quiet` are 0.
 */
export function proveEqual(
  files: readonly { readonly name: string; readonly text: string }[],
  quiet: readonly string[],
  seconds: number,
): Promise<Proof> {
  return inFolder(async (folder) => {
    for (const { name, text } of files) await writeFile(join(folder, name), text);
    const settings = [1, 2].flatMap((step) =>
      quiet.map((input) => `-set-at ${step} in_${input} 0`),
    );
    const script = [
      `read_verilog ${files.map((file) => file.name).join(' ')}`,
      'hierarchy -check; proc; check -assert; memory; opt_clean',
      'flatten gold; flatten gate; opt_clean',
      'miter -equiv -make_assert -flatten gold gate miter',
      'hierarchy -top miter; memory_map; opt -full; opt_clean',
      `sat -verify -prove-asserts -prove-skip 2 -seq ${provenCycles + 2} ${settings.join(' ')} miter`,
    ].join('\n');
    await writeFile(join(folder, 'prove.ys'), script);
    const { said, good, timedOut } = await run(
      folder,
      yosys.command,
      ['-q', '-s', 'prove.ys'],
      seconds * 1000,
    );
    if (timedOut) return 'undecided';
    if (good) return 'equal';
    return { problem: `Yosys says: ${said.split('\n').slice(-12).join(' / ')}` };
  });
}
