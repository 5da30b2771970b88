import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { at, ModuleBuilder, program } from './build.ts';

const textOf = (of: Program): string => emitVerilog(of).at(-1)!.text;

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
      expect(text).toMatch(/wire +\[3:0\] +a_plus_b += a \+ b;/);
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
        '  output wire [3:0] out        // signed; the word',
        ');',
      ].join('\n'),
    );
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

  it('come with a map from nets to lines, without the folders of a machine', () => {
    const m = new ModuleBuilder('mapped');
    const a = m.input('a', 4);
    const q = m.register('q', 4, 0);
    m.drive(q, m.binary('add', q, a, { name: 'next_q', location: at(31) }));
    m.output('y', m.unary('not', q));
    expect(emitVerilog(program(m))[0]!.sourceMap).toEqual([
      { net: 'q', location: { file: 'src/parts/example.ts', line: 11, column: 1 } },
      { net: 'next_q', location: { file: 'src/parts/example.ts', line: 31, column: 1 } },
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
