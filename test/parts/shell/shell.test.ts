/** The common shell around a small core: runs, status, counters, packets, what it refuses. */
import { describe, expect, it } from 'vitest';
import {
  bit,
  defineModule,
  elaborate,
  input,
  output,
  stream,
  uint,
} from '../../../src/hdl/index.ts';
import { parseProgram, printProgram, verifyProgram } from '../../../src/ir/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { registerSlice } from '../../../src/parts/index.ts';
import { shell } from '../../../src/parts/shell/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { layoutOf } from '../../../src/testbench/index.ts';
import type { Outcome } from '../../../src/testbench/index.ts';
import { simulatorSession } from '../../../src/testbench/simulator-session.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { lint, missingTools, tools } from '../../verilog/lint.ts';
import { createMaster } from './axi-master.ts';
import { macShell, randomRows, rowsJob } from './mac.ts';

const program = macShell(false);
const map = program.modules.at(-1)!.buses![0]!;
const offset = (name: string): number =>
  map.registers.find((register) => register.name === name)!.offset;

function start() {
  const simulator = createSimulator(program);
  const set = (port: string, value: number) => simulator.poke(port, value);
  set('resetn', 0);
  simulator.run(4);
  set('resetn', 1);
  const master = createMaster(simulator, rng(9), 60);
  const write = (address: number, data: number): number =>
    master.run([{ kind: 'write', address, data }])[0]!.response;
  const read = (name: string): number =>
    master.run([{ kind: 'read', address: offset(name) }])[0]!.data;
  /** One cycle; whether a beat of `a` and `b`, and a result, moved in it. */
  const cycle = (pair: readonly [number, number, number] | undefined, takes: boolean) => {
    for (const side of ['a', 'b']) set(`s_axis_${side}_tvalid`, pair === undefined ? 0 : 1);
    if (pair !== undefined) {
      set('s_axis_a_tdata', pair[0] & 0xfff);
      set('s_axis_b_tdata', pair[1] & 0x1ff);
      set('s_axis_a_tlast', pair[2]);
    }
    set('m_axis_tready', takes ? 1 : 0);
    simulator.settle();
    const seen = {
      taken: simulator.peek('s_axis_a_tready') === 1n && pair !== undefined,
      result: simulator.peek('m_axis_tvalid') === 1n,
      data: simulator.peek('m_axis_tdata'),
      last: simulator.peek('m_axis_tlast') === 1n,
      irq: simulator.peek('irq') === 1n,
    };
    simulator.tick();
    for (const side of ['a', 'b']) set(`s_axis_${side}_tvalid`, 0);
    set('m_axis_tready', 0);
    return seen;
  };
  return { simulator, write, read, cycle };
}

const control = { start: 1, clear: 2, interrupt: 4 };
const status = { busy: 1, done: 2, access: 4, start: 8, zeros: 256 };

