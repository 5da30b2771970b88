/** Ports, instances, arrays of them, and the names that everything gets. */
import { describe, expect, it } from 'vitest';
import {
  bit,
  bundle,
  connect,
  defineModule,
  elaborate,
  fires,
  flip,
  input,
  instance,
  instanceArray,
  mem,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  vecOf,
  when,
  wire,
} from '../../src/hdl/index.ts';
import type { ModuleDefinition, PortDeclaration, UIntType, VecType } from '../../src/hdl/index.ts';
import type { ScalarType } from '../../src/hdl/index.ts';
import { processingElement } from '../../src/families/gobo/rtl/processing-element.ts';
import { build, define } from './build.ts';
import { run } from './run.ts';

const portsOf = (program: ReturnType<typeof elaborate>) =>
  program.modules
    .at(-1)!
    .ports.map(({ name, direction, width, signed }) =>
      [direction, name, width, ...(signed ? ['signed'] : [])].join(' '),
    );

/** A register between two streams. */
const stage = defineModule('stage', { doc: 'One register' }, (p: { width: number }) => ({
  ports: {
    from: input(stream({ value: uint(p.width) })),
    to: output(stream({ value: uint(p.width) })),
  },
  body({ from, to }) {
    const full = reg(bit(), { init: 0 });
    const value = reg(uint(p.width));
    from.ready.set(full.not().or(to.ready));
    to.valid.set(full);
    to.data.value.set(value);
    when(fires(from), () => {
      full.set(1);
      value.set(from.data.value);
    }).elseWhen(to.ready, () => full.set(0));
    return { full, value };
  },
}));

describe('ports', () => {
  it('flatten in order of declaration, with directions', () => {
    const memoryBus = bundle({
      readAddress: uint(4),
      readData: flip(uint(8)),
      writes: stream({ address: uint(4), data: sint(8) }),
      status: flip(bundle({ busy: bit(), flags: vec(uint(2), 3) })),
    });
    const program = build({ bus: input(memoryBus), led: output(bit()) }, ({ bus, led }) => {
      const words = mem(sint(8), 16);
      bus.readData.set(words.read(bus.readAddress).asUnsigned());
      bus.writes.ready.set(1);
      when(bus.writes.valid, () => words.write(bus.writes.data.address, bus.writes.data.data));
      bus.status.busy.set(bus.writes.valid);
      bus.status.flags.set(
        vecOf([bus.readAddress.bits(0, 2), bus.readAddress.bits(2, 2), bus.readAddress.bits(1, 2)]),
      );
      led.set(bus.status.busy);
      return { words };
    });
    expect(portsOf(program)).toEqual([
      'input bus_read_address 4',
      'output bus_read_data 8',
      'input bus_writes_valid 1',
      'output bus_writes_ready 1',
      'input bus_writes_address 4',
      'input bus_writes_data 8 signed',
      'output bus_status_busy 1',
      'output bus_status_flags 6',
      'output led 1',
    ]);
    expect(program.modules[0]!.streams).toEqual([
      {
        name: 'bus_writes',
        direction: 'input',
        valid: 'bus_writes_valid',
        ready: 'bus_writes_ready',
        fields: [
          { name: 'address', port: 'bus_writes_address', width: 4, signed: false },
          { name: 'data', port: 'bus_writes_data', width: 8, signed: true },
        ],
        doc: '',
      },
    ]);
    const circuit = run(program);
    circuit.poke({
      bus_read_address: 5,
      bus_writes_valid: 1,
      bus_writes_address: 5,
      bus_writes_data: -3,
    });
    circuit.tick();
    expect(circuit.peek('bus_read_data')).toBe(253);
    expect(circuit.peek('bus_status_flags')).toBe(0b10_01_01);
    expect(circuit.peek('led')).toBe(1);
  });

  it('list streams that were turned around', () => {
    const bus = bundle({ replies: flip(stream({ value: uint(4) })) });
    const program = build({ bus: input(bus) }, (io) => {
      io.bus.replies.valid.set(io.bus.replies.ready);
      io.bus.replies.data.value.set(3);
    });
    expect(portsOf(program)).toEqual([
      'output bus_replies_valid 1',
      'input bus_replies_ready 1',
      'output bus_replies_value 4',
    ]);
    expect(program.modules[0]!.streams).toMatchObject([
      { name: 'bus_replies', direction: 'output' },
    ]);
    run(program);
  });

  it('of an instance are driven from outside, flipped ones read', () => {
    const handshake = bundle({ request: bit(), data: uint(8), grant: flip(bit()) });
    const client = define('client', { bus: output(handshake), wants: input(bit()) }, (io) => {
      io.bus.request.set(io.wants);
      io.bus.data.set(17);
      return { granted: io.bus.grant.and(io.wants) };
    });
    const server = define('server', { bus: input(handshake), held: input(bit()) }, (io) => {
      io.bus.grant.set(io.bus.request.and(io.held.not()));
    });
    const circuit = run(
      build({ wants: input(bit()), held: input(bit()), data: output(uint(8)) }, (io) => {
        const c = instance(client, {});
        const s = instance(server, {});
        c.wants.set(io.wants);
        s.held.set(io.held);
        s.bus.request.set(c.bus.request);
        s.bus.data.set(c.bus.data);
        c.bus.grant.set(s.bus.grant);
        io.data.set(c.bus.data);
        return { c, s };
      }),
    );
    circuit.poke({ wants: 1, held: 0 });
    expect(circuit.peek('u_c.granted')).toBe(1);
    circuit.poke({ held: 1 });
    expect(circuit.peek('u_c.granted')).toBe(0);
    expect(circuit.peek('data')).toBe(17);
  });
});

