import { describe, expect, it } from 'vitest';
import {
  binaryOperators,
  evaluateBinary,
  evaluateUnary,
  maskOf,
  sliceBits,
  toSigned,
  unaryOperators,
  wrap,
} from '../../src/ir/index.ts';
import type { BinaryOperator } from '../../src/ir/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { buildModule } from '../ir/build-module.ts';

/** Both ends of the signed and unsigned ranges, and the borders of the words inside. */
function corners(width: number): bigint[] {
  // The small ones are also amounts of shifts.
  const values = [0n, 1n, 2n, 5n, 31n, 32n, 33n, 63n, 64n, 65n, BigInt(width)];
  for (const bit of [8, 31, 32, 33, 52, 53, 54, 64, width - 1, width]) {
    if (bit > width) continue;
    const power = 1n << BigInt(bit);
    values.push(power - 2n, power - 1n, power, power + 1n);
  }
  values.push(0x5555555555555555555555555n, 0x0123456789abcdef0123456789n);
  return [...new Set(values.map((value) => value & maskOf(width)))];
}

describe.each([1, 2, 16, 17, 31, 32, 33, 52, 53, 54, 63, 64, 65, 100])(
  'values of %i bits',
  (width) => {
    it('give what the operator table says, for all pairs of corner values', () => {
      const m = buildModule('m');
      const [a, b, amount] = [m.input('a', width), m.input('b', width), m.input('amount', 8)];
      const expected = new Map<string, (x: bigint, y: bigint) => bigint>();
      const isShift = (op: BinaryOperator) => op.startsWith('shift');
      for (const op of unaryOperators) {
        m.output(op, m.unary(op, a));
        expected.set(op, (x) => evaluateUnary(op, x, width));
      }
      for (const op of binaryOperators) {
        const node = m.binary(op, a, isShift(op) ? amount : b);
        const result = (x: bigint, y: bigint) =>
          isShift(op)
            ? evaluateBinary(op, x, wrap(y, 8), width, 8)
            : evaluateBinary(op, x, y, width, width);
        m.output(op, node);
        expected.set(op, result);
        // The sign of an intermediate result shows whether it is held in its normal form.
        const bits = m.widthOf(node);
        m.output(`${op}_negative`, m.binary('ltSigned', node, m.constant(0, bits)));
        expected.set(`${op}_negative`, (x, y) => result(x, y) >> BigInt(bits - 1));
      }
      for (const to of [width + 1, 32, 53, 64, 90]) {
        if (to <= width) continue;
        m.output(`zero${to}`, m.extend(a, to));
        expected.set(`zero${to}`, (x) => x);
        m.output(`sign${to}`, m.extend(a, to, true));
        expected.set(`sign${to}`, (x) => wrap(toSigned(x, width), to));
      }
      for (const low of [0, 1, 20, 31, 32, 33]) {
        for (const size of [1, 8, 32, 33, 53, 60]) {
          if (low + size > width) continue;
          m.output(`slice${low}_${size}`, m.slice(a, low, size));
          expected.set(`slice${low}_${size}`, (x) => sliceBits(x, low, size));
        }
      }
      m.output('joined', m.concat(a, amount, b));
      expected.set('joined', (x, y) => (((x << 8n) | wrap(y, 8)) << BigInt(width)) | y);

      const simulator = createSimulator({ top: 'm', modules: [m.finish()] });
      const values = corners(width);
      let compared = 0;
      for (const x of values) {
        for (const y of values) {
          simulator.poke('a', x);
          simulator.poke('b', y);
          simulator.poke('amount', wrap(y, 8));
          simulator.settle();
          for (const [port, of] of expected) {
            const result = simulator.peek(port);
            if (result !== of(x, y)) expect(result, `${port} of ${x}, ${y}`).toBe(of(x, y));
            compared++;
          }
        }
      }
      expect(compared).toBe(values.length ** 2 * expected.size);
    });
  },
);
