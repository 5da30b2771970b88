/** Signed nets, which products of signed operands are, where unsigned operators read them. */
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { ModuleBuilder, program } from './build.ts';

interface Io {
  /** Signed products. */
  readonly s: NodeId;
  readonly t: NodeId;
  readonly a: NodeId;
  readonly n: NodeId;
  readonly p: NodeId;
}

const forms: Readonly<Record<string, readonly [(m: ModuleBuilder, io: Io) => NodeId, string]>> = {
  product: [(m, { s, t }) => m.binary('mulSigned', s, t), 's * t'],
  below_signed: [(m, { s, t }) => m.binary('ltSigned', s, t), 's < t'],
  below_signed_mixed: [(m, { s, a }) => m.binary('ltSigned', s, a), 's < $signed(a)'],
  below: [(m, { s, t }) => m.binary('ltUnsigned', s, t), '$unsigned(s) < t'],
  below_mixed: [(m, { s, a }) => m.binary('ltUnsigned', s, a), 's < a'],
  inverted: [(m, { s, t }) => m.binary('ltUnsigned', m.unary('not', s), t), '$unsigned(~s) < t'],
  sum: [
    (m, { s, t }) => m.binary('leUnsigned', m.binary('add', s, t), m.binary('or', t, s)),
    '$unsigned(s + t) <= (t | s)',
  ],
  sum_mixed: [(m, { s, t, a }) => m.binary('leUnsigned', m.binary('add', s, a), t), '(s + a) <= t'],
  left: [
    (m, { s, t, n }) => m.binary('ltUnsigned', m.binary('shiftLeft', s, n), t),
    '$unsigned(s << n) < t',
  ],
  right: [
    (m, { s, t, n }) => m.binary('ltUnsigned', m.binary('shiftRight', s, n), t),
    '$unsigned(s >> n) < t',
  ],
  chosen: [
    (m, { s, t, p }) => m.binary('ltUnsigned', m.mux(p, s, t), s),
    '$unsigned(p ? s : t) < s',
  ],
  chosen_mixed: [(m, { s, a, p }) => m.binary('ltUnsigned', m.mux(p, s, a), s), '(p ? s : a) < s'],
  unsigned_product: [(m, { s, t }) => m.binary('mulUnsigned', s, t), '$unsigned(s) * t'],
  arithmetic: [(m, { s, n }) => m.binary('shiftRightSigned', s, n), 's >>> n'],
  equal: [(m, { s, t }) => m.binary('eq', m.binary('sub', s, t), t), '(s - t) == t'],
};

function built(names: readonly string[]): ModuleBuilder {
  const m = new ModuleBuilder('signs');
  const [c, d, e, f] = ['c', 'd', 'e', 'f'].map((name) => m.input(name, 4)) as [
    NodeId,
    NodeId,
    NodeId,
    NodeId,
  ];
  const io: Io = {
    a: m.input('a', 8),
    n: m.input('n', 3),
    p: m.input('p'),
    s: m.binary('mulSigned', c, d, { name: 's' }),
    t: m.binary('mulSigned', e, f, { name: 't' }),
  };
  for (const name of names) m.output(name, forms[name]![0](m, io));
  return m;
}

describe('signed nets', () => {
  it.each(Object.entries(forms))('%s', (name, [, expected]) => {
    const { text } = emitVerilog(program(built([name]))).at(-1)!;
    expect(text).toMatch(/ {2}wire signed \[7:0\] s = \$signed\(c\) \* \$signed\(d\);/);
    expect(text.split('\n')).toContain(`  assign ${name} = ${expected};`);
  });

  it.skipIf(skipReason !== '')(`compute what they should${skipReason}`, () => {
    expectFaithful(program(built(Object.keys(forms))), 5);
  });
});
