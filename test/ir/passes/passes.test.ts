import { describe, expect, it } from 'vitest';
import { fold, narrow, optimize, passes, prune, share } from '../../../src/ir/index.ts';
import type { Module, Node, NodeId } from '../../../src/ir/index.ts';
import { buildModule } from '../build-module.ts';

type Builder = ReturnType<typeof buildModule>;

/** The node that drives the output of a module of one expression, after folding and pruning. */
function folded(expression: (m: Builder, x: NodeId, y: NodeId, c: NodeId) => NodeId): {
  node: Node;
  module: Module;
} {
  const m = buildModule('m');
  const [x, y, c] = [m.input('x', 8), m.input('y', 8), m.input('c', 1)];
  m.output('out', expression(m, x, y, c));
  const module = prune(fold(m.finish()));
  return { node: module.nodes[module.ports.at(-1)!.value!]!, module };
}

const x = { kind: 'input', port: 'x' };
const c = { kind: 'input', port: 'c' };
const constant = (value: string) => ({ kind: 'const', value });

describe('fold', () => {
  const cases: Record<string, [Parameters<typeof folded>[0], object]> = {
    'x & 0': [(m, a) => m.binary('and', a, m.constant(0, 8)), constant('0')],
    'x & ones': [(m, a) => m.binary('and', a, m.constant(255, 8)), x],
    'ones | x': [(m, a) => m.binary('or', m.constant(255, 8), a), constant('ff')],
    'x + 0': [(m, a) => m.binary('add', a, m.constant(0, 8)), x],
    'x - x': [(m, a) => m.binary('sub', a, a), constant('0')],
    '0 - x stays': [(m, a) => m.binary('sub', m.constant(0, 8), a), { kind: 'binary' }],
    'x < x': [(m, a) => m.binary('ltSigned', a, a), constant('0')],
    'x <= x': [(m, a) => m.binary('leUnsigned', a, a), constant('1')],
    '3 * 5': [(m) => m.binary('mulSigned', m.constant(3, 4), m.constant(13, 4)), constant('f7')],
    'c == 1': [(m, _x, _y, b) => m.binary('eq', b, m.constant(1, 1)), c],
    'c == 0': [(m, _x, _y, b) => m.binary('eq', b, m.constant(0, 1)), { kind: 'unary', op: 'not' }],
    '~~x': [(m, a) => m.unary('not', m.unary('not', a)), x],
    '1 ? x : y': [(m, a, b) => m.mux(m.constant(1, 1), a, b), x],
    'c ? x : x': [(m, a, _, b) => m.mux(b, a, a), x],
    'c ? 1 : 0': [(m, _x, _y, b) => m.mux(b, m.constant(1, 1), m.constant(0, 1)), c],
    '0 & x': [(m, a) => m.binary('and', m.constant(0, 8), a), constant('0')],
    'ones & x': [(m, a) => m.binary('and', m.constant(255, 8), a), x],
    'x & x': [(m, a) => m.binary('and', a, a), x],
    'x & 254 stays': [(m, a) => m.binary('and', a, m.constant(254, 8)), { op: 'and' }],
    'x | ones': [(m, a) => m.binary('or', a, m.constant(255, 8)), constant('ff')],
    'x | 0': [(m, a) => m.binary('or', a, m.constant(0, 8)), x],
    '0 | x': [(m, a) => m.binary('or', m.constant(0, 8), a), x],
    'x | x': [(m, a) => m.binary('or', a, a), x],
    'x | 1 stays': [(m, a) => m.binary('or', a, m.constant(1, 8)), { op: 'or' }],
    'x ^ x': [(m, a) => m.binary('xor', a, a), constant('0')],
    'x ^ 0': [(m, a) => m.binary('xor', a, m.constant(0, 8)), x],
    '0 ^ x': [(m, a) => m.binary('xor', m.constant(0, 8), a), x],
    'x ^ ones stays': [(m, a) => m.binary('xor', a, m.constant(255, 8)), { op: 'xor' }],
    '0 + x': [(m, a) => m.binary('add', m.constant(0, 8), a), x],
    'x - 0': [(m, a) => m.binary('sub', a, m.constant(0, 8)), x],
    '0 * x': [(m, a) => m.binary('mulUnsigned', m.constant(0, 4), a), constant('0')],
    'x * 0': [(m, a) => m.binary('mulSigned', a, m.constant(0, 4)), constant('0')],
    'x * 1 stays': [(m, a) => m.binary('mulUnsigned', a, m.constant(1, 4)), { kind: 'binary' }],
    'x == x': [(m, a) => m.binary('eq', a, a), constant('1')],
    'x != x': [(m, a) => m.binary('ne', a, a), constant('0')],
    'x == 1 stays': [(m, a) => m.binary('eq', a, m.constant(1, 8)), { op: 'eq' }],
    '1 != c': [(m, _x, _y, b) => m.binary('ne', m.constant(1, 1), b), { kind: 'unary', op: 'not' }],
    'c != 0': [(m, _x, _y, b) => m.binary('ne', b, m.constant(0, 1)), c],
    'x < 0': [(m, a) => m.binary('ltUnsigned', a, m.constant(0, 8)), constant('0')],
    '255 < x': [(m, a) => m.binary('ltUnsigned', m.constant(255, 8), a), constant('0')],
    '0 < x stays': [(m, a) => m.binary('ltUnsigned', m.constant(0, 8), a), { op: 'ltUnsigned' }],
    'x < 0 with sign stays': [
      (m, a) => m.binary('ltSigned', a, m.constant(0, 8)),
      { op: 'ltSigned' },
    ],
    '0 <= x': [(m, a) => m.binary('leUnsigned', m.constant(0, 8), a), constant('1')],
    'x <= 255': [(m, a) => m.binary('leUnsigned', a, m.constant(255, 8)), constant('1')],
    'x <= 0 stays': [(m, a) => m.binary('leUnsigned', a, m.constant(0, 8)), { op: 'leUnsigned' }],
    'x <= x with sign': [(m, a) => m.binary('leSigned', a, a), constant('1')],
    '0 <= x with sign stays': [
      (m, a) => m.binary('leSigned', m.constant(0, 8), a),
      { op: 'leSigned' },
    ],
    'x << 0': [(m, a) => m.binary('shiftLeft', a, m.constant(0, 4)), x],
    'x >> 8': [(m, a) => m.binary('shiftRight', a, m.constant(8, 4)), constant('0')],
    'x >> 7 stays': [(m, a) => m.binary('shiftRight', a, m.constant(7, 4)), { op: 'shiftRight' }],
    '0 << x': [(m, a) => m.binary('shiftLeft', m.constant(0, 8), a), constant('0')],
    '0 >>> x': [(m, a) => m.binary('shiftRightSigned', m.constant(0, 8), a), constant('0')],
    'x >>> 0': [(m, a) => m.binary('shiftRightSigned', a, m.constant(0, 4)), x],
    'x >>> 9 stays': [
      (m, a) => m.binary('shiftRightSigned', a, m.constant(9, 4)),
      { op: 'shiftRightSigned' },
    ],
    'any bit of c': [(m, _x, _y, b) => m.unary('reduceOr', b), c],
    'any bit of x stays': [(m, a) => m.unary('reduceOr', a), { op: 'reduceOr' }],
    '0 ? x : y': [(m, a, b) => m.mux(m.constant(0, 1), b, a), x],
    'c ? 5 : 5': [(m, _x, _y, b) => m.mux(b, m.constant(5, 8), m.constant(5, 8)), constant('5')],
    'c ? 0 : 1': [
      (m, _x, _y, b) => m.mux(b, m.constant(0, 1), m.constant(1, 1)),
      { kind: 'unary', op: 'not' },
    ],
    'c ? 1 : 0 of 8 bits stays': [
      (m, _x, _y, b) => m.mux(b, m.constant(1, 8), m.constant(0, 8)),
      { kind: 'mux' },
    ],
    'one part': [(m, a) => m.concat(a), x],
    'a concatenation with x stays': [(m, a) => m.concat(m.constant(1, 8), a), { kind: 'concat' }],
    'the element behind the last': [(m, a) => m.element(a, m.constant(2, 2), 4), constant('0')],
    'the last element': [
      (m, a) => m.element(a, m.constant(1, 2), 4),
      { kind: 'slice', low: 4, width: 4 },
    ],
    'an element by an input stays': [(m, a, b) => m.element(a, b, 4), { kind: 'element' }],
    'slice of the bits under an extension': [(m, a) => m.slice(m.extend(a, 20, true), 0, 8), x],
    'slice of the lowest bit above a zero extension': [
      (m, a) => m.slice(m.extend(a, 20), 8, 1),
      constant('0'),
    ],
    'slice across the border of an extension stays': [
      (m, a) => m.slice(m.extend(a, 20), 7, 2),
      { kind: 'slice', low: 7 },
    ],
    'sign extension of 8': [(m) => m.extend(m.constant(8, 4), 8, true), constant('f8')],
    'zero extension of 8': [(m) => m.extend(m.constant(8, 4), 8), constant('8')],
    'x << 9': [(m, a) => m.binary('shiftLeft', a, m.constant(9, 4)), constant('0')],
    'slice of a concatenation': [(m, a, b) => m.slice(m.concat(b, a), 0, 8), x],
    'slice across a concatenation': [
      (m, a, b) => m.slice(m.concat(b, a), 4, 8),
      { kind: 'slice', low: 4, width: 8 },
    ],
    'slice of a slice': [(m, a) => m.slice(m.slice(a, 2, 5), 1, 2), { kind: 'slice', low: 3 }],
    'slice above a zero extension': [(m, a) => m.slice(m.extend(a, 20), 9, 3), constant('0')],
    'slice above a sign extension stays': [
      (m, a) => m.slice(m.extend(a, 20, true), 9, 3),
      { kind: 'slice', low: 9 },
    ],
    'extension of an extension': [
      (m, a) => m.extend(m.extend(a, 10, true), 20, true),
      { kind: 'extend', sign: true, a: 0 },
    ],
    'sign extension of a zero extension': [
      (m, a) => m.extend(m.extend(a, 10), 20, true),
      { kind: 'extend', sign: false, a: 0 },
    ],
    'zero extension of a sign extension stays': [
      (m, a) => m.extend(m.extend(a, 10, true), 20),
      { kind: 'extend', sign: false, a: 1 },
    ],
    'element 1 of a vector': [(m, a, b) => m.element(m.concat(a, b), m.constant(1, 1), 8), x],
    'element out of range': [(m, a) => m.element(a, m.constant(3, 2), 4), constant('0')],
  };
  it.each(Object.entries(cases))('%s', (_, [expression, expected]) => {
    expect(folded(expression).node).toMatchObject(expected);
  });

  it('keeps the name of what turns out to be equal to something else', () => {
    const m = buildModule('m');
    const a = m.input('x', 8);
    const sum = m.binary('add', a, m.constant(0, 8));
    m.nodes[sum] = { ...m.nodes[sum]!, name: 'total' };
    m.output('out', sum);
    const module = prune(fold(m.finish()));
    expect(module.nodes).toEqual([
      { kind: 'input', port: 'x', width: 8 },
      { kind: 'wire', value: 0, width: 8, name: 'total' },
    ]);
  });

  it('drops an enable that is always 1', () => {
    const m = buildModule('m');
    const always = m.constant(1, 1);
    const register = m.register('count', 8, 0);
    m.next(register, m.input('x', 8), always);
    m.output('out', register);
    expect(fold(m.finish()).nodes[register]).not.toHaveProperty('enable');
  });
});

