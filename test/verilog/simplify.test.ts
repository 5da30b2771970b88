/** What the emitter says more simply than it was written, and what it must not touch. */
import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { at, ModuleBuilder, program } from './build.ts';

type Forms = Readonly<Record<string, readonly [(m: ModuleBuilder, io: Io) => NodeId, string]>>;
interface Io {
  readonly a: NodeId;
  readonly b: NodeId;
  readonly n: NodeId;
  readonly p: NodeId;
  readonly q: NodeId;
  readonly k: (value: number, width?: number) => NodeId;
}

const forms: Forms = {
  inverted_ne: [(m, { a, b }) => m.unary('not', m.binary('ne', a, b)), 'a == b'],
  inverted_eq: [(m, { a, b }) => m.unary('not', m.binary('eq', a, b)), 'a != b'],
  not_below: [(m, { a, b }) => m.unary('not', m.binary('ltUnsigned', a, b)), 'b <= a'],
  not_up_to: [(m, { a, b }) => m.unary('not', m.binary('leUnsigned', a, b)), 'b < a'],
  not_below_signed: [
    (m, { a, b }) => m.unary('not', m.binary('ltSigned', a, b)),
    '$signed(b) <= $signed(a)',
  ],
  not_up_to_signed: [
    (m, { a, b }) => m.unary('not', m.binary('leSigned', a, b)),
    '$signed(b) < $signed(a)',
  ],
  not_sum: [(m, { a, b }) => m.unary('not', m.binary('add', a, b)), '~(a + b)'],
  twice_not: [(m, { a }) => m.unary('not', m.unary('not', a)), 'a'],

  minus_itself: [(m, { a }) => m.binary('sub', a, a), "8'd0"],
  plus_itself: [(m, { a }) => m.binary('add', a, a), 'a + a'],
  minus_half: [(m, { a, k }) => m.binary('add', a, k(128)), "a + 8'd128"],
  minus_less: [(m, { a, k }) => m.binary('add', a, k(129)), "a - 8'd127"],
  one_bit_sum: [(m, { p, q }) => m.binary('add', p, q), 'p ^ q'],
  one_bit_difference: [(m, { p, q }) => m.binary('sub', p, q), 'p ^ q'],
  and_itself: [(m, { a }) => m.binary('and', a, a), 'a'],
  or_ones: [(m, { a, k }) => m.binary('or', a, k(255)), "8'd255"],
  xor_itself: [(m, { a }) => m.binary('xor', a, a), "8'd0"],
  xor_ones: [(m, { a, k }) => m.binary('xor', a, k(255)), '~a'],

  equal_itself: [(m, { a }) => m.binary('eq', a, a), "1'b1"],
  different_itself: [(m, { a }) => m.binary('ne', a, a), "1'b0"],
  equal_beyond: [(m, { n, k }) => m.binary('eq', m.extend(n, 8), k(16)), "1'b0"],
  different_beyond: [(m, { n, k }) => m.binary('ne', m.extend(n, 8), k(16)), "1'b1"],
  equal_last: [(m, { n, k }) => m.binary('eq', m.extend(n, 8), k(15)), "n == 4'd15"],
  different_last: [(m, { n, k }) => m.binary('ne', m.extend(n, 8), k(15)), "n != 4'd15"],
  equal_extended: [
    (m, { a, n }) => m.binary('eq', m.extend(n, 8), m.extend(m.slice(a, 3, 0), 8)),
    'n == a[3:0]',
  ],
  one_bit_is_one: [(m, { p, k }) => m.binary('eq', p, k(1, 1)), 'p'],
  one_bit_is_zero: [(m, { p, k }) => m.binary('eq', p, k(0, 1)), '!p'],
  one_bit_is_not_one: [(m, { p, k }) => m.binary('ne', p, k(1, 1)), '!p'],

  below_zero: [(m, { a, k }) => m.binary('ltUnsigned', a, k(0)), "1'b0"],
  below_one: [(m, { a, k }) => m.binary('ltUnsigned', a, k(1)), "a < 8'd1"],
  below_last: [(m, { a, k }) => m.binary('ltUnsigned', a, k(255)), "a != 8'd255"],
  above_last: [(m, { a, k }) => m.binary('ltUnsigned', k(255), a), "1'b0"],
  above_zero: [(m, { a, k }) => m.binary('ltUnsigned', k(0), a), "a != 8'd0"],
  up_to_last: [(m, { a, k }) => m.binary('leUnsigned', a, k(255)), "1'b1"],
  up_to_zero: [(m, { a, k }) => m.binary('leUnsigned', a, k(0)), "a == 8'd0"],
  from_zero: [(m, { a, k }) => m.binary('leUnsigned', k(0), a), "1'b1"],
  below_itself: [(m, { a }) => m.binary('ltUnsigned', a, a), "1'b0"],
  up_to_itself: [(m, { a }) => m.binary('leSigned', a, a), "1'b1"],
  below_lowest: [(m, { a, k }) => m.binary('ltSigned', a, k(128)), "1'b0"],
  up_to_highest: [(m, { a, k }) => m.binary('leSigned', a, k(127)), "1'b1"],
  below_highest: [(m, { a, k }) => m.binary('ltSigned', a, k(127)), "a != 8'd127"],
  one_bit_below: [(m, { p, q }) => m.binary('ltUnsigned', p, q), 'q && !p'],
  one_bit_below_signed: [(m, { p, q }) => m.binary('ltSigned', p, q), 'p && !q'],

  any_of_extended: [(m, { n }) => m.unary('reduceOr', m.extend(n, 8)), "n != 4'd0"],
  all_of_extended: [(m, { n }) => m.unary('reduceAnd', m.extend(n, 8)), "1'b0"],
  all_of_signed: [(m, { n }) => m.unary('reduceAnd', m.extend(n, 8, true)), '&n'],
  parity_of_signed: [(m, { n }) => m.unary('reduceXor', m.extend(n, 8, true)), '^{{4{n[3]}}, n}'],
  any_with_one: [(m, { a, n, k }) => m.unary('reduceOr', m.concat(n, k(1, 1), a)), "1'b1"],
  all_with_zero: [(m, { a, n, k }) => m.unary('reduceAnd', m.concat(n, k(2, 2), a)), "1'b0"],
  all_with_ones: [
    (m, { a, n, k }) => m.unary('reduceAnd', m.concat(n, k(3, 2), a)),
    "&{n, 2'd3, a}",
  ],
  any_with_zeros: [
    (m, { a, n, k }) => m.unary('reduceOr', m.concat(n, k(0, 2), a)),
    "{n, 2'd0, a} != 14'd0",
  ],
  any_of_one_bit: [(m, { p }) => m.unary('reduceOr', p), 'p'],

  chosen_one: [(m, { p, k }) => m.mux(p, k(1, 1), k(0, 1)), 'p'],
  chosen_zero: [(m, { p, k }) => m.mux(p, k(0, 1), k(1, 1)), '!p'],
  chosen_or_zero: [(m, { p, q, k }) => m.mux(p, q, k(0, 1)), 'p && q'],
  chosen_or_one: [(m, { p, q, k }) => m.mux(p, q, k(1, 1)), '!p || q'],
  zero_or_chosen: [(m, { p, q, k }) => m.mux(p, k(0, 1), q), '!p && q'],
  same_choice: [(m, { a, p }) => m.mux(p, a, a), 'a'],
  not_chosen: [(m, { a, b, p }) => m.mux(m.unary('not', p), a, b), 'p ? b : a'],
  same_cases: [
    (m, { a, b, p }) =>
      m.cases(
        p,
        [
          [0, b],
          [1, b],
        ],
        a,
      ),
    'b',
  ],
  cases_of_one_bit: [
    (m, { a, b, n, p }) =>
      m.cases(
        p,
        [
          [0, b],
          [1, a],
        ],
        m.extend(n, 8),
      ),
    'p ? a : b',
  ],
  one_case: [(m, { a, b, n }) => m.cases(n, [[3, b]], a), "(n == 4'd3) ? b : a"],
  no_case: [(m, { a, n }) => m.cases(n, [[3, a]], a), 'a'],

  constant_first: [(m, { a, k }) => m.binary('add', k(5), a), "a + 8'd5"],
  constant_less: [(m, { a, k }) => m.binary('sub', k(5), a), "8'd5 - a"],
  nested: [(m, { a, b, n }) => m.concat(m.concat(n, a), m.concat(b, n)), '{n, a, b, n}'],
  halves: [(m, { a }) => m.concat(m.slice(a, 7, 4), m.slice(a, 3, 0)), 'a'],
  halves_of_two: [
    (m, { a, b }) => m.concat(m.slice(a, 7, 4), m.slice(b, 3, 0)),
    '{a[7:4], b[3:0]}',
  ],
  second_element: [(m, { a, k }) => m.element(a, k(1, 2), 4), 'a[7:4]'],
  element_behind: [(m, { a, k }) => m.element(a, k(2, 2), 4), "4'd0"],
  no_parity: [(m, { a }) => m.unary('not', m.unary('reduceXor', a)), '!(^a)'],
  not_all: [(m, { a }) => m.unary('not', m.unary('reduceAnd', a)), '!(&a)'],
  none_set: [(m, { a }) => m.unary('not', m.unary('reduceOr', a)), "a == 8'd0"],
  low_of_sum: [
    (m, { a, b, n }) => m.slice(m.binary('add', m.concat(n, m.slice(b, 3, 0)), a), 3, 0),
    'b[3:0] + a[3:0]',
  ],
  middle_of_sum: [
    (m, { a, b, n }) => m.slice(m.binary('add', m.concat(n, m.slice(b, 3, 0)), a), 5, 0),
    '{n[1:0], b[3:0]} + a[5:0]',
  ],
  low_of_not: [(m, { a }) => m.slice(m.unary('not', a), 3, 0), '~a[3:0]'],
  low_of_extended_sum: [
    (m, { a, n }) => m.slice(m.binary('add', m.extend(n, 8), a), 3, 0),
    'n + a[3:0]',
  ],
  constant_selector: [
    (m, { a, b, n, k }) =>
      m.cases(
        k(2, 4),
        [
          [1, a],
          [2, b],
        ],
        m.extend(n, 8),
      ),
    'b',
  ],
  constant_selector_of_none: [
    (m, { a, b, k }) =>
      m.cases(
        k(3, 4),
        [
          [1, a],
          [2, a],
        ],
        b,
      ),
    'b',
  ],
  one_bit_choice: [(m, { n, p, q }) => m.mux(p, q, m.slice(n, 0, 0)), 'p ? q : n[0]'],
  chosen_or_not: [(m, { p, q, k }) => m.mux(p, k(1, 1), q), 'p || q'],
  shifted_nothing: [(m, { a, k }) => m.binary('shiftRight', a, k(0, 4)), 'a'],
  shifted_zero: [(m, { n, k }) => m.binary('shiftLeft', k(0), n), "8'd0"],
  shifted_by_extended: [(m, { a, n }) => m.binary('shiftLeft', a, m.extend(n, 8)), 'a << n'],
  below_beyond: [(m, { n, k }) => m.binary('ltUnsigned', m.extend(n, 8), k(16)), "1'b1"],
  above_beyond: [(m, { n, k }) => m.binary('ltUnsigned', k(16), m.extend(n, 8)), "1'b0"],
  up_to_beyond: [(m, { n, k }) => m.binary('leUnsigned', m.extend(n, 8), k(15)), "1'b1"],
  wide_below: [
    (m, { n, b }) =>
      m.binary('ltSigned', m.extend(n, 8, true), m.extend(m.slice(b, 3, 0), 8, true)),
    '$signed(n) < $signed(b[3:0])',
  ],
  minus_then_plus: [
    (m, { a, b, n }) => m.binary('add', m.binary('sub', a, b), m.extend(n, 8)),
    "a - b + {4'd0, n}",
  ],
  plus_then_minus: [
    (m, { a, b, n }) => m.binary('sub', a, m.binary('sub', b, m.extend(n, 8))),
    "a - (b - {4'd0, n})",
  ],
  shifted_out: [(m, { a, k }) => m.binary('shiftLeft', a, k(9, 4)), "8'd0"],
  sign_spread: [(m, { a, k }) => m.binary('shiftRightSigned', a, k(9, 4)), '{8{a[7]}}'],
  wide_zero: [(m, { a, k }) => m.binary('mulUnsigned', a, k(0, 4)), "12'd0"],
};

