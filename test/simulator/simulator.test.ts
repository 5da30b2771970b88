import { describe, expect, it } from 'vitest';
import type { Module, Program, ReadDuringWrite } from '../../src/ir/index.ts';
import { rng as createRng } from '../../src/numeric/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';
import type { CheckFailure, Simulator } from '../../src/simulator/index.ts';
import { buildModule } from '../ir/build-module.ts';
import { elasticPipeline, systolicArray } from './designs.ts';

const single = (module: Module): Program => ({ top: module.name, modules: [module] });

/** A counter with reset and enable that complains when it reaches 3. */
function counter(): Program {
  const m = buildModule('counter');
  const enable = m.input('enable', 1);
  const count = m.register('count', 4, 0);
  const kept = m.register('kept', 40);
  m.next(count, m.binary('add', count, m.constant(1, 4)), enable);
  m.next(kept, kept);
  m.check('small', m.binary('ltUnsigned', count, m.constant(3, 4)), 'the count stays below 3');
  m.output('count_out', count);
  return single(m.finish());
}

describe.each([
  ['compiled', createSimulator],
  ['reference', createReference],
])('%s simulator', (_, create) => {
  it('resets, counts where enabled and holds otherwise', () => {
    const simulator = create(counter(), { onFailure: () => undefined });
    simulator.run(1);
    expect(simulator.peek('count_out')).toBe(0n);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(5);
    expect(simulator.peek('count_out')).toBe(5n);
    simulator.poke('enable', 0);
    simulator.run(2);
    expect(simulator.peek('count')).toBe(5n);
    expect(simulator.cycle).toBe(8);
    simulator.poke('resetn', 0);
    simulator.run();
    expect(simulator.peek('count')).toBe(0n);
  });

  it('reports a failed check with path, message, location and cycle, but not in reset', () => {
    const failures: CheckFailure[] = [];
    const simulator = create(counter(), { onFailure: (failure) => failures.push(failure) });
    simulator.run(2);
    expect(failures).toEqual([]);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(4);
    expect(failures).toEqual([
      { path: 'small', message: 'the count stays below 3', location: 'design.ts:7', cycle: 5 },
    ]);
  });

  it('throws at a failed check by default', () => {
    const simulator = create(counter());
    simulator.run(1);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    expect(() => simulator.run(10)).toThrow(
      "Check 'small' failed in cycle 4: the count stays below 3 (design.ts:7).",
    );
  });

  it('powers on with values that depend on the seed', () => {
    const kept = (seed: number) => create(counter(), { seed }).peek('kept');
    expect(kept(1)).toBe(kept(1));
    expect(new Set([1, 2, 3, 4].map(kept)).size).toBe(4);
  });

  it('refuses unknown ports, outputs and values that do not fit', () => {
    const simulator = create(counter());
    expect(() => simulator.poke('enabel', 1)).toThrow(
      "'counter' has no port 'enabel'; its ports are enable, count_out, resetn.",
    );
    expect(() => simulator.poke('count_out', 1)).toThrow("'count_out' is an output of 'counter'");
    expect(() => simulator.poke('enable', 2)).toThrow(
      "2 does not fit port 'enable' (1 bits); it takes 0 .. 1.",
    );
    expect(() => simulator.peek('u_x.count')).toThrow("the top 'counter' has no 'u_x'");
  });

  it('refuses a combinational loop', () => {
    const m = buildModule('m');
    const wire = m.wire(1);
    m.nodes[wire] = { ...m.nodes[wire]!, name: 'ring' };
    m.drive(wire, m.unary('not', wire));
    m.output('out', wire);
    expect(() => create(single(m.finish()))).toThrow(
      "Module 'm' has a combinational loop, ring -> ring; put a register into it.",
    );
  });

  it.each([
    ['old', 7n],
    ['new', 9n],
  ] as [ReadDuringWrite, bigint][])(
    'reads the %s word where a synchronous read meets a write',
    (mode, expected) => {
      const m = buildModule('m');
      const [address, data, write] = [
        m.input('address', 2),
        m.input('data', 8),
        m.input('write', 1),
      ];
      const [read] = m.memory({
        name: 'memory',
        width: 8,
        depth: 3,
        reads: [{ kind: 'synchronous', address, mode, domain: 0 }],
        writes: [{ address, data, enable: write, domain: 0 }],
      });
      m.output('word', read!);
      const simulator = create(single(m.finish()));
      const step = (at: number, value: number, enable: number) => {
        simulator.poke('address', at);
        simulator.poke('data', value);
        simulator.poke('write', enable);
        simulator.run();
      };
      step(1, 7, 1);
      step(1, 9, 1);
      expect(simulator.peek('word')).toBe(expected);
      expect(simulator.peek('memory[1]')).toBe(9n);
      step(3, 5, 1); // out of range: nothing is written, 0 is read
      expect(simulator.peek('word')).toBe(0n);
      expect([0, 1, 2].map((i) => simulator.peek(`memory[${i}]`))).toContain(9n);
    },
  );

  it('lets the later write port win, lane by lane', () => {
    const m = buildModule('m');
    const address = m.constant(0, 1);
    const on = m.constant(1, 1);
    const write = (data: number, mask: number) => ({
      address,
      enable: on,
      domain: 0,
      data: m.constant(data, 16),
      mask: m.constant(mask, 4),
    });
    const [read] = m.memory({
      name: 'memory',
      width: 16,
      depth: 1,
      init: ['0'],
      reads: [{ kind: 'asynchronous', address }],
      writes: [write(0x1234, 0b1110), write(0xabcd, 0b0110)],
    });
    m.output('word', read!);
    const simulator = create(single(m.finish()));
    expect(simulator.peek('word')).toBe(0n);
    simulator.run();
    expect(simulator.peek('word')).toBe(0x1bc0n);
  });

  it('multiplies matrices in a systolic array', () => {
    const size = 4;
    const random = createRng(5);
    const matrix = () =>
      Array.from({ length: size }, () =>
        Array.from({ length: size }, () => random.below(256) - 128),
      );
    const [weights, a] = [matrix(), matrix()];
    const simulator = create(systolicArray(size));
    const pack = (row: readonly number[]) =>
      row.reduceRight((bits, value) => (bits << 8n) | BigInt(value & 255), 0n);
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('load', 1);
    for (let row = size - 1; row >= 0; row--) {
      simulator.poke('weights', pack(weights[row]!));
      simulator.run();
    }
    expect(simulator.peek('u_cell[2][1].weight_q')).toBe(BigInt(weights[2]![1]! & 255));
    simulator.poke('load', 0);
    const results = a.map(() => Array.from({ length: size }, () => 0));
    for (let t = 0; t < 3 * size; t++) {
      const skewed = Array.from({ length: size }, (__, row) => a[t - row]?.[row] ?? 0);
      simulator.poke('a', pack(skewed));
      simulator.run();
      const sums = simulator.peek('sums');
      for (let column = 0; column < size; column++) {
        const vector = t + 1 - size - column;
        if (vector < 0 || vector >= size) continue;
        results[vector]![column] = Number(BigInt.asIntN(32, sums >> BigInt(32 * column)));
      }
    }
    const product = a.map((row) =>
      Array.from({ length: size }, (__, column) =>
        row.reduce((sum, value, k) => sum + value * weights[k]![column]!, 0),
      ),
    );
    expect(results).toEqual(product);
  });

  it('passes everything through an elastic pipeline, in order, under stalls', () => {
    const length = 5;
    const simulator = create(elasticPipeline(length, 40));
    const random = createRng(7);
    simulator.run(2);
    simulator.poke('resetn', 1);
    const sent: bigint[] = [];
    const received: bigint[] = [];
    let next = 0;
    for (let cycle = 0; cycle < 200; cycle++) {
      const offer = random.below(2);
      simulator.poke('in_valid', offer);
      simulator.poke('in_data', next);
      simulator.poke('out_ready', random.below(2));
      simulator.settle();
      if (offer === 1 && simulator.peek('in_ready') === 1n) sent.push(BigInt(next++));
      if (simulator.peek('out_valid') === 1n && readyOf(simulator)) {
        received.push(simulator.peek('out_data'));
      }
      simulator.tick();
    }
    expect(received.length).toBeGreaterThan(50);
    const expected = sent.map((value) => value + BigInt(length));
    expect(received).toEqual(expected.slice(0, received.length));
    expect(sent.length - received.length).toBeLessThanOrEqual(length);
  });

  it('shows internals by path', () => {
    const simulator = create(elasticPipeline(3, 8));
    simulator.run(1);
    simulator.poke('resetn', 1);
    simulator.poke('in_valid', 1);
    simulator.poke('in_data', 40);
    simulator.run(2);
    expect(simulator.peek('u_stage[1].held')).toBe(42n);
    expect(simulator.peek('u_stage[2].data')).toBe(42n);
    expect(simulator.peek('u_stage[2].out_valid')).toBe(0n);
    expect(() => simulator.peek('u_stage[3].held')).toThrow(
      "There is nothing at 'u_stage[3].held': the top 'pipeline' has no 'u_stage[3]', but",
    );
    expect(() => simulator.peek('u_stage[0].hold')).toThrow("'u_stage[0]' (stage) has no 'hold'");
  });
});

