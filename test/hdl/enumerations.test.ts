/** Values with names: registers, ports and wires of enumerations, `switchOn` over them and `fsm`. */
import { describe, expect, it } from 'vitest';
import {
  asEnumeration,
  assertAlways,
  bit,
  bundle,
  elaborate,
  defineModule,
  enumeration,
  fsm,
  input,
  instance,
  mem,
  output,
  reg,
  stream,
  switchOn,
  uint,
  when,
  wire,
} from '../../src/hdl/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from '../verilog/against-tools.ts';
import { lint } from '../verilog/lint.ts';
import { build, define } from './build.ts';
import { run } from './run.ts';

const operation = enumeration('add', 'sub', 'keepOld');

/** A request that is served for two cycles; the acknowledge comes with the second. */
const server = () =>
  build(
    { request: input(bit()), acknowledge: output(bit()), idle: output(bit()) },
    ({ request, acknowledge, idle }) => {
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
      idle.set(state.is('idle'));
      return { state };
    },
    'server',
  );

/** Which of three things happens to a total; the third encoding has no name. */
const calculator = () =>
  build(
    { what: input(operation), a: input(uint(8)), total: output(uint(8)), same: output(bit()) },
    ({ what, a, total, same }) => {
      const sum = reg(uint(8), { init: 0 });
      const last = reg(operation, { init: 'keepOld' });
      last.set(what);
      switchOn(what, {
        sub: () => sum.set(sum.subWrap(a)),
        add: () => sum.set(sum.addWrap(a)),
        keepOld: () => undefined,
      });
      total.set(sum);
      same.set(last.eq(what));
      return { last };
    },
    'calculator',
  );

describe('an enumeration', () => {
  it('numbers its names from 0 in as few bits as they need', () => {
    expect(enumeration('a').width).toBe(1);
    expect(enumeration('a', 'b').width).toBe(1);
    expect(enumeration('a', 'b', 'c').width).toBe(2);
    expect(enumeration('a', 'b', 'c', 'd').width).toBe(2);
    expect(enumeration('a', 'b', 'c', 'd', 'e').width).toBe(3);
  });

  it('drives and compares by name', () => {
    const circuit = run(calculator());
    circuit.poke({ what: 0, a: 7 });
    circuit.reset();
    expect(circuit.peek('last')).toBe(2);
    expect(circuit.peek('same')).toBe(0);
    circuit.tick(2);
    expect(circuit.peek('total')).toBe(14);
    expect(circuit.peek('same')).toBe(1);
    circuit.poke({ what: 1, a: 4 });
    circuit.tick();
    circuit.poke({ what: 2 });
    circuit.tick();
    expect(circuit.peek('total')).toBe(10);
  });

  it('takes an encoding without a name as the case written last', () => {
    const circuit = run(
      build({ what: input(operation), o: output(uint(2)), seen: output(uint(4)) }, (io) => {
        const words = mem(uint(4), 2);
        switchOn(io.what, {
          sub: () => io.o.set(1),
          keepOld: () => io.o.set(2),
          add: () => {
            io.o.set(3);
            words.write(io.o.bits(0, 1), 9);
          },
        });
        io.seen.set(words.read(io.o.bits(0, 1)));
      }),
    );
    const outputs = [0, 1, 2, 3].map((what) => {
      circuit.poke({ what });
      return circuit.peek('o');
    });
    expect(outputs).toEqual([3, 1, 2, 3]);
    // The memory, too, is written in that case.
    circuit.poke({ what: 3 });
    circuit.tick();
    expect(circuit.peek('seen')).toBe(9);
  });

  it('allows fewer cases with a fallback', () => {
    const circuit = run(
      build({ what: input(operation), o: output(uint(2)) }, ({ what, o }) => {
        switchOn(what, { sub: () => o.set(1) }, () => o.set(2));
      }),
    );
    const outputs = [0, 1, 2, 3].map((what) => {
      circuit.poke({ what });
      return circuit.peek('o');
    });
    expect(outputs).toEqual([2, 1, 2, 2]);
  });

  it('travels through bundles, streams, wires and instances, and from bits', () => {
    const inner = define(
      'inner',
      { from: input(stream({ what: operation })), is: output(bundle({ sub: bit() })) },
      ({ from, is }) => {
        from.ready.set(1);
        is.sub.set(from.data.what.is('sub', 'keepOld'));
        return {};
      },
    );
    const circuit = run(
      build({ bits: input(uint(2)), o: output(bit()), code: output(uint(2)) }, (io) => {
        const middle = wire(operation);
        middle.set(asEnumeration(operation, io.bits));
        const placed = instance(inner, {});
        placed.from.valid.set(1);
        placed.from.data.what.set(middle);
        io.o.set(placed.is.sub);
        io.code.set(middle.asUnsigned());
        return { middle };
      }),
    );
    const outputs = [0, 1, 2, 3].map((bits) => {
      circuit.poke({ bits });
      expect(circuit.peek('code')).toBe(bits);
      return circuit.peek('o');
    });
    expect(outputs).toEqual([0, 1, 1, 0]);
  });

  it('leaves its names on ports and nodes', () => {
    const module = calculator().modules.at(-1)!;
    expect(module.ports[0]!.enumeration).toEqual(['add', 'sub', 'keepOld']);
    const last = module.nodes.find((node) => node.name === 'last');
    expect(last!.enumeration).toEqual(['add', 'sub', 'keepOld']);
  });

  it('can be a parameter of a module', () => {
    const holder = defineModule(
      'holder',
      { doc: 'Holder', parameters: { type: 'what it holds' } },
      ({ type }: { type: typeof operation }) => ({
        ports: { given: input(type), now: output(type) },
        body: ({ given, now }) => {
          const kept = reg(type, { init: 'sub' });
          kept.set(given);
          now.set(kept);
          return { kept };
        },
      }),
    );
    const [module] = elaborate(holder, { type: operation }).modules;
    expect(module!.parameters[0]!.value).toBe('enumeration(add, sub, keepOld)');
  });
});

