import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { xorshift32 } from '../../src/numeric/index.ts';
import { layoutOf } from '../../src/testbench/layout.ts';
import { harnessFolder } from '../../src/testbench/paths.ts';
import { renderVerilogTestbench } from '../../src/testbench/render.ts';
import { isStalled, stallState } from '../../src/testbench/stalls.ts';
import {
  compileObject,
  compiler,
  icarus,
  icarusCompile,
  icarusRun,
  linkObjects,
} from '../../src/tools/index.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { available } from '../tools/available.ts';
import { pairSum } from './pair-sum.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'systole-stalls-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The seed that the mixing takes to zero for stream 0: the finalizer is a bijection of 0. */
const zeroSeed = 0x9e3779b9;
const seeds = [1, 2, 0x7fffffff, 0x80000000, 0xffffffff, zeroSeed];
const draws = 40;

/** For every seed and stream 0 .. 3: whether each of the first draws stalls, with chance 100. */
function expected(): string[] {
  return seeds.flatMap((seed) =>
    [0, 1, 2, 3].map((stream) => {
      let state = stallState(seed, stream);
      let line = '';
      for (let i = 0; i < draws; i++) {
        state = xorshift32(state);
        line += isStalled(state, 100) ? '1' : '0';
      }
      return line;
    }),
  );
}

test('no state is ever zero, and streams and seeds differ', () => {
  expect(stallState(zeroSeed, 0)).toBe(1);
  const states = new Set<number>();
  for (let seed = 1; seed <= 100; seed++) {
    for (let stream = 0; stream < 8; stream++) states.add(stallState(seed, stream));
  }
  expect(states.size).toBe(800);
  expect(states.has(0)).toBe(false);
  expect(new Set(expected()).size).toBe(seeds.length * 4);
});

test('the chance is n of 256', () => {
  let state = stallState(7, 3);
  let stalled = 0;
  let never = 0;
  for (let i = 0; i < 100_000; i++) {
    state = xorshift32(state);
    if (isStalled(state, 0)) never++;
    if (isStalled(state, 64)) stalled++;
  }
  expect(never).toBe(0);
  // Five standard deviations of a binomial with p = 1/4.
  expect(Math.abs(stalled - 25_000)).toBeLessThan(5 * Math.sqrt(100_000 * 0.25 * 0.75));
});

describe.skipIf(!(await available(compiler)))('C++', () => {
  test('draws the same', async () => {
    const source = join(folder, 'draws.cpp');
    await writeFile(
      source,
      `#include <cstdio>
      #include <initializer_list>
      #include "stalls.h"
      int main() {
        for (std::uint32_t seed : {${seeds.map((seed) => `${seed}u`).join(', ')}})
          for (unsigned stream = 0; stream < 4; stream++) {
            systole::StallGenerator generator(seed, stream, 100);
            for (int i = 0; i < ${draws}; i++) std::putchar(generator.draw() ? '1' : '0');
            std::putchar('\\n');
          }
      }`,
    );
    const program = join(folder, 'draws');
    await compileObject(source, `${program}.o`, { flags: ['-Wall'], includes: [harnessFolder] });
    await linkObjects([`${program}.o`], program);
    const { stdout } = await runTool({ ...compiler, command: program }, []);
    expect(stdout.split('\n')).toEqual(expected());
  });
});

describe.skipIf(!(await available(icarus)))('Verilog', () => {
  test('draws the same', async () => {
    const testbench = await renderVerilogTestbench(layoutOf(pairSum));
    const functions = testbench.match(/^ {2}function[^]*?endfunction/gm)!;
    expect(functions).toHaveLength(2);
    const source = join(folder, 'draws.v');
    await writeFile(
      source,
      `module draws;
        ${functions.join('\n')}
        reg [31:0] state;
        integer stream, i;
        task seed(input [31:0] value);
          for (stream = 0; stream < 4; stream = stream + 1) begin
            state = first_state(value, stream);
            for (i = 0; i < ${draws}; i = i + 1) begin
              state = next_state(state);
              $write("%b", state[31:24] < 8'd100);
            end
            $write("\\n");
          end
        endtask
        initial begin
          ${seeds.map((seed) => `seed(32'd${seed});`).join('\n')}
        end
      endmodule
      `,
    );
    const program = join(folder, 'draws.vvp');
    await icarusCompile([source], { top: 'draws', output: program, defines: [] });
    const { stdout } = await icarusRun(program, folder);
    expect(stdout.split('\n')).toEqual(expected());
  });
});
