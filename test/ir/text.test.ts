import { describe, expect, it } from 'vitest';
import { optimize, parseProgram, printProgram, verifyProgram } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { families } from '../../src/families/index.ts';
import { makeCase } from '../fuzz/programs.ts';

/** Everything that the text form knows, in its canonical form. */
const everything = `module child @ "child.ts" 3:14 {
  doc "a child\\n\\nwith \\"more\\""
  parameter width = "8" "bits"
  domain main (clk, resetn)
  external vendor_cell (WIDTH: 8, MODE: "FAST") {in: I, out: O}
  input in : u8
  output out : s8 = %in
  %in : 8 = input(in)
}

module top {
  domain main (clk, resetn)
  domain fast (fast_clk, fast_resetn)
  input from_valid : u1
  output from_ready : u1 = %7
  input from_data : u8 "arrives"
  input mode : u2 of [idle, run] in main
  output out : s16 in fast = total "leaves"
  stream from input (from_valid, from_ready) {data: from_data u8} "beats"
  stream wide output (wide_valid, wide_ready, wide_last) {data: wide_data s9 padding 7}
  bus s_axi "axi4-lite" 12 "registers" {
    register ID 0, "read-only", 77 "what it is" {}
    register MODE 4, "read-write", 3 "how it works" {on: 0, 1 "works", go: 4, 2 access "write-only"}
    register CYCLES_HIGH 8, "read-only", 0 counter cycles 32 {}
    window setup 1024, 16 "settings"
  }
  attributes clk {X_INTERFACE_INFO: "a \\"clock\\"", KEEP: "true"}
  memory table : s8[3] style block init ['h1, 'hff, 'h0] @ "top.ts" 9:1 {
    read(%3)
    read(%3, main, new, enable: %from_valid)
    write(%3, main, data: %from_data, enable: %from_valid, mask: %3)
  }
  instance u_child : child domains {main: fast} {
    in = %from_data
  }
  instance u_row : child[2, 2] @ "top.ts" 12:3 {
    in = neighbour(out, axis: 1, step: -1, edge: %4)
  }
  instance u_each : child[2] {
    in = each(%4)
  }
  %from_valid : 1 = input(from_valid)
  %from_data : 8 = input(from_data)
  %mode : 2 = input(mode)
  total : s16 = register(fast, next: %6, enable: %from_valid, init: 16'h1f, synchronizes)
  state : u2 of [idle, run] = wire(%mode) @ "top.ts" 20:5
  %0 : 8 = add(%from_data, 8'h1)
  %1 : 8 = mux(%from_valid, %0, not(%0))
  %2 : 8 = cases(%mode, 'h0: %0, 'h1: %1, else: %from_data)
  %3 : 2 = slice(element(slice(total, 15:0), %from_valid, 8), 1:0)
  %4 : 16 = {%1, %2}
  %table.0 : 8 = read(table, 0)
  %u_child.out : 8 = output(u_child, out)
  %5 : 9 = signExtend(%u_child.out, 9)
  %6 : 16 = mulSigned(%table.0, %from_data)
  %7 : 1 = and(reduceXor(%5), slice(%6, 15))
  assert known (main, %7) "the message" @ "top.ts" 30:2
}
`;

