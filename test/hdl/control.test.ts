/** What `set` means inside `when` and `switchOn`, in a whole module and in a row of statements. */
import { describe, expect, it } from 'vitest';
import {
  assertAlways,
  assumeAlways,
  bit,
  concat,
  coverPoint,
  input,
  output,
  reg,
  sint,
  switchOn,
  uint,
  vec,
  when,
  wire,
} from '../../src/hdl/index.ts';
import { build } from './build.ts';
import { run } from './run.ts';

/** Values of `port` over all values of `select`. */
const sweep = (circuit: ReturnType<typeof run>, select: string, values: number[], port: string) =>
  values.map((value) => {
    circuit.poke({ [select]: value });
    return circuit.peek(port);
  });

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('when', () => {
  it('takes the first condition that is 1', () => {
    const circuit = run(
      build({ c: input(uint(3)), o: output(uint(4)) }, ({ c, o }) => {
        when(c.bit(2), () => o.set(4))
          .elseWhen(c.bit(1), () => o.set(2))
          .elseWhen(c.bit(0), () => o.set(1))
          .otherwise(() => o.set(9));
      }),
    );
    expect(sweep(circuit, 'c', upTo(8), 'o')).toEqual([9, 1, 2, 2, 4, 4, 4, 4]);
  });

  it('lets the last reached statement win, over a default', () => {
    const circuit = run(
      build({ c: input(uint(2)), o: output(uint(4)) }, ({ c, o }) => {
        o.set(9);
        when(c.bit(0), () => o.set(1));
        when(c.bit(1), () => o.set(2));
      }),
    );
    expect(sweep(circuit, 'c', upTo(4), 'o')).toEqual([9, 1, 2, 2]);
  });

  it('nests, with defaults inside', () => {
    const circuit = run(
      build({ c: input(uint(2)), o: output(uint(4)) }, ({ c, o }) => {
        when(c.bit(1), () => {
          o.set(5);
          when(c.bit(0), () => o.set(6));
        }).otherwise(() => {
          when(c.bit(0), () => o.set(7)).otherwise(() => o.set(8));
        });
      }),
    );
    expect(sweep(circuit, 'c', upTo(4), 'o')).toEqual([8, 7, 5, 6]);
  });

  it('reads a wire as the whole module drives it, before and after', () => {
    const circuit = run(
      build({ c: input(bit()), o: output(uint(4)) }, ({ c, o }) => {
        const net = wire(uint(4));
        o.set(net.addWrap(1));
        net.set(2);
        when(c, () => net.set(7));
      }),
    );
    expect(sweep(circuit, 'c', upTo(2), 'o')).toEqual([3, 8]);
  });

  it('reads an output that the module drives', () => {
    const circuit = run(
      build({ a: input(uint(4)), o: output(uint(4)), p: output(uint(4)) }, ({ a, o, p }) => {
        p.set(o.not());
        o.set(a);
      }),
    );
    circuit.poke({ a: 3 });
    expect(circuit.peek('p')).toBe(12);
  });
});

describe('switchOn', () => {
  it('needs no fallback where the cases cover every value', () => {
    const circuit = run(
      build({ c: input(uint(2)), o: output(uint(4)) }, ({ c, o }) => {
        switchOn(
          c,
          upTo(4).map((value) => [value, () => o.set(10 - value)] as const),
        );
      }),
    );
    expect(sweep(circuit, 'c', upTo(4), 'o')).toEqual([10, 9, 8, 7]);
  });

  it('falls back, and keeps defaults in cases that do not drive', () => {
    const circuit = run(
      build({ c: input(uint(2)), o: output(uint(4)), p: output(uint(4)) }, ({ c, o, p }) => {
        p.set(1);
        switchOn(
          c,
          [
            [0, () => o.set(3)],
            [
              2,
              () => {
                o.set(4);
                p.set(2);
              },
            ],
          ],
          () => o.set(5),
        );
      }),
    );
    expect(sweep(circuit, 'c', upTo(4), 'o')).toEqual([3, 5, 4, 5]);
    expect(sweep(circuit, 'c', upTo(4), 'p')).toEqual([1, 1, 2, 1]);
  });

  it('takes negative values of a signed selector', () => {
    const circuit = run(
      build({ c: input(sint(2)), o: output(uint(4)) }, ({ c, o }) => {
        switchOn(c, [[-2, () => o.set(1)]], () => o.set(0));
      }),
    );
    expect(sweep(circuit, 'c', [-2, -1, 0, 1], 'o')).toEqual([1, 0, 0, 0]);
  });

  it('is its fallback where a generator gives no cases', () => {
    const circuit = run(
      build({ c: input(uint(2)), o: output(uint(4)) }, ({ c, o }) => {
        o.set(0);
        when(c.bit(0), () => {
          switchOn(c, [], () => {
            o.set(6);
            assertAlways('low', c.bit(1).not(), 'c is 1');
          });
        });
      }),
    );
    expect(sweep(circuit, 'c', upTo(4), 'o')).toEqual([0, 6, 0, 6]);
    circuit.tick();
    expect(circuit.failures).toEqual(['low']);
  });
});

