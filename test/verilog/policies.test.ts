/** What the text says under each reset policy, and where it says that its nets come from. */
import { describe, expect, it } from 'vitest';
import type { Location, Program } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import type { ResetPolicy } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { at, ModuleBuilder, program } from './build.ts';

/** A parent around a child with two registers, of which one has a value at power-on. */
function design(): Program {
  const child = new ModuleBuilder('child');
  const d = child.input('d', 4);
  const set = child.register('started', 4, 5);
  const open = child.register('open_start', 4, undefined);
  child.drive(set, d);
  child.drive(open, set);
  child.output('q', open);
  child.check(
    'assert',
    'low',
    child.binary('ltUnsigned', d, child.constant(4, 9)),
    'd is\n  below 9',
  );
  const parent = new ModuleBuilder('parent');
  const instance = parent.instance('u_child', 'child', { d: parent.input('d', 4) });
  parent.output('q', parent.outputOf(instance, 'q', 4));
  return program(child, parent);
}

const texts = (reset?: ResetPolicy): string[] =>
  emitVerilog(design(), reset === undefined ? {} : { reset }).map(({ text }) => text);

describe('without reset', () => {
  const both = () => texts('none') as [string, string];

  it('modules have a clock and nothing else, all the way down', () => {
    const [child, parent] = both();
    for (const text of [child, parent]) {
      expect(text).toMatch(/input +wire +clk,/);
      expect(text).not.toMatch(/reset/i);
    }
    expect(parent).toContain('.clk (clk)');
  });

  it('registers with a value start with it, and only those', () => {
    const [child] = both();
    expect(child).toMatch(/ {2}initial begin\n {4}started = 4'd5;\n {2}end\n/);
    expect(child).not.toMatch(/open_start = /);
  });

  it('checks are watched in every cycle', () => {
    const [child] = both();
    const watch = child.slice(child.indexOf('`ifdef'));
    expect(watch).toMatch(/always @\(posedge clk\) begin\n +if \(!?\(?.*\bd\b/);
  });

  it('a module whose registers all start anyhow has no initial block', () => {
    const m = new ModuleBuilder('anyhow');
    const held = m.register('held', 4, undefined);
    m.drive(held, m.input('d', 4));
    m.output('q', held);
    const [file] = emitVerilog(program(m), { reset: 'none' });
    expect(file!.text).not.toContain('initial');
    expect(file!.text).toContain('held <= d;');
  });
});

describe('with reset', () => {
  it('what has no value at power-on is not reset, and checks sleep while it lasts', () => {
    const [child, parent] = texts() as [string, string];
    expect(child).toMatch(/if \(!resetn\) begin\n +started <= 4'd5;\n +end else begin/);
    expect(child).not.toContain('initial');
    expect(child.match(/open_start <= /g)).toHaveLength(1);
    const watch = child.slice(child.indexOf('`ifdef'));
    expect(watch).toMatch(/always @\(posedge clk\) begin\n +if \(resetn\) begin\n/);
    expect(watch).not.toContain('else');
    expect(parent).toMatch(/\.clk +\(clk\),\n +\.resetn +\(resetn\),/);
  });

  it('messages of checks stand on one line', () => {
    const [child] = texts() as [string];
    expect(child).toContain('d is below 9');
  });
});

describe('registers that decide by the same selector', () => {
  const m = (): ModuleBuilder => {
    const both = new ModuleBuilder('both');
    const [a, b] = [both.input('a', 8), both.input('b', 8)];
    const [sel, p] = [both.input('sel', 2), both.input('p')];
    const [x, y] = [both.register('x', 8, 0), both.register('y', 8, 0)];
    both.drive(
      x,
      both.cases(
        sel,
        [
          [0, a],
          [1, both.mux(p, a, b)],
          [2, b],
        ],
        x,
      ),
    );
    both.drive(
      y,
      both.cases(
        sel,
        [
          [0, b],
          [3, both.mux(p, b, a)],
        ],
        y,
      ),
    );
    both.output('ox', x);
    both.output('oy', y);
    return both;
  };

  it('share a case statement, in the order of its labels', () => {
    const { text } = emitVerilog(program(m())).at(-1)!;
    expect(text).toContain(
      [
        '  always @* begin',
        '    x_next = x;',
        '    y_next = y;',
        '    case (sel)',
        "      2'd0: begin",
        '        x_next = a;',
        '        y_next = b;',
        '      end',
        "      2'd1: begin",
        '        if (p) begin',
        '          x_next = a;',
        '        end else begin',
        '          x_next = b;',
        '        end',
        '      end',
        "      2'd2: x_next = b;",
        "      2'd3: begin",
        '        if (p) begin',
        '          y_next = b;',
        '        end else begin',
        '          y_next = a;',
        '        end',
        '      end',
        '      default: ;',
        '    endcase',
        '  end',
      ].join('\n'),
    );
  });

  it.skipIf(skipReason !== '')(`do what they should${skipReason}`, () => {
    expectFaithful(program(m()), 11);
  });
});

describe('the source map', () => {
  const mapped = (edit: (m: ModuleBuilder, place: (line: number) => Location) => void) => {
    const m = new ModuleBuilder('mapped');
    edit(m, at);
    const [file] = emitVerilog(program(m));
    return Object.fromEntries(file!.sourceMap.map(({ name, location }) => [name, location.line]));
  };

  it('gives nets without a place that of their nearest user: a port', () => {
    const lines = mapped((m) => {
      const [a, b] = [m.input('a', 8), m.input('b', 8)];
      const sum = m.binary('add', a, b);
      m.output('x', m.binary('mulUnsigned', sum, sum));
      m.ports.push({ ...m.ports.pop()!, location: at(40) });
    });
    expect(lines).toMatchObject({ x: 40, a_plus_b: 40, a: 1, b: 1 });
  });

  it('or a named net', () => {
    const lines = mapped((m) => {
      const [a, b] = [m.input('a', 8), m.input('b', 8)];
      const sum = m.binary('add', a, b);
      m.output('x', m.binary('mulUnsigned', sum, sum, { name: 'squared', location: at(30) }));
      m.ports.push({ ...m.ports.pop()!, location: at(40) });
    });
    expect(lines).toMatchObject({ x: 40, a_plus_b: 30 });
  });
});

describe('registers without a name', () => {
  const held = (value: (m: ModuleBuilder, a: number, load: number) => number): string => {
    const m = new ModuleBuilder('held');
    const [a, load] = [m.input('a', 8), m.input('load')];
    const register = m.register(undefined, 4, 0);
    m.drive(register, value(m, a, load));
    m.output('x', m.unary('not', register));
    return emitVerilog(program(m))[0]!.text;
  };
  it.each([
    ['a slice', (m: ModuleBuilder, a: number) => m.slice(a, 7, 4)],
    [
      'a choice',
      (m: ModuleBuilder, a: number, load: number) =>
        m.mux(load, m.slice(a, 7, 4), m.constant(4, 0)),
    ],
    [
      'a choice the other way',
      (m: ModuleBuilder, a: number, load: number) =>
        m.mux(load, m.constant(4, 0), m.slice(a, 3, 0)),
    ],
  ])('are called after what they hold: %s', (_, value) => {
    expect(held(value)).toMatch(/reg +\[3:0\] +a_delayed;/);
  });
});