const built = (names: readonly string[]): ModuleBuilder => {
  const m = new ModuleBuilder('simple');
  const io: Io = {
    a: m.input('a', 8),
    b: m.input('b', 8),
    n: m.input('n', 4),
    p: m.input('p'),
    q: m.input('q'),
    k: (value, width = 8) => m.constant(width, value),
  };
  for (const name of names) m.output(name, forms[name]![0](m, io));
  return m;
};

describe('simple forms', () => {
  it.each(Object.entries(forms))('%s', (name, [, expected]) => {
    const lines = emitVerilog(program(built([name])))
      .at(-1)!
      .text.split('\n');
    expect(lines).toContain(`  assign ${name} = ${expected};`);
  });

  it.skipIf(skipReason !== '')(`compute the same${skipReason}`, () => {
    expectFaithful(program(built(Object.keys(forms))), 3);
  });
});

describe('the text of a module', () => {
  const textOf = (m: ModuleBuilder) => emitVerilog(program(m)).at(-1)!.text;

  it('needs no ports', () => {
    const inner = new ModuleBuilder('inner');
    inner.check('assert', 'fine', inner.constant(1, 1), 'always');
    const text = textOf(inner);
    expect(text).toContain('\nmodule inner');
    expect(text).not.toContain('()');
  });

  it('begins with the doc string, its lists and paragraphs, in 100 columns', () => {
    const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ');
    const m = new ModuleBuilder(
      'documented',
      `Does things\n\nFirst paragraph ${words(30)}\ngoes on.\n\n- one thing\n  in two lines\n- another\n\nThe end.`,
    );
    m.parameters.push(
      { name: 'width', value: '8', doc: 'bits of a word' },
      { name: 'long', value: '"FAST"', doc: words(40) },
      { name: 'silent', value: '1', doc: '' },
    );
    m.output('o', m.input('i'));
    const header = textOf(m).split('\n\n')[0]!.split('\n');
    for (const line of header) expect(line.length).toBeLessThanOrEqual(100);
    const first = header.findIndex((line) => line.startsWith('// First paragraph'));
    expect(header.slice(0, 5)).toEqual([
      '// documented: Does things',
      '//',
      '// Generated by Systole from src/parts/example.ts',
      '//   width  8       bits of a word',
      `//   long   "FAST"  ${words(16)}`,
    ]);
    expect(header.slice(5, first)).toEqual([
      `//                  ${words(16)}`,
      `//                  ${words(8)}`,
      '//   silent 1',
      '//',
    ]);
    expect(header.slice(first + 2)).toEqual([
      '//',
      '// - one thing in two lines',
      '// - another',
      '//',
      '// The end.',
    ]);
  });

  it('names its source without folders where that is in no project', () => {
    const m = new ModuleBuilder('elsewhere');
    m.output('o', m.input('i'));
    const from = (file: string) =>
      emitVerilog({
        top: 'elsewhere',
        modules: [{ ...m.build(), location: { ...at(1), file } }],
      })[0]!.text;
    expect(from('/home/someone/cells.ts')).toContain('// Generated by Systole from cells.ts\n');
    expect(from('/a/src/b/test/c/d.ts')).toContain('// Generated by Systole from test/c/d.ts\n');
    expect(from('C:\\a\\src\\d.ts')).toContain('// Generated by Systole from src/d.ts\n');
  });

  it('puts long comments of ports above them', () => {
    const m = new ModuleBuilder('commented');
    const long = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    const i = m.input('i', 8, { doc: long });
    m.output('o', i, { doc: 'short' });
    const lines = textOf(m).split('\n');
    const port = lines.findIndex((line) => /^ {2}input .* i,$/.test(line));
    expect(lines[port - 1]).toMatch(/^ {2}\/\/ word/);
    expect(lines[port - 3]).toMatch(/^ {2}\/\/ word0 /);
    expect(lines[port + 1]).toMatch(/^ {2}output wire \[7:0\] o {3}\/\/ short$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('makes identifiers of any name', () => {
    const m = new ModuleBuilder('names');
    const [a, b] = [m.input('a', 4), m.input('b', 4)];
    m.output('x', m.unary('not', m.binary('add', a, b, { name: '1st sum' })));
    m.output('y', m.unary('not', m.binary('sub', a, b, { name: 'end' })));
    m.output('z', m.unary('not', m.binary('xor', a, b, { name: 'tail__' })));
    const text = textOf(m);
    expect(text).toMatch(/\bn_1st_sum\b/);
    expect(text).toMatch(/\bend_value\b/);
    expect(text).toMatch(/\btail\b/);
  });

  it('reads words of a memory behind its last as 0, and writes none', () => {
    const m = new ModuleBuilder('short_memory');
    const a = m.input('a', 8);
    const memory = m.memory({ name: 'words', width: 8, depth: 5 });
    m.write(memory, { address: m.slice(a, 2, 0), data: a, enable: m.slice(a, 3, 3) });
    const read = (address: number) =>
      m.read(memory, { kind: 'asynchronous', address: m.constant(3, address) });
    m.output('last', read(4));
    m.output('behind', read(5));
    m.output('far', read(7));
    const text = textOf(m);
    expect(text).toMatch(/assign last +=.*words\[(3'd)?4\]/);
    expect(text).toMatch(/assign behind += 8'd0;/);
    expect(text).toMatch(/assign far += 8'd0;/);
  });
});

describe('names of unnamed nets', () => {
  /** The name of a value that two outputs take, so that it has a net of its own. */
  const nameOf = (value: (m: ModuleBuilder, io: Omit<Io, 'k'>) => NodeId): string => {
    const m = new ModuleBuilder('named');
    const io = {
      a: m.input('a', 8),
      b: m.input('b', 8),
      n: m.input('n', 4),
      p: m.input('p'),
      q: m.input('q'),
    };
    const id = value(m, io);
    const wide = m.binary('mulUnsigned', id, id);
    m.output('x', wide);
    m.output('y', m.binary('mulSigned', id, m.binary('add', id, io.a)));
    const text = emitVerilog(program(m)).at(-1)!.text;
    const lines = text.split('\n').filter((line) => /^ {2}(wire|reg)/.test(line));
    return lines.map((line) => /(\w+)(?: +=.*)?;$/.exec(line)?.[1]).join(' ');
  };
  it.each([
    ['a_plus_b', (m, { a, b }) => m.binary('add', a, b)],
    ['a_minus_b', (m, { a, b }) => m.binary('sub', a, b)],
    ['a_minus_3', (m, { a }) => m.binary('sub', a, m.constant(8, 3))],
    ['a_from_3', (m, { a }) => m.binary('sub', m.constant(8, 3), a)],
    ['a_shifted_by_n', (m, { a, n }) => m.binary('shiftLeft', a, n)],
    ['n_one_hot', (m, { n }) => m.binary('shiftLeft', m.constant(8, 1), n)],
    ['not_a_plus_b', (m, { a, b }) => m.binary('add', m.unary('not', a), b)],
    ['a_xor_b', (m, { a, b }) => m.binary('xor', a, b)],
    ['not_n_plus_a', (m, { a, n }) => m.binary('add', m.unary('not', m.extend(n, 8)), a)],
    [
      'selected_by_n',
      (m, { a, b, n }) =>
        m.cases(
          n,
          [
            [1, a],
            [2, b],
          ],
          m.constant(8, 0),
        ),
    ],
    [
      'selected',
      (m, { a, b }) =>
        m.cases(
          m.binary('xor', a, b),
          [
            [1, a],
            [2, b],
          ],
          m.constant(8, 0),
        ),
    ],
    [
      'n_decoded',
      (m, { n }) =>
        m.cases(
          n,
          [
            [1, m.constant(8, 5)],
            [2, m.constant(8, 9)],
          ],
          m.constant(8, 0),
        ),
    ],
    ['p_choice', (m, { a, b, p }) => m.mux(p, a, b)],
  ] as readonly (readonly [string, Parameters<typeof nameOf>[0]])[])('%s', (name, value) => {
    expect(nameOf(value).split(' ')).toContain(name);
  });

  it.each([
    ['a_parity', 'reduceXor'],
    ['a_all_ones', 'reduceAnd'],
    ['a_any', 'reduceOr'],
  ] as const)('%s', (name, op) => {
    const m = new ModuleBuilder('named');
    const [a, p, q] = [m.input('a', 8), m.input('p'), m.input('q')];
    const id = m.unary(op, a);
    m.output('x', m.binary('and', id, p));
    m.output('y', m.binary('xor', id, q));
    expect(emitVerilog(program(m)).at(-1)!.text).toMatch(new RegExp(`wire +${name} =`));
  });
});
