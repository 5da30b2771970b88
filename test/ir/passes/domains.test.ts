import { describe, expect, it } from 'vitest';
import { findDomainCrossings, parseProgram, verifyProgram } from '../../../src/ir/index.ts';

const children = `
module cell {
  domain main (clk, resetn)
  input in : u8
  output out : u8 = %in
  %in : 8 = input(in)
}
module bridge {
  domain main (clk, resetn)
  domain other (other_clk, other_resetn)
  input in : u8
  output out : u8 in other = held
  %in : 8 = input(in)
  held : 8 = register(other, next: %in, synchronizes)
}
`;

/** What crosses, as `from -> to: path`, in a module of two domains with an input of each. */
function crossings(declarations: string, nodes: string): string[] {
  const program = parseProgram(`${children}
    module top {
      domain slow (slow_clk, slow_resetn)
      domain fast (fast_clk, fast_resetn)
      input s : u8 in slow
      input f : u8 in fast
      input go : u1 in slow
      ${declarations}
      %s : 8 = input(s)
      %f : 8 = input(f)
      %go : 1 = input(go)
      ${nodes}
    }`);
  expect(verifyProgram(program)).toEqual([]);
  const known = new Map(program.modules.map((module) => [module.name, module]));
  return findDomainCrossings(program.modules.at(-1)!, known).map(
    ({ from, to, path, sink }) => `${from} -> ${to}: ${path.join(', ')} (${sink.kind})`,
  );
}