describe('share', () => {
  const twice = (first?: string, second?: string): Module => {
    const m = buildModule('m');
    const [a, b] = [m.input('x', 8), m.input('y', 8)];
    const [one, other] = [m.binary('add', a, b), m.binary('add', b, a)];
    if (first !== undefined) m.nodes[one] = { ...m.nodes[one]!, name: first };
    if (second !== undefined) m.nodes[other] = { ...m.nodes[other]!, name: second };
    m.output('out', m.binary('xor', one, other));
    return prune(share(m.finish()));
  };
  const sums = (module: Module) =>
    module.nodes.flatMap((node) =>
      node.kind === 'binary' && node.op === 'add' ? [node.name] : [],
    );

  it('computes equal values once', () => {
    expect(sums(twice())).toEqual([undefined]);
  });
  it('keeps the only name', () => {
    expect(sums(twice('total'))).toEqual(['total']);
    expect(sums(twice(undefined, 'total'))).toEqual(['total']);
  });
  it('keeps two names apart', () => {
    expect(sums(twice('one', 'other'))).toEqual(['one', 'other']);
  });
  it('does not swap the operands of a subtraction', () => {
    const m = buildModule('m');
    const [a, b] = [m.input('x', 8), m.input('y', 8)];
    m.output('out', m.binary('xor', m.binary('sub', a, b), m.binary('sub', b, a)));
    expect(share(m.finish()).nodes).toHaveLength(5);
  });
});

