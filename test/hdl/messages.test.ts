/** What messages call the things they are about: values, ports, widths, conditions and clocks. */
import { describe, expect, it } from 'vitest';
import {
  asEnumeration,
  bit,
  bundle,
  constant,
  defineModule,
  describe as sentence,
  elaborate,
  enumeration,
  flip,
  HardwareError,
  inDomain,
  input,
  instance,
  instanceArray,
  mainDomain,
  mem,
  output,
  reg,
  sint,
  stream,
  switchOn,
  uint,
  vec,
  when,
  wire,
} from '../../src/hdl/index.ts';
import type { Inside, Issue, IssueCode, ModuleDefinition, UInt } from '../../src/hdl/index.ts';
import { build, define } from './build.ts';

/** Calls with arguments that the compiler would refuse. */
const loose = (value: unknown) => value as never;

const issuesOf = (code: () => unknown): readonly Issue[] => {
  try {
    code();
  } catch (error) {
    if (error instanceof HardwareError) return error.issues.map(({ issue }) => issue);
    throw error;
  }
  throw new Error('nothing was thrown');
};

const ports = () => ({
  en: input(bit()),
  a: input(uint(8)),
  s: input(sint(8)),
  v: input(vec(uint(8), 4)),
  k: input(enumeration('red', 'green')),
  o: output(uint(8)),
});
type Io = Inside<ReturnType<typeof ports>>;

/** The first sentence about a mistake in a body. */
const said = (mistake: (io: Io) => unknown): string =>
  sentence(
    issuesOf(() =>
      build(ports(), (io) => {
        io.o.set(io.a);
        mistake(io);
      }),
    )[0]!,
  );

describe('a value that is not hardware', () => {
  class Table {
    readonly rows = 2;
  }
  const values: Readonly<Record<string, [unknown, string]>> = {
    'a number': [3, 'the number 3'],
    'a bigint': [3n, 'the number 3'],
    'a text': ['red', "the text 'red'"],
    'a boolean': [true, 'true'],
    nothing: [undefined, 'undefined'],
    null: [null, 'null'],
    'a function': [() => 0, 'a function'],
    'a symbol': [Symbol('x'), 'a symbol'],
    'a list': [[1], 'a list'],
    'a record': [{ x: 1 }, 'a record'],
    'a record with a kind of its own': [{ kind: 'colour' }, 'a record'],
    'a record whose kind is no text': [{ kind: 7 }, 'a record'],
    'an object of a class': [new Table(), 'a Table'],
    'an object without prototype': [Object.create(null), 'a foreign object'],
    'an unsigned type': [uint(8), 'a type'],
    'a signed type': [sint(8), 'a type'],
    'a vector type': [vec(uint(8), 2), 'a vector type'],
    'an enumeration': [enumeration('a'), 'an enumeration'],
    'a bundle': [bundle({ x: bit() }), 'a bundle'],
    'a flipped type': [flip(bundle({ x: bit() })), 'a flipped type'],
    'a stream type': [stream({ x: bit() }), 'a stream'],
  };
  it.each(Object.entries(values))('%s', (_, [value, name]) => {
    const message = said(() => wire(vec(uint(8), 4)).set(loose(value)));
    expect(message).toContain(name);
  });

  const hardware: Readonly<Record<string, [(io: Io) => unknown, string]>> = {
    'an unsigned signal': [({ a }) => a, 'a signal'],
    'a signed signal': [({ s }) => s, 'a signal'],
    'a vector': [({ v }) => v, 'a vector'],
    'a value of an enumeration': [({ k }) => k, 'a value of an enumeration'],
    'a memory': [() => mem(uint(8), 2), 'a memory'],
  };
  it.each(Object.entries(hardware))('%s, where a type stands', (_, [value, name]) => {
    expect(said((io) => reg(loose(value(io))))).toContain(` ${name}`);
    expect(issuesOf(() => build(ports(), (io) => void reg(loose(value(io)))))[0]).toMatchObject({
      code: 'not-a-type',
      actual: name,
    });
  });
});