function readyOf(simulator: Simulator): boolean {
  return simulator.peek('out_ready') === 1n;
}

describe('compilation', () => {
  const tiny = { smallModule: 0, mostGrowth: 0, chunkSize: 1 };

  it('orders parts of one module differently in two places', () => {
    const p = buildModule('pair');
    const [a, b] = [p.input('a', 16), p.input('b', 16)];
    const state = p.register('state', 16);
    p.next(state, p.binary('add', a, b));
    // What both outputs share must not tie their order.
    const shared = p.binary(
      'add',
      p.binary('xor', state, p.constant(0x5a5a, 16)),
      p.unary('not', state),
    );
    const deep = p.binary(
      'sub',
      p.binary('mulSigned', p.slice(shared, 0, 8), p.slice(shared, 8, 8)),
      state,
    );
    p.output('x', p.binary('xor', deep, a));
    p.output('y', p.binary('add', deep, b));
    const pair = p.finish();
    const m = buildModule('m');
    const input = m.input('in', 16);
    const place = (name: string, crossed: boolean) => {
      const back = m.wire(16);
      const ports = crossed ? { a: input, b: back } : { a: back, b: input };
      const read = m.instance(name, pair, [], {
        a: { kind: 'broadcast', value: ports.a },
        b: { kind: 'broadcast', value: ports.b },
      });
      m.drive(back, read(crossed ? 'x' : 'y'));
      m.output(name, read(crossed ? 'y' : 'x'));
    };
    place('u_one', false);
    place('u_two', true);
    const program: Program = { top: 'm', modules: [pair, m.finish()] };
    const [compiled, reference] = [createSimulator(program, {}, tiny), createReference(program)];
    for (const simulator of [compiled, reference]) {
      simulator.poke('in', 12345);
      simulator.run(3);
      simulator.settle();
    }
    expect([...compiled.pins]).toEqual([...reference.pins]);
  });

  it('keeps a combinational chain in order where each link takes several functions', () => {
    const c = buildModule('link');
    const [input, held] = [c.input('in', 16), c.register('held', 16)];
    c.next(held, input);
    let value = input;
    for (let i = 0; i < 6; i++) {
      value = c.binary(
        'xor',
        c.binary('add', value, held),
        c.binary('shiftLeft', value, c.slice(held, i, 2)),
      );
    }
    c.output('out', value);
    const link = c.finish();
    const m = buildModule('chain');
    const links = m.instance('u_link', link, [6], {
      in: { kind: 'neighbour', port: 'out', axis: 0, step: 1, edge: m.input('in', 16) },
    });
    m.output('out', m.slice(links('out'), 80, 16));
    const program: Program = { top: 'chain', modules: [link, m.finish()] };
    const [compiled, reference] = [createSimulator(program, {}, tiny), createReference(program)];
    for (const simulator of [compiled, reference]) {
      simulator.poke('in', 777);
      simulator.run(3);
    }
    expect(compiled.peek('out')).toBe(reference.peek('out'));
  });

  it('takes large modules apart', () => {
    const m = buildModule('m');
    let value = m.input('in', 32);
    const held = m.register('held', 32, 1);
    m.next(held, value);
    // About 20,000 operations: as one function, V8 would never optimise it.
    for (let i = 0; i < 10_000; i++)
      value = m.binary('xor', m.binary('add', value, held), m.constant(i, 32));
    m.output('out', value);
    const simulator = createSimulator(single(m.finish()));
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('in', 3);
    simulator.settle();
    let expected = 3;
    for (let i = 0; i < 10_000; i++) expected = ((expected + 1) ^ i) >>> 0;
    expect(simulator.peek('out')).toBe(BigInt(expected));
  });
});
