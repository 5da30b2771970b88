/** Other ways to make the mistakes of `issue-examples.ts`: none may pass unnoticed or crash. */
import { describe, expect, it } from 'vitest';
import {
  assertAlways,
  bit,
  concat,
  connect,
  constant,
  coverPoint,
  defineModule,
  elaborate,
  HardwareError,
  input,
  instance,
  instanceArray,
  mem,
  mux,
  oneHot,
  output,
  reg,
  sint,
  stream,
  switchOn,
  uint,
  vec,
  vecOf,
  when,
  wire,
} from '../../src/hdl/index.ts';
import type {
  Bit,
  Inside,
  IssueCode,
  Mem,
  ModuleDefinition,
  UInt,
  Vec,
} from '../../src/hdl/index.ts';
import { build, define } from './build.ts';

const ports = () => ({
  en: input(bit()),
  a: input(uint(8)),
  s: input(sint(8)),
  v: input(vec(uint(8), 4)),
  o: output(uint(8)),
});
type Io = Inside<ReturnType<typeof ports>>;

const cell = define(
  'lane',
  { x: input(uint(8)), level: input(sint(8)), y: output(uint(8)), wide: output(uint(9)) },
  ({ x, y, wide }) => {
    y.set(x);
    wide.set(x.add(x));
  },
);

const cells = () => instanceArray(cell, {}, [2, 3]);

/** Calls with arguments that the compiler would refuse. */
const loose = (value: unknown) => value as never;