describe('registers', () => {
  it('start from init in reset, keep their value, and reset over everything', () => {
    const circuit = run(
      build({ en: input(bit()), o: output(uint(4)) }, ({ en, o }) => {
        const count = reg(uint(4), { init: 13 });
        when(en, () => count.set(count.addWrap(1)));
        o.set(count);
        return { count };
      }),
    );
    circuit.poke({ en: 1 });
    circuit.reset();
    expect(circuit.peek('o')).toBe(13);
    circuit.tick(2);
    expect(circuit.peek('count')).toBe(15);
    circuit.tick();
    expect(circuit.peek('count')).toBe(0);
    circuit.poke({ en: 0 });
    circuit.tick(3);
    expect(circuit.peek('count')).toBe(0);
  });

  it('without init go on in reset', () => {
    const program = build({ a: input(uint(4)), o: output(uint(4)) }, ({ a, o }) => {
      const stage = reg(uint(4));
      stage.set(a);
      o.set(stage);
    });
    const circuit = run(program);
    circuit.poke({ a: 5 });
    circuit.reset();
    expect(circuit.peek('o')).toBe(5);
  });

  it('swap through their old values', () => {
    const circuit = run(
      build({ o: output(uint(8)) }, ({ o }) => {
        const a = reg(uint(4), { init: 1 });
        const b = reg(uint(4), { init: 2 });
        a.set(b);
        b.set(a);
        o.set(concat(b, a));
      }),
    );
    circuit.reset();
    expect(circuit.peek('o')).toBe(0x21);
    circuit.tick();
    expect(circuit.peek('o')).toBe(0x12);
  });

  it('take a negative init', () => {
    const circuit = run(
      build({ o: output(sint(4)) }, ({ o }) => {
        const low = reg(sint(4), { init: -3 });
        low.set(low);
        o.set(low);
      }),
    );
    circuit.reset();
    expect(circuit.peek('o')).toBe(13);
  });
});

describe('vectors that are driven', () => {
  const table = () =>
    run(
      build(
        {
          en: input(bit()),
          position: input(uint(3)),
          a: input(uint(4)),
          o: output(vec(uint(4), 3)),
        },
        ({ en, position, a, o }) => {
          const entries = reg(vec(uint(4), 3), { init: [1, 2, 3] });
          when(en, () => entries.setAt(position, a));
          o.set(entries);
          return { entries };
        },
      ),
    );

  it('take init by element', () => {
    const circuit = table();
    circuit.reset();
    expect(circuit.peek('o')).toBe(0x321);
  });

  it('take one element at a position that is hardware', () => {
    const circuit = table();
    circuit.poke({ en: 1, position: 1, a: 9 });
    circuit.reset();
    circuit.tick();
    expect(circuit.peek('entries')).toBe(0x391);
    circuit.poke({ position: 3, a: 15 });
    circuit.tick();
    expect(circuit.peek('entries')).toBe(0x391);
    circuit.poke({ en: 0, position: 0 });
    circuit.tick();
    expect(circuit.peek('entries')).toBe(0x391);
  });

  it('let an element override the whole, and later positions override earlier ones', () => {
    const circuit = run(
      build(
        { v: input(vec(uint(4), 3)), position: input(uint(2)), o: output(vec(uint(4), 3)) },
        ({ v, position, o }) => {
          o.set(v);
          o.setAt(0, 15);
          o.setAt(position, 7);
        },
      ),
    );
    circuit.poke({ v: 0x321 });
    expect(sweep(circuit, 'position', upTo(4), 'o')).toEqual([0x327, 0x37f, 0x72f, 0x32f]);
  });

  it('may be driven element by element', () => {
    const circuit = run(
      build({ a: input(uint(4)), o: output(vec(uint(4), 3)) }, ({ a, o }) => {
        for (const index of upTo(3)) o.setAt(index, a.addWrap(index));
      }),
    );
    circuit.poke({ a: 4 });
    expect(circuit.peek('o')).toBe(0x654);
  });
});

describe('checks', () => {
  const checked = () =>
    run(
      build({ en: input(bit()), a: input(uint(4)) }, ({ en, a }) => {
        when(en, () => {
          when(a.bit(3), () => {
            assertAlways('large_is_even', a.bit(0).not(), 'large values are even');
          })
            .elseWhen(a.bits(0, 2).eq(0), () => {
              assertAlways('not_zero', a.bit(2), 'a is not 0');
            })
            .otherwise(() => {
              assumeAlways('small_is_odd', a.bit(0), 'small values are odd');
            });
          switchOn(a, [[7, () => assertAlways('not_seven', en.not(), 'a is not 7')]], () => {
            assertAlways('not_six', a.ne(6), 'a is not 6');
          });
          coverPoint('reached', a.eq(5), 'en with 5');
        });
      }),
    );

  it('are watched only where they are reached', () => {
    const circuit = checked();
    const failing = (en: number, a: number) => {
      const before = circuit.failures.length;
      circuit.poke({ en, a });
      circuit.tick();
      return circuit.failures.slice(before);
    };
    expect(failing(0, 9)).toEqual([]);
    expect(failing(1, 12)).toEqual([]);
    expect(failing(1, 4)).toEqual([]);
    expect(failing(1, 0)).toEqual(['not_zero']);
    expect(failing(1, 7)).toEqual(['not_seven']);
    expect(failing(1, 6)).toEqual(['small_is_odd', 'not_six']);
    expect(failing(0, 7)).toEqual([]);
    expect(failing(1, 9)).toEqual(['large_is_even']);
    expect(failing(1, 8)).toEqual([]);
    expect(failing(1, 2)).toEqual(['small_is_odd']);
    expect(failing(1, 8)).toEqual([]);
    expect(failing(1, 3)).toEqual([]);
    expect(failing(0, 2)).toEqual([]);
  });

  it('carry their place', () => {
    const { modules } = build({ en: input(bit()) }, ({ en }) => {
      assertAlways('always_on', en, 'en stays 1');
    });
    expect(modules[0]!.checks[0]!.location?.file).toBe('test/hdl/control.test.ts');
  });
});
