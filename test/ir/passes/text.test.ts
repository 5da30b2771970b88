import { describe, expect, it } from 'vitest';
import {
  fold,
  narrow,
  parseProgram,
  passes,
  printProgram,
  prune,
  share,
  verifyProgram,
} from '../../../src/ir/index.ts';
import type { Pass } from '../../../src/ir/index.ts';

/** A module around statements; `x` and `y` have 8 bits, `c` one. */
const around = (statements: string, out: string): string => `module m {
  domain main (clk, resetn)
  input x : u8
  input y : u8
  input c : u1
  output out : u8 = ${out}
  %x : 8 = input(x)
  %y : 8 = input(y)
  %c : 1 = input(c)
${statements
  .trim()
  .split('\n')
  .map((line) => `  ${line.trim()}\n`)
  .join('')}}
`;

/** What is tested, the pass, and the module before and after it. */
const examples: readonly (readonly [string, Pass, string, string])[] = [
  [
    'fold computes constants, and leaves what fed them to prune',
    fold,
    around(`total : 8 = add(%x, sub(8'h5, 8'h5))`, 'total'),
    around(`%0 : 8 = 8'h5\n%1 : 8 = 8'h5\n%2 : 8 = 8'h0\ntotal : 8 = wire(%x)`, 'total'),
  ],
  [
    'fold keeps a register and drops the enable that is always 1',
    fold,
    around(
      `%one : 1 = or(%c, 1'h1)\nheld : 8 = register(main, next: %x, enable: %one, init: 8'h3)`,
      'held',
    ),
    around(`%0 : 1 = 1'h1\n%1 : 1 = 1'h1\nheld : 8 = register(main, next: %x, init: 8'h3)`, 'held'),
  ],
  [
    'fold looks through slices of concatenations and extensions',
    fold,
    around(`%joined : 16 = {%y, %x}\nlow : 8 = slice(%joined, 7:0)`, 'low'),
    around(`%0 : 16 = {%y, %x}\nlow : 8 = wire(%x)`, 'low'),
  ],
  [
    'fold keeps sign, names of values and place with the name',
    fold,
    around(
      `code : s8 = add(8'h5, 8'h1) @ "top.ts" 4:2\nstate : u2 of [idle, run] = slice(8'h5, 1:0)`,
      'code',
    ),
    around(
      `%0 : 8 = 8'h5\n%1 : 8 = 8'h1\ncode : s8 = 8'h6 @ "top.ts" 4:2\n%2 : 8 = 8'h5\nstate : u2 of [idle, run] = 2'h1`,
      'code',
    ),
  ],
  [
    'fold passes through wires without a name and keeps those with one',
    fold,
    around(`%w : 8 = wire(%x)\nkept : 8 = wire(%w)\ntotal : 8 = add(%w, kept)`, 'total'),
    around(`kept : 8 = wire(%x)\ntotal : 8 = add(%x, kept)`, 'total'),
  ],
  [
    'fold finds the case of a constant selector, and equal cases',
    fold,
    around(
      `first : 8 = cases(2'h1, 'h0: %x, 'h1: %y, else: %x)\nnone : 8 = cases(2'h3, 'h0: %y, else: %x)\nequal : 8 = cases(%c, 'h0: %x, else: %x)`,
      'first',
    ),
    around(
      `%0 : 2 = 2'h1\nfirst : 8 = wire(%y)\n%1 : 2 = 2'h3\nnone : 8 = wire(%x)\nequal : 8 = wire(%x)`,
      'first',
    ),
  ],
  [
    'fold leaves a choice of different cases',
    fold,
    around(`some : 8 = cases(%c, 'h0: %y, else: %x)`, 'some'),
    around(`some : 8 = cases(%c, 'h0: %y, else: %x)`, 'some'),
  ],
  [
    'fold joins constants, and takes a slice of a slice from the whole',
    fold,
    around(`low : 8 = slice({8'h1, 8'h2}, 11:4)\nbits : 2 = slice(slice(%x, 6:2), 3:2)`, 'low'),
    around(
      `%0 : 8 = 8'h1\n%1 : 8 = 8'h2\n%2 : 16 = 16'h102\nlow : 8 = 8'h10\n%3 : 5 = slice(%x, 6:2)\n%4 : 2 = slice(%x, 5:4)\nbits : 2 = wire(%4)`,
      'low',
    ),
  ],
  [
    'share computes equal values once, in either order of operands',
    share,
    around(`%a : 8 = add(%x, %y)\n%b : 8 = add(%y, %x)\nboth : 8 = xor(%a, %b)`, 'both'),
    around(`%0 : 8 = add(%x, %y)\nboth : 8 = xor(%0, %0)`, 'both'),
  ],
  [
    'share computes what is equal once, of every kind',
    share,
    around(
      `%a : 4 = slice(%x, 3:0)
       %b : 4 = slice(%x, 3:0)
       %za : 8 = zeroExtend(%a, 8)
       %zb : 8 = zeroExtend(%b, 8)
       %ea : 4 = element(%x, %c, 4)
       %eb : 4 = element(%x, %c, 4)
       %ma : 4 = mux(%c, %a, %ea)
       %mb : 4 = mux(%c, %b, %eb)
       %na : 4 = not(%ma)
       %nb : 4 = not(%mb)
       %ca : 4 = cases(%c, 'h0: %na, 'h1: %a, else: %ea)
       %cb : 4 = cases(%c, 'h0: %nb, 'h1: %b, else: %eb)
       %pa : 16 = {%ca, %na, %za}
       %pb : 16 = {%cb, %nb, %zb}
       both : 16 = xor(%pa, %pb)
       low : 8 = slice(both, 7:0)`,
      'low',
    ),
    around(
      `%0 : 4 = slice(%x, 3:0)
       %1 : 8 = zeroExtend(%0, 8)
       %2 : 4 = element(%x, %c, 4)
       %3 : 4 = not(mux(%c, %0, %2))
       %4 : 4 = cases(%c, 'h0: %3, 'h1: %0, else: %2)
       %5 : 16 = {%4, %3, %1}
       both : 16 = xor(%5, %5)
       low : 8 = slice(both, 7:0)`,
      'low',
    ),
  ],
  [
    'share reads a port once',
    share,
    around(`%again : 8 = input(x)\nboth : 8 = xor(%x, %again)`, 'both'),
    around(`both : 8 = xor(%x, %x)`, 'both'),
  ],
  [
    'share keeps apart what differs in one thing',
    share,
    around(
      `%a : 4 = slice(%x, 3:0)
       %b : 4 = slice(%x, 4:1)
       %za : 8 = zeroExtend(%a, 8)
       %sa : 8 = signExtend(%a, 8)
       %first : 8 = mux(%c, %za, %sa)
       %other : 8 = mux(%c, %sa, %za)
       %joined : 8 = {%a, %b}
       %swapped : 8 = {%b, %a}
       total : 8 = add(add(%first, %other), sub(%joined, %swapped))`,
      'total',
    ),
    around(
      `%0 : 4 = slice(%x, 3:0)
       %1 : 4 = slice(%x, 4:1)
       %2 : 8 = zeroExtend(%0, 8)
       %3 : 8 = signExtend(%0, 8)
       %4 : 8 = mux(%c, %2, %3)
       %5 : 8 = mux(%c, %3, %2)
       %6 : 8 = {%0, %1}
       %7 : 8 = {%1, %0}
       %8 : 8 = add(%4, %5)
       total : 8 = add(%8, sub(%6, %7))`,
      'total',
    ),
  ],
  [
    'share keeps two names apart',
    share,
    around(`a : 8 = add(%x, %y)\nb : 8 = add(%x, %y)\nboth : 8 = xor(a, b)`, 'both'),
    around(`a : 8 = add(%x, %y)\nb : 8 = add(%x, %y)\nboth : 8 = xor(a, b)`, 'both'),
  ],
  [
    'narrow cuts a sum to the bits that are read, and its operands',
    narrow,
    around(
      `%a : 9 = zeroExtend(%x, 9)
       %b : 9 = signExtend(%y, 9)
       %sum : 9 = add(%a, %b)
       out : 8 = {2'h0, slice(%sum, 5:0)}`,
      'out',
    ),
    around(
      `%0 : 6 = add(slice(%x, 5:0), slice(%y, 5:0))
       out : 8 = {2'h0, %0}`,
      'out',
    ),
  ],
  [
    'prune drops registers that feed only themselves, and the names on the way',
    prune,
    around(
      `idle : 8 = register(main, next: sum)\nsum : 8 = add(idle, %x)\nout : 8 = not(%y)`,
      'out',
    ),
    `module m {
  domain main (clk, resetn)
  input x : u8
  input y : u8
  input c : u1
  output out : u8 = out
  %y : 8 = input(y)
  out : 8 = not(%y)
}
`,
  ],
];

describe('each pass, from text to text', () => {
  it.each(examples)('%s', (_, pass, before, after) => {
    const program = parseProgram(before);
    expect(verifyProgram(program)).toEqual([]);
    const result = { ...program, modules: program.modules.map(pass) };
    expect(verifyProgram(result)).toEqual([]);
    expect(printProgram(result)).toBe(after);
  });

  it('has an example for every pass of the list', () => {
    expect(new Set(examples.map(([, pass]) => pass))).toEqual(new Set(passes));
  });
});