const anyError = (code: () => unknown): HardwareError => {
  try {
    code();
  } catch (error) {
    if (error instanceof HardwareError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const codes = (code: () => unknown) => anyError(code).issues.map(({ issue }) => issue.code);

/** Mistakes in the body of a module that is complete otherwise. */
const inBody: Readonly<Record<string, [IssueCode, (io: Io) => unknown]>> = {
  'a signal in a text': ['coercion', ({ a }) => `${loose(a)}`],
  'a signal plus a number': ['coercion', ({ a }) => (loose(a) as number) + 1],
  'a signal as a key': ['coercion', ({ a }) => JSON.stringify({ [loose(a)]: 1 })],
  'a signal compared with <': ['coercion', ({ a }) => (loose(a) as number) < 1],
  'a vector in a text': ['coercion', ({ v }) => `${loose(v)}`],

  'add(undefined)': ['not-a-signal', ({ a }) => a.add(loose(undefined))],
  'and(null)': ['not-a-signal', ({ a }) => a.and(loose(null))],
  'set(true)': ['not-a-signal', ({ en }) => wire(bit()).set(loose(Boolean(en)))],
  'when(undefined)': ['not-a-signal', () => when(loose(undefined), () => undefined)],
  'mux of nothing': ['not-a-signal', ({ en, a }) => mux(en, a, loose(undefined))],
  'mux of two numbers': ['not-a-signal', ({ en }) => mux(en, 1, 2)],
  'concat of a number': ['not-a-signal', ({ a }) => concat(a, loose(1))],
  'vecOf text': ['not-a-signal', () => vecOf([loose('a')])],
  'switchOn(undefined)': ['not-a-signal', () => switchOn(loose(undefined), [[0, () => undefined]])],
  'a list where a vector stands': [
    'not-a-signal',
    ({ a }) => wire(vec(uint(8), 1)).set(loose([a])),
  ],
  'an address that is a number': ['not-a-signal', () => mem(uint(8), 4).read(loose(1))],
  'a vector where a signal stands': ['not-a-signal', ({ a, v }) => a.add(loose(v))],

  'a condition of 8 bits in mux': ['not-a-condition', ({ a }) => mux(loose(a), a, 0)],
  'a check of 8 bits': ['not-a-condition', ({ a }) => assertAlways('x', loose(a), 'x')],
  'a read enable of 8 bits': [
    'not-a-condition',
    ({ a }) => mem(uint(8), 4).readNext(a.truncate(2), { enable: loose(a) }),
  ],

  'extend(NaN)': ['bad-size', ({ a }) => a.extend(NaN)],
  'truncate(1.5)': ['bad-size', ({ a }) => a.truncate(1.5)],
  'truncate(0)': ['bad-size', ({ a }) => a.truncate(0)],
  'bits(0, undefined)': ['bad-size', ({ a }) => a.bits(0, loose(undefined))],
  'constant(NaN, 0)': ['bad-size', () => constant(NaN, 0)],
  'oneHot(a, 0)': ['bad-size', ({ a }) => oneHot(a, 0)],
  'reg(uint(-1))': ['bad-size', () => reg(uint(-1))],
  'a type as a record': ['bad-size', () => wire({ kind: 'uint', width: 2.5 })],
  'a vector of 2.5': ['bad-size', () => vec(uint(2), 2.5)],
  'a memory of no words': ['bad-size', () => mem(uint(8), 0)],
  'reg(undefined)': ['not-a-type', () => reg(loose(undefined))],
  'reg(stream)': ['not-a-type', () => reg(loose(stream({ x: bit() })))],
  'a vector of vectors': ['not-a-type', () => vec(loose(vec(bit(), 2)), 2)],
  'a memory of vectors': ['not-a-type', () => mem(loose(vec(bit(), 2)), 2)],
  'a signal where a type stands': ['not-a-type', ({ a }) => reg(loose(a))],

  'init beyond the type': ['literal-range', () => reg(uint(4), { init: 16 })],
  'a case beyond the selector': ['literal-range', ({ s }) => switchOn(s, [[128, () => undefined]])],
  'init NaN': ['bad-literal', () => reg(uint(4), { init: NaN })],
  'a literal that is not exact': ['bad-literal', () => reg(uint(60), { init: 2 ** 59 })],
  'an element of init': ['literal-range', () => reg(vec(uint(4), 2), { init: [1, 16] })],
  'too few elements of init': ['vector-length', () => reg(vec(uint(4), 2), { init: [1] })],
  'too few words of init': ['vector-length', () => mem(uint(8), 4, { init: [1, 2, 3] })],
  'concat of nothing': ['vector-length', () => concat()],
  'vecOf nothing': ['vector-length', () => vecOf([])],

  'bits beyond the top': ['bit-range', ({ a }) => a.bits(4, 5)],
  'bit(-1)': ['bit-range', ({ a }) => a.bit(-1)],
  'bit(undefined)': ['bit-range', ({ a }) => a.bit(loose(undefined))],
  'an element below 0': ['element-range', ({ v }) => v.at(-1)],
  'an element between two': ['element-range', ({ v }) => v.at(0.5)],
  'setAt beyond the end': ['element-range', () => reg(vec(uint(4), 2)).setAt(2, 0)],

  'unequal widths in and': ['width-mismatch', ({ a }) => a.and(a.truncate(4) as UInt)],
  'unequal widths in eq': ['width-mismatch', ({ a }) => a.eq(a.truncate(4) as UInt)],
  'unequal widths in mux': ['width-mismatch', ({ en, a }) => mux<UInt>(en, a, a.truncate(4))],
  'unequal widths in vecOf': ['width-mismatch', ({ a }) => vecOf<UInt>([a, a.truncate(4)])],
  'accumulate of something wider': ['width-mismatch', ({ a }) => a.accumulate(a.extend(9))],
  'an address of the wrong width': ['width-mismatch', ({ a }) => mem(uint(8), 4).read(a)],
  'a word of the wrong width': ['width-mismatch', ({ a }) => mem(uint(9), 256).write(a, loose(a))],
  'an element of the wrong width': [
    'width-mismatch',
    ({ a }) => reg(vec(uint(4), 2), { init: 0 }).setAt(0, loose(a)),
  ],
  'elements of the wrong width': ['width-mismatch', ({ v }) => wire(vec(uint(4), 4)).set(loose(v))],
  'signed and unsigned in mux': ['sign-mismatch', ({ en, a, s }) => mux(en, a, loose(s))],
  'signed and unsigned in vecOf': ['sign-mismatch', ({ a, s }) => vecOf([a, loose(s)])],
  'signed and unsigned in a comparison': ['sign-mismatch', ({ a, s }) => s.lt(loose(a))],
  'a signed amount': ['sign-mismatch', ({ a, s }) => a.shiftLeft(loose(s))],
  'a signed position': ['sign-mismatch', ({ v, s }) => v.at(loose(s))],
  'a signed word in an unsigned memory': [
    'sign-mismatch',
    ({ a, s }) => mem(uint(8), 256).write(a, loose(s)),
  ],
  'extend that narrows': ['resize-direction', ({ a }) => a.extend(4)],
  'saturate that widens': ['resize-direction', ({ a }) => a.saturate(9)],

  'set on an input': ['not-settable', ({ a }) => (a as Io['o']).set(1)],
  'set on a result': ['not-settable', ({ a }) => (a.not() as Io['o']).set(1)],
  'setAt on an input': [
    'not-settable',
    ({ v }) => (loose(v) as { setAt: Io['o']['set'] }).setAt(0),
  ],

  'otherwise twice': [
    'closed-chain',
    ({ en }) => {
      const chain = when(en, () => undefined);
      chain.otherwise(() => undefined);
      chain.otherwise(() => undefined);
    },
  ],
  'elseWhen after otherwise': [
    'closed-chain',
    ({ en }) => {
      const chain = when(en, () => undefined);
      chain.otherwise(() => undefined);
      chain.elseWhen(en, () => undefined);
    },
  ],
  'otherwise inside another when': [
    'closed-chain',
    ({ en }) => {
      const chain = when(en, () => undefined);
      when(en, () => chain.otherwise(() => undefined));
    },
  ],
  'otherwise inside its own when': [
    'closed-chain',
    ({ en, a }) => {
      const chain = when(en, () => undefined);
      chain.elseWhen(a.eq(0), () => chain.otherwise(() => undefined));
    },
  ],
  'an asynchronous case': [
    'asynchronous-body',
    ({ a }) => switchOn(a, [[0, async () => Promise.resolve()]]),
  ],
  'an element set twice': [
    'two-drivers',
    ({ a }) => {
      const stage = reg(vec(uint(8), 2), { init: 0 });
      stage.setAt(1, a);
      stage.setAt(1, 0);
    },
  ],
  'the whole set after an element': [
    'two-drivers',
    ({ v }) => {
      const stage = reg(vec(uint(8), 4));
      stage.setAt(1, 0);
      stage.set(v);
    },
  ],
  'a default after its exception': [
    'two-drivers',
    ({ en, a }) => {
      const stage = reg(uint(8));
      when(en, () => stage.set(a));
      stage.set(0);
    },
  ],
  'an element without a driver': [
    'latch',
    ({ a }) => {
      const net = wire(vec(uint(8), 2));
      net.setAt(0, a);
    },
  ],
  'a position that is hardware without a default': [
    'latch',
    ({ en, a }) => wire(vec(uint(8), 2)).setAt(en, a),
  ],
  'a case without a driver': [
    'latch',
    ({ a }) => {
      const net = wire(uint(8));
      switchOn(a.bits(0, 1), [
        [0, () => net.set(1)],
        [1, () => undefined],
      ]);
    },
  ],
  'cases without a fallback': [
    'latch',
    ({ a }) => {
      const net = wire(uint(8));
      switchOn(a, [[0, () => net.set(1)]]);
    },
  ],
  'a register that is never set': ['no-driver', () => ({ stage: reg(uint(4), { init: 0 }) })],
  'an instance with an open input': ['no-driver', ({ s }) => instance(cell, {}).level.set(s)],
  'an array with an open input': ['no-driver', ({ s }) => cells().level.broadcast(s)],
  'an array input wired twice': [
    'two-drivers',
    ({ a }) => {
      const { x } = cells();
      x.broadcast(a);
      x.broadcast(a);
    },
  ],
  'each with too few elements': ['vector-length', ({ v }) => cells().x.each(v)],
  'an edge with too few elements': [
    'vector-length',
    ({ a }) => cells().x.from('y', { axis: 0, step: 1, edge: vecOf([a, a]) }),
  ],
  'a neighbour output of another width': [
    'width-mismatch',
    ({ a }) => cells().x.from('wide', { axis: 1, step: 1, edge: vecOf([a, a]) }),
  ],
  'a neighbour input': [
    'unknown-port',
    ({ a }) => cells().x.from('level', { axis: 1, step: 1, edge: vecOf([a, a]) }),
  ],
  'a step of two': [
    'array-step',
    ({ a }) => cells().x.from('y', { axis: 0, step: loose(2), edge: vecOf([a, a, a]) }),
  ],
  'broadcast of the other sign': ['sign-mismatch', ({ s }) => cells().x.broadcast(loose(s))],
  'broadcast of a number beyond the port': ['literal-range', () => cells().x.broadcast(256)],
  'an array of nothing': ['array-shape', () => instanceArray(cell, {}, [0])],
  'an array without dimensions': ['array-shape', () => instanceArray(cell, {}, [])],
  'dimensions that are not a list': ['array-shape', () => instanceArray(cell, {}, loose(4))],

  'a parameter that is not a number': [
    'bad-parameter',
    () => instance(cell as ModuleDefinition, { width: 8 / 0 }),
  ],
  'a signal as parameter': ['bad-parameter', ({ a }) => instance(cell as ModuleDefinition, { a })],
  'an object of a class as parameter': [
    'bad-parameter',
    () => instance(cell as ModuleDefinition, { tables: [new Map()] }),
  ],

  'two checks of one name': [
    'name-clash',
    ({ en }) => {
      assertAlways('seen', en, 'x');
      coverPoint('seen', en, 'x');
    },
  ],
  'a check with a space in its name': ['bad-name', ({ en }) => assertAlways('is seen', en, 'x')],
  'internals that are one in snake case': [
    'name-clash',
    ({ a }) => ({ rowSum: a.add(a), row_sum: a.not() }),
  ],
  'an internal with the name of a port': ['name-clash', ({ a }) => ({ o: a.not() })],
  'an internal with the name of the clock': ['name-clash', ({ a }) => ({ clk: a.not() })],
  'an internal with a reserved name': ['reserved-name', ({ a }) => ({ wire: a.not() })],
  'a nested internal with a bad name': ['bad-name', ({ a }) => ({ list: { 'a-b': a.not() } })],
  'connect of streams with other fields': [
    'body-failed',
    ({ en, a }) => {
      const ready = wire(bit());
      const valid = wire(bit());
      connect({ valid: en, ready, data: { a } }, loose({ valid, ready: en, data: {} }));
    },
  ],
};

describe('in a body', () => {
  it.each(Object.entries(inBody))('%s', (_, [code, mistake]) => {
    const run = () =>
      build(ports(), (io) => {
        io.o.set(io.a);
        const names = mistake(io);
        return (typeof names === 'object' && names?.constructor === Object
          ? names
          : {}) as object as Record<string, unknown>;
      });
    // What is left unwired after the mistake may be listed too.
    expect(codes(run)[0]).toBe(code);
    expect(anyError(run).issues[0]!.location?.file).toMatch(
      /^test\/hdl\/(mistakes\.test|build)\.ts$/,
    );
  });
});

describe('hardware of another module', () => {
  const outer: Readonly<Record<string, (io: Io, own: { x: UInt; en: Bit }) => unknown>> = {
    'in an expression': ({ a }, { x }) => x.add(a),
    'as the receiver': ({ a }) => a.not(),
    'in concat': ({ a }, { x }) => concat(x, a),
    'in vecOf': ({ a }) => vecOf([a]),
    'in mux': ({ a }, { x, en }) => mux(en, x, a),
    'as a condition': ({ en }) => when(en, () => undefined),
    'in switchOn': ({ a }) => switchOn(a, []),
    'an element': ({ v }) => v.at(0),
    'a position': ({ v }, { x }) => v.at(x),
    'set on it': ({ o }, { x }) => o.set(x),
    'as an address': ({ a }) => mem(uint(8), 256).read(a),
    'as data': ({ a }, { x }) => mem(uint(8), 256).write(x, a),
    'in an assertion': ({ en }) => assertAlways('x', en, 'x'),
    'under a name': ({ a }) => ({ a: a }),
  };
  it.each(Object.entries(outer))('%s', (_, use) => {
    const run = () =>
      build(ports(), (io) => {
        const inner = define('inner', { x: input(uint(8)), en: input(bit()) }, (own) => {
          const names = use(io, own);
          return typeof names === 'object' && 'a' in (names as object)
            ? (names as Record<string, unknown>)
            : {};
        });
        instance(inner, {});
      });
    expect(codes(run)).toEqual(['foreign-signal']);
    expect(anyError(run).message).toContain('belongs to module example');
  });

  it('a memory, an instance and the branches of a when', () => {
    const uses = (inner: (shared: { words: Mem; placed: unknown; en: Bit; v: Vec }) => unknown) =>
      codes(() =>
        build(ports(), (io) => {
          io.o.set(io.a);
          const words = mem(uint(8), 256);
          const placed = instance(cell, {});
          const shared = { words, placed, en: io.en, v: io.v };
          instance(
            define('inner', { x: input(uint(8)) }, () => inner(shared) as Record<string, unknown>),
            {},
          );
        }),
      );
    expect(uses(({ words }) => ({ words }))).toEqual(['foreign-signal']);
    expect(uses(({ placed }) => ({ placed }))).toEqual(['foreign-signal']);
    expect(uses(({ words }) => words.read(constant(8, 0)))).toEqual(['foreign-signal']);
    expect(uses(({ words }) => words.write(constant(8, 0), 0))).toEqual(['foreign-signal']);
  });

  it('a signal that outlived its build', () => {
    let kept: UInt | undefined;
    const once = () =>
      build({ a: input(uint(8)), o: output(uint(8)) }, ({ a, o }) => {
        kept ??= a;
        o.set(kept as typeof a);
      });
    once();
    expect(anyError(once).message).toContain('a belongs to another build of example');
    expect(codes(() => kept!.not())).toEqual(['outside-module']);
  });

  it('the input of an array, and a chain of another module', () => {
    const run = (use: (x: ReturnType<typeof cells>['x'], otherwise: () => void) => unknown) =>
      codes(() =>
        build(ports(), (io) => {
          io.o.set(io.a);
          const { x } = cells();
          const chain = when(io.en, () => undefined);
          const inner = define('inner', { y: input(uint(8)) }, () => {
            use(x, () => chain.otherwise(() => undefined));
          });
          instance(inner, {});
        }),
      );
    expect(run((x) => x.broadcast(1))).toEqual(['foreign-signal']);
    expect(run((_, otherwise) => otherwise())).toEqual(['closed-chain']);
  });
});

describe('ports and modules', () => {
  const withPorts = (declared: Record<string, ReturnType<typeof input>>) =>
    codes(() => build(declared, () => undefined));

  it('refuses ports that get one name', () => {
    expect(withPorts({ rowsIn: input(bit()), rows_in: input(bit()) })).toEqual(['name-clash']);
    expect(withPorts({ clk: input(bit()) })).toEqual(['name-clash']);
    expect(withPorts({ a: input(stream({ valid: bit() })) })).toEqual(['name-clash']);
  });

  it('refuses ports without a type', () => {
    expect(codes(() => input(loose(undefined)))).toEqual(['not-a-type']);
    expect(codes(() => input(loose({ x: bit() })))).toEqual(['not-a-type']);
    expect(codes(() => output(stream({ x: loose(8) })))).toEqual(['not-a-type']);
    expect(withPorts({ a: loose(uint(8)) })).toEqual(['body-failed']);
  });

  it('refuses names of modules that no language takes', () => {
    expect(codes(() => build({}, () => undefined, 'module'))).toEqual(['reserved-name']);
    expect(codes(() => build({}, () => undefined, 'my-module'))).toEqual(['bad-name']);
  });

  it('refuses an asynchronous body', () => {
    expect(
      codes(() =>
        build(
          {},
          loose(async () => Promise.resolve({})),
        ),
      ),
    ).toEqual(['asynchronous-body']);
  });

  it('refuses recursion that never meets the same parameters again', () => {
    const chain: ModuleDefinition<{ length: number }, Record<never, never>> = defineModule(
      'chain',
      { doc: 'Chain' },
      (p) => ({
        ports: {},
        body: () => ({ next: instance(chain, { length: p.length + 1 }) }),
      }),
    );
    expect(codes(() => elaborate(chain, { length: 1 }))).toEqual(['recursion']);
  });

  it('names the text of what a body throws, and keeps it as the cause', () => {
    const cause = new TypeError('no table');
    const error = anyError(() =>
      build({}, () => {
        throw cause;
      }),
    );
    expect(error.message).toContain('building the module threw TypeError: no table;');
    expect(error.cause).toBe(cause);
  });

  it('finds loops through instances', () => {
    const run = () =>
      build({ o: output(uint(8)) }, ({ o }) => {
        const first = instance(cell, {});
        const second = instance(cell, {});
        first.level.set(0);
        second.level.set(0);
        first.x.set(second.y);
        second.x.set(first.y);
        o.set(first.y);
        return { first, second };
      });
    expect(codes(run)).toEqual(['combinational-loop']);
    expect(anyError(run).message).toMatch(/u_first\.\w.*u_second\.\w.* is a combinational loop/);
    expect(anyError(run).issues[0]!.location?.file).toBe('test/hdl/mistakes.test.ts');
  });

  it('finds a wire that drives itself, also without a name', () => {
    const run = () =>
      build({ o: output(uint(8)) }, ({ o }) => {
        const net = wire(uint(8));
        net.set(net.not());
        o.set(net);
      });
    expect(anyError(run).message).toMatch(
      /the wire declared at test\/hdl\/mistakes\.test\.ts:\d+ ->/,
    );
    const alias = () =>
      build({ o: output(uint(8)) }, ({ o }) => {
        const net = wire(uint(8));
        net.set(net);
        o.set(net);
      });
    expect(codes(alias)).toEqual(['combinational-loop']);
  });
});

it('lists several issues in one run, each with its line', () => {
  const error = anyError(() =>
    build({ a: input(uint(8)), b: output(uint(4)), c: output(uint(4)) }, ({ a, b }) => {
      b.set(a as UInt);
      when(a.eq(a.truncate(4) as UInt), () => undefined);
    }),
  );
  expect(error.issues.map(({ issue }) => issue.code)).toEqual([
    'width-mismatch',
    'width-mismatch',
    'no-driver',
  ]);
  expect(new Set(error.issues.map(({ location }) => location?.line)).size).toBe(3);
  expect(error.message.split('\n')).toHaveLength(3);
});