describe('streams', () => {
  it('pass every beat once and in order, whatever the receiver does', () => {
    const circuit = run(
      build(
        { from: input(stream({ value: uint(8) })), to: output(stream({ value: uint(8) })) },
        (io) => {
          const first = instance(stage, { width: 8 });
          const second = instance(stage, { width: 8 });
          connect(io.from, first.from);
          connect(first.to, second.from);
          connect(second.to, io.to);
          return { first, second };
        },
      ),
    );
    circuit.poke({ from_valid: 0, to_ready: 0 });
    circuit.reset();
    const sent: number[] = [];
    const received: number[] = [];
    // Our own pattern of stalls: primes, so that all combinations occur.
    for (let cycle = 0; cycle < 60; cycle += 1) {
      circuit.poke({
        from_valid: Number(cycle % 3 !== 0),
        from_value: cycle,
        to_ready: Number(cycle % 5 < 2),
      });
      if (circuit.peek('from_ready') === 1 && cycle % 3 !== 0) sent.push(cycle);
      if (circuit.peek('to_valid') === 1 && cycle % 5 < 2) received.push(circuit.peek('to_value'));
      circuit.tick();
    }
    expect(received.length).toBeGreaterThan(20);
    expect(received).toEqual(sent.slice(0, received.length));
    expect(sent.length - received.length).toBeLessThanOrEqual(2);
  });
});

