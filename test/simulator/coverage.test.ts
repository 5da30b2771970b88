/** Coverage against expectations that were computed by hand. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asEnumeration,
  bit,
  clockDomain,
  defineModule,
  elaborate,
  enumeration,
  fsm,
  inDomain,
  input,
  instanceArray,
  mem,
  mux,
  output,
  reg,
  switchOn,
  uint,
  vec,
  when,
} from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import {
  createReference,
  createSimulator,
  recordCoverage,
  renderCoverage,
} from '../../src/simulator/index.ts';
import type { ModuleCoverage } from '../../src/simulator/index.ts';
import { possibleMoves } from '../../src/simulator/state-machines.ts';
import { build, define } from '../hdl/build.ts';
import { buildModule } from '../ir/build-module.ts';

/** A request is fetched and answered; the acknowledge comes with the answer. */
const server = () =>
  build(
    { request: input(bit()), acknowledge: output(bit()) },
    ({ request, acknowledge }) => {
      acknowledge.set(0);
      const state = fsm(
        enumeration('idle', 'fetch', 'answer'),
        { initial: 'idle' },
        {
          idle: (go) => {
            when(request, () => go('fetch'));
          },
          fetch: (go) => go('answer'),
          answer: (go) => {
            acknowledge.set(1);
            when(request, () => go('fetch')).otherwise(() => go('idle'));
          },
        },
      );
      return { state };
    },
    'server',
  );

/** Two cycles of reset, then one for each value of an input. */
function cover(
  program: Program,
  values: Readonly<Record<string, readonly number[]>>,
  create = createSimulator,
): readonly ModuleCoverage[] {
  const coverage = recordCoverage();
  const simulator = create(program, { onCycle: coverage.onCycle });
  simulator.run(2);
  simulator.poke('resetn', 1);
  const [[, first]] = Object.entries(values) as [[string, readonly number[]]];
  first.forEach((_, cycle) => {
    for (const [name, list] of Object.entries(values)) simulator.poke(name, list[cycle]!);
    simulator.run();
  });
  return coverage.report();
}

const textsOf = ({ missing }: ModuleCoverage, kind: string): string[] =>
  missing.filter((each) => each.kind === kind).map(({ text }) => text);

