/** Amounts, positions and selectors wider than a number of the host holds exactly. */
import { describe, expect, it } from 'vitest';
import { parseProgram } from '../../src/ir/index.ts';
import { run } from '../hdl/run.ts';

const text = `
module wide {
  domain main (clk, resetn)
  input by : u70
  input a : u8
  input s : s80
  output left : u8 = %left
  output right : u8 = %right
  output top : u8 = %top
  output picked : u2 = %picked
  output chosen : u8 = %chosen
  %a : 8 = input(a)
  %s : 80 = input(s)
  %by : 70 = input(by)
  %left : 8 = shiftLeft(%a, %by)
  %right : 8 = shiftRight(%a, %by)
  %down : 80 = shiftRightSigned(%s, %by)
  %top : 8 = slice(%down, 7:0)
  %picked : 2 = element(%a, %by, 2)
  %chosen : 8 = cases(%by, 'h3: %a, 'h200000000000000003: %left, else: 8'h7)
}
`;

describe('a shift amount, position and selector of 70 bits', () => {
  const circuit = run(parseProgram(text));
  const all = (by: bigint) => {
    circuit.poke({ a: 0xb5, s: -(1n << 79n) + 5n, by });
    return ['left', 'right', 'top', 'picked', 'chosen'].map((port) => circuit.peek(port));
  };
  it.each([
    // 0xb5 = 10_11_01_01; s is negative, so that shifts fill with ones.
    [0n, [0xb5, 0xb5, 5, 1, 7]],
    [3n, [0xa8, 0x16, 0, 2, 0xb5]],
    [7n, [0x80, 1, 0, 0, 7]],
    [8n, [0, 0, 0, 0, 7]],
    [72n, [0, 0, 0x80, 0, 7]],
    [79n, [0, 0, 0xff, 0, 7]],
    [1n << 32n, [0, 0, 0xff, 0, 7]],
    [(1n << 53n) + 1n, [0, 0, 0xff, 0, 7]],
    [(1n << 69n) + 3n, [0, 0, 0xff, 0, 0]],
    [(1n << 64n) + (1n << 32n), [0, 0, 0xff, 0, 7]],
  ])('%d', (by, expected) => {
    expect(all(by)).toEqual(expected);
  });
});
