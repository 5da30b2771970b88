import { afterEach, describe, expect, it, vi } from 'vitest';
import { elasticArray } from '../../../bench/designs/elastic.ts';
import { packetSwitch } from '../../../bench/designs/packets.ts';
import {
  assertAlways,
  constant,
  defineModule,
  elaborate,
  input,
  mem,
  output,
  reg,
  uint,
  when,
} from '../../../src/hdl/index.ts';
import type { Program } from '../../../src/ir/index.ts';
import { emit } from '../../../src/simulator/emit.ts';
import { createReference, createSimulator } from '../../../src/simulator/index.ts';
import type { CheckFailure, Simulator } from '../../../src/simulator/index.ts';
import { layOut, placeScopes } from '../../../src/simulator/layout.ts';
import { placeInts } from '../../../src/simulator/memory.ts';
import { defaultTuning, prepare } from '../../../src/simulator/prepare.ts';
import { schedule as makeSchedule } from '../../../src/simulator/schedule.ts';
import { translate } from '../../../src/simulator/wasm/index.ts';
import type { Translated } from '../../../src/simulator/wasm/index.ts';

function translated(program: Program): Translated | undefined {
  const schedule = makeSchedule(prepare(program, defaultTuning), defaultTuning);
  const layouts = layOut(schedule);
  const places = placeScopes(schedule, layouts);
  const { source, tables, scratch } = emit(schedule, layouts, places);
  const { int, memoryInt } = places.size;
  const sizes = { state: int + 1, memory: memoryInt, pins: 64, scratch };
  return translate(source, placeInts(sizes, tables).arrays, 1000);
}

function checksumAfter(simulator: Simulator, runs: readonly number[]): bigint {
  simulator.run(2);
  simulator.poke('resetn', 1);
  for (const cycles of runs) simulator.run(cycles);
  return simulator.peek('checksum');
}

/** Counts to 60 bits and to 8, and keeps what it has counted. */
const mixed = elaborate(
  defineModule('mixed', { doc: 'Both kinds of code' }, () => ({
    ports: { step: input(uint(8)), high: output(uint(20)), old: output(uint(8)) },
    body({ step, high, old }) {
      const long = reg(uint(40), { init: 0xff_fff0_0000 });
      const short = reg(uint(8), { init: 0 });
      const trace = mem(uint(8), 16, { init: Array.from({ length: 16 }, () => 1) });
      long.set(long.accumulate(step));
      short.set(short.accumulate(step.bits(0, 3).asUnsigned()));
      when(step.ne(0), () => trace.write(short.bits(0, 4), short));
      assertAlways('short', short.ne(200), 'is not 200');
      high.set(long.bits(20, 20));
      old.set(trace.read(step.bits(0, 4)));
      return { long, short, trace };
    },
  })),
  {},
);

afterEach(() => vi.unstubAllGlobals());

describe('WebAssembly', () => {
  it.each([
    ['elastic array', () => elaborate(elasticArray, { size: 5 })],
    ['packet switch', () => elaborate(packetSwitch, { readers: 3 })],
  ])('is all of the %s', (_, program) => {
    const code = translated(program())!;
    expect(code.isWhole).toBe(true);
    expect(code.source).not.toContain('C[');
  });

  it.each([
    ['elastic array', () => elaborate(elasticArray, { size: 5 })],
    ['packet switch', () => elaborate(packetSwitch, { readers: 3 })],
  ])('gives what the reference evaluator gives: %s', (_, program) => {
    // Odd and even counts, so that runs begin and end on either image of the state.
    const runs = [1, 2, 3, 350, 1, 351];
    const expected = checksumAfter(createReference(program()), runs);
    expect(checksumAfter(createSimulator(program()), runs)).toBe(expected);
    expect(expected).not.toBe(0n);
  });

  it('shares its memory with JavaScript', () => {
    const code = translated(mixed)!;
    expect(code.isWhole).toBe(false);
    expect(code.names.length).toBeGreaterThan(0);
    const failures: CheckFailure[][] = [[], []];
    const [mine, reference] = [createSimulator, createReference].map((create, i) =>
      create(mixed, { seed: 5, onFailure: (failure) => failures[i]!.push(failure) }),
    ) as [Simulator, Simulator];
    for (let cycle = 0; cycle < 400; cycle++) {
      for (const simulator of [mine, reference]) {
        simulator.poke('resetn', cycle < 2 || cycle === 90 ? 0 : 1);
        simulator.poke('step', (cycle * 37) & 255);
        simulator.settle();
      }
      expect([...mine.pins], `cycle ${cycle}`).toEqual([...reference.pins]);
      mine.tick();
      reference.tick();
    }
    expect(failures[0]).toEqual(failures[1]);
    expect(mine.peek('long')).toBe(reference.peek('long'));
  });
});

describe('a run', () => {
  const program = (init?: number) =>
    elaborate(
      defineModule('limited', { doc: 'Counts' }, () => ({
        ports: { total: output(uint(8)), previous: output(uint(8)) },
        body({ total, previous }) {
          const count = reg(uint(8), init === undefined ? {} : { init });
          count.set(count.accumulate(constant(8, 1)));
          // Without init it goes on in reset, and sees whether the counter is held there.
          const last = reg(uint(8));
          last.set(count);
          previous.set(last);
          assertAlways('limit', count.bits(0, 4).ne(9), 'is not 9');
          total.set(count);
          return { count, last };
        },
      })),
      {},
    );

  it('is all WebAssembly, with its checks', () => {
    expect(translated(program())?.isWhole).toBe(true);
  });

  it.each([0, undefined])(
    'reports checks in their cycles, in reset and after (init %s)',
    (init) => {
      const [mine, reference] = [createSimulator, createReference].map((create) => {
        const failures: CheckFailure[] = [];
        const onFailure = (failure: CheckFailure) => failures.push(failure);
        const simulator = create(program(init), { onFailure });
        simulator.run(40);
        simulator.poke('resetn', 1);
        for (const cycles of [1, 60, 3, 60, 5]) simulator.run(cycles);
        simulator.poke('resetn', 0);
        simulator.run(41);
        const [total, previous] = [simulator.peek('total'), simulator.peek('previous')];
        return { failures, cycle: simulator.cycle, total, previous };
      });
      expect(mine).toEqual(reference);
      expect(mine!.failures.length).toBe(8);
    },
  );

  it('takes fractions and nothing as JavaScript does', () => {
    const simulator = createSimulator(program(0), { onFailure: () => undefined });
    simulator.run(1);
    simulator.poke('resetn', 1);
    simulator.run(0);
    expect(simulator.peek('total')).toBe(0n);
    simulator.run(2.5);
    expect(simulator.peek('total')).toBe(3n);
  });
});

describe('without WebAssembly', () => {
  const expected = () => checksumAfter(createReference(elaborate(elasticArray, { size: 3 })), [77]);

  it('all is JavaScript', () => {
    vi.stubGlobal('WebAssembly', undefined);
    const simulator = createSimulator(elaborate(elasticArray, { size: 3 }));
    expect(checksumAfter(simulator, [77])).toBe(expected());
  });

  it('and without memory for it', () => {
    const { WebAssembly: engine } = globalThis as unknown as { WebAssembly: object };
    const Memory = vi.fn(function () {
      throw new RangeError('could not allocate memory');
    });
    vi.stubGlobal('WebAssembly', Object.create(engine, { Memory: { value: Memory } }));
    const simulator = createSimulator(elaborate(elasticArray, { size: 3 }));
    expect(Memory).toHaveBeenCalled();
    expect(checksumAfter(simulator, [77])).toBe(expected());
  });
});