describe('fsm', () => {
  it('starts in its initial state, moves where go is reached, and stays elsewhere', () => {
    const circuit = run(server());
    circuit.poke({ request: 0 });
    circuit.reset();
    const seen = [0, 0, 1, 1, 1, 0, 0, 0].map((request) => {
      circuit.poke({ request });
      const now = `${circuit.peek('state')}${circuit.peek('acknowledge')}${circuit.peek('idle')}`;
      circuit.tick();
      return now;
    });
    expect(seen).toEqual(['001', '001', '001', '100', '210', '100', '210', '001']);
  });
});

/** Without the columns that names are lined up in. */
const spaced = (text: string) => text.replace(/ +/g, ' ');

describe(`Verilog of enumerations${skipReason}`, () => {
  it.skipIf(skipReason !== '')('shows a state machine as localparams and two processes', () => {
    const program = server();
    const text = spaced(emitVerilog(program)[0]!.text);
    expect(text).toContain("localparam [1:0] STATE_IDLE = 2'd0;");
    expect(text).toContain("localparam [1:0] STATE_FETCH = 2'd1;");
    expect(text).toContain("localparam [1:0] STATE_ANSWER = 2'd2;");
    expect(text).toContain(
      spaced(`
  always @* begin
    state_next = state;
    case (state)
      STATE_IDLE: begin
        if (request) begin
          state_next = STATE_FETCH;
        end
      end
      STATE_FETCH: state_next = STATE_ANSWER;
      default: begin`),
    );
    expect(text).toContain(
      spaced(`
    if (!resetn) begin
      state <= STATE_IDLE;
    end else begin
      state <= state_next;
    end`),
    );
    expectFaithful(program, 31);
  });

  it.skipIf(skipReason !== '')('keeps names of two values and of ports', () => {
    const program = build(
      { mode: input(operation), start: input(bit()), busy: output(bit()), sub: output(bit()) },
      ({ mode, start, busy, sub }) => {
        const active = fsm(
          enumeration('waiting', 'running'),
          { initial: 'waiting' },
          {
            waiting: (go) => {
              when(start, () => go('running'));
            },
            running: (go) => {
              when(start.not(), () => go('waiting'));
            },
          },
        );
        busy.set(active.is('running'));
        sub.set(mode.is('sub'));
        assertAlways('not_kept', mode.is('keepOld').not(), 'keepOld is not used');
        return { active };
      },
    );
    const text = spaced(emitVerilog(program)[0]!.text);
    expect(text).toMatch(/localparam ACTIVE_RUNNING += 1'b1;/);
    expect(text).toMatch(/assign sub += mode == MODE_SUB;/);
    expect(text).toContain('active <= ACTIVE_WAITING;');
    expectFaithful({ ...program, modules: program.modules.map((m) => ({ ...m, checks: [] })) }, 32);
    const files = emitVerilog(program);
    expect(lint(files, program.top)).toBe('');
    expect(
      lint(files, program.top, { defines: ['SIMULATION'], tools: ['verilator', 'iverilog'] }),
    ).toBe('');
  });
});
