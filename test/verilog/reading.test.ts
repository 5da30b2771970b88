import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import type { VerilogFile } from '../../src/verilog/index.ts';
import { at, ModuleBuilder, program } from './build.ts';

/** The last module, without the blanks that put equals signs in one column. */
const textOf = (of: Program): string => emitVerilog(of).at(-1)!.text.replace(/ +=/g, ' =');

/** The one line of the text with `part` in it. */
function lineWith(text: string, part: string): string {
  const lines = text.split('\n').filter((line) => line.includes(part));
  expect(lines, `lines with '${part}' in\n${text}`).toHaveLength(1);
  return lines[0]!.trim();
}

describe('expressions read as written by hand', () => {
  const m = new ModuleBuilder('forms');
  const a = m.input('a', 8);
  const b = m.input('b', 8);
  const p = m.input('p');
  const q = m.input('q');
  const k = (value: number, width = 8) => m.constant(width, value);
  m.output('minus', m.binary('add', a, k(255)));
  m.output('plus', m.binary('sub', a, k(254)));
  m.output('both', m.binary('and', p, m.unary('not', q)));
  m.output('none', m.unary('not', m.unary('reduceOr', a)));
  m.output('above', m.binary('ltUnsigned', k(5), a));
  m.output('signed_wide', m.extend(a, 12, true));
  m.output('wide', m.extend(a, 12));
  m.output('shifted', m.binary('shiftLeft', a, k(3)));
  m.output('upper', m.binary('shiftRight', a, k(3)));
  m.output('swapped', m.concat(m.slice(a, 3, 0), m.slice(a, 7, 4)));
  m.output('picked', m.slice(m.binary('shiftRight', a, m.slice(b, 2, 0)), 0, 0));
  m.output('less', m.binary('ltSigned', a, k(0xfb)));
  m.output('large', m.constant(64, 0x0123456789abcdefn));
  m.output('low', m.slice(m.binary('sub', a, b), 3, 0));
  m.output('cut', m.binary('ltUnsigned', m.extend(a, 12), m.extend(b, 12)));
  m.output('set', m.mux(p, k(1, 1), q));
  m.output('chain', m.binary('add', m.binary('add', a, b), m.binary('and', a, b)));
  const text = textOf(program(m));

  it.each([
    ['minus', "a - 8'd1"],
    ['plus', "a + 8'd2"],
    ['both', 'p && !q'],
    ['none', "a == 8'd0"],
    ['above', "a > 8'd5"],
    ['signed_wide', '{{4{a[7]}}, a}'],
    ['wide', "{4'd0, a}"],
    ['shifted', "{a[4:0], 3'd0}"],
    ['upper', "{3'd0, a[7:3]}"],
    ['swapped', '{a[3:0], a[7:4]}'],
    ['picked', 'a[b[2:0]]'],
    ['less', "$signed(a) < -8'sd5"],
    ['large', "64'h123_4567_89ab_cdef"],
    ['low', 'a[3:0] - b[3:0]'],
    ['cut', 'a < b'],
    ['set', 'p || q'],
    ['chain', 'a + b + (a & b)'],
  ])('%s: %s', (port, expression) => {
    expect(lineWith(text, `assign ${port} =`)).toBe(`assign ${port} = ${expression};`);
  });
});