describe.each([
  ['compiled', createSimulator],
  ['reference', createReference],
])('coverage with the %s simulator', (_, create) => {
  it('counts toggles and arms', () => {
    // Counts to 9 where enabled, and starts again.
    const m = buildModule('counter');
    const enable = m.input('enable', 1);
    const count = m.register('count', 4, 0);
    const isLast = m.binary('eq', count, m.constant(9, 4));
    const next = m.mux(isLast, m.constant(0, 4), m.binary('add', count, m.constant(1, 4)));
    m.next(count, next, enable);
    m.output('value', count);
    const coverage = recordCoverage();
    const simulator = create(
      { top: 'counter', modules: [m.finish()] },
      { onCycle: coverage.onCycle },
    );
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(6);
    // 0 to 5: bits 0 and 1 rise and fall, bit 2 rises; value is count; resetn and enable rise.
    const [module] = coverage.report();
    expect(module!.arms).toEqual({ covered: 1, total: 2 });
    expect(module!.toggles).toEqual({ covered: 2 * 5 + 1, total: 2 * 8 + 4 });
    expect(textsOf(module!, 'toggle')).toEqual([
      'resetn never falls',
      'enable never toggles',
      'value[2] never falls',
      'value[3] never toggles',
      'count[2] never falls',
      'count[3] never toggles',
    ]);
    expect(textsOf(module!, 'arm')).toEqual(['count: the arm for (count == 9) is never taken']);
    simulator.run(20);
    simulator.poke('enable', 0);
    simulator.run(2);
    simulator.poke('enable', 1);
    simulator.run(2);
    simulator.poke('resetn', 0);
    simulator.run(2);
    const [later] = coverage.report();
    expect(later!.missing).toEqual([]);
    expect(later!.arms).toEqual({ covered: 2, total: 2 });
    expect(later!.toggles).toEqual({ covered: 20, total: 20 });
  });

  it('finds a state that is never reached, with its transitions and arms', () => {
    // Cycles after reset: idle, idle, idle (request), fetch (request).
    const [module] = cover(server(), { request: [0, 0, 1, 1] }, create);
    const [machine] = module!.machines;
    expect(machine).toMatchObject({
      register: 'state',
      isComplete: true,
      states: [
        { name: 'idle', cycles: 3 },
        { name: 'fetch', cycles: 1 },
        { name: 'answer', cycles: 0 },
      ],
      transitions: [
        { from: 'idle', to: 'fetch', taken: 1 },
        { from: 'fetch', to: 'answer', taken: 0 },
        { from: 'answer', to: 'idle', taken: 0 },
        { from: 'answer', to: 'fetch', taken: 0 },
      ],
    });
    expect(module!.states).toEqual({ covered: 2, total: 3 });
    expect(module!.transitions).toEqual({ covered: 1, total: 4 });
    expect(textsOf(module!, 'state')).toEqual(['state is never answer']);
    expect(textsOf(module!, 'transition')).toEqual([
      'state never moves from fetch to answer',
      'state never moves from answer to idle',
      'state never moves from answer to fetch',
    ]);
    // What request does in the state answer is not covered by requests in other states.
    expect(module!.arms).toEqual({ covered: 6, total: 10 });
    expect(textsOf(module!, 'arm').sort()).toEqual([
      'acknowledge: the arm for state = answer is never taken',
      'state: the arm for state = answer and not request is never taken',
      'state: the arm for state = answer and request is never taken',
      'state: the arm for state = answer is never taken',
    ]);
  });

  it('finds nothing missing where everything was reached', () => {
    // idle, fetch, answer (request), fetch, answer, idle
    const [module] = cover(server(), { request: [1, 0, 1, 0, 0, 0] }, create);
    expect(module!.machines[0]!.states.map(({ cycles }) => cycles)).toEqual([2, 2, 2]);
    expect(module!.machines[0]!.transitions.map(({ taken }) => taken)).toEqual([1, 2, 1, 1]);
    expect(module!.missing.filter(({ kind }) => kind !== 'toggle')).toEqual([]);
  });

  it('gives no credit for power-on values and for what reset does', () => {
    const coverage = recordCoverage();
    const simulator = create(server(), { seed: 1, onCycle: coverage.onCycle });
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('request', 1);
    simulator.run(2);
    // In fetch, on the way to answer, which reset prevents; then idle by reset, not by a move.
    simulator.poke('resetn', 0);
    simulator.run(3);
    simulator.poke('resetn', 1);
    simulator.poke('request', 0);
    simulator.run(1);
    const [machine] = coverage.report()[0]!.machines;
    // idle, fetch, and answer in the first cycle of reset, which the edge before it led to.
    expect(machine!.states.map(({ cycles }) => cycles)).toEqual([2, 1, 1]);
    expect(machine!.transitions.map(({ taken }) => taken)).toEqual([1, 1, 0, 0]);
  });

  it('lists what it sees where the next state is an input', () => {
    const order = enumeration('red', 'green', 'blue');
    const program = build({ raw: input(uint(2)), shown: output(bit()) }, ({ raw, shown }) => {
      const color = reg(order, { init: 'red' });
      color.set(asEnumeration(order, raw));
      shown.set(color.is('blue'));
      return { color };
    });
    // red, green, 3, red
    const [module] = cover(program, { raw: [1, 3, 0, 0] }, create);
    expect(module!.machines).toMatchObject([
      {
        isComplete: false,
        states: [
          { name: 'red', cycles: 2 },
          { name: 'green', cycles: 1 },
          { name: 'blue', cycles: 0 },
          { name: "'h3", cycles: 1 },
        ],
        transitions: [
          { from: 'red', to: 'green', taken: 1 },
          { from: 'green', to: "'h3", taken: 1 },
          { from: "'h3", to: 'red', taken: 1 },
        ],
      },
    ]);
    expect(module!.states).toEqual({ covered: 2, total: 3 });
    expect(module!.transitions).toEqual({ covered: 0, total: 0 });
    expect(renderCoverage([module!])).toContain('transitions as seen');
  });

  it('adds up the instances of a module', () => {
    const inner = define('flip', { go: input(bit()), turned: output(bit()) }, ({ go, turned }) => {
      const side = fsm(
        enumeration('left', 'right'),
        { initial: 'left' },
        {
          left: (move) => {
            when(go, () => move('right'));
          },
          right: (move) => move('left'),
        },
      );
      turned.set(side.is('right'));
      return { side };
    });
    const program = build(
      { go: input(vec(bit(), 2)), both: output(bit()) },
      ({ go, both }) => {
        const pair = instanceArray(inner, undefined, [2]);
        pair.go.each(go);
        both.set(pair.turned.asUnsigned().all());
        return { pair };
      },
      'flips',
    );
    const modules = cover(program, { go: [1, 2, 0, 0] }, create);
    const { machines } = modules.find(({ module }) => module === 'flip')!;
    // The first: left right left left; the second: left left right left.
    expect(machines).toMatchObject([
      {
        states: [
          { name: 'left', cycles: 6 },
          { name: 'right', cycles: 2 },
        ],
        transitions: [{ taken: 2 }, { taken: 2 }],
      },
    ]);
  });

  it('looks at the reset of the domain of a machine', () => {
    const fast = clockDomain('fast');
    const program = elaborate(
      defineModule('two_clocks', { doc: 'Two clocks' }, () => ({
        domains: [fast],
        ports: { lit: output(bit(), 'on', fast) },
        body({ lit }) {
          const lamp = inDomain(fast, () =>
            fsm(
              enumeration('dark', 'bright'),
              { initial: 'dark' },
              { dark: (go) => go('bright'), bright: (go) => go('dark') },
            ),
          );
          lit.set(lamp.is('bright'));
          return { lamp };
        },
      })),
      undefined,
    );
    const coverage = recordCoverage();
    const simulator = create(program, { onCycle: coverage.onCycle });
    const cyclesOf = () => coverage.report()[0]!.machines[0]!.states.map(({ cycles }) => cycles);
    simulator.poke('resetn', 1);
    simulator.run(3);
    expect(cyclesOf()).toEqual([0, 0]);
    simulator.poke('fast_resetn', 1);
    simulator.poke('resetn', 0);
    simulator.settle();
    simulator.tick(['main']);
    simulator.settle();
    simulator.tick(['fast']);
    simulator.settle();
    simulator.tick(['fast']);
    expect(cyclesOf()).toEqual([2, 1]);
    expect(coverage.report()[0]!.machines[0]!.transitions[0]).toEqual({
      from: 'dark',
      to: 'bright',
      taken: 1,
    });
  });
});