describe('instances', () => {
  const delay = defineModule('delay', { doc: 'Delay' }, (p: { width: number; depth?: number }) => ({
    ports: { a: input(uint(p.width)), b: output(uint(p.width)) },
    body({ a, b }) {
      const held = reg(uint(p.width));
      held.set(a);
      b.set(held);
      return { held };
    },
  }));

  const namesFor = (...parameters: { width: number; depth?: number }[]) => {
    const program = build({ a: input(uint(8)) }, ({ a }) => {
      for (const p of parameters) instance(delay, p).a.set(a.truncate(p.width));
    });
    return {
      modules: program.modules.map(({ name }) => name),
      instances: program.modules.at(-1)!.instances.map(({ name, module }) => `${name}: ${module}`),
    };
  };

  it('with equal parameters share one module', () => {
    expect(namesFor({ width: 8 }, { width: 8 })).toEqual({
      modules: ['delay', 'example'],
      instances: ['u_delay: delay', 'u_delay_2: delay'],
    });
    expect(namesFor({ width: 8, depth: 1 }, { depth: 1, width: 8 }).modules).toEqual([
      'delay',
      'example',
    ]);
    expect(namesFor({ width: 8 }, JSON.parse('{"width":8}')).modules).toHaveLength(2);
  });

  it('with other parameters get another module with another name', () => {
    expect(namesFor({ width: 8 }, { width: 4 }, { width: 8 })).toEqual({
      modules: ['delay', 'delay_2', 'example'],
      instances: ['u_delay: delay', 'u_delay_2: delay_2', 'u_delay_3: delay'],
    });
  });

  it('of two definitions with one name are kept apart', () => {
    const other = define('delay', { a: input(uint(8)), b: output(uint(8)) }, ({ a, b }) => {
      b.set(a.not());
    });
    const program = build({ a: input(uint(8)), o: output(uint(8)) }, ({ a, o }) => {
      const first = instance(delay, { width: 8 });
      const second = instance(other, {});
      first.a.set(a);
      second.a.set(first.b);
      o.set(second.b);
    });
    expect(program.modules.map(({ name }) => name)).toEqual(['delay', 'delay_2', 'example']);
    const circuit = run(program);
    circuit.poke({ a: 1 });
    circuit.tick();
    expect(circuit.peek('o')).toBe(254);
  });

  it('take their name from named, and types as parameters', () => {
    const register = defineModule(
      'register',
      {
        doc: 'Register',
        parameters: { type: 'what it holds' },
        named: ({ type }: { type: ScalarType }) => `hold_${type.kind}${type.width}`,
      },
      ({ type }: { type: ScalarType }) => ({
        ports: { a: input(type), b: output(type) },
        body({ a, b }) {
          b.set(a);
        },
      }),
    );
    const program = elaborate(register, { type: sint(5) });
    expect(program.top).toBe('hold_sint5');
    expect(program.modules[0]!.parameters).toEqual([
      { name: 'type', value: 'sint(5)', doc: 'what it holds' },
    ]);
  });

  it('may nest into themselves with smaller parameters', () => {
    type Ports = {
      readonly values: PortDeclaration<VecType<UIntType<8>>, 'input'>;
      readonly sum: PortDeclaration<UIntType, 'output'>;
    };
    const tree: ModuleDefinition<{ leaves: number }, Ports> = defineModule(
      'sum_tree',
      { doc: 'Sum', named: ({ leaves }) => `sum_tree_${leaves}` },
      ({ leaves }) => ({
        ports: {
          values: input(vec(uint(8), leaves)),
          sum: output(uint<number>(8 + Math.log2(leaves))),
        },
        body({ values, sum }) {
          if (leaves === 1) {
            sum.set(values.at(0));
            return {};
          }
          const halves = [0, 1].map((half) => {
            const part = instance(tree, { leaves: leaves / 2 });
            part.values.set(
              vecOf(values.elements().slice((half * leaves) / 2, ((half + 1) * leaves) / 2)),
            );
            return part;
          });
          sum.set(halves[0]!.sum.add(halves[1]!.sum));
          return { halves };
        },
      }),
    );
    const program = elaborate(tree, { leaves: 4 });
    expect(program.modules.map(({ name }) => name)).toEqual([
      'sum_tree_1',
      'sum_tree_2',
      'sum_tree_4',
    ]);
    expect(program.modules.at(-1)!.instances.map(({ name }) => name)).toEqual([
      'u_halves_0',
      'u_halves_1',
    ]);
    const circuit = run(program);
    circuit.poke({ values: 0xff_fe_03_ff });
    expect(circuit.peek('sum')).toBe(0xff + 0xfe + 3 + 0xff);
  });
});

/** A cell that adds what comes from above to a weight of its own, one cycle later. */
const adderCell = define(
  'adder_cell',
  {
    above: input(uint(8)),
    left: input(uint(8)),
    weight: input(uint(8)),
    below: output(uint(8)),
    right: output(uint(8)),
  },
  ({ above, left, weight, below, right }) => {
    const total = reg(uint(8), { init: 0 });
    const passed = reg(uint(8), { init: 0 });
    total.set(above.addWrap(weight).addWrap(left));
    passed.set(left);
    below.set(total);
    right.set(passed);
    return { total };
  },
);