describe('prune', () => {
  it('drops what nothing uses and keeps what checks, memories and instances need', () => {
    const child = buildModule('child');
    child.output('out', child.input('in', 8));
    const m = buildModule('m');
    const [a, b] = [m.input('x', 8), m.input('y', 8)];
    m.binary('add', a, b);
    const unused = m.register('unused', 8);
    m.next(unused, unused);
    m.check('equal', m.binary('eq', a, b), 'x and y are equal');
    m.memory({
      name: 'memory',
      width: 8,
      depth: 2,
      reads: [],
      writes: [{ address: m.slice(a, 0, 1), data: b, enable: m.slice(a, 1, 1), domain: 0 }],
    });
    m.instance('u_child', child.finish(), [], {
      in: { kind: 'broadcast', value: m.unary('not', a) },
    });
    m.output('out', b);
    const module = prune(m.finish());
    expect(module.nodes.map((node) => ('op' in node ? node.op : node.kind))).toEqual([
      'input',
      'input',
      'eq',
      'slice',
      'slice',
      'not',
    ]);
    expect(module.checks[0]!.condition).toBe(2);
    expect(module.memories[0]!.writes[0]).toMatchObject({ address: 3, data: 1, enable: 4 });
    expect(module.instances[0]!.inputs['in']).toEqual({ kind: 'broadcast', value: 5 });
  });
});

describe('optimize', () => {
  it('runs the passes in their listed order', () => {
    expect(passes).toEqual([fold, share, prune, narrow, fold, prune]);
    const m = buildModule('m');
    const a = m.input('x', 8);
    m.output('out', m.binary('or', m.binary('and', a, m.constant(0, 8)), a));
    expect(optimize({ top: 'm', modules: [m.finish()] }).modules[0]!.nodes).toHaveLength(1);
  });
});