describe('values of enumerations', () => {
  const settable = (value: unknown) => value as { set(name: string): void };
  const cases: Readonly<Record<string, [IssueCode, (io: Io) => unknown, string]>> = {
    'is of no name': ['vector-length', ({ k }) => k.is(), 'is'],
    'is of a number': ['unknown-name', ({ k }) => k.is(loose(1)), 'the number 1'],
    'set on an input': ['not-settable', ({ k }) => settable(k).set('red'), 'k'],
    'in a text': ['coercion', ({ k }) => `${loose(k)}`, 'k'],
    'compared with a number': ['not-a-signal', ({ k }) => k.eq(loose(1)), 'name one of its values'],
    'compared with a signal': [
      'not-a-signal',
      ({ k, en }) => k.eq(loose(en)),
      'name one of its values',
    ],
  };
  it.each(Object.entries(cases))('%s', (_, [code, mistake, words]) => {
    const run = () => build(ports(), (io) => (io.o.set(io.a), void mistake(io)));
    expect(issuesOf(run)[0]!.code).toBe(code);
    expect(said(mistake)).toContain(words);
  });

  it('belong to one module', () => {
    const uses: readonly ((outer: Io, inner: { y: Io['k'] }) => unknown)[] = [
      ({ k }) => k.is('red'),
      ({ k }, { y }) => k.eq(y),
      ({ k }, { y }) => y.eq(k),
      ({ k }) => settable(k).set('red'),
    ];
    for (const use of uses) {
      const run = () =>
        build(ports(), (io) => {
          const inner = define('inner', { y: input(enumeration('red', 'green')) }, (own) => {
            use(io, own);
          });
          instance(inner, {});
        });
      expect(issuesOf(run)[0]).toMatchObject({ code: 'foreign-signal', signal: 'k' });
    }
  });

  it('have names that differ in Verilog', () => {
    expect(issuesOf(() => input(enumeration('keepOld', 'keep_old')))).toEqual([
      { code: 'name-clash', name: 'keep_old', what: 'enumeration' },
    ]);
  });

  it('know their width', () => {
    expect.assertions(3);
    build(ports(), ({ k, a, o }) => {
      o.set(a);
      expect(k.width).toBe(1);
      expect(asEnumeration(enumeration('x', 'y', 'z'), a.truncate(2)).width).toBe(2);
      const net = wire(enumeration('a', 'b', 'c', 'd', 'e'));
      net.set('e');
      expect(net.width).toBe(3);
    });
  });
});

const lane = define('lane', { x: input(uint(8)), y: output(uint(8)) }, ({ x, y }) => {
  y.set(x);
});
const lanes = (dimensions: readonly number[]) => instanceArray(lane, {}, dimensions);

