/** Elements of vectors by index, also where index and vector do not fit each other. */
import { describe, expect, it } from 'vitest';
import {
  bit,
  enumeration,
  HardwareError,
  input,
  instance,
  instanceArray,
  mem,
  mux,
  output,
  reg,
  sint,
  switchOn,
  uint,
  vec,
  vecOf,
  wire,
} from '../../src/hdl/index.ts';
import { userFrame } from '../../src/hdl/location.ts';
import { build, define } from './build.ts';
import { run } from './run.ts';

const codesOf = (code: () => unknown): readonly string[] => {
  try {
    code();
  } catch (error) {
    if (error instanceof HardwareError) return error.issues.map(({ issue }) => issue.code);
    throw error;
  }
  return [];
};

/** A vector of `length` bytes 1, 2, 3, ... of which the one at `index` is replaced by 99. */
const replacing = (length: number, indexBits: number) =>
  run(
    build(
      {
        index: input(uint(indexBits)),
        o: output(vec(uint(8), length)),
        at: output(uint(8)),
      },
      ({ index, o, at }) => {
        const net = wire(vec(uint(8), length));
        for (let i = 0; i < length; i++) net.setAt(i, i + 1);
        net.setAt(index, 99);
        o.set(net);
        at.set(net.at(index));
      },
    ),
  );

describe('setAt with an index that is hardware', () => {
  it.each([
    [1, 1],
    [1, 3],
    [2, 1],
    [3, 2],
    [5, 2],
    [5, 4],
    [4, 2],
  ])('replaces one of %i elements by an index of %i bits, or none', (length, indexBits) => {
    const circuit = replacing(length, indexBits);
    for (let index = 0; index < 2 ** indexBits; index++) {
      circuit.poke({ index });
      for (let i = 0; i < length; i++) {
        const packed = circuit.peek('o');
        const expected = i === index ? 99 : i + 1;
        expect(Math.floor(packed / 2 ** (8 * i)) % 256, `index ${index}, element ${i}`).toBe(
          expected,
        );
      }
      expect(circuit.peek('at')).toBe(index < length ? 99 : 0);
    }
  });

  it('does not touch a vector of one element that is addressed by number', () => {
    const circuit = run(
      build({ a: input(uint(8)), o: output(vec(uint(8), 1)) }, ({ a, o }) => {
        const stage = reg(vec(uint(8), 1), { init: 0 });
        stage.setAt(0, a);
        o.set(stage);
      }),
    );
    circuit.poke({ a: 77 });
    circuit.reset();
    expect(circuit.peek('o')).toBe(0);
    circuit.tick();
    expect(circuit.peek('o')).toBe(77);
  });
});

describe('vectors', () => {
  it('can be set as a whole only where they are driven, and only in their module', () => {
    const settable = (value: unknown) => value as { set(value: unknown): void };
    const ports = () => ({ v: input(vec(uint(8), 2)), o: output(vec(uint(8), 2)) });
    expect(
      codesOf(() =>
        build(ports(), ({ v, o }) => {
          o.set(v);
          settable(v).set(vecOf([v.at(1), v.at(0)]));
        }),
      ),
    ).toEqual(['not-settable']);
    expect(
      codesOf(() =>
        build(ports(), ({ v, o }) => {
          o.set(v);
          const inner = define('inner', ports(), (own) => {
            own.o.set(own.v);
            settable(o).set(own.v);
          });
          instance(inner, {});
        }),
      ),
    ).toEqual(['foreign-signal']);
    expect(
      codesOf(() =>
        build(ports(), ({ v, o }) => {
          o.set(v);
          const inner = define('inner', ports(), (own) => {
            own.o.set(v);
          });
          instance(inner, {});
        }),
      ),
    ).toEqual(['foreign-signal']);
    expect(
      codesOf(() =>
        build(ports(), ({ v, o }) => {
          o.set(v);
          const inner = define('inner', ports(), () => {
            o.setAt(0, 1);
          });
          instance(inner, {});
        }),
      ),
    ).toEqual(['foreign-signal']);
  });
});

describe('values of their own width', () => {
  it('pass truncate, saturate and extend unchanged', () => {
    const program = build(
      { a: input(uint(8)), s: input(sint(8)), o: output(uint(8)), p: output(sint(8)) },
      ({ a, s, o, p }) => {
        o.set(a.truncate(8).saturate(8).extend(8));
        p.set(s.truncate(8).saturate(8).extend(8));
      },
    );
    expect(program.modules[0]!.nodes.map(({ kind }) => kind)).toEqual(['input', 'input']);
  });
});