describe('the report', () => {
  it('is plain data', () => {
    const report = cover(server(), { request: [0, 1, 1] });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('names lines of the user', () => {
    const source = readFileSync(new URL(import.meta.url), 'utf8').split('\n');
    const lineOf = (text: string) => source.findIndex((line) => line.includes(text)) + 1;
    const own = 'test/simulator/coverage.test.ts';
    const state = `(${own}:${lineOf('const state = fsm(')})`;
    const ports = `(${own}:${lineOf('{ request: input(bit())')})`;
    const text = renderCoverage(cover(server(), { request: [0, 0, 1, 1] }));
    expect(text.split('\n')).toEqual([
      expect.stringMatching(
        /^server \(.*\): toggles 3\/10, arms 6\/10, states 2\/3, transitions 1\/4$/,
      ),
      `  state ${state}`,
      '    idle   3 cycles  -> fetch 1',
      '    fetch  1 cycles  -> answer 0',
      '    answer 0 cycles  -> idle 0, fetch 0',
      '  ! resetn never falls',
      `  ! request never falls ${ports}`,
      `  ! acknowledge never toggles ${ports}`,
      `  ! state[0] never falls ${state}`,
      `  ! state[1] never toggles ${state}`,
      `  ! acknowledge: the arm for state = answer is never taken ${ports}`,
      `  ! state: the arm for state = answer and request is never taken ${state}`,
      `  ! state: the arm for state = answer and not request is never taken ${state}`,
      `  ! state: the arm for state = answer is never taken ${state}`,
      `  ! state is never answer ${state}`,
      `  ! state never moves from fetch to answer ${state}`,
      `  ! state never moves from answer to idle ${state}`,
      `  ! state never moves from answer to fetch ${state}`,
    ]);
  });

  it('puts bits side by side together that lack the same', () => {
    const program = build({ a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      b.set(a.not());
      return {};
    });
    // Of a, bits 0 to 2 rise and bit 1 falls again; b is its complement.
    const [module] = cover(program, { a: [0b00, 0b111, 0b101] });
    expect(textsOf(module!, 'toggle')).toEqual([
      'resetn never falls',
      'a[0] never falls',
      'a[2] never falls',
      'a[7:3] never toggles',
      'b[0] never rises',
      'b[2] never rises',
      'b[7:3] never toggles',
    ]);
    expect(module!.toggles).toEqual({ covered: 1 + 4 + 4, total: 2 + 16 + 16 });
    const [still] = cover(program, { a: [9, 9] });
    expect(textsOf(still!, 'toggle')).toEqual([
      'resetn never falls',
      'a never toggles',
      'b never toggles',
    ]);
  });

  it('speaks of arms by their conditions, three deep, and by what they drive', () => {
    const program = build(
      { a: input(uint(4)), b: input(uint(4)), low: input(bit()), result: output(uint(4)) },
      ({ a, b, low, result }) => {
        const words = mem(uint(4), 16);
        const held = reg(uint(4), { init: 0 });
        const inner = mux(low, a, b);
        when(a.eq(3), () => {
          when(b.bit(2), () => {
            when(a.lt(b.addWrap(1)), () => {
              when(low, () => {
                when(a.xor(b).and(12).any(), () => held.set(1)).otherwise(() => held.set(2));
              });
            });
          });
        });
        switchOn(b, [[7, () => held.set(inner)]]);
        words.write(mux(low, a, held), inner);
        result.set(words.read(held));
        return { held, inner };
      },
    );
    const [module] = cover(program, { a: [0], b: [0], low: [0] });
    // b is never 7 and a never 3, so that only `b = anything else and not (a == 3)` is taken.
    expect(textsOf(module!, 'arm').sort()).toEqual(
      [
        'held: the arm for b = 7',
        'held: the arm for b = anything else and (a == 3)',
        'held: the arm for b = anything else and (a == 3) and b[2]',
        'held: the arm for b = anything else and (a == 3) and not b[2]',
        'held: the arm for b = anything else and (a == 3) and b[2] and (a < (b + 1))',
        'held: the arm for b = anything else and (a == 3) and b[2] and not (a < (b + 1))',
        'held: the arm for … and (a == 3) and b[2] and (a < (b + 1)) and low',
        'held: the arm for … and (a == 3) and b[2] and (a < (b + 1)) and not low',
        'held: the arm for … and b[2] and (a < (b + 1)) and low and |((a ^ b) & 12)',
        'held: the arm for … and b[2] and (a < (b + 1)) and low and not |((a ^ b) & 12)',
        'inner: the arm for low',
        'memory: the arm for low',
      ]
        .map((text) => `${text} is never taken`)
        .sort(),
    );
  });

  it('says nothing about what is around a choice that stands in several places', () => {
    const program = build(
      { a: input(uint(2)), low: input(bit()), result: output(uint(2)), also: output(uint(2)) },
      ({ a, low, result, also }) => {
        const held = reg(uint(2), { init: 0 });
        const twice = mux(low, a, held);
        const outside = mux(low, held, a);
        switchOn(a, [
          [1, () => held.set(twice)],
          [2, () => held.set(twice.not())],
          [3, () => held.set(outside)],
        ]);
        result.set(held);
        also.set(outside);
        return { held };
      },
    );
    // In cycle after cycle: a is 1 and low 0, then a is 3 and low 0.
    const [module] = cover(program, { a: [1, 3], low: [0, 0] });
    expect(textsOf(module!, 'arm').sort()).toEqual([
      'also: the arm for low is never taken',
      'held: the arm for a = 2 is never taken',
      'held: the arm for a = anything else is never taken',
      'held: the arm for low is never taken',
    ]);
  });

  it('counts a choice that decides another, and no arm that cannot be taken', () => {
    const m = buildModule('chooser');
    const [pick, a, b] = [m.input('pick', 1), m.input('a', 1), m.input('b', 1)];
    const decider = m.mux(pick, a, b);
    const inner = m.mux(decider, a, b);
    m.nodes.push({
      kind: 'cases',
      selector: pick,
      entries: [
        { match: '0', value: inner },
        { match: '1', value: a },
      ],
      fallback: b,
      width: 1,
    });
    m.output('o', m.nodes.length - 1);
    const program = { top: 'chooser', modules: [m.finish()] };
    const [still] = cover(program, { pick: [1, 1], a: [0, 1], b: [0, 1] });
    expect(still!.arms).toEqual({ covered: 1, total: 6 });
    expect(textsOf(still!, 'arm')).toContain('o: the arm for pick = 0 is never taken');
    // In the first case the decider takes its arm for not pick, and gives b, which is 0 and then 1.
    const [module] = cover(program, { pick: [0, 0], a: [0, 0], b: [0, 1] });
    expect(module!.arms).toEqual({ covered: 4, total: 6 });
    expect(textsOf(module!, 'arm')).toEqual([
      'o: the arm for pick is never taken',
      'o: the arm for pick = 1 is never taken',
    ]);
  });

  it('calls a machine without a name by its states', () => {
    const program = build({ lit: output(bit()) }, ({ lit }) => {
      lit.set(
        fsm(
          enumeration('dark', 'bright'),
          { initial: 'dark' },
          { dark: (go) => go('bright'), bright: (go) => go('dark') },
        ).is('bright'),
      );
      return {};
    });
    const coverage = recordCoverage();
    createSimulator(program, { onCycle: coverage.onCycle }).run(1);
    expect(coverage.report()[0]!.machines[0]!.register).toBe('[dark, bright]');
  });
});

describe('possible moves', () => {
  /** What follows each state of a machine of four, from what `next` makes of its register. */
  const movesOf = (
    next: (m: ReturnType<typeof buildModule>, state: number) => number,
    enable?: (m: ReturnType<typeof buildModule>, state: number) => number,
  ) => {
    const m = buildModule('machine');
    const state = m.register('state', 2, 0);
    m.next(state, next(m, state), enable?.(m, state));
    m.output('o', state);
    return possibleMoves(m.finish(), state, 4)?.map((list) => list.map(Number).join(' '));
  };

  it.each<[string, Parameters<typeof movesOf>, string[] | undefined]>([
    ['an adder', [(m, state) => m.binary('add', state, m.constant(1, 2))], ['1', '2', '3', '0']],
    ['nothing', [(_, state) => state], ['', '', '', '']],
    ['an input', [(m) => m.input('a', 2)], undefined],
    [
      'an input where the state is 2',
      [
        (m, state) =>
          m.mux(m.binary('eq', state, m.constant(2, 2)), m.input('a', 2), m.constant(0, 2)),
      ],
      undefined,
    ],
    [
      'an input that is never chosen',
      [(m, state) => m.mux(m.constant(0, 1), m.input('a', 2), m.unary('not', state))],
      ['3', '2', '1', '0'],
    ],
    [
      'a choice by an input, through a wire',
      [
        (m, state) => {
          const wire = m.wire(2);
          m.drive(wire, m.mux(m.input('a', 1), m.constant(3, 2), state));
          return wire;
        },
      ],
      ['3', '3', '3', ''],
    ],
    [
      'bits put together',
      [
        (m, state) =>
          m.concat(
            m.slice(state, 0, 1),
            m.mux(m.input('a', 1), m.constant(1, 1), m.constant(0, 1)),
          ),
      ],
      ['1', '2 3', '0 1', '2'],
    ],
    [
      'an extended bit, with its sign and without',
      [
        (m, state) =>
          m.mux(
            m.slice(state, 1, 1),
            m.extend(m.slice(state, 0, 1), 2, true),
            m.extend(m.slice(state, 0, 1), 2),
          ),
      ],
      ['', '', '0', ''],
    ],
    [
      'a conjunction with 0 and a disjunction with 1, whatever the input',
      [
        (m, state) => {
          const never = m.binary('and', m.input('a', 1), m.constant(0, 1));
          const always = m.binary('or', m.input('b', 1), m.constant(1, 1));
          return m.mux(never, m.constant(3, 2), m.mux(always, m.constant(1, 2), state));
        },
      ],
      ['1', '', '1', '1'],
    ],
    [
      'an enable that is 1 in state 0 only',
      [(m) => m.constant(2, 2), (m, state) => m.binary('eq', state, m.constant(0, 2))],
      ['2', '', '', ''],
    ],
    [
      'an enable from outside',
      [(m) => m.constant(2, 2), (m) => m.input('a', 1)],
      ['2', '2', '', '2'],
    ],
    [
      'another register',
      [
        (m) => {
          const other = m.register('other', 2, 0);
          return m.binary('add', other, m.constant(0, 2));
        },
      ],
      undefined,
    ],
  ])('follow from %s', (_, [next, enable], expected) => {
    expect(movesOf(next, enable)).toEqual(expected);
  });

  it('are those of random tables, and hold what random runs do', () => {
    const names = ['a', 'b', 'c', 'd', 'e'] as const;
    const target = fc.nat(names.length - 1);
    const state = fc.record({
      /** For each of three inputs, in order: where it leads. */
      whens: fc.array(target, { maxLength: 3 }),
      otherwise: fc.option(target),
    });
    const table = fc.array(state, { minLength: names.length, maxLength: names.length });
    fc.assert(
      fc.property(table, fc.array(fc.nat(7), { minLength: 20, maxLength: 40 }), (rows, inputs) => {
        const program = build(
          { keys: input(vec(bit(), 3)), last: output(bit()) },
          ({ keys, last }) => {
            const machine = fsm(
              enumeration(...names),
              { initial: 'a' },
              Object.fromEntries(
                names.map((name, index) => [
                  name,
                  (go: (next: (typeof names)[number]) => void) => {
                    const { whens, otherwise } = rows[index]!;
                    const [first, ...rest] = whens;
                    const fallBack = () => {
                      if (otherwise !== null) go(names[otherwise]!);
                    };
                    if (first === undefined) return fallBack();
                    let chain = when(keys.at(0), () => go(names[first]!));
                    rest.forEach((next, key) => {
                      chain = chain.elseWhen(keys.at(key + 1), () => go(names[next]!));
                    });
                    if (otherwise !== null) chain.otherwise(fallBack);
                  },
                ]),
              ) as Record<
                (typeof names)[number],
                (go: (next: (typeof names)[number]) => void) => void
              >,
            );
            last.set(machine.is('e'));
            return { machine };
          },
        );
        const module = program.modules.at(-1)!;
        const register = module.nodes.findIndex(({ name }) => name === 'machine');
        const expected = rows.map(({ whens, otherwise }, from) =>
          [...new Set([...whens, ...(otherwise === null ? [] : [otherwise])])]
            .filter((to) => to !== from)
            .sort(),
        );
        const possible = possibleMoves(module, register, names.length);
        expect(possible?.map((list) => list.map(Number))).toEqual(expected);

        const [report] = cover(program, { keys: inputs });
        // The table, stepped by hand, with the first cycle in state a.
        const counts = new Map<string, number>();
        let current = 0;
        inputs.slice(0, -1).forEach((keys) => {
          const { whens, otherwise } = rows[current]!;
          const hit = whens.findIndex((_, key) => ((keys >> key) & 1) === 1);
          const next = hit >= 0 ? whens[hit]! : (otherwise ?? current);
          const key = `${names[current]}>${names[next]}`;
          if (next !== current) counts.set(key, (counts.get(key) ?? 0) + 1);
          current = next;
        });
        const taken = report!.machines[0]!.transitions.filter((move) => move.taken > 0);
        expect(new Map(taken.map((move) => [`${move.from}>${move.to}`, move.taken]))).toEqual(
          counts,
        );
      }),
      { numRuns: 40 },
    );
  });
});