describe('sentences', () => {
  it('name a file of the machine by its path in the package', () => {
    try {
      build({ o: output(bit()) }, () => undefined);
    } catch (error) {
      expect((error as HardwareError).message).toMatch(
        /^test\/hdl\/messages\.test\.ts:\d+: no-driver: o .*\(module example\)$/,
      );
    }
    expect.assertions(1);
  });

  it('say bit for one and bits for more', () => {
    expect(said(({ a, en }) => en.and(loose(a)))).toContain('en has 1 bit but a has 8;');
    expect(said(({ a, en }) => a.and(loose(en)))).toContain('a has 8 bits but en has 1;');
  });

  const sentences: Readonly<Record<string, [(io: Io) => unknown, string]>> = {
    'the constant 0x5': [
      ({ a }) => a.and(loose(constant(4, 5))),
      'and: a has 8 bits but the constant 0x5 has 4;',
    ],
    'the result of a product': [
      ({ a }) => a.mul(a).and(loose(a)),
      'and: the result of mul has 16 bits but a has 8;',
    ],
    'the result of a comparison': [
      ({ a }) => a.lt(3).and(loose(a)),
      'and: the result of a comparison has 1 bit but a has 8;',
    ],
    'an address': [({ a, s }) => mem(uint(8), 256).write(a, loose(s)), 's is signed but'],
    'an address of the wrong width': [
      ({ a }) => mem(uint(8), 4).read(a),
      'the address of 4 words has 2 bits but a has 8;',
    ],
    'both signs': [({ a, s }) => s.lt(loose(a)), 's is signed but a is unsigned; use '],
    'a literal and the type that it does not fit': [
      () => reg(uint(4), { init: 16 }),
      '16 does not fit uint(4)',
    ],
    'too few words': [() => mem(uint(8), 4, { init: [1, 2, 3] }), 'init'],
    'an axis that a row does not have': [
      ({ v }) => lanes([4]).x.from('y', { axis: 1, step: 1, edge: v }),
      'cannot come from axis 1, step 1; choose axis 0 and step 1 or -1',
    ],
    'a third axis': [
      ({ v }) => lanes([4, 4]).x.from('y', { axis: loose(2), step: -1, edge: v }),
      'cannot come from axis 2, step -1; choose axis 0 or 1 and step 1 or -1',
    ],
    'a literal for a whole vector': [
      () => reg(vec(uint(4), 2), { init: 256 }),
      '256 does not fit uint(8)',
    ],
    'a vector of half an element': [() => vec(uint(2), 2.5), 'vec'],
    'a loop through a memory': [
      ({ en }) => {
        const net = wire(bit());
        const words = mem(bit(), 2);
        words.write(en, en);
        net.set(words.read(net));
        return { net };
      },
      'is a combinational loop; break it with a register',
    ],
    'an asynchronous otherwise': [
      ({ en }) => when(en, () => undefined).otherwise(loose(async () => Promise.resolve())),
      'otherwise',
    ],
  };
  it.each(Object.entries(sentences))('say %s', (_, [mistake, words]) => {
    expect(said(mistake)).toContain(words);
  });

  it('say which module never ends', () => {
    const chain: ModuleDefinition<{ length: number }, Record<never, never>> = defineModule(
      'chain',
      { doc: 'Chain' },
      (p) => ({ ports: {}, body: () => ({ next: instance(chain, { length: p.length + 1 }) }) }),
    );
    const [issue] = issuesOf(() => elaborate(chain, { length: 1 }));
    expect(sentence(issue!)).toMatch(/^chain -> .*chain.* never ends because a module/);
  });

  it('say what was done outside of a module', () => {
    const [issue] = issuesOf(() => inDomain(mainDomain, () => 0));
    expect(issue).toEqual({ code: 'outside-module', operation: 'inDomain' });
  });

  it('say which input of an array another module wires', () => {
    const issues = issuesOf(() =>
      build(ports(), (io) => {
        io.o.set(io.a);
        const { x } = lanes([4]);
        instance(
          define('inner', { y: input(uint(8)) }, ({ y }) => {
            x.broadcast(y);
          }),
          {},
        );
      }),
    );
    expect(issues[0]).toMatchObject({ code: 'foreign-signal', user: 'inner' });
    expect((issues[0] as { signal: string }).signal).toContain('x');
  });

  it('begin with a question mark or the like where no place is known', () => {
    const error = new HardwareError([
      { issue: { code: 'no-driver', signal: 'o' }, location: undefined, module: undefined },
    ]);
    expect(error.message).toMatch(/^[^:]+: no-driver: o /);
    expect(error.message).not.toContain('undefined:');
  });

  it('say none where a module has no outputs', () => {
    const silent = define('silent', { x: input(uint(8)) }, () => undefined);
    const message = said(({ v }) => {
      const { x } = instanceArray(silent, {}, [2]);
      x.from(loose('y'), { axis: 0, step: 1, edge: v as never });
    });
    expect(message).toMatch(/\by\b.*\bnone\b/);
  });

  const undriven = (statement: (io: Io, net: { set(value: UInt): void }) => void): string =>
    said((io) => {
      const net = wire(uint(8));
      statement(io, net);
    });
  it.each([
    [
      'where condition 1 of the when at ',
      ({ en, a }: Io, net: { set(value: UInt): void }) =>
        void when(en, () => undefined).otherwise(() => net.set(a)),
    ],
    [
      'where condition 2 of the when at ',
      ({ en, a, s }: Io, net: { set(value: UInt): void }) =>
        void when(en, () => net.set(a))
          .elseWhen(s.lt(0), () => undefined)
          .otherwise(() => net.set(a)),
    ],
    [
      'where the when at ',
      ({ en, a }: Io, net: { set(value: UInt): void }) => void when(en, () => net.set(a)),
    ],
    [
      'in case 1 of the switchOn at ',
      ({ a }: Io, net: { set(value: UInt): void }) =>
        void switchOn(
          a,
          [
            [0, () => net.set(a)],
            [1, () => undefined],
          ],
          () => net.set(a),
        ),
    ],
    [
      'where no case of the switchOn at ',
      ({ a }: Io, net: { set(value: UInt): void }) => void switchOn(a, [[0, () => net.set(a)]]),
    ],
  ])('say %s', (words, statement) => {
    const message = undriven(statement);
    expect(message).toContain(words);
    expect(message).toMatch(/test\/hdl\/messages\.test\.ts:\d+/);
  });
});

