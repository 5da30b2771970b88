import { describe, expect, it } from 'vitest';
import {
  fold,
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
    'share computes equal values once, in either order of operands',
    share,
    around(`%a : 8 = add(%x, %y)\n%b : 8 = add(%y, %x)\nboth : 8 = xor(%a, %b)`, 'both'),
    around(`%0 : 8 = add(%x, %y)\nboth : 8 = xor(%0, %0)`, 'both'),
  ],
  [
    'share keeps two names apart',
    share,
    around(`a : 8 = add(%x, %y)\nb : 8 = add(%x, %y)\nboth : 8 = xor(a, b)`, 'both'),
    around(`a : 8 = add(%x, %y)\nb : 8 = add(%x, %y)\nboth : 8 = xor(a, b)`, 'both'),
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