describe('names', () => {
  it('of authors stay, and clash with nothing', () => {
    const m = new ModuleBuilder('names');
    const a = m.input('total', 4);
    const b = m.input('b', 4);
    m.output('x', m.unary('not', m.binary('add', a, b, { name: 'total' })));
    m.output('y', m.unary('not', m.binary('sub', a, b, { name: 'bins' })));
    m.output('z', m.unary('not', m.binary('xor', a, b, { name: 'a.field' })));
    const text = textOf(program(m));
    expect(text).toContain('total_2 ');
    // `bins` is a word of SystemVerilog.
    expect(text).toContain('bins_value ');
    expect(text).toContain('a_field ');
  });

  it('of unnamed nets say what they compute, whatever stands around them', () => {
    const build = (extra: boolean) => {
      const m = new ModuleBuilder('names');
      const a = m.input('a', 4);
      const b = m.input('b', 4);
      const before = extra ? m.binary('xor', a, b) : a;
      const sum = m.binary('add', a, b);
      const fire = m.binary('and', m.unary('reduceOr', a), m.unary('reduceXor', b));
      const q = m.register('q', 4, 0);
      m.drive(q, m.slice(sum, 3, 0), fire);
      m.output('x', m.binary('mulSigned', sum, sum));
      m.output('y', m.concat(fire, sum, q, before, before));
      return textOf(program(m));
    };
    for (const text of [build(false), build(true)]) {
      expect(text).toMatch(/wire +\[3:0\] +a_plus_b = a \+ b;/);
    }
  });

  it('of registers give those of their next values', () => {
    const m = new ModuleBuilder('names');
    const [up, down] = [m.input('up'), m.input('down')] as const;
    const count = m.register('count', 4, 0);
    const one = m.constant(4, 1);
    const lower = m.mux(down, m.binary('sub', count, one), count);
    m.drive(count, m.mux(up, m.binary('add', count, one), lower));
    m.output('level', count);
    expect(textOf(program(m))).toContain(
      [
        '  always @* begin',
        '    count_next = count;',
        '    if (up) begin',
        "      count_next = count + 4'd1;",
        '    end else if (down) begin',
        "      count_next = count - 4'd1;",
        '    end',
        '  end',
      ].join('\n'),
    );
  });

  it('of registers without one say what they hold', () => {
    const m = new ModuleBuilder('names');
    const [a, load] = [m.input('a', 8), m.input('load')] as const;
    const first = m.register(undefined, 4, 0);
    const second = m.register(undefined, 4, 0);
    m.drive(first, m.mux(load, m.slice(a, 7, 4), m.constant(4, 0)));
    m.drive(second, first);
    m.output('x', m.unary('not', second));
    const text = textOf(program(m));
    expect(text).toContain('a_delayed <= ');
    expect(text).toContain('a_delayed_2 <= ');
    expect(text).not.toContain('state');
  });

  it('of tables say what is decoded, or by what is selected', () => {
    const m = new ModuleBuilder('names');
    const [select, a, b] = [m.input('select', 2), m.input('a', 4), m.input('b', 4)] as const;
    const five = m.constant(4, 5);
    const decoded = m.cases(
      select,
      [
        [0, five],
        [1, m.constant(4, 7)],
      ],
      m.constant(4, 9),
    );
    const selected = m.cases(
      select,
      [
        [0, a],
        [2, m.unary('not', b)],
      ],
      b,
    );
    m.output('y', m.concat(decoded, decoded, selected, selected));
    const text = textOf(program(m));
    expect(text).toContain('select_decoded');
    expect(text).toContain('selected_by_select');
  });

  it('of constants are localparams where they are used, and nothing where they fold away', () => {
    const m = new ModuleBuilder('names');
    const a = m.input('a', 8);
    const limit = m.constant(8, 200, { name: 'LIMIT' });
    const idle = m.constant(8, 0, { name: 'IDLE' });
    m.output('over', m.binary('ltUnsigned', limit, a));
    m.output('same', m.binary('add', a, idle));
    const text = textOf(program(m));
    expect(text).toContain("localparam [7:0] LIMIT = 8'd200;");
    expect(lineWith(text, 'assign over')).toBe('assign over = a > LIMIT;');
    expect(text).not.toContain('IDLE');
  });
});

