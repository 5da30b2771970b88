import { describe, expect, it } from 'vitest';
import {
  fold,
  narrow,
  parseProgram,
  printProgram,
  prune,
  verifyProgram,
} from '../../../src/ir/index.ts';

/** A module around statements; `x` and `y` have 8 bits, `n` 4, `c` one; the output has 4. */
const around = (statements: string): string => `module m {
  domain main (clk, resetn)
  input x : u8
  input y : u8
  input n : u4
  input c : u1
  output out : u4 = out
${[
  ...['x : 8', 'y : 8', 'n : 4', 'c : 1'].map((head) => `%${head} = input(${head[0]!})`),
  ...statements.trim().split('\n'),
]
  .map((line) => `  ${line.trim()}\n`)
  .join('')}}
`;

/** What is left of the statements after narrowing, folding and pruning, without the inputs. */
function narrowed(statements: string): string[] {
  const program = parseProgram(around(statements));
  expect(verifyProgram(program)).toEqual([]);
  const cut = { ...program, modules: program.modules.map(narrow) };
  expect(verifyProgram(cut)).toEqual([]);
  const tidy = { ...cut, modules: cut.modules.map((module) => prune(fold(module))) };
  expect(verifyProgram(tidy)).toEqual([]);
  return printProgram(tidy)
    .split('\n')
    .filter((line) => / : .* = /.test(line) && !/input|output/.test(line))
    .map((line) => line.trim());
}

describe('narrow', () => {
  it.each(['add', 'sub', 'and', 'or', 'xor'])('cuts %s, through all that passes bits on', (op) => {
    expect(
      narrowed(`%a : 16 = ${op}(zeroExtend(%x, 16), signExtend(%y, 16))
        %b : 16 = not(%a)
        %c2 : 16 = mux(%c, %b, zeroExtend(%x, 16))
        %d : 16 = cases(%c, 'h0: %c2, else: %b)
        %e : 20 = {4'h3, %d}
        %f : 20 = shiftLeft(%e, %n)
        out : 4 = slice(%f, 3:0)`),
    ).toEqual([
      `%0 : 4 = ${op}(slice(%x, 3:0), slice(%y, 3:0))`,
      '%1 : 4 = not(%0)',
      '%2 : 4 = mux(%c, %1, slice(%x, 3:0))',
      "%3 : 4 = shiftLeft(cases(%c, 'h0: %2, else: %1), %n)",
      'out : 4 = wire(%3)',
    ]);
  });

  it('leaves what depends on high bits as wide as it is', () => {
    const kept = [
      [16, 'mulUnsigned(%x, %y)'],
      [8, 'shiftRight(%x, %n)'],
      [16, 'shiftRightSigned({%x, %y}, %n)'],
      [8, 'element({%x, %y}, %c, 8)'],
    ] as const;
    for (const [width, expression] of kept) {
      const left = narrowed(`%wide : ${width} = ${expression}\nout : 4 = slice(%wide, 3:0)`).join();
      expect(left).toContain(expression);
      expect(left).toMatch(/out : 4 = slice\(.*3:0\)/);
    }
  });

  it('keeps named values, registers and what is read elsewhere whole', () => {
    expect(narrowed(`sum : 8 = add(%x, %y)\nout : 4 = slice(sum, 3:0)`)).toEqual([
      'sum : 8 = add(%x, %y)',
      'out : 4 = slice(sum, 3:0)',
    ]);
    expect(
      narrowed(`%sum : 8 = add(%x, %y)
        %held : 8 = register(main, next: %sum)
        out : 4 = slice(%held, 3:0)`),
    ).toContain('out : 4 = slice(%1, 3:0)');
    expect(
      narrowed(`%sum : 8 = add(%x, %y)
        %any : 1 = reduceOr(%sum)
        out : 4 = {%any, slice(%sum, 2:0)}`),
    ).toContain('%0 : 8 = add(%x, %y)');
  });

  it('takes a slice of the operands of a choice and of bitwise logic that nobody else reads', () => {
    expect(narrowed(`out : 4 = slice(mux(%c, %x, not(xor(%x, %y))), 5:2)`)).toEqual([
      '%0 : 4 = slice(%x, 5:2)',
      '%1 : 4 = xor(slice(%x, 5:2), slice(%y, 5:2))',
      'out : 4 = mux(%c, %0, not(%1))',
    ]);
  });
});
