/** What the parts promise beside the beats: paths, room, refusals, types, clean Verilog. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bit,
  concat,
  connect,
  defineModule,
  elaborate,
  input,
  instance,
  output,
  sint,
  stream,
  uint,
  vec,
} from '../../src/hdl/index.ts';
import type { SInt, UInt, Vec } from '../../src/hdl/index.ts';
import { operandsOf } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { rng } from '../../src/numeric/index.ts';
import {
  downsizer,
  fifo,
  fork,
  map,
  priorityArbiter,
  registerSlice,
  roundRobinArbiter,
  upsizer,
} from '../../src/parts/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { layoutOf } from '../../src/testbench/index.ts';
import { icarusSession } from '../../src/testbench/icarus-session.ts';
import { simulatorSession } from '../../src/testbench/simulator-session.ts';
import { writeSources } from '../../src/testbench/verilog-source.ts';
import {
  icarus,
  icarusLint,
  verilator,
  verilatorLint,
  yosys,
  yosysCheck,
} from '../../src/tools/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { available } from '../tools/available.ts';
import {
  downsizerCase,
  fifoCase,
  forkCase,
  joinCase,
  mapCase,
  priorityCase,
  registerSliceCase,
  roundRobinCase,
  upsizerCase,
} from './cases.ts';
import { profiles, randomJob } from './run-case.ts';

const value = { value: uint(4) };
const beat = { tag: uint(3), value: sint(9), lanes: vec(uint(2), 3), last: bit() };

/** For each output the inputs that it follows within a cycle. */
function paths(program: Program): Record<string, string[]> {
  const { ports, nodes, memories } = program.modules.at(-1)!;
  const inputsOf = (start: number): string[] => {
    const seen = new Set<number>();
    const waiting = [start];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const node = nodes[id]!;
      if (node.kind === 'read') waiting.push(memories[node.memory]!.reads[node.port]!.address);
      else if (node.kind !== 'register') waiting.push(...operandsOf(node));
    }
    return [...seen].flatMap((id) => {
      const node = nodes[id]!;
      return node.kind === 'input' ? [node.port] : [];
    });
  };
  return Object.fromEntries(
    ports.flatMap((port) =>
      port.value === undefined ? [] : [[port.name, inputsOf(port.value).sort()]],
    ),
  );
}

describe('combinational paths', () => {
  it('do not cross a FIFO', () => {
    for (const depth of [2, 5, 8]) {
      expect(paths(elaborate(...fifo({ fields: value, depth })))).toEqual({
        push_ready: [],
        pop_valid: [],
        pop_value: [],
      });
    }
  });

  it('do not cross a register slice', () => {
    expect(paths(elaborate(...registerSlice({ fields: value })))).toEqual({
      from_ready: [],
      to_valid: [],
      to_value: [],
    });
  });

  it('of a fork never lead from ready to valid, nor from valid to ready', () => {
    expect(paths(elaborate(...fork({ fields: value, to: ['a', 'b'] })))).toEqual({
      from_ready: ['to_a_ready', 'to_b_ready'],
      to_a_valid: ['from_valid'],
      to_a_value: ['from_value'],
      to_b_valid: ['from_valid'],
      to_b_value: ['from_value'],
    });
  });

  it.each([roundRobinArbiter, priorityArbiter])('of %o never lead from ready to valid', (part) => {
    const valids = ['from_a_valid', 'from_b_valid'];
    expect(paths(elaborate(...part({ fields: value, from: ['a', 'b'] })))).toEqual({
      from_a_ready: [...valids, 'to_ready'],
      from_b_ready: [...valids, 'to_ready'],
      to_valid: valids,
      to_value: ['from_a_valid', 'from_a_value', 'from_b_valid', 'from_b_value'],
    });
  });

  it('of an upsizer lead from ready to ready alone', () => {
    expect(paths(elaborate(...upsizer({ word: uint(4), words: 2 })))).toEqual({
      from_ready: ['to_ready'],
      to_valid: [],
      to_words: [],
      to_count: [],
      to_last: [],
    });
  });

  it('of a downsizer lead in each direction, and from the count to ready', () => {
    expect(paths(elaborate(...downsizer({ word: uint(4), words: 2 })))).toEqual({
      from_ready: ['from_count', 'to_ready'],
      to_valid: ['from_valid'],
      to_word: ['from_words'],
      to_last: ['from_count', 'from_last'],
    });
  });

  it('of a join lead to each ready from the other sources', () => {
    expect(paths(joinCase().program)).toMatchObject({
      left_ready: ['middle_valid', 'right_valid', 'to_ready'],
      middle_ready: ['left_valid', 'right_valid', 'to_ready'],
      right_ready: ['left_valid', 'middle_valid', 'to_ready'],
      to_valid: ['left_valid', 'middle_valid', 'right_valid'],
    });
  });
});

describe('room', () => {
  /** Beats that a part takes while nobody takes any from it. */
  const taken = (program: Program, from: string, to: string): number => {
    const simulator = createSimulator(program);
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke(`${from}_valid`, 1);
    simulator.poke(`${to}_ready`, 0);
    let beats = 0;
    for (let cycle = 0; cycle < 50; cycle++) {
      beats += Number(simulator.peek(`${from}_ready`));
      simulator.tick();
    }
    return beats;
  };

  it.each([2, 3, 7, 8, 16])('of a FIFO of %i is its depth', (depth) => {
    expect(taken(elaborate(...fifo({ fields: value, depth })), 'push', 'pop')).toBe(depth);
  });

  it('of a register slice is two beats', () => {
    expect(taken(elaborate(...registerSlice({ fields: value })), 'from', 'to')).toBe(2);
  });
});