describe('switchOn', () => {
  it('is nothing where every case gives the fallback', () => {
    const program = build({ a: input(uint(8)), o: output(uint(8)) }, ({ a, o }) => {
      o.set(a);
      switchOn(a, [[3, () => o.set(a)]]);
    });
    expect(program.modules[0]!.nodes.map(({ kind }) => kind)).toEqual(['input']);
  });

  it('takes the last case for the rest where the cases cover the selector', () => {
    const circuit = run(
      build({ c: input(uint(1)), o: output(uint(4)) }, ({ c, o }) => {
        switchOn(c, [
          [0, () => o.set(5)],
          [1, () => o.set(9)],
        ]);
      }),
    );
    for (const [c, expected] of [
      [0, 5],
      [1, 9],
    ] as const) {
      circuit.poke({ c });
      expect(circuit.peek('o')).toBe(expected);
    }
  });
});

describe('instances', () => {
  const colour = enumeration('red', 'green', 'blue');
  const lane = define(
    'lane',
    {
      v: input(vec(uint(4), 2)),
      k: input(colour),
      go: input(bit()),
      o: output(uint(8)),
      isBlue: output(bit()),
    },
    ({ v, k, go, o, isBlue }) => {
      o.set(mux(go, v.asUnsigned(), 0));
      isBlue.set(k.is('blue'));
    },
  );

  it('of an array take one vector, one value of an enumeration or one number for all', () => {
    const circuit = run(
      build(
        {
          v: input(vec(uint(4), 2)),
          k: input(colour),
          first: output(uint(8)),
          last: output(uint(8)),
          blue: output(bit()),
        },
        ({ v, k, first, last, blue }) => {
          const lanes = instanceArray(lane, {}, [3]);
          lanes.v.broadcast(v as never);
          lanes.k.broadcast(k as never);
          lanes.go.broadcast(1);
          const all = lanes.o as unknown as { at(index: number): never };
          first.set(all.at(0));
          last.set(all.at(2));
          blue.set((lanes.isBlue as unknown as { at(index: number): never }).at(1));
        },
      ),
    );
    circuit.poke({ v: 0x5a, k: 2 });
    expect(['first', 'last', 'blue'].map((port) => circuit.peek(port))).toEqual([0x5a, 0x5a, 1]);
    circuit.poke({ k: 1 });
    expect(circuit.peek('blue')).toBe(0);
  });
});

describe('names of internals', () => {
  it('leave ports, constants and inputs of instances as they are, and number the rest', () => {
    const child = define('child', { x: input(uint(8)), y: output(uint(8)) }, ({ x, y }) => {
      y.set(x);
    });
    const program = build({ a: input(uint(8)), o: output(uint(8)) }, ({ a, o }) => {
      const placed = instance(child, {});
      const other = instance(child, {});
      placed.x.set(a);
      other.x.set(placed.y);
      mem(uint(8), 2).write(a.bits(0, 1), a);
      mem(uint(8), 2).write(a.bits(1, 1), a);
      const words = mem(uint(8), 2);
      words.write(a.bits(2, 1), a);
      o.set(other.y);
      const sum = a.addWrap(a);
      return { port: o, from: placed.x, arrives: a, words, sum, again: sum, both: { sum, a } };
    });
    const { nodes, instances, memories } = program.modules.at(-1)!;
    expect(instances.map(({ name }) => name)).toEqual(['u_child', 'u_child_2']);
    expect(memories.map(({ name }) => name)).toEqual(['memory', 'memory_2', 'words']);
    expect(nodes.flatMap(({ name }) => name ?? [])).toEqual(['sum']);
    expect(nodes.find(({ name }) => name === 'sum')!.location).toMatchObject({
      file: 'test/hdl/elements.test.ts',
    });
  });

  it('carry the sign of the value', () => {
    const program = build({ s: input(sint(8)), o: output(sint(9)) }, ({ s, o }) => {
      const sum = s.add(s);
      o.set(sum);
      return { sum, bits: s.bits(0, 3) };
    });
    const named = program.modules[0]!.nodes.filter(({ name }) => name !== undefined);
    expect(named.map(({ name, signed }) => [name, signed])).toEqual([
      ['sum', true],
      ['bits', undefined],
    ]);
  });
});

describe('a frame of a stack', () => {
  const file = 'test/hdl/elements.test.ts';
  const here = import.meta.filename;
  it.each([
    [`    at body (${here}:7:9)`, { file, line: 7, column: 9 }],
    [`    at ${here}:7:9`, { file, line: 7, column: 9 }],
    [`    at async ${here}:17:1`, { file, line: 17, column: 1 }],
    [`    at Object.body [as x] (file://${here}:7:90)`, { file, line: 7, column: 90 }],
    ['    at body (node:internal/modules:7:9)', undefined],
    ['    at <anonymous>', undefined],
    [`    at ${here.replace('test/hdl', 'src/hdl')}:7:9`, undefined],
  ])('%s', (line, expected) => {
    expect(userFrame(`Error\n${line}`)).toEqual(expected);
  });

  it('is the first of the user', () => {
    const inner = here.replace(/test.hdl.*/, 'src/hdl/signal.ts');
    expect(userFrame(`Error\n    at a (${inner}:1:1)\n    at b (${here}:2:3)`)).toEqual({
      file,
      line: 2,
      column: 3,
    });
  });
});
