import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  constant,
  encodeModule,
  op,
  signed,
  unsigned,
} from '../../../src/simulator/wasm/encode.ts';
import type { Code, WasmFunction } from '../../../src/simulator/wasm/encode.ts';
import { getLocal } from '../../../src/simulator/wasm/expressions.ts';

interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { exports: Record<string, (...values: number[]) => number> };
}
const { WebAssembly: engine } = globalThis as unknown as { WebAssembly: Engine };

function instantiate(functions: readonly WasmFunction[]): {
  readonly exports: Record<string, (...values: number[]) => number>;
  readonly words: Int32Array;
} {
  const module = new engine.Module(
    encodeModule({ pages: 1, imports: [{ name: 'fail', parameters: 2 }], globals: 1, functions }),
  );
  const memory = new engine.Memory({ initial: 1, maximum: 1 });
  const { exports } = new engine.Instance(module, { env: { memory, fail: () => 0 } });
  return { exports, words: new Int32Array(memory.buffer) };
}

function expression(body: Code, parameters = 0): WasmFunction {
  return { name: 'f', parameters, hasResult: true, locals: 0, body, direction: 0 };
}

describe('numbers', () => {
  // The examples of the standard on LEB128, and the ends of each length.
  it.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [624485, [0xe5, 0x8e, 0x26]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('unsigned %d', (value, bytes) => expect(unsigned(value)).toEqual(bytes));

  it.each([
    [0, [0]],
    [63, [0x3f]],
    [64, [0xc0, 0x00]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
  ])('signed %d', (value, bytes) => expect(signed(value)).toEqual(bytes));

  it('every int32 arrives as it is', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(instantiate([expression(constant(value))]).exports['f']!()).toBe(value);
      }),
      { numRuns: 50 },
    );
  });
});

it('functions share types, and each direction has its own bytes', () => {
  const either: Code = { either: [constant(10), constant(-700)] };
  const { exports } = instantiate([
    { ...expression(either), name: 'first' },
    { ...expression(either), name: 'second', direction: 1 },
    { ...expression([getLocal(0), getLocal(1), op.subtract], 2), name: 'less' },
    { name: 'none', parameters: 2, locals: 3, body: [], direction: 0 },
  ]);
  expect(exports['first']!()).toBe(10);
  expect(exports['second']!()).toBe(-700);
  expect(exports['less']!(5, 7)).toBe(-2);
  expect(exports['none']!(1, 2)).toBeUndefined();
});

it('code longer than any buffer it starts with', () => {
  const sum: Code[] = [constant(0)];
  for (let i = 0; i < 5000; i++) sum.push(constant(i), op.add);
  expect(instantiate([expression(sum)]).exports['f']!()).toBe((4999 * 5000) / 2);
});