describe('parameters', () => {
  it.each([
    [() => fifo({ fields: value, depth: 1 }), /^a FIFO holds 2 beats or more, not 1/],
    [() => fifo({ fields: value, depth: 2.5 }), /^a FIFO holds 2 beats or more, not 2.5/],
    [() => fork({ fields: value, to: [] }), /^fork needs at least one stream in to/],
    [
      () => roundRobinArbiter({ fields: value, from: ['a', 'b', 'a'] }),
      /^roundRobinArbiter has 'a' twice in from/,
    ],
    [() => priorityArbiter({ fields: value, from: [] }), /^priorityArbiter needs at least one/],
    [() => upsizer({ word: uint(4), words: 1 }), /^upsizer converts between 1 word and 2/],
    [() => downsizer({ word: uint(4), words: 1.5 }), /^downsizer converts .* not 1.5/],
  ])('that cannot be are refused where they were written: %o', (make, message) => {
    expect(make).toThrow(message);
    try {
      make();
    } catch (error) {
      expect((error as Error).stack!.split('\n')[1]).toContain('ports.test.ts');
    }
  });

  it('that are equal share a module, whoever wrote them', () => {
    const two = defineModule('two', { doc: 'Two queues in a row' }, () => ({
      ports: { from: input(stream(beat)), to: output(stream(beat)) },
      body({ from, to }) {
        const first = instance(...fifo({ fields: beat, depth: 4 }));
        const second = instance(...fifo({ depth: 4, fields: { ...beat } }));
        connect(from, first.push);
        connect(first.pop, second.push);
        connect(second.pop, to);
        return { first, second };
      },
    }));
    expect(elaborate(two, {}).modules.map(({ name }) => name)).toEqual(['fifo_4x19', 'two']);
  });
});

describe('types', () => {
  it('of ports follow from the fields, also through map', () => {
    const typed = defineModule('typed', { doc: 'Checked by the compiler' }, () => ({
      ports: {
        from: input(stream(beat)),
        to: output(stream({ sum: sint(10), lanes: beat.lanes })),
      },
      body({ from, to }) {
        const { push, pop } = instance(...fifo({ fields: beat, depth: 2 }));
        const copies = instance(...fork({ fields: beat, to: ['used', 'watched'] }));
        const tag: UInt<3> = pop.data.tag;
        const lanes: Vec<UInt<2>> = copies.to.used.data.lanes;
        const named: SInt<9> = copies.to.watched.data.value;
        // @ts-expect-error -- there is no such output
        expect(copies.to.other).toBeUndefined();
        // @ts-expect-error -- 9 bits, not 8
        const narrow: SInt<8> = pop.data.value;
        expect([tag.width, lanes.length, named.width, narrow.width]).toEqual([3, 3, 9, 9]);
        copies.to.watched.ready.set(1);
        connect(from, copies.from);
        connect(copies.to.used, push);
        const sums = map(pop, ({ value, lanes }) => ({ sum: value.add(value), lanes }));
        const sum: SInt<10> = sums.data.sum;
        expect(sum.width).toBe(10);
        connect(sums, to);
        return {};
      },
    }));
    expect(() => elaborate(typed, {})).not.toThrow();

    const measured = defineModule('measured', { doc: 'Widths by number' }, (p: { n: number }) => ({
      ports: {
        from: input(stream({ a: uint(p.n) })),
        to: output(stream({ b: uint(8), c: bit() })),
      },
      body({ from, to }) {
        connect(
          map(from, ({ a }) => ({ b: concat(a, a), c: a.any() })),
          to,
        );
        return {};
      },
    }));
    expect(() => elaborate(measured, { n: 4 })).not.toThrow();
    expect(() => elaborate(measured, { n: 5 })).toThrow(/width-mismatch/);
  });
});

const cases = [
  fifoCase(beat, 5),
  fifoCase(value, 16),
  registerSliceCase(beat),
  forkCase(beat, ['left', 'middle', 'right']),
  roundRobinCase(beat, ['left', 'middle', 'right']),
  roundRobinCase(value, ['only']),
  priorityCase(beat, ['left', 'right']),
  priorityCase(value, ['only']),
  upsizerCase(sint(5), 3),
  upsizerCase(uint(1), 8),
  downsizerCase(sint(5), 3),
  downsizerCase(uint(33), 4),
  mapCase(),
  joinCase(),
];

describe.skipIf(!(await available(verilator, icarus, yosys)))('Verilog', () => {
  it.each(cases)('of a $name is clean in three tools', async ({ program }) => {
    const folder = await mkdtemp(joinPath(tmpdir(), 'systole-parts-'));
    try {
      const files = await writeSources(folder, emitVerilog(program));
      const { top } = program;
      const found = await Promise.all([
        verilatorLint(files, { top }),
        verilatorLint(files, { top, defines: ['SIMULATION'] }),
        icarusLint(files, { top }),
        icarusLint(files, { top, defines: ['SIMULATION'] }),
        yosysCheck(files, { top }),
      ]);
      expect(found.flat()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each(cases)('of a $name does in Icarus what the simulator does', async (part) => {
    const layout = layoutOf(part.program);
    const random = rng(7);
    const jobs = profiles.map((profile) => randomJob(part, random, { ...profile, seed: 3 }).job);
    const verilog = await icarusSession(layout, emitVerilog(part.program), {});
    try {
      const expected = await simulatorSession(createSimulator, part.program, layout, 1).run(jobs);
      expect(await verilog.run(jobs)).toEqual(expected);
    } finally {
      await verilog.close();
    }
  });
});
