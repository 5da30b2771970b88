import { afterAll, describe, expect, it } from 'vitest';
import { parseProgram } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { icarus, verilator, yosys } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';
import { makeBench } from './bench.ts';
import { checkVerilator, forgetRuntime, proveEqual } from './in-tools.ts';
import { makeCase } from './programs.ts';
import { fuzz } from './run.ts';
import { shrink, tidy } from './shrink.ts';

const tools = {
  icarus: await available(icarus),
  verilator: await available(verilator),
  yosys: await available(yosys),
};
afterAll(forgetRuntime);

/** What every run of the tests takes; `make fuzz` takes as many as it is told. */
describe('random programs', () => {
  it.each([
    ['reference', 150, true],
    ['simulator', 150, true],
    ['icarus', 40, tools.icarus],
    ['verilator', 10, tools.verilator],
    ['yosys', 8, tools.yosys],
  ] as const)('show no difference in %s on %i seeds', async (engine, seeds, isPresent) => {
    if (!isPresent) return;
    const { failures, undecided, seeds: done } = await fuzz(engine, 1, seeds);
    expect(failures).toEqual([]);
    expect({ undecided, done }).toEqual({ undecided: 0, done: seeds });
  });
});

describe('the comparison', () => {
  const test = makeCase(3, 'defined');

  it('finds one wrong bit in one cycle, and whose it is', () => {
    const bench = makeBench([test, test]);
    const cycles = bench.stimulus.length;
    expect(bench.compare(bench.expected)).toEqual([undefined, undefined]);
    const wrong = bench.expected.map((line, cycle) =>
      cycle === cycles - 1 ? line.slice(0, -1) + (line.endsWith('0') ? '1' : '0') : line,
    );
    const [first, second] = bench.compare(wrong);
    expect(first).toContain(`cycle ${cycles - 1}: out0 is`);
    expect(second).toBeUndefined();
  });

  it.runIf(tools.yosys)('by proof tells a difference from equality', async () => {
    const module = (name: string, value: string) => ({
      name: `${name}.v`,
      text: `module ${name} (input clk, input [3:0] a, output reg [3:0] y);
        always @(posedge clk) y <= ${value};
      endmodule`,
    });
    const gold = module('gold', "a + 4'd3");
    expect(await proveEqual([gold, module('gate', "a - 4'd13")], [], 20)).toBe('equal');
    const differs = await proveEqual(
      [gold, module('gate', "(a == 4'd9) ? 4'd0 : a + 4'd3")],
      [],
      20,
    );
    expect(differs).toHaveProperty('problem');
  });
});

describe('shrinking', () => {
  it('keeps what the failure needs and nothing else', async () => {
    const multiplies = (program: Program) =>
      tidy(program)
        .modules.at(-1)!
        .nodes.some((node) => node.kind === 'binary' && node.op === 'mulSigned');
    const seed = Array.from({ length: 200 }, (_, i) => i + 1).find((candidate) =>
      multiplies(makeCase(candidate, 'defined').program),
    )!;
    const { program } = makeCase(seed, 'defined');
    const small = await shrink(program, (candidate) => Promise.resolve(multiplies(candidate)), 400);
    expect(small.modules).toHaveLength(1);
    expect(small.modules[0]!.nodes.length).toBeLessThanOrEqual(4);
    expect(multiplies(small)).toBe(true);
  });
});

/** The smallest programs of what the fuzzer has found. */
describe.runIf(tools.verilator)('found by fuzzing', () => {
  const found: Record<string, string> = {
    'bits of a chain of one-bit ports that nothing reads': `
      module stage {
        domain main (clk, resetn)
        input valid : u1
        output to : u1 = %valid
        %valid : 1 = input(valid)
      }
      module top {
        domain main (clk, resetn)
        input go : u1
        output out : u1 = %first
        instance u_chain : stage[3] {
          valid = neighbour(to, axis: 0, step: -1, edge: %go)
        }
        %go : 1 = input(go)
        %u_chain.to : 3 = output(u_chain, to)
        %first : 1 = slice(%u_chain.to, 1)
      }`,
    'an output that feeds a chain along each axis': `
      module cell {
        domain main (clk, resetn)
        input above : u8
        input left : u8
        output sum : u8 = %sum
        %above : 8 = input(above)
        %left : 8 = input(left)
        %sum : 8 = add(%above, %left)
      }
      module top {
        domain main (clk, resetn)
        input go : u1
        input tops : u16
        input rows : u24
        output out : u8 = %first
        instance u_cells : cell[3, 2] {
          above = neighbour(sum, axis: 0, step: +1, edge: %tops)
          left = neighbour(sum, axis: 1, step: +1, edge: %rows)
        }
        %tops : 16 = input(tops)
        %rows : 24 = input(rows)
        %u_cells.sum : 48 = output(u_cells, sum)
        %first : 8 = slice(%u_cells.sum, 7:0)
      }`,
  };
  it.each(Object.entries(found))('%s', async (_, text) => {
    const test = { seed: 1, kind: 'defined', program: parseProgram(text) } as const;
    expect(await checkVerilator([test])).toEqual([undefined]);
  });
});
