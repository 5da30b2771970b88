/** What expressions compute, against plain arithmetic on numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bit,
  concat,
  constant,
  input,
  mux,
  oneHot,
  output,
  sint,
  uint,
  vec,
  vecOf,
} from '../../src/hdl/index.ts';
import { build } from './build.ts';
import { run } from './run.ts';

const A = 7;
const B = 5;
const ofA = fc.integer({ min: 0, max: 2 ** A - 1 });
const ofB = fc.integer({ min: 0, max: 2 ** B - 1 });
const signed = (value: number, width: number): number =>
  value >= 2 ** (width - 1) ? value - 2 ** width : value;
const wrapped = (value: number, width: number): number =>
  ((value % 2 ** width) + 2 ** width) % 2 ** width;
const clamp = (value: number, min: number, max: number): number =>
  Math.min(Math.max(value, min), max);

describe('unsigned values', () => {
  const circuit = run(
    build(
      {
        a: input(uint(A)),
        b: input(uint(B)),
        sum: output(uint(A + 1)),
        difference: output(sint(A + 1)),
        product: output(uint(A + B)),
        wrapUp: output(uint(A)),
        wrapDown: output(uint(A)),
        total: output(uint(A)),
        saturated: output(uint(B)),
        truncated: output(uint(B)),
        middle: output(uint(3)),
        picked: output(bit()),
        left: output(uint(A)),
        right: output(uint(A)),
        hot: output(uint(20)),
        flags: output(uint(9)),
      },
      (io) => {
        const { a, b } = io;
        io.sum.set(a.add(b));
        io.difference.set(a.sub(b));
        io.product.set(a.mul(b));
        io.wrapUp.set(a.addWrap(100));
        io.wrapDown.set(a.subWrap(b.extend(A)));
        io.total.set(a.accumulate(b));
        io.saturated.set(a.saturate(B));
        io.truncated.set(a.truncate(B));
        io.middle.set(a.bits(2, 3));
        io.picked.set(a.at(b));
        io.left.set(a.shiftLeft(b));
        io.right.set(a.shiftRight(b));
        io.hot.set(oneHot(b, 20));
        const c = b.extend(A);
        io.flags.set(
          concat(
            a.any(),
            a.all(),
            a.parity(),
            a.eq(c),
            a.ne(c),
            a.lt(c),
            a.le(c),
            a.gt(c),
            a.ge(c),
          ),
        );
      },
    ),
  );

  it('grow, wrap, saturate, shift and compare', () => {
    fc.assert(
      fc.property(ofA, ofB, (a, b) => {
        circuit.poke({ a, b });
        const bits = Array.from({ length: A }, (_, index) => Math.floor(a / 2 ** index) % 2);
        const ones = bits.filter((each) => each === 1).length;
        const expected: Record<string, number> = {
          sum: a + b,
          difference: wrapped(a - b, A + 1),
          product: a * b,
          wrap_up: wrapped(a + 100, A),
          wrap_down: wrapped(a - b, A),
          total: wrapped(a + b, A),
          saturated: clamp(a, 0, 2 ** B - 1),
          truncated: a % 2 ** B,
          middle: Math.floor(a / 4) % 8,
          picked: bits[b] ?? 0,
          left: wrapped(a * 2 ** b, A),
          right: Math.floor(a / 2 ** b),
          hot: b < 20 ? 2 ** b : 0,
          flags: Number.parseInt(
            [a > 0, ones === A, ones % 2 === 1, a === b, a !== b, a < b, a <= b, a > b, a >= b]
              .map(Number)
              .join(''),
            2,
          ),
        };
        for (const [port, value] of Object.entries(expected)) {
          expect(circuit.peek(port), port).toBe(value);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('signed values', () => {
  const circuit = run(
    build(
      {
        a: input(sint(A)),
        b: input(sint(B)),
        amount: input(uint(4)),
        sum: output(sint(A + 1)),
        difference: output(sint(A + 1)),
        product: output(sint(A + B)),
        total: output(sint(A)),
        extended: output(sint(12)),
        saturated: output(sint(B)),
        right: output(sint(A)),
        scaled: output(sint(A + 4)),
        order: output(uint(4)),
        isLow: output(bit()),
      },
      (io) => {
        const { a, b } = io;
        io.sum.set(a.add(b));
        io.difference.set(a.sub(b));
        io.product.set(a.mul(b));
        io.total.set(a.accumulate(b));
        io.extended.set(a.extend(12));
        io.saturated.set(a.saturate(B));
        io.right.set(a.shiftRight(io.amount));
        io.scaled.set(a.mul(constant(sint(4), -5)));
        const c = b.extend(A);
        io.order.set(concat(a.lt(c), a.le(c), a.gt(c), a.ge(c)));
        io.isLow.set(a.lt(-20));
      },
    ),
  );

  it('keep their sign', () => {
    fc.assert(
      fc.property(ofA, ofB, fc.integer({ min: 0, max: 15 }), (rawA, rawB, amount) => {
        const [a, b] = [signed(rawA, A), signed(rawB, B)];
        circuit.poke({ a, b, amount });
        const results: Record<string, readonly [number, number]> = {
          sum: [a + b, A + 1],
          difference: [a - b, A + 1],
          product: [a * b, A + B],
          total: [a + b, A],
          extended: [a, 12],
          saturated: [clamp(a, -(2 ** (B - 1)), 2 ** (B - 1) - 1), B],
          right: [Math.floor(a / 2 ** amount), A],
          scaled: [a * -5, A + 4],
          order: [8 * Number(a < b) + 4 * Number(a <= b) + 2 * Number(a > b) + Number(a >= b), 4],
          is_low: [Number(a < -20), 1],
        };
        for (const [port, [value, width]] of Object.entries(results)) {
          expect(circuit.peek(port), port).toBe(wrapped(value, width));
        }
      }),
      { numRuns: 60 },
    );
  });
});

it('mux takes a number on either side', () => {
  const circuit = run(
    build(
      { en: input(bit()), a: input(sint(8)), low: output(sint(8)), high: output(sint(8)) },
      ({ en, a, low, high }) => {
        low.set(mux(en, a, -1));
        high.set(mux(en, -1, a));
      },
    ),
  );
  circuit.poke({ en: 1, a: 5 });
  expect([circuit.peek('low'), circuit.peek('high')]).toEqual([5, 255]);
  circuit.poke({ en: 0 });
  expect([circuit.peek('low'), circuit.peek('high')]).toEqual([255, 5]);
});

describe('vectors', () => {
  const circuit = run(
    build(
      {
        v: input(vec(sint(4), 3)),
        position: input(uint(3)),
        first: output(sint(4)),
        picked: output(sint(4)),
        reversed: output(vec(sint(4), 3)),
        bits: output(uint(12)),
      },
      ({ v, position, first, picked, reversed, bits }) => {
        first.set(v.at(0));
        picked.set(v.at(position));
        reversed.set(vecOf([...v.elements()].reverse()));
        bits.set(v.asUnsigned());
      },
    ),
  );

  it('pack element 0 lowest and read 0 beyond the end', () => {
    circuit.poke({ v: 0xabc, position: 0 });
    expect(circuit.peek('first')).toBe(0xc);
    expect(circuit.peek('reversed')).toBe(0xcba);
    expect(circuit.peek('bits')).toBe(0xabc);
    const picked = [0, 1, 2, 3, 7].map((position) => {
      circuit.poke({ position });
      return circuit.peek('picked');
    });
    expect(picked).toEqual([0xc, 0xb, 0xa, 0, 0]);
  });
});