describe('the text form', () => {
  it('shows everything that the data hold, in one form', () => {
    expect(printProgram(parseProgram(everything))).toBe(everything);
  });

  it.each(
    families.flatMap(({ designs }) => designs.map((design) => [design.name, design] as const)),
  )('reads %s back as it was', (_, { parameters, rtl }) => {
    const defaults = Object.entries(parameters).map(([name, spec]) => [name, spec.default]);
    const program = rtl(Object.fromEntries(defaults) as Record<string, number>);
    for (const stage of [program, optimize(program)]) {
      expect(verifyProgram(stage)).toEqual([]);
      expectRoundTrip(stage);
    }
  });

  it('reads random programs back as they were', () => {
    for (let seed = 1; seed <= 60; seed++) {
      expectRoundTrip(makeCase(seed, seed % 2 === 0 ? 'open' : 'defined').program);
    }
  });

  it('takes labels of any kind, comments, and operands inside operands', () => {
    const program = parseProgram(`
      module m { # what follows stands in any layout
        input a : u8  output out : u8 = %twice
        %a : 8 = input(a)  # the input
        %twice : 8 = add(not(%a), not(not(%a)))
      }`);
    expect(verifyProgram(program)).toEqual([]);
    expect(program.modules[0]!.nodes.map((node) => node.kind)).toEqual([
      'input',
      'unary',
      'unary',
      'unary',
      'binary',
    ]);
  });

  it('puts names of unusual letters, and empty lists, into quotation marks and brackets', () => {
    const text = `module "m-1" {
  domain main (clk, resetn)
  input "a b" : u8 "with \\"quotes\\""
  output "1st" : u8 = "the sum"
  stream "s s" input (v, r) {}
  instance "u 1" : "m-0" {
  }
  %0 : 8 = input("a b")
  "the sum" : 8 = add(%0, %0)
}
`;
    const program = parseProgram(text);
    const [module] = program.modules;
    expect(module!.ports.map((port) => port.name)).toEqual(['a b', '1st']);
    expect(module!.ports[0]!.doc).toBe('with "quotes"');
    expect(module!.nodes[1]!.name).toBe('the sum');
    expect(module!.streams[0]!.fields).toEqual([]);
    expect(program.top).toBe('m-1');
    expect(printProgram(program)).toBe(text);
  });

  const inModule = (line: string) =>
    `module m {\n  input a : u8\n  %a : 8 = input(a)\n  ${line}\n}\n`;
  const mistakes: Record<string, [string, string]> = {
    'no module': ['', 'line 1, column 1: a program has at least one module'],
    'an unknown character': [inModule('&'), 'line 4, column 3: nothing begins with "&"'],
    'an unknown statement': [inModule('wire x'), "line 4, column 3: 'wire' begins no statement"],
    'an unknown operator': [
      inModule('x : 8 = plus(%a)'),
      'line 4, column 11: there is no operator',
    ],
    'an unknown node': [
      inModule('x : 8 = not(%b)'),
      "line 4, column 15: there is no node '%b' above",
    ],
    'an unknown driver': [inModule('output o : u8 = x'), "line 4, column 19: there is no node 'x'"],
    'an unknown port': [
      inModule('%b : 8 = input(b)'),
      "line 4, column 18: there is no input port 'b'",
    ],
    'a wrong width': [
      inModule('x : 9 = not(%a)'),
      'line 4, column 7: the value has 8 bits, 9 are declared',
    ],
    'a wrong init': [
      `module m {\n  domain d (c, r)\n  x : 2 = register(d, next: x, init: 3'h1)\n}`,
      'line 3, column 38: init has 3 bits, 2 are declared',
    ],
    'a label twice': [inModule("%a : 1 = 1'h0"), "line 4, column 3: '%a' is used twice"],
    'a wire inside': [
      inModule('x : 8 = not(wire(%a))'),
      'line 4, column 15: a wire is a statement',
    ],
    'a missing mark': [inModule('x : 8 = not %a'), "line 4, column 15: '(' is needed, not '%a'"],
    'a missing end': ['module m {', 'line 1, column 11: a word is needed, not the end of the text'],
    'no type': [inModule('x : = not(%a)'), 'line 4, column 7: a type like 8, u8 or s8 is needed'],
    'a stream without direction': [
      inModule('stream s both (v, r) {}'),
      "line 4, column 12: a stream is an input or an output, not 'both'",
    ],
    'an unknown way to connect': [
      inModule('instance u : m[2] {\n    a = some(%a)\n  }'),
      "line 5, column 9: 'each' or 'neighbour' is needed, not 'some'",
    ],
    'an unknown style': [
      inModule('memory t : 8[2] style ultra {}'),
      "line 4, column 25: 'block' or 'distributed' or 'registers' is needed, not 'ultra'",
    ],
    'a text where a word is needed': [
      inModule('memory t : 8[2] style "block" {}'),
      "line 4, column 25: 'block' or 'distributed' or 'registers' is needed, not \"block\"",
    ],
    'a value where a number is needed': [
      inModule("memory t : 8['h2] {}"),
      "line 4, column 16: a number is needed, not 'h2",
    ],
    'a third axis': [
      `module c {\n  input i : u1\n  output o : u1 = %i\n  %i : 1 = input(i)\n}\n` +
        inModule('instance u : c[2] {\n    i = neighbour(o, axis: 2, step: +1, edge: %a)\n  }'),
      'line 10, column 28: 0 or 1 is needed, not 2',
    ],
    'a text that JSON does not know': [
      inModule('doc "\\x41"'),
      'line 4, column 7: "\\x41" is not a text as JSON writes it',
    ],
    'a text without end': [inModule('doc "one'), 'line 4, column 7: nothing begins with "\\""'],
    'an unknown domain': [
      inModule('x : 8 = register(fast, next: %a)'),
      "line 4, column 20: there is no domain 'fast'",
    ],
  };
  it.each(Object.entries(mistakes))('names the place of %s', (_, [text, message]) => {
    expect(() => parseProgram(text)).toThrow(message);
  });
});

function expectRoundTrip(program: Program): void {
  const text = printProgram(program);
  expect(parseProgram(text)).toEqual(program);
  expect(printProgram(parseProgram(text))).toBe(text);
}