describe('arrays', () => {
  it('of one dimension wire neighbours forward and backward', () => {
    const circuit = run(
      build(
        {
          top: input(uint(8)),
          last: input(uint(8)),
          weights: input(vec(uint(8), 3)),
          below: output(vec(uint(8), 3)),
          right: output(vec(uint(8), 3)),
        },
        (io) => {
          const cells = instanceArray(adderCell, {}, [3]);
          cells.above.from('below', { axis: 0, step: 1, edge: vecOf([io.top]) });
          cells.left.from('right', { axis: 0, step: -1, edge: vecOf([io.last]) });
          cells.weight.each(io.weights);
          io.below.set(cells.below);
          io.right.set(cells.right);
          return { cells };
        },
      ),
    );
    circuit.poke({ top: 1, last: 0, weights: 0x30_20_10 });
    circuit.reset();
    circuit.poke({ last: 0x40 });
    circuit.tick();
    // below: element 0 = top + w0, others add to the zeros of reset; right enters at the end.
    expect(circuit.peek('below')).toBe(0x70_20_11);
    expect(circuit.peek('right')).toBe(0x40_00_00);
    circuit.tick();
    expect(circuit.peek('below')).toBe(0x90_71_11);
    expect(circuit.peek('right')).toBe(0x40_40_00);
    expect(circuit.peek('u_cells[2].total')).toBe(0x90);
  });

  it('of two dimensions wire along rows and columns', () => {
    const circuit = run(
      build(
        {
          top: input(vec(uint(8), 3)),
          side: input(vec(uint(8), 2)),
          below: output(vec(uint(8), 6)),
          right: output(vec(uint(8), 6)),
        },
        (io) => {
          const cells = instanceArray(adderCell, {}, [2, 3]);
          cells.above.from('below', { axis: 0, step: 1, edge: io.top });
          cells.left.from('right', { axis: 1, step: 1, edge: io.side });
          cells.weight.broadcast(1);
          io.below.set(cells.below);
          io.right.set(cells.right);
          return { cells };
        },
      ),
    );
    circuit.poke({ top: 0x30_20_10, side: 0 });
    circuit.reset();
    circuit.poke({ side: 0x08_04 });
    circuit.tick();
    // Row 0: top + 1 (+ side 4 in column 0); row 1: 0 + 1 (+ side 8 in column 0).
    expect(circuit.peek('below').toString(16)).toBe('10109312115');
    expect(circuit.peek('right').toString(16)).toBe('8000004');
    circuit.tick();
    // Row 1 adds row 0 of the cycle before; side values arrive in column 1.
    expect(circuit.peek('u_cells[1][0].total')).toBe(0x15 + 1 + 8);
    expect(circuit.peek('u_cells[0][1].total')).toBe(0x20 + 1 + 4);
    expect(circuit.peek('u_cells[1][1].total')).toBe(0x21 + 1 + 8);
    expect(circuit.peek('u_cells[1][2].total')).toBe(0x31 + 1);
  });

  it('name outputs by key or by name', () => {
    const chained = define(
      'chained',
      { sumIn: input(uint(8)), sumOut: output(uint(8)) },
      ({ sumIn, sumOut }) => {
        sumOut.set(sumIn.addWrap(1));
      },
    );
    for (const port of ['sumOut', 'sum_out']) {
      const circuit = run(
        build({ a: input(uint(8)), o: output(uint(8)) }, ({ a, o }) => {
          const chain = instanceArray(chained, {}, [5]);
          chain.sumIn.from(port, { axis: 0, step: 1, edge: vecOf([a]) });
          o.set(chain.sumOut.at(4));
        }),
      );
      circuit.poke({ a: 10 });
      expect(circuit.peek('o')).toBe(15);
    }
  });

  it('are one node of the program, whatever their size', () => {
    const program = build({ a: input(uint(8)) }, ({ a }) => {
      const cells = instanceArray(adderCell, {}, [64, 64]);
      for (const port of [cells.above, cells.left, cells.weight]) port.broadcast(a);
      return { cells };
    });
    expect(program.modules.at(-1)!.instances).toHaveLength(1);
    expect(program.modules.at(-1)!.nodes.length).toBeLessThan(10);
  });

  it('gather and drive the streams of their elements', () => {
    const circuit = run(
      build(
        { go: input(vec(bit(), 2)), values: input(vec(uint(4), 2)), sum: output(uint(5)) },
        (io) => {
          const stages = instanceArray(stage, { width: 4 }, [2]);
          stages.from.valid.each(io.go);
          stages.from.data.value.each(io.values);
          stages.to.ready.broadcast(1);
          const [first, second] = stages.to.data.value.elements();
          io.sum.set(first!.add(second!));
          return { stages, accepts: stages.from.ready };
        },
      ),
    );
    circuit.reset();
    circuit.poke({ go: 3, values: 0xf7 });
    circuit.tick();
    expect(circuit.peek('sum')).toBe(22);
    expect(circuit.peek('accepts')).toBe(3);
  });
});