describe('a shell', () => {
  it('has the registers of every shell, its parameters, then those of the design', () => {
    expect(map.registers.map(({ name }) => name)).toEqual([
      ...['ID', 'VERSION', 'CONTROL', 'STATUS', 'CYCLES_LOW', 'CYCLES_HIGH', 'STALLS_LOW'],
      ...['STALLS_HIGH', 'STARVES_LOW', 'STARVES_HIGH'],
      ...['PARAMETER_OPERAND_BITS', 'PARAMETER_ROWS', 'RESULTS', 'LAST_ROW', 'PAIRS', 'LEAST'],
    ]);
    expect(map.registers.map((register) => register.offset)).toEqual(
      map.registers.map((_, index) => 4 * index),
    );
    expect(map.windows).toMatchObject([{ stream: 'setup', offset: 0x1000, words: 4 }]);
    // The header of its Verilog shows parameters with their values, and what the core says of them, or the register.
    const verilog = emitVerilog(program).at(-1)!.text;
    expect(verilog).toMatch(/^\/\/ {3}rows +8 +register PARAMETER_ROWS$/m);
    const said = macShell(false, { parameters: { marksLast: 0 } });
    expect(emitVerilog(said).at(-1)!.text).toMatch(/^\/\/ {3}marksLast 0 {2}whether the end/m);
    const { read } = start();
    expect(['ID', 'VERSION', 'PARAMETER_ROWS', 'LAST_ROW'].map(read)).toEqual([
      0x4d414331, 0x10203, 8, 5,
    ]);
  });

  it('keeps its inputs closed until a run starts and behind its last result', () => {
    const { write, read, cycle } = start();
    for (let address = 0; address < 4; address++) write(0x1000 + 4 * address, 10 * address);
    expect(cycle([3, 4, 1], true)).toMatchObject({ taken: false, result: false });
    write(offset('RESULTS'), 2);
    write(offset('CONTROL'), control.start | control.clear | control.interrupt);
    expect(read('STATUS')).toBe(status.busy);
    // start and clear_counters read 0.
    expect(read('CONTROL')).toBe(control.interrupt);
    expect(cycle([3, 4, 1], true)).toMatchObject({ taken: true, result: false });
    expect(cycle([-5, 6, 1], true)).toMatchObject({ taken: true, result: true, data: 12n });
    // -30 + 10 in 34 bits, row 1 above; padding is 0.
    const second = { data: (1n << 34n) + (1n << 34n) - 20n, result: true, irq: false };
    expect(cycle(undefined, false)).toMatchObject(second);
    expect(cycle(undefined, true)).toMatchObject(second);
    expect(cycle([1, 1, 1], true)).toMatchObject({ taken: false, irq: true });
    expect(read('STATUS')).toBe(status.done);
    // In, in and out, waiting, out.
    expect([read('CYCLES_LOW'), read('STALLS_LOW'), read('STARVES_LOW')]).toEqual([4, 1, 0]);
    expect([read('PAIRS'), read('LEAST')]).toEqual([2, 2 ** 32 - 5]);
    write(offset('STATUS'), status.done);
    expect(read('STATUS')).toBe(0);
    expect(cycle(undefined, true).irq).toBe(false);
    // Another run: its results count from one again, its counts go on where they are not cleared.
    write(offset('CONTROL'), control.start);
    cycle([2, 2, 1], true);
    expect(read('STATUS')).toBe(status.busy);
    write(offset('CONTROL'), control.clear);
    expect(read('CYCLES_LOW')).toBe(0);
  });

  it('takes nothing between runs, also where the core would', () => {
    const core = registerSlice({ fields: { value: uint(5) } });
    const done = { stream: 'to', beats: 2 };
    const slice = elaborate(...shell({ name: 'slice', doc: '', core, id: 1, version: 1, done }));
    const simulator = createSimulator(slice);
    simulator.run(4);
    simulator.poke('resetn', 1);
    const master = createMaster(simulator, rng(2), 0);
    simulator.poke('s_axis_tvalid', 1);
    simulator.poke('s_axis_tdata', 0xff);
    simulator.poke('m_axis_tready', 1);
    /** Cycles of these in which the input would take a beat; every result is 31. */
    const open = (cycles: number): number => {
      let ready = 0;
      for (let cycle = 0; cycle < cycles; cycle++) {
        simulator.settle();
        if (simulator.peek('s_axis_tready') === 1n) ready++;
        // The padding above 5 bits is 0.
        if (simulator.peek('m_axis_tvalid') === 1n)
          expect(simulator.peek('m_axis_tdata')).toBe(31n);
        simulator.tick();
      }
      return ready;
    };
    expect(open(5)).toBe(0);
    simulator.poke('m_axis_tready', 0);
    master.run([{ kind: 'write', address: offset('CONTROL'), data: control.start }]);
    open(4);
    // The slice is full, and the first of two results waits.
    expect([open(3), simulator.peek('m_axis_tvalid')]).toEqual([0, 1n]);
    simulator.poke('m_axis_tready', 1);
    // It takes a beat while the second leaves, and no more.
    expect(open(20)).toBe(1);
  });

  it('counts cycles in which one operand waits for the other', () => {
    const { simulator, write, read, cycle } = start();
    write(offset('RESULTS'), 1);
    write(offset('CONTROL'), control.start | control.clear);
    cycle([1, 1, 0], true);
    // `b` is there, `a` is not.
    simulator.poke('s_axis_b_tvalid', 1);
    simulator.run(3);
    cycle([1, 1, 1], true);
    cycle(undefined, true);
    expect([read('CYCLES_LOW'), read('STARVES_LOW')]).toEqual([6, 3]);
  });

  it('ends packets by the rule, from the start of each run', () => {
    const { write, cycle } = start();
    const ends: boolean[] = [];
    for (const results of [4, 3]) {
      write(offset('RESULTS'), results);
      write(offset('CONTROL'), control.start);
      for (let sent = 0, left = results; left > 0; sent++) {
        const seen = cycle(sent < results ? [1, 1, 1] : undefined, true);
        if (!seen.result) continue;
        ends.push(seen.last);
        left--;
      }
    }
    expect(ends).toEqual([false, false, true, false, false, false, true]);
  });

  it('shows errors until they are cleared', () => {
    const { write, read, cycle } = start();
    expect(write(offset('ID'), 1)).toBe(2);
    expect(read('STATUS')).toBe(status.access);
    write(offset('CONTROL'), control.start);
    write(offset('CONTROL'), control.start);
    cycle([0, 0, 0], true);
    const all = status.busy + status.access + status.start + status.zeros;
    expect(read('STATUS')).toBe(all);
    write(offset('STATUS'), status.access + status.busy);
    expect(read('STATUS')).toBe(all - status.access);
    write(offset('STATUS'), 0xffffffff);
    expect(read('STATUS')).toBe(status.busy);
  });

  it.each([false, true])('is well formed and clean in every tool (last: %s)', (marksLast) => {
    const built = macShell(marksLast);
    expect(verifyProgram(built)).toEqual([]);
    expect(parseProgram(printProgram(built))).toEqual(built);
    const verilog = emitVerilog(built);
    const usable = tools.filter((tool) => !missingTools.includes(tool));
    if (missingTools.length > 0) console.warn(`not linted by ${missingTools.join(', ')}`);
    expect(lint(verilog, built.top, { tools: usable })).toBe('');
    const { text } = verilog.at(-1)!;
    expect(text).toContain(
      '(* X_INTERFACE_INFO = "xilinx.com:interface:axis:1.0 s_axis_a TDATA" *)\n  input  wire [15:0] s_axis_a_tdata,',
    );
    expect(text).toContain(
      '(* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axi:s_axis_a:s_axis_b:m_axis, ASSOCIATED_RESET resetn" *)\n  input  wire        clk,',
    );
    // Every port of the top belongs to an interface.
    const ports = text.match(/^ {2}(input|output) /gm)!.length;
    expect(text.match(/X_INTERFACE_INFO/g)).toHaveLength(ports);
    const other = emitVerilog(built, { reset: { kind: 'sync', polarity: 'high' } }).at(-1)!.text;
    expect(other).not.toContain('POLARITY ACTIVE_LOW');
    expect(
      lint(emitVerilog(built, { reset: { kind: 'sync', polarity: 'high' } }), built.top, {
        tools: usable,
      }),
    ).toBe('');
  });

  const core = (ports: Record<string, unknown>) => {
    const definition = defineModule('core', { doc: 'core' }, () => ({
      ports: ports as never,
      body: () => undefined,
    }));
    return () =>
      shell({ ...{ name: 'shelled', doc: '', id: 1, version: 1 }, core: [definition, undefined] });
  };
  const out = output(stream({ value: uint(4), last: bit() }));
  it.each([
    [core({ out: output(stream({ value: uint(4) })) }), 'needs to know when a run is done'],
    [core({ out: output(stream({ last: bit() })) }), "port 'out' of core carries no data"],
    [core({ out: output(stream({ a: bit(), last: bit(), b: bit() })) }), "has 'last' between"],
    [core({ out, mode: input(uint(4)) }), "nothing drives input 'mode' of the core"],
    [core({ out, setup: input(stream({ address: uint(2) })) }), "port 'setup' of core must be a"],
  ])('refuses a core that it cannot serve, case %#', (make, message) => {
    expect(make).toThrow(message);
  });

  it('does not count that a stream in the background has no beat', async () => {
    const job = rowsJob(randomRows(rng(5), 20), {
      stalls: { seed: 3, source: 128, sink: 0 },
      registers: { RESULTS: 20 },
    });
    const run = async (background: readonly string[]) => {
      const top = macShell(false, { background });
      const session = simulatorSession(createSimulator, top, layoutOf(top), 1);
      const [{ counters, cycles }] = (await session.run([job])) as [Outcome];
      return { starves: counters['starves']!, cycles };
    };
    const [all, some, none] = [await run([]), await run(['a']), await run(['a', 'b'])];
    expect(all.starves).toBeGreaterThan(some.starves);
    expect(some.starves).toBeGreaterThan(0);
    expect(none.starves).toBe(0);
    expect([some.cycles, none.cycles]).toEqual([all.cycles, all.cycles]);
  });

  it.each([
    [{ done: { stream: 'sum', beats: 1 } }, "done names 'sum'; output streams are sums"],
    [{ done: { stream: 'sums', beats: 'ROWS' } }, 'done.beats is "ROWS"; it must be a number'],
    [{ done: { stream: 'sums', last: true } }, "stream 'sums' has no field last"],
    [{ packets: { a: 2 } }, "packets names 'a', which is no output stream"],
    [{ background: ['sums'] }, "background names 'sums', which is no input stream"],
    [{ counterBits: 32 }, 'counters have 33 to 64 bits, not 32'],
    [
      { errors: [{ name: 'zeros', port: 'pairs', doc: '' }] },
      "error zeros needs an output 'pairs'",
    ],
    [{ parameters: { rows: -1 } }, "register 'PARAMETER_ROWS' starts with -1"],
    [{ registers: [] }, "nothing drives input 'lastRow' of the core"],
  ])('refuses options that do not fit, case %#', (change, message) => {
    const without = 'registers' in change ? { done: { stream: 'sums', beats: 1 } } : {};
    expect(() => macShell(false, { ...without, ...change } as never)).toThrow(message);
  });
});
