/** Several clocks: what is built in which domain, what fires, and what may cross. */
import { describe, expect, it } from 'vitest';
import {
  assertAlways,
  bit,
  clockDomain,
  concat,
  constant,
  defineModule,
  elaborate,
  HardwareError,
  inDomain,
  input,
  instance,
  instanceArray,
  mainDomain,
  mem,
  output,
  reg,
  uint,
  vec,
  when,
} from '../../src/hdl/index.ts';
import type { Bit, UInt } from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { verifyProgram } from '../../src/ir/index.ts';
import { synchronizer } from '../../src/parts/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { lint, missingTools } from '../verilog/lint.ts';
import { define } from './build.ts';

const fast = clockDomain('fast');

const counter = define('counter', { count: output(uint(8)) }, ({ count }) => {
  const value = reg(uint(8), { init: 0 });
  value.set(value.addWrap(1));
  count.set(value);
  return { value };
});

/** Builds a module with the further domain `fast` around an input `a` of each domain. */
const crossing = (
  body: (io: { slowBit: Bit; fastBit: Bit; index: UInt<2> }) => UInt,
  domain = fast,
): Program =>
  elaborate(
    defineModule('crossing', { doc: 'Crossing' }, () => ({
      domains: [fast],
      ports: {
        slow: input(bit()),
        quick: input(bit(), 'of the fast clock', fast),
        index: input(uint(2)),
        o: output(bit(), 'result', domain),
      },
      body({ slow, quick, index, o }) {
        o.set(body({ slowBit: slow, fastBit: quick, index }).any());
        return {};
      },
    })),
    undefined,
  );

const issuesOf = (code: () => unknown): string[] => {
  try {
    code();
  } catch (error) {
    if (!(error instanceof HardwareError)) throw error;
    return error.issues.map(({ issue }) =>
      issue.code === 'domain-crossing'
        ? `${issue.path.join(' -> ')}: ${issue.from} to ${issue.to}`
        : issue.code,
    );
  }
  return [];
};

/** Both engines at once. */
function engines(program: Program) {
  expect(verifyProgram(program)).toEqual([]);
  const failures: string[][] = [[], []];
  const both = [
    createReference(program, { onFailure: ({ path }) => failures[0]!.push(path) }),
    createSimulator(program, { onFailure: ({ path }) => failures[1]!.push(path) }),
    createSimulator(
      program,
      { onFailure: () => undefined },
      { smallModule: 0, mostGrowth: 0, chunkSize: 6 },
    ),
  ];
  return {
    poke: (values: Record<string, number>) => {
      for (const engine of both) {
        for (const [port, value] of Object.entries(values)) engine.poke(port, value);
      }
    },
    peek: (path: string): number => {
      const [value, ...others] = both.map((engine) => Number(engine.peek(path)));
      for (const other of others) expect(other, path).toBe(value);
      return value!;
    },
    tick: (...domains: string[]) => {
      for (const engine of both) {
        engine.settle();
        engine.tick(domains);
      }
    },
    failures,
  };
}

/** Two counters, one in each domain, and one in each of the domains of a child, exchanged. */
const counters = () => {
  const pair = defineModule('pair', { doc: 'Pair' }, () => ({
    domains: [fast],
    ports: { here: output(uint(8)), there: output(uint(8), 'of the other', fast) },
    body({ here, there }) {
      const own = instance(counter, {});
      const other = inDomain(fast, () => instance(counter, {}));
      here.set(own.count);
      there.set(other.count);
      return { own, other };
    },
  }));
  return elaborate(
    defineModule('counters', { doc: 'Counters' }, () => ({
      domains: [fast],
      ports: {
        slow: output(uint(8)),
        quick: output(uint(8), '', fast),
        swappedSlow: output(uint(8)),
        swappedQuick: output(uint(8), '', fast),
        both: output(vec(uint(8), 2), '', fast),
      },
      body({ slow, quick, swappedSlow, swappedQuick, both }) {
        const straight = instance(pair, {});
        slow.set(straight.here);
        quick.set(straight.there);
        const swapped = inDomain(fast, () => instance(pair, {}, { domains: { fast: mainDomain } }));
        swappedSlow.set(swapped.there);
        swappedQuick.set(swapped.here);
        both.set(inDomain(fast, () => instanceArray(counter, {}, [2])).count);
        return { straight, swapped };
      },
    })),
    undefined,
  );
};