describe('ports', () => {
  it('have a clock and a reset only where something below needs them', () => {
    const leaf = new ModuleBuilder('leaf');
    const d = leaf.input('d');
    const stage = leaf.register('stage', 1, undefined);
    leaf.drive(stage, d);
    leaf.output('q', stage);
    const middle = new ModuleBuilder('middle');
    const u = middle.instance('u_leaf', 'leaf', { d: middle.input('d') });
    middle.output('q', middle.outputOf(u, 'q', 1));
    const pure = new ModuleBuilder('pure');
    pure.output('y', pure.unary('not', pure.input('x')));
    const [, second, third] = emitVerilog(program(leaf, middle, pure));
    expect(second!.text).toMatch(/module middle \(\n {2}input {2}wire clk,\n {2}input {2}wire d,/);
    expect(second!.text).not.toContain('resetn');
    expect(second!.text).toContain('.clk (clk)');
    expect(third!.text).not.toContain('clk');
    expect(third!.domains).toEqual([]);
  });

  it('that nothing reads end in one sink, bit by bit', () => {
    const m = new ModuleBuilder('sink');
    const a = m.input('a', 8);
    m.input('b', 8);
    const sum = m.binary('add', a, a, { name: 'sum' });
    m.output('y', m.slice(sum, 5, 4));
    expect(lineWith(textOf(program(m)), 'unused_ok')).toBe(
      "wire unused_ok = &{1'b0, b, sum[3:0], sum[7:6]};",
    );
  });

  it('of one stream stand under its heading', () => {
    const m = new ModuleBuilder('streams');
    const doc = 'words to keep';
    const valid = m.input('in_valid', 1, { doc });
    const word = m.input('in_word', 4, { doc, signed: true });
    m.output('in_ready', valid, { doc });
    m.output('out', word, { doc: 'the word', signed: true });
    const field = { name: 'word', port: 'in_word', width: 4, signed: true };
    const stream = {
      ...({ name: 'in', direction: 'input', valid: 'in_valid', ready: 'in_ready', doc } as const),
      fields: [field],
    };
    const text = textOf({ top: 'streams', modules: [{ ...m.build(), streams: [stream] }] });
    expect(text).toContain(
      [
        'module streams (',
        '  // input stream in: words to keep',
        '  input  wire       in_valid,',
        '  input  wire [3:0] in_word,   // signed',
        '  output wire       in_ready,',
        '',
        '  output wire [3:0] out        // signed; the word',
        ');',
      ].join('\n'),
    );
  });
});

describe('columns', () => {
  const linesOf = (m: ModuleBuilder, part: string): string[] =>
    emitVerilog(program(m))
      .at(-1)!
      .text.split('\n')
      .filter((line) => line.includes(part));

  it('put the equals signs of neighbours below each other', () => {
    const m = new ModuleBuilder('columns');
    const a = m.input('a', 4);
    const b = m.input('b', 4);
    m.output('y', m.binary('xor', m.binary('add', a, b, { name: 'sum' }), a));
    m.output('longer', m.binary('and', m.binary('sub', a, b, { name: 'difference' }), a));
    expect(linesOf(m, ' = ')).toEqual([
      '  wire [3:0] sum        = a + b;',
      '  wire [3:0] difference = a - b;',
      '  assign y      = sum ^ a;',
      '  assign longer = difference & a;',
    ]);
  });

  it('start anew where a line is much longer than the others', () => {
    const m = new ModuleBuilder('columns');
    const a = m.input('a', 4);
    const long = 'l'.repeat(40);
    const nets = ['p', 'qq', long, 'r', 'ss'].map((name, index) =>
      m.binary('add', a, m.constant(4, index + 1), { name }),
    );
    m.output(
      'y',
      nets.reduce((all, net) => m.binary('xor', all, net)),
    );
    expect(linesOf(m, 'wire [3:0] ').filter((line) => line.includes(' = a + '))).toEqual([
      "  wire [3:0] p  = a + 4'd1;",
      "  wire [3:0] qq = a + 4'd2;",
      `  wire [3:0] ${long} = a + 4'd3;`,
      "  wire [3:0] r  = a + 4'd4;",
      "  wire [3:0] ss = a + 4'd5;",
    ]);
  });

  it('start anew where a line would be too long in them', () => {
    const m = new ModuleBuilder('columns');
    const first = m.input('f'.repeat(40), 4);
    const second = m.input('s'.repeat(36), 4);
    const other = m.binary('sub', first, m.constant(4, 1), { name: 'a_longer_name' });
    m.output('y', m.binary('xor', m.binary('add', first, second, { name: 'n' }), other));
    const lines = linesOf(m, 'wire [3:0] ').filter((line) => line.includes(' = '));
    expect(lines.map((line) => line.replace(/=.*/, '='))).toEqual([
      '  wire [3:0] a_longer_name =',
      '  wire [3:0] n =',
    ]);
    expect(lines.every((line) => line.length <= 100)).toBe(true);
  });
});

describe('words that several ports share', () => {
  it('stand above them once', () => {
    const m = new ModuleBuilder('shared');
    const doc = 'settings of the host';
    const clear = m.input('host_clear', 1, { doc });
    const mode = m.input('host_mode', 2, { doc });
    m.output('y', m.binary('xor', clear, m.unary('reduceOr', mode)), { doc: 'what it is' });
    expect(textOf(program(m))).toContain(
      [
        'module shared (',
        '  // settings of the host',
        '  input  wire       host_clear,',
        '  input  wire [1:0] host_mode,',
        '',
        '  output wire       y            // what it is',
        ');',
      ].join('\n'),
    );
  });

  it('are said for the first of several streams only', () => {
    const m = new ModuleBuilder('streams');
    const doc = 'beats that ask to pass';
    const streams = ['left', 'right'].map((name) => {
      m.output(`${name}_ready`, m.input(`${name}_valid`, 1, { doc }), { doc });
      const names = { name, valid: `${name}_valid`, ready: `${name}_ready` };
      return { ...names, direction: 'input' as const, doc, fields: [] };
    });
    const text = textOf({ top: 'streams', modules: [{ ...m.build(), streams }] });
    const headings = text.split('\n').filter((line) => line.startsWith('  // '));
    expect(headings).toEqual([
      '  // input stream left: beats that ask to pass',
      '  // input stream right',
    ]);
  });
});

describe('nets and processes', () => {
  it('that only an instance reads stand before it, short conditions inside it', () => {
    const leaf = new ModuleBuilder('leaf');
    const bit = leaf.input('bit');
    leaf.output('y', leaf.mux(bit, leaf.input('word', 4), leaf.constant(4, 3)));
    const m = new ModuleBuilder('outer');
    const [p, q, a] = [m.input('p'), m.input('q'), m.input('a', 4)] as const;
    const first = m.instance('u_first', 'leaf', {
      bit: m.binary('and', p, m.unary('not', q)),
      word: m.binary('add', a, m.constant(4, 1)),
    });
    const y = m.outputOf(first, 'y', 4);
    const second = m.instance('u_second', 'leaf', { bit: q, word: m.binary('xor', y, a) });
    m.output('z', m.outputOf(second, 'y', 4));
    const text = textOf(program(leaf, m));
    expect(text).toContain('.bit  (p && !q),');
    const places = ['u_first_word = ', 'leaf u_first (', 'u_second_word = ', 'leaf u_second ('];
    const found = places.map((place) => text.indexOf(place));
    expect(found).not.toContain(-1);
    expect(found).toEqual([...found].sort((one, other) => one - other));
  });

  it('that decide by one selector are one process, unless one reads the other', () => {
    const choose = (dependent: boolean): number => {
      const m = new ModuleBuilder('chosen');
      const select = m.input('select', 2);
      const [a, b] = [m.input('a', 4), m.input('b', 4)] as const;
      const table = (...values: readonly number[]) =>
        m.cases(
          select,
          values.slice(1).map((value, match) => [match, value] as const),
          values[0]!,
        );
      const first = table(a, b, m.unary('not', a));
      m.output('x', first);
      m.output('y', table(dependent ? m.unary('not', first) : b, a, m.unary('not', b)));
      return textOf(program(m)).split('case (select)').length - 1;
    };
    expect(choose(false)).toBe(1);
    expect(choose(true)).toBe(2);
  });
});

describe('choices', () => {
  it('start with the value that a table with conditions takes most often', () => {
    const m = new ModuleBuilder('table');
    const [select, p, q] = [m.input('select', 2), m.input('p'), m.input('q')] as const;
    const no = m.constant(1, 0);
    m.output(
      'y',
      m.cases(
        select,
        [
          [0, no],
          [1, no],
        ],
        m.mux(p, q, no),
      ),
    );
    expect(textOf(program(m))).toContain(
      [
        '  always @* begin',
        "    y = 1'b0;",
        '    case (select)',
        "      2'd0, 2'd1: ;",
        '      default: begin',
        '        if (p) begin',
        '          y = q;',
        '        end',
      ].join('\n'),
    );
  });

  it('inside each other without an else are one', () => {
    const m = new ModuleBuilder('nested');
    const [select, p, q] = [m.input('select'), m.input('p'), m.input('q')] as const;
    const held = m.register('held', 2, 0);
    const one = m.constant(2, 1);
    const inner = m.mux(p, m.mux(q, one, held), held);
    m.drive(held, m.mux(select, m.constant(2, 2), inner));
    m.output('y', held);
    expect(textOf(program(m))).toContain('end else if (p && q) begin');
  });

  it('inside each other keep the else of the inner one', () => {
    const m = new ModuleBuilder('nested');
    const [select, p, q] = [m.input('select'), m.input('p'), m.input('q')] as const;
    const held = m.register('held', 2, 0);
    const inner = m.mux(p, m.mux(q, m.constant(2, 1), m.constant(2, 3)), held);
    m.drive(held, m.mux(select, m.constant(2, 2), inner));
    m.output('y', held);
    const text = textOf(program(m));
    expect(text).toContain('end else if (p) begin');
    expect(text).toContain("if (q) begin\n        held_next = 2'd1;");
  });
});

describe('messages', () => {
  it('of a failing assertion stay within 100 columns', () => {
    const m = new ModuleBuilder('talkative');
    m.check('assert', 'never', m.input('a'), 'a sentence of several words '.repeat(6).trim());
    m.output('y', m.input('b'));
    const lines = textOf(program(m)).split('\n');
    expect(lines.filter((line) => line.trim().startsWith('$')).map((line) => line.trim())).toEqual([
      expect.stringMatching(/^\$write\("%m.never: a sentence .* "\);$/),
      expect.stringMatching(/^\$write\(".* "\);$/),
      expect.stringMatching(/^\$display\(".*\(example.ts:77\)"\);$/),
      '$finish;',
    ]);
    const source = lines.filter((line) => line.trim().startsWith('$'));
    expect(Math.max(...source.map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describe('files', () => {
  it('begin with what the module is, where it comes from and its parameters', () => {
    const m = new ModuleBuilder('head', `first line\n\n${'word '.repeat(40)}`);
    m.parameters.push({ name: 'depth', value: '16', doc: 'words' });
    m.parameters.push({ name: 'n', value: '3', doc: 'lanes' });
    m.output('y', m.input('x'));
    const lines = textOf(program(m)).split('\n');
    expect(lines.slice(0, 6)).toEqual([
      '// head: first line',
      '//',
      '// Generated by Systole from src/parts/example.ts',
      '//   depth 16  words',
      '//   n     3   lanes',
      '//',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('show long values below what they are, broken behind commas or where the line ends', () => {
    const m = new ModuleBuilder('head', 'first line');
    const names = Array.from({ length: 30 }, (_, index) => `${index} input${index}`);
    m.parameters.push({ name: 'depth', value: '16', doc: 'words' });
    m.parameters.push({ name: 'from', value: names.join(', '), doc: 'inputs' });
    m.parameters.push({ name: 'seed', value: 'f'.repeat(120), doc: '' });
    m.output('y', m.input('x'));
    const [header] = textOf(program(m)).split('\n\n');
    expect(header!.split('\n').slice(3)).toEqual([
      '//   depth 16  words',
      '//   from  inputs:',
      expect.stringMatching(/^\/\/ {9}0 input0, 1 input1, .*\d+ input\d+,$/),
      expect.stringMatching(/^\/\/ {9}\d+ input\d+, .*\d+ input\d+,$/),
      expect.stringMatching(/^\/\/ {9}\d+ input\d+, .*\d+ input\d+,$/),
      expect.stringMatching(/^\/\/ {9}\d+ input\d+, .*29 input29$/),
      `//   seed  ${'f'.repeat(89)}`,
      `//         ${'f'.repeat(31)}`,
    ]);
    for (const line of header!.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('come with a map from all names to lines, without the folders of a machine', () => {
    const leaf = new ModuleBuilder('leaf');
    leaf.output('q', leaf.unary('not', leaf.input('d', 4)));
    const m = new ModuleBuilder('mapped');
    const a = m.input('a', 4);
    const q = m.register('q', 4, 0);
    const inner = m.binary('mulSigned', a, a);
    m.drive(q, m.binary('add', q, m.slice(inner, 5, 2), { name: 'next_q', location: at(31) }));
    const u = m.instance('u_leaf', 'leaf', { d: q });
    m.output('y', m.unary('not', m.outputOf(u, 'q', 4)));
    const built = m.build();
    const located = {
      ...built,
      location: at(5),
      ports: built.ports.map((port, index) => ({ ...port, location: at(index + 6) })),
      instances: built.instances.map((instance) => ({ ...instance, location: at(40) })),
    };
    const { modules } = program(leaf);
    const [, { sourceMap }] = emitVerilog({ top: 'mapped', modules: [...modules, located] }) as [
      unknown,
      VerilogFile,
    ];
    expect(new Set(sourceMap.map(({ location }) => location.file))).toEqual(
      new Set(['src/parts/example.ts']),
    );
    expect(sourceMap.map(({ name, location }) => [name, location.line])).toEqual([
      ['clk', 5],
      ['resetn', 5],
      ['a', 6],
      ['y', 7],
      ['q', 11],
      ['u_leaf_q', 40],
      // What has no place of its own has that of its user.
      ['product', 31],
      ['next_q', 31],
      ['u_leaf', 40],
      ['unused_ok', 5],
    ]);
  });

  it('do not show what nothing needs', () => {
    const m = new ModuleBuilder('dead');
    const a = m.input('a', 4);
    const dead = m.register('forgotten', 4, 0);
    m.drive(dead, m.binary('add', dead, a));
    const memory = m.memory({ name: 'unread', width: 4, depth: 4 });
    m.write(memory, { address: m.slice(a, 1, 0), data: a, enable: m.constant(1, 1) });
    m.output('y', a);
    const text = textOf(program(m));
    expect(text).not.toMatch(/forgotten|unread|always|clk/);
  });

  it('are refused for a program with a combinational loop', () => {
    const m = new ModuleBuilder('circle');
    const loop = m.wire(1, { name: 'around' });
    m.drive(loop, m.binary('and', loop, m.input('a')));
    m.output('y', loop);
    expect(() => emitVerilog(program(m))).toThrow('circle: combinational loop through around');
  });
});
