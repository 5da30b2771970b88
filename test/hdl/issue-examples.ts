/**
 * User code that triggers each error of the language. The line that the error must name is marked.
 * The casts stand for what the compiler refuses to a user of TypeScript, but not of JavaScript.
 */
import {
  bit,
  clockDomain,
  constant,
  defineModule,
  elaborate,
  enumeration,
  inDomain,
  input,
  instance,
  instanceArray,
  mem,
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
  IssueCode,
  ModuleDefinition,
  PortDeclaration,
  PortDeclarations,
  UInt,
  UIntType,
  VecType,
} from '../../src/hdl/index.ts';
import { build, define } from './build.ts';

const adder = define(
  'adder',
  { a: input(uint(8)), b: input(uint(8)), sum: output(uint(9)), up: output(uint(8)) },
  ({ a, b, sum, up }) => {
    sum.set(a.add(b));
    up.set(a);
    return {};
  },
);

interface TreePorts extends PortDeclarations {
  readonly values: PortDeclaration<VecType<UIntType<8>>, 'input'>;
  readonly largest: PortDeclaration<UIntType<8>, 'output'>;
}

export const examples: Readonly<Record<IssueCode, () => unknown>> = {
  'width-mismatch': () =>
    build({ a: input(uint(8)), b: input(uint(8)), sum: output(uint(8)) }, ({ a, b, sum }) => {
      const wide: UInt = a.add(b);
      sum.set(wide); // <-
    }),
  'sign-mismatch': () =>
    build({ a: input(uint(8)), b: input(sint(8)), sum: output(uint(9)) }, ({ a, b, sum }) => {
      sum.set(a.add(b as never)); // <-
    }),
  'bad-size': () =>
    elaborate(
      defineModule('counter', { doc: 'Counter' }, (p: { limit: number }) => ({
        ports: {
          count: output(uint(Math.log2(p.limit))), // <-
        },
        body: ({ count }) => {
          count.set(0);
          return {};
        },
      })),
      { limit: 10 },
    ),
  'not-a-type': () =>
    build({ a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      const stage = reg(8 as unknown as UIntType); // <-
      stage.set(a);
      b.set(stage);
    }),
  'resize-direction': () =>
    build({ a: input(uint(8)), b: output(uint(12)) }, ({ a, b }) => {
      b.set(a.truncate(12)); // <-
    }),
  'literal-range': () =>
    build({ a: input(sint(8)), big: output(bit()) }, ({ a, big }) => {
      big.set(a.ge(128)); // <-
    }),
  'bad-literal': () =>
    build({ a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      b.set(a.addWrap(5 / 2)); // <-
    }),
  'bit-range': () =>
    build({ a: input(uint(8)), sign: output(bit()) }, ({ a, sign }) => {
      sign.set(a.bit(8)); // <-
    }),
  'element-range': () =>
    build({ a: input(vec(uint(8), 4)), b: output(uint(8)) }, ({ a, b }) => {
      b.set(a.at(a.length)); // <-
    }),
  'vector-length': () =>
    build({ a: input(uint(8)), b: output(vec(uint(8), 3)) }, ({ a, b }) => {
      b.set(vecOf([a, a])); // <-
    }),
  'foreign-signal': () => {
    const ports = { a: input(uint(8)), b: output(uint(8)) };
    return build(ports, ({ a, b }) => {
      const inner = define('inner', ports, (own) => {
        own.b.set(own.a.addWrap(a)); // <-
        return {};
      });
      const placed = instance(inner, {});
      placed.a.set(a);
      b.set(placed.b);
    });
  },
  'outside-module': () => {
    const limit = constant(8, 100); // <-
    return build({ a: input(uint(8)), high: output(bit()) }, ({ a, high }) => {
      high.set(a.gt(limit));
    });
  },
  coercion: () =>
    build({ a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      b.set(Number(a) + 1); // <-
    }),
  'not-a-signal': () =>
    build({ a: input(sint(8)), scaled: output(sint(16)) }, ({ a, scaled }) => {
      scaled.set(a.mul(3 as never)); // <-
    }),
  'not-a-condition': () =>
    build({ a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      b.set(0);
      when(a as never, () => b.set(1)); // <-
    }),
  'not-settable': () =>
    build({ a: input(vec(uint(8), 4)), b: output(uint(8)) }, ({ a, b }) => {
      (a.at(0) as typeof b).set(1); // <-
      b.set(a.at(1));
    }),
  'two-drivers': () =>
    build({ a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      b.set(a);
      b.set(a.not()); // <-
    }),
  'no-driver': () =>
    build(
      {
        a: input(uint(8)),
        b: output(uint(8)), // <-
      },
      ({ a }) => ({ inverse: a.not() }),
    ),
  latch: () =>
    build({ en: input(bit()), a: input(uint(8)), b: output(uint(8)) }, ({ en, a, b }) => {
      when(en, () => {
        b.set(a); // <-
      });
    }),
  'combinational-loop': () =>
    build({ start: input(bit()), busy: output(bit()) }, ({ start, busy }) => {
      const pending = wire(bit());
      const active = wire(bit());
      active.set(pending.or(start)); // <-
      pending.set(active.and(start.not()));
      busy.set(active);
      return { pending, active };
    }),
  'domain-crossing': () => {
    const fast = clockDomain('fast');
    return elaborate(
      defineModule('crossing', { doc: 'Crossing' }, () => ({
        domains: [fast],
        ports: { a: input(uint(8)), b: output(uint(8), 'sum', fast) },
        body({ a, b }) {
          const count = reg(uint(8), { init: 0 });
          const total = inDomain(fast, () => reg(uint(8), { init: 0 }));
          const doubled = count.addWrap(count);
          count.set(a);
          total.set(total.addWrap(doubled)); // <-
          b.set(total);
          return { count, doubled, total };
        },
      })),
      undefined,
    );
  },
  'unknown-domain': () =>
    build({ a: input(bit()), b: output(bit()) }, ({ a, b }) => {
      const fast = clockDomain('fast');
      const stage = inDomain(fast, () => reg(bit())); // <-
      stage.set(a);
      b.set(stage);
    }),
  'reserved-name': () =>
    build(
      {
        in: input(uint(8)), // <-
        result: output(uint(8)),
      },
      (io) => {
        io.result.set(io.in);
      },
    ),
  'name-clash': () =>
    build(
      {
        words: input(stream({ value: uint(8) })),
        wordsValid: output(bit()), // <-
      },
      ({ words, wordsValid }) => {
        words.ready.set(1);
        wordsValid.set(words.valid);
      },
    ),
  'bad-name': () =>
    build(
      {
        '2nd': input(uint(8)), // <-
        result: output(uint(8)),
      },
      (io) => {
        io.result.set(io['2nd']);
      },
    ),
  'unknown-port': () =>
    build({ a: input(uint(8)), b: input(uint(8)), sums: output(vec(uint(9), 4)) }, (io) => {
      const adders = instanceArray(adder, {}, [4]);
      adders.a.from('carry', { axis: 0, step: 1, edge: vecOf([io.a]) }); // <-
      adders.b.broadcast(io.b);
      io.sums.set(adders.sum);
    }),
  'duplicate-case': () =>
    build({ a: input(uint(2)), b: output(uint(2)) }, ({ a, b }) => {
      b.set(0);
      // <- on the next line
      switchOn(a, [
        [1, () => b.set(2)],
        [1, () => b.set(3)],
      ]);
    }),
  'missing-case': () =>
    build(
      { mode: input(enumeration('off', 'slow', 'fast')), b: output(uint(2)) },
      ({ mode, b }) => {
        b.set(0);
        switchOn(mode, { off: () => b.set(1), fast: () => b.set(3) } as never); // <-
      },
    ),
  'unknown-name': () =>
    build({ start: input(bit()), busy: output(bit()) }, ({ start, busy }) => {
      const state = reg(enumeration('idle', 'busy'), { init: 'idle' });
      when(start, () => state.set('bussy' as 'busy')); // <-
      busy.set(state.is('busy'));
    }),
  'enumeration-mismatch': () =>
    build(
      { a: input(enumeration('add', 'sub')), b: output(enumeration('add', 'sub', 'mul')) },
      ({ a, b }) => {
        b.set(a as never); // <-
      },
    ),
  'closed-chain': () =>
    build({ en: input(bit()), a: input(uint(8)), b: output(uint(8)) }, ({ en, a, b }) => {
      const stage = reg(uint(8));
      const chain = when(en, () => stage.set(a));
      b.set(stage);
      chain.otherwise(() => stage.set(0)); // <-
    }),
  'asynchronous-body': () =>
    build({ en: input(bit()), a: input(uint(8)), b: output(uint(8)) }, ({ en, a, b }) => {
      b.set(0);
      const scale = Promise.resolve(a);
      // <- on the next line
      when(en, async () => {
        b.set(await scale);
      });
    }),
  'mask-lanes': () =>
    build({ address: input(uint(4)), data: input(uint(32)), lanes: input(uint(3)) }, (io) => {
      const words = mem(uint(32), 16);
      words.write(io.address, io.data, { mask: io.lanes }); // <-
      return { words };
    }),
  'array-shape': () =>
    build({ a: input(uint(8)) }, ({ a }) => {
      const adders = instanceArray(adder, {}, [4, 4, 4]); // <-
      adders.a.broadcast(a);
      adders.b.broadcast(a);
    }),
  'array-step': () =>
    build({ a: input(uint(8)) }, ({ a }) => {
      const adders = instanceArray(adder, {}, [4]);
      adders.a.from('up', { axis: 1, step: 1, edge: vecOf([a]) }); // <-
      adders.b.broadcast(a);
    }),
  'conditional-wiring': () =>
    build({ en: input(bit()), a: input(uint(8)) }, ({ en, a }) => {
      const adders = instanceArray(adder, {}, [4]);
      adders.a.broadcast(a);
      when(en, () => {
        adders.b.broadcast(a); // <-
      });
    }),
  'bad-parameter': () =>
    // <- on the next line
    elaborate(
      defineModule('table', { doc: 'Table' }, (p: { entry: (index: number) => number }) => ({
        ports: { index: input(uint(4)), entry: output(uint(8)) },
        body: ({ index, entry }) => {
          const words = mem(uint(8), 16, {
            init: Array.from({ length: 16 }, (_, i) => p.entry(i)),
          });
          entry.set(words.read(index));
          return { words };
        },
      })),
      { entry: (index) => index ** 2 },
    ),
  recursion: () => {
    const tree: ModuleDefinition<{ leaves: number }, TreePorts> = defineModule(
      'tree',
      { doc: 'Tree' },
      (p) => ({
        ports: { values: input(vec(uint(8), p.leaves)), largest: output(uint(8)) },
        body: ({ values, largest }) => {
          const half = instance(tree, p); // <-
          half.values.set(values);
          largest.set(half.largest);
          return { half };
        },
      }),
    );
    return elaborate(tree, { leaves: 4 });
  },
  'body-failed': () =>
    build({ a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      if (a.width % 3 !== 0) throw new RangeError('the width of a must be a multiple of 3.'); // <-
      b.set(a);
    }),
};
