import { describe, it } from 'vitest';
import type { BinaryOperator, NodeId, UnaryOperator } from '../../src/ir/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { ModuleBuilder, program } from './build.ts';

const unary: readonly UnaryOperator[] = ['not', 'reduceAnd', 'reduceOr', 'reduceXor'];
const equalWidths: readonly BinaryOperator[] = [
  ...(['add', 'sub', 'and', 'or', 'xor', 'eq', 'ne'] as const),
  ...(['ltUnsigned', 'leUnsigned', 'ltSigned', 'leSigned'] as const),
];
const shifts: readonly BinaryOperator[] = ['shiftLeft', 'shiftRight', 'shiftRightSigned'];
const products: readonly BinaryOperator[] = ['mulUnsigned', 'mulSigned'];

describe.skipIf(skipReason !== '').each([1, 2, 31, 32, 33, 64, 65, 200])(
  `operators on %i bits${skipReason}`,
  (width) => {
    it('are clean and exact, inline and named, on signals and on constants', () => {
      const m = new ModuleBuilder('operators');
      const a = m.input('a', width);
      const b = m.input('b', width);
      const few = m.input('few', 5);
      const all = (1n << BigInt(width)) - 1n;
      const constants = [0n, 1n & all, all, (all >> 1n) + 1n, all >> 1n, 0x5a5a5a5a5an & all];
      let count = 0;
      const show = (value: NodeId) => m.output(`out${count++}`, value);
      for (const op of unary) show(m.unary(op, a));
      for (const op of equalWidths) {
        show(m.binary(op, a, b));
        show(m.binary(op, m.binary('add', a, b), m.binary('xor', b, a)));
        for (const value of constants) {
          show(m.binary(op, a, m.constant(width, value)));
          show(m.binary(op, m.constant(width, value), b));
        }
      }
      for (const op of shifts) {
        show(m.binary(op, a, few));
        show(m.binary(op, a, b));
        show(m.binary(op, m.binary('sub', a, b), few));
        show(m.slice(m.binary(op, a, few), 0, 0));
        for (const value of [0, 1, 30]) show(m.binary(op, a, m.constant(5, value)));
      }
      for (const op of products) {
        show(m.binary(op, a, few));
        show(m.binary(op, few, a));
        show(m.binary(op, m.binary('add', a, b), b));
        for (const value of constants) show(m.binary(op, a, m.constant(width, value)));
      }
      expectFaithful(program(m), width);
    });

    it('keep signedness apart where one product feeds unsigned operators', () => {
      const m = new ModuleBuilder('signs');
      const a = m.input('a', width);
      const b = m.input('b', 3);
      const first = m.binary('mulSigned', a, b, { name: 'first' });
      const second = m.binary('mulSigned', b, a, { name: 'second' });
      const whole = width + 3;
      const vector = m.input('pool', 2 ** Math.min(whole, 6));
      m.output('below', m.binary('ltUnsigned', first, m.unary('not', second)));
      m.output('up_to', m.binary('leUnsigned', first, second));
      m.output('lower', m.binary('ltSigned', first, m.constant(whole, 3)));
      m.output('wide', m.binary('mulUnsigned', first, second));
      m.output('shifted', m.binary('shiftRight', first, b));
      m.output('filled', m.binary('xor', m.binary('shiftRightSigned', first, b), second));
      m.output('grown', m.extend(first, whole + 9, true));
      m.output('padded', m.extend(second, whole + 9));
      m.output('picked', m.element(vector, first, 1));
      expectFaithful(program(m), width);
    });
  },
);

describe.skipIf(skipReason !== '')(`choices${skipReason}`, () => {
  it.each([1, 8, 28, 33])('of vectors of %i bits follow any index', (width) => {
    const m = new ModuleBuilder('choices');
    for (const count of [1, 2, 3, 4, 5, 8]) {
      const vector = m.input(`vector${count}`, width * count);
      const pieces = Array.from({ length: count }, (_, i) =>
        m.slice(vector, i * width + width - 1, i * width),
      );
      for (const bits of [1, 2, 3, 5]) {
        const index = m.input(`index${count}_${bits}`, bits);
        m.output(`element${count}_${bits}`, m.element(vector, index, width));
        const assembled = m.concat(...pieces);
        m.output(
          `piece${count}_${bits}`,
          m.element(assembled, m.binary('add', index, index), width),
        );
      }
    }
    expectFaithful(program(m), width);
  });

  it('of tables and nested conditions take the right branch', () => {
    const m = new ModuleBuilder('tables');
    const selector = m.input('selector', 3);
    const bits = [m.input('p'), m.input('q'), m.input('r')] as const;
    const [a, b] = [m.input('a', 8), m.input('b', 8)];
    const k = (value: number) => m.constant(8, value);
    const inner = m.cases(
      selector,
      [
        [0, k(7)],
        [5, a],
        [6, a],
      ],
      m.binary('add', a, b),
    );
    m.output('nested', m.mux(bits[0], inner, m.mux(bits[1], b, m.mux(bits[2], k(0), a))));
    m.output(
      'complete',
      m.cases(
        m.slice(selector, 1, 0),
        [
          [0, a],
          [1, b],
          [2, k(1)],
          [3, a],
        ],
        k(9),
      ),
    );
    m.output(
      'same',
      m.cases(
        selector,
        [
          [1, b],
          [2, b],
        ],
        b,
      ),
    );
    m.output('one_bit', m.cases(m.slice(selector, 2, 2), [[1, a]], b));
    m.output('gates', m.mux(bits[0], m.constant(1, 1), m.mux(bits[1], m.constant(1, 0), bits[2])));
    m.output('inverse', m.mux(m.unary('not', bits[0]), a, b));
    expectFaithful(program(m), 3);
  });
});