describe('parameters', () => {
  const child = defineModule('child', { doc: 'child' }, (_: Record<string, unknown>) => ({
    ports: { o: output(bit()) },
    body({ o }) {
      o.set(1);
    },
  }));
  const modulesOf = (...parameters: Record<string, unknown>[]): number =>
    elaborate(
      define('top', {}, () => {
        for (const each of parameters) instance(child, each);
      }),
      undefined,
    ).modules.length - 1;

  it('are equal whatever the order of their keys', () => {
    expect(modulesOf({ x: 1, y: [2, { z: 3 }] }, { y: [2, { z: 3 }], x: 1 })).toBe(1);
    expect(modulesOf({ x: 1, y: undefined }, { x: 1 })).toBe(1);
  });

  it('differ where values or their types differ', () => {
    const values = [1, 1n, '1', true, null, [1], { x: 1 }, [], {}];
    expect(modulesOf(...values.map((x) => ({ x })))).toBe(values.length);
    expect(modulesOf({ x: [1, 2] }, { x: [12] })).toBe(2);
    expect(modulesOf({ x: 1 }, { y: 1 })).toBe(2);
  });

  it('are refused with their path', () => {
    const refused = (parameters: Record<string, unknown>) => issuesOf(() => modulesOf(parameters));
    expect(refused({ x: [1, { z: NaN }] })).toEqual([
      { code: 'bad-parameter', path: 'the parameter x[1].z', actual: 'the number NaN' },
    ]);
    expect(refused({ x: Symbol('s') })).toEqual([
      { code: 'bad-parameter', path: 'the parameter x', actual: 'a symbol' },
    ]);
    expect(refused({ x: () => 0 })).toEqual([
      { code: 'bad-parameter', path: 'the parameter x', actual: 'a function' },
    ]);
  });
});

describe('names', () => {
  it('of ports keep clear of VHDL and C++, those inside do not', () => {
    const outside = (name: string) =>
      issuesOf(() => build({ [name]: input(bit()) }, () => undefined));
    expect(outside('signal')).toEqual([
      { code: 'reserved-name', name: 'signal', language: 'VHDL' },
    ]);
    expect(outside('namespace')).toEqual([
      { code: 'reserved-name', name: 'namespace', language: 'C++' },
    ]);
    expect(outside('logic')).toEqual([
      { code: 'reserved-name', name: 'logic', language: 'SystemVerilog' },
    ]);
    const inside = (name: string) =>
      build({ a: input(uint(8)), o: output(uint(8)) }, ({ a, o }) => {
        const sum = a.addWrap(1);
        o.set(sum);
        return { [name]: sum };
      });
    expect(inside('signal').modules[0]!.nodes.some(({ name }) => name === 'signal')).toBe(true);
    expect(issuesOf(() => inside('logic'))).toEqual([
      { code: 'reserved-name', name: 'logic', language: 'SystemVerilog' },
    ]);
  });
});

describe('what is declared', () => {
  it('signs registers and wires', () => {
    const program = build({ s: input(sint(8)), o: output(sint(8)) }, ({ s, o }) => {
      const held = reg(sint(8), { init: 0 });
      const bits = reg(uint(8), { init: 0 });
      held.set(s);
      bits.set(s.asUnsigned());
      o.set(held);
      return { held, bits };
    });
    const signed = Object.fromEntries(
      program.modules[0]!.nodes.flatMap(({ name, signed: sign }) =>
        name === undefined ? [] : [[name, sign ?? false]],
      ),
    );
    expect(signed).toEqual({ held: true, bits: false });
  });

  it('shows parameters in the header', () => {
    const shown = defineModule(
      'shown',
      {
        doc: 'Shown',
        parameters: {
          width: 'a number',
          type: 'a type',
          colour: 'names',
          nested: 'a record',
          list: 'a list',
          nothing: 'nothing',
          rounds: 'a truth',
        },
      },
      (_: Record<string, unknown>) => ({
        ports: { o: output(bit()) },
        body: ({ o }) => void o.set(1),
      }),
    );
    const program = elaborate(shown, {
      width: 8,
      type: sint(5),
      colour: enumeration('red', 'green'),
      nested: { rowCount: 3, inner: uint(2) },
      list: ['a', 4],
      nothing: null,
      rounds: true,
    });
    expect(program.modules[0]!.parameters.map(({ name, value }) => [name, value])).toEqual([
      ['width', '8'],
      ['type', 'sint(5)'],
      ['colour', 'enumeration(red, green)'],
      ['nested', 'row_count 3, inner uint(2)'],
      ['list', '0 a, 1 4'],
      ['nothing', 'null'],
      ['rounds', 'true'],
    ]);
  });
});

describe('what a body throws', () => {
  it('needs no place to be named', () => {
    const run = () =>
      build({}, () => {
        throw 'a text without a stack.';
      });
    expect(issuesOf(run)).toEqual([{ code: 'body-failed', error: 'a text without a stack' }]);
    expect(run).toThrow('building the module threw a text without a stack; correct the code');
  });

  it('is cut to its first line', () => {
    const run = () =>
      build({}, () => {
        throw new Error('first.\nsecond');
      });
    expect(issuesOf(run)).toEqual([{ code: 'body-failed', error: 'Error: first' }]);
  });
});