const named = (program: ReturnType<typeof elaborate>) =>
  program.modules.at(-1)!.nodes.flatMap(({ name }) => name ?? []);

describe('names', () => {
  it('come from the keys that the body returns, in snake case', () => {
    const program = build({ rowIn: input(uint(8)), rowOut: output(uint(8)) }, (io) => {
      const rowSum = reg(uint(8));
      rowSum.set(io.rowIn);
      const net = wire(uint(8));
      net.set(rowSum);
      io.rowOut.set(net);
      const taps = [net.addWrap(1), net.addWrap(2)];
      return {
        rowSum,
        renamedNet: net,
        taps,
        edges: { isLow: net.eq(0) },
        again: rowSum,
        text: 'x',
      };
    });
    expect(portsOf(program)).toEqual(['input row_in 8', 'output row_out 8']);
    expect(named(program).sort()).toEqual([
      'edges_is_low',
      'renamed_net',
      'row_sum',
      'taps_0',
      'taps_1',
    ]);
  });

  it('of internals may be words of VHDL, those of ports may not', () => {
    const program = build({ a: input(uint(8)) }, ({ a }) => ({ next: a.not(), signal: a.any() }));
    expect(named(program).sort()).toEqual(['next', 'signal']);
  });

  it('are numbered where nothing was returned', () => {
    const program = build({ a: input(uint(1)), memory: output(uint(8)) }, ({ a, memory }) => {
      const first = mem(uint(8), 2);
      const second = mem(uint(8), 2);
      memory.set(first.read(a).addWrap(second.read(a)));
      const cells = [instance(adderCell, {}), instance(adderCell, {})];
      for (const each of cells)
        for (const port of [each.above, each.left, each.weight]) port.set(0);
    });
    const { memories, instances } = program.modules.at(-1)!;
    expect(memories.map(({ name }) => name)).toEqual(['memory_2', 'memory_3']);
    expect(instances.map(({ name }) => name)).toEqual(['u_adder_cell', 'u_adder_cell_2']);
  });

  it('carry the place where the value was made', () => {
    const program = build({ a: input(uint(8)) }, ({ a }) => {
      const inverse = a.not();
      return { inverse };
    });
    const node = program.modules[0]!.nodes.find(({ name }) => name === 'inverse')!;
    expect(node.location?.file).toBe('test/hdl/modules.test.ts');
  });
});

describe('building', () => {
  const parameters = { bits: 3, activationBits: 8, maxLength: 16, buffers: 2 };

  it('twice gives equal programs', () => {
    const first = elaborate(processingElement, parameters);
    expect(elaborate(processingElement, parameters)).toEqual(first);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });

  it('gives the same nodes in whatever order independent parts are written', () => {
    const ports = {
      a: input(uint(8)),
      b: input(uint(8)),
      x: output(uint(9)),
      y: output(uint(16)),
    };
    const sum = build(ports, ({ a, b, x, y }) => {
      x.set(a.add(b));
      y.set(a.mul(b));
    });
    const product = build(ports, ({ a, b, x, y }) => {
      y.set(a.mul(b));
      x.set(a.add(b));
    });
    expect(product.modules[0]!.nodes).toEqual(sum.modules[0]!.nodes);
  });

  it('keeps names and order of what an edit does not touch', () => {
    const version = (edited: boolean) =>
      build({ a: input(uint(8)), o: output(uint(8)), p: output(uint(8)) }, ({ a, o, p }) => {
        const low = reg(uint(8));
        const high = reg(uint(8));
        low.set(edited ? a.xor(3).addWrap(1) : a);
        high.set(low);
        o.set(high.addWrap(5));
        p.set(high.and(15));
        const extra = edited ? { extra: a.not() } : {};
        return { ...extra, low, high };
      });
    const [before, after] = [version(false), version(true)].map(named);
    expect(after!.filter((name) => name !== 'extra')).toEqual(before);
  });

  it('drops what nothing uses', () => {
    const program = build({ a: input(uint(8)), o: output(uint(8)) }, ({ a, o }) => {
      a.mul(a).add(a);
      o.set(a);
    });
    expect(program.modules[0]!.nodes.map(({ kind }) => kind)).toEqual(['input']);
  });
});