describe('a clock domain', () => {
  it('moves its own state only', () => {
    const circuit = engines(counters());
    circuit.poke({ resetn: 0, fast_resetn: 0 });
    circuit.tick('main', 'fast');
    circuit.poke({ resetn: 1, fast_resetn: 1 });
    for (const names of [['fast'], ['main'], ['fast'], ['main', 'fast'], ['fast'], []]) {
      circuit.tick(...names);
    }
    expect(circuit.peek('slow')).toBe(2);
    expect(circuit.peek('swapped_slow')).toBe(2);
    expect(circuit.peek('quick')).toBe(4);
    expect(circuit.peek('swapped_quick')).toBe(4);
    expect(circuit.peek('both')).toBe(0x404);
    expect(circuit.peek('u_swapped.u_own.value')).toBe(4);
  });

  it('is reset at its own edges by its own reset', () => {
    const circuit = engines(counters());
    circuit.poke({ resetn: 0, fast_resetn: 0 });
    circuit.tick('main', 'fast');
    circuit.poke({ resetn: 1, fast_resetn: 1 });
    circuit.tick('main', 'fast');
    circuit.poke({ fast_resetn: 0 });
    circuit.tick('main');
    expect(circuit.peek('quick')).toBe(1);
    circuit.tick('fast');
    expect([circuit.peek('quick'), circuit.peek('slow')]).toEqual([0, 2]);
  });

  it('writes memories and watches checks at its own edges', () => {
    const program = elaborate(
      defineModule('watched', { doc: 'Watched' }, () => ({
        domains: [fast],
        ports: { value: input(uint(4), '', fast), read: output(uint(4)) },
        body({ value, read }) {
          const words = mem(uint(4), 2);
          inDomain(fast, () => {
            words.write(constant(1, 0), value);
            assertAlways('small', value.lt(9), 'the value is below 9');
          });
          read.set(words.readNext(constant(1, 0), { mode: 'undefined' }));
          return { words };
        },
      })),
      undefined,
    );
    const circuit = engines(program);
    circuit.poke({ resetn: 1, fast_resetn: 1, value: 3 });
    circuit.tick('fast');
    circuit.poke({ value: 12 });
    circuit.tick('main');
    expect(circuit.peek('read')).toBe(3);
    expect(circuit.failures).toEqual([[], []]);
    circuit.tick('fast');
    expect(circuit.failures).toEqual([['small'], ['small']]);
    circuit.tick('main');
    expect(circuit.peek('read')).toBe(12);
  });

  it('refuses to tick what is not there', () => {
    const simulator = createSimulator(counters());
    expect(() => simulator.tick(['slow'])).toThrow(
      "'counters' has no clock domain 'slow', but main, fast.",
    );
  });

  it.skipIf(missingTools.length > 0)('has a clock and a reset of its own in Verilog', () => {
    const program = counters();
    const files = emitVerilog(program);
    expect(lint(files, program.top)).toBe('');
    const text = files.at(-1)!.text.replace(/ +/g, ' ');
    for (const port of ['clk', 'resetn', 'fast_clk', 'fast_resetn']) {
      expect(text).toContain(`input wire ${port},`);
    }
    expect(text).toMatch(/pair u_swapped \(\n \.clk \(fast_clk\),\n \.resetn \(fast_resetn\),/);
    expect(text).toContain('.fast_clk (clk)');
  });
});

describe('a crossing', () => {
  it('is refused into registers, outputs, memories, instances and checks', () => {
    const taker = define('taker', { a: input(bit()), b: output(bit()) }, ({ a, b }) => {
      b.set(a);
      return {};
    });
    expect(
      issuesOf(() =>
        crossing(({ slowBit }) => {
          const stage = inDomain(fast, () => reg(bit()));
          stage.set(slowBit);
          return stage;
        }),
      ),
    ).toEqual(['slow -> a register: main to fast']);
    expect(issuesOf(() => crossing(({ slowBit }) => slowBit))).toEqual(['slow -> o: main to fast']);
    expect(issuesOf(() => crossing(({ fastBit }) => fastBit, mainDomain))).toEqual([
      'quick -> o: fast to main',
    ]);
    expect(
      issuesOf(() =>
        crossing(({ slowBit, fastBit }) => {
          const words = mem(bit(), 4);
          inDomain(fast, () => words.write(constant(2, 0), slowBit));
          return fastBit;
        }),
      ),
    ).toEqual(['slow -> memory: main to fast']);
    expect(
      issuesOf(() =>
        crossing(({ slowBit }) => {
          const taken = inDomain(fast, () => instance(taker, {}));
          taken.a.set(slowBit);
          return taken.b;
        }),
      ),
    ).toEqual(['slow -> u_taker.a: main to fast']);
    expect(
      issuesOf(() =>
        crossing(({ slowBit, fastBit }) => {
          inDomain(fast, () => assertAlways('held', slowBit, 'held'));
          return fastBit;
        }),
      ),
    ).toEqual(['slow -> held: main to fast']);
  });

  it('is refused where two domains meet, under conditions too', () => {
    expect(issuesOf(() => crossing(({ slowBit, fastBit }) => slowBit.and(fastBit)))).toEqual([
      'quick -> a computation with slow: fast to main',
      'slow -> o: main to fast',
    ]);
    expect(
      issuesOf(() =>
        crossing(({ slowBit, fastBit }) => {
          const stage = inDomain(fast, () => reg(bit(), { init: 0 }));
          when(slowBit, () => stage.set(fastBit));
          return stage;
        }),
      ),
    ).not.toEqual([]);
  });

  it('is refused for a combinational read, and for one that promises an order', () => {
    const shared = (mode: 'old' | 'new' | 'undefined' | 'now') =>
      issuesOf(() =>
        crossing(({ slowBit, index }) => {
          const words = mem(bit(), 4);
          words.write(index, slowBit);
          return inDomain(fast, () => {
            const address = reg(uint(2), { init: 0 });
            address.set(address.addWrap(1));
            return mode === 'now' ? words.read(address) : words.readNext(address, { mode });
          });
        }),
      );
    expect(shared('undefined')).toEqual([]);
    expect(shared('old')).toEqual(['memory -> the word read: main to fast']);
    expect(shared('new')).toEqual(['memory -> the word read: main to fast']);
    expect(shared('now')).not.toEqual([]);
  });

  it('passes a synchronizer, unless logic or two domains feed it', () => {
    const through = (value: (io: { slowBit: Bit; fastBit: Bit }) => UInt<1> | UInt<2>) =>
      issuesOf(() =>
        crossing((io) => {
          const kept = reg(bit(), { init: 0 });
          kept.set(io.slowBit);
          const given = value({ slowBit: kept, fastBit: io.fastBit });
          return inDomain(fast, () => synchronizer<number>(given));
        }),
      );
    expect(through(({ slowBit }) => slowBit)).toEqual([]);
    expect(through(({ slowBit }) => slowBit.not())).toEqual([
      'a register -> a register: main to fast',
    ]);
    expect(through(({ slowBit, fastBit }) => concat(slowBit, fastBit) as UInt<2>)).not.toEqual([]);
  });

  it('needs no synchronizer for constants', () => {
    expect(issuesOf(() => crossing(() => constant(1, 1)))).toEqual([]);
  });

  it('delays a synchronized value by its stages, which tools are told to keep', () => {
    const program = crossing(({ slowBit }) => {
      const kept = reg(bit(), { init: 0 });
      kept.set(slowBit);
      return inDomain(fast, () => synchronizer(kept, { stages: 3 }));
    });
    const circuit = engines(program);
    circuit.poke({ resetn: 0, fast_resetn: 0, slow: 1, quick: 0, index: 0 });
    circuit.tick('main', 'fast');
    circuit.poke({ resetn: 1, fast_resetn: 1 });
    circuit.tick('main');
    const seen = [0, 1, 2, 3].map(() => {
      const value = circuit.peek('o');
      circuit.tick('fast');
      return value;
    });
    expect(seen).toEqual([0, 0, 0, 1]);
    const { text } = emitVerilog(program)[0]!;
    expect(text.match(/\(\* async_reg = "true" \*\)/g)).toHaveLength(3);
    if (missingTools.length === 0) expect(lint(emitVerilog(program), program.top)).toBe('');
  });

  it('refuses domains that a module does not have', () => {
    expect(
      issuesOf(() => crossing(() => instance(counter, {}, { domains: { slow: fast } }).count)),
    ).toEqual(['unknown-domain']);
    expect(
      issuesOf(() => crossing(({ fastBit }) => inDomain(clockDomain('other'), () => fastBit))),
    ).toEqual(['unknown-domain']);
  });

  it('refuses two domains of one name, and ports under the names of clocks', () => {
    const twice = (name: string, port: string) =>
      issuesOf(() =>
        elaborate(
          defineModule('twice', { doc: 'Twice' }, () => ({
            domains: [fast, clockDomain(name)],
            ports: { [port]: output(bit()) },
            body: (io) => {
              io[port]!.set(1 as never);
              return {};
            },
          })),
          undefined,
        ),
      );
    expect(twice('slow', 'a')).toEqual([]);
    expect(twice('fast', 'a')).toEqual(['name-clash']);
    expect(twice('main', 'a')).toEqual(['name-clash']);
    expect(twice('slow', 'slowClk')).toEqual(['name-clash']);
  });
});