describe('findDomainCrossings', () => {
  const examples: Record<string, [string, string, string[]]> = {
    'finds nothing where each domain keeps to itself': [
      'output os : u8 in slow = hs\noutput of : u8 in fast = hf',
      'hs : 8 = register(slow, next: %s)\nhf : 8 = register(fast, next: %next)\n%next : 8 = add(%f, hf)',
      [],
    ],
    'names the way to a register': [
      '',
      'sum : 8 = add(%s, %s)\n%not : 8 = not(sum)\nheld : 8 = register(fast, next: %not)',
      ['slow -> fast: s, sum, held (node)'],
    ],
    'looks at the enable of a register': [
      '',
      'held : 8 = register(fast, next: %f, enable: %go)',
      ['slow -> fast: go, held (node)'],
    ],
    'calls a register without name a register': [
      '',
      '%h : 8 = register(fast, next: %s)',
      ['slow -> fast: s, a register (node)'],
    ],
    'names the partner of a computation without name': [
      'output o : u8 in slow = %sum',
      '%sum : 8 = add(%s, %f)',
      ['fast -> slow: f, a computation with s (node)'],
    ],
    'names the computation': [
      'output o : u8 in slow = sum',
      'sum : 8 = add(%s, not(%f))',
      ['fast -> slow: f, sum (node)'],
    ],
    'looks at outputs': ['output o : u8 in slow = %f', '', ['fast -> slow: f, o (output)']],
    'takes constants for every domain': ['output o : u8 in fast = %one', "%one : 8 = 8'h1", []],
    'looks at checks': ['', 'assert busy (fast, %go) "goes"', ['slow -> fast: go, busy (check)']],
    'looks at the inputs of instances': [
      'instance u_cell : cell domains {main: fast} {\n in = %s\n }',
      '',
      ['slow -> fast: s, u_cell.in (instance)'],
    ],
    'knows the domain of an output of an instance': [
      `instance u_cell : cell domains {main: fast} {\n in = %f\n }
       output o : u8 in slow = %out`,
      '%out : 8 = output(u_cell, out)',
      ['fast -> slow: u_cell.out, o (output)'],
    ],
    'looks at the border of an array': [
      'instance u_row : cell[2] domains {main: fast} {\n in = neighbour(out, axis: 0, step: +1, edge: %s)\n }',
      '',
      ['slow -> fast: s, u_row.in (instance)'],
    ],
    'finds nothing between neighbours of one domain': [
      'instance u_row : cell[2] domains {main: slow} {\n in = neighbour(out, axis: 0, step: +1, edge: %s)\n }',
      '',
      [],
    ],
    'looks between neighbours of an array': [
      'instance u_row : bridge[2] domains {main: slow, other: fast} {\n in = neighbour(out, axis: 0, step: +1, edge: %s)\n }',
      '',
      ['fast -> slow: u_row.out, u_row.in (instance)'],
    ],
    'lets a synchronizer take what the other domain holds': [
      '',
      "%bits : 16 = {slice(%s, 3:0), 8'h0, slice(%s, 7:4)}\nmeta : 16 = register(fast, next: %bits, synchronizes)",
      [],
    ],
    'refuses a synchronizer what the other domain computes': [
      '',
      '%not : 8 = not(%s)\nmeta : 8 = register(fast, next: %not, synchronizes)',
      ['slow -> fast: s, meta (node)'],
    ],
    'looks at what a memory is written with': [
      'memory table : 8[2] {\n write(%go, fast, data: %f, enable: %go)\n }',
      '',
      ['slow -> fast: go, table (memory)', 'slow -> fast: go, table (memory)'],
    ],
    'looks at address and enable of a registered read port': [
      `memory table : 8[2] {
         read(%go, fast, old, enable: %go)
         write(%bit, fast, data: %f, enable: %bit)
       }`,
      '%bit : 1 = slice(%f, 0)',
      ['slow -> fast: go, table (memory)', 'slow -> fast: go, table (memory)'],
    ],
    'refuses a read that promises an order against writes of another clock': [
      `memory table : 8[2] {
         read(%go, slow, old)
         write(%bit, fast, data: %f, enable: %bit)
       }`,
      '%bit : 1 = slice(%f, 0)',
      ['fast -> slow: table, the word read (memory)'],
    ],
    'lets a read without such a promise be': [
      `memory table : 8[2] {
         read(%go, slow, undefined)
         write(%bit, fast, data: %f, enable: %bit)
       }
       output o : u8 in slow = %word`,
      '%bit : 1 = slice(%f, 0)\n%word : 8 = read(table, 0)',
      [],
    ],
    'takes a combinational read for the domain that writes': [
      `memory table : 8[2] {
         read(%zero)
         write(%bit, fast, data: %f, enable: %bit)
       }
       output o : u8 in slow = %word`,
      "%zero : 1 = 1'h0\n%bit : 1 = slice(%f, 0)\n%word : 8 = read(table, 0)",
      ['fast -> slow: table, o (output)'],
    ],
    'refuses a combinational read of what two domains write': [
      `memory table : 8[2] {
         read(%zero)
         write(%bit, fast, data: %f, enable: %bit)
         write(%go, slow, data: %s, enable: %go)
       }
       output o : u8 in fast = %word`,
      "%zero : 1 = 1'h0\n%bit : 1 = slice(%f, 0)\n%word : 8 = read(table, 0)",
      ['slow -> fast: table (node)'],
    ],
    'says from which domain the partner comes where that has no name': [
      `memory table : 8[2] {
         read(%go)
         write(%bit, fast, data: %f, enable: %bit)
       }
       output o : u8 in fast = %sum`,
      "%bit : 1 = slice(%f, 0)\n%word : 8 = read(table, 0)\n%sum : 8 = add(%word, 8'h1)",
      ['slow -> fast: go, table (node)'],
    ],
    'refuses a combinational read at an address of another domain': [
      `memory table : 8[2] {
         read(%go)
         write(%bit, fast, data: %f, enable: %bit)
       }
       output o : u8 in fast = %word`,
      '%bit : 1 = slice(%f, 0)\n%word : 8 = read(table, 0)',
      ['slow -> fast: go, table (node)'],
    ],
  };
  it.each(Object.entries(examples))('%s', (_, [declarations, nodes, expected]) => {
    expect(crossings(declarations, nodes)).toEqual(expected);
  });
});
