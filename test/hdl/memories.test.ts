import { describe, expect, it } from 'vitest';
import { bit, input, mem, output, sint, uint, when } from '../../src/hdl/index.ts';
import { build } from './build.ts';
import { run } from './run.ts';

describe('memories', () => {
  it('write at the edge where the statement is reached and read in the same cycle', () => {
    const circuit = run(
      build(
        { en: input(bit()), address: input(uint(3)), a: input(sint(8)), o: output(sint(8)) },
        ({ en, address, a, o }) => {
          const words = mem(sint(8), 6, { init: [0, -1, 2, 3, 4, 5] });
          when(en, () => words.write(address, a)).otherwise(() => {
            when(a.eq(77), () => words.write(address, -7));
          });
          o.set(words.read(address));
          return { words };
        },
      ),
    );
    circuit.poke({ en: 0, address: 1, a: 20 });
    expect(circuit.peek('o')).toBe(255);
    circuit.tick();
    expect(circuit.peek('o')).toBe(255);
    circuit.poke({ en: 1 });
    expect(circuit.peek('o')).toBe(255);
    circuit.tick();
    expect(circuit.peek('o')).toBe(20);
    circuit.poke({ en: 0, a: 77 });
    circuit.tick();
    expect(circuit.peek('words[1]')).toBe(249);
  });

  it('read 0 and write nothing out of range', () => {
    const circuit = run(
      build({ address: input(uint(3)), o: output(uint(8)) }, ({ address, o }) => {
        const words = mem(uint(8), 6, { init: [9, 9, 9, 9, 9, 9] });
        words.write(address, 1);
        o.set(words.read(address));
        return { words };
      }),
    );
    circuit.poke({ address: 7 });
    circuit.tick();
    expect(circuit.peek('o')).toBe(0);
    expect([0, 1, 2, 3, 4, 5].map((word) => circuit.peek(`words[${word}]`))).toEqual([
      9, 9, 9, 9, 9, 9,
    ]);
  });

  it('answer one cycle later, with the old or the new word, and hold without enable', () => {
    const circuit = run(
      build(
        {
          en: input(bit()),
          address: input(uint(2)),
          a: input(uint(8)),
          old: output(uint(8)),
          fresh: output(uint(8)),
        },
        ({ en, address, a, old, fresh }) => {
          const words = mem(uint(8), 4, { init: [10, 20, 30, 40], style: 'block' });
          words.write(address, a);
          old.set(words.readNext(address, { enable: en }));
          fresh.set(words.readNext(address, { mode: 'new' }));
        },
      ),
    );
    circuit.poke({ en: 1, address: 2, a: 7 });
    circuit.tick();
    expect([circuit.peek('old'), circuit.peek('fresh')]).toEqual([30, 7]);
    circuit.poke({ en: 0, address: 3, a: 8 });
    circuit.tick();
    expect([circuit.peek('old'), circuit.peek('fresh')]).toEqual([30, 8]);
  });

  it('write only the lanes of the mask', () => {
    const circuit = run(
      build(
        { address: input(uint(1)), a: input(uint(16)), lanes: input(uint(4)) },
        ({ address, a, lanes }) => {
          const words = mem(uint(16), 2, { init: [0x1234, 0] });
          words.write(address, a, { mask: lanes });
          return { words };
        },
      ),
    );
    circuit.poke({ address: 0, a: 0xabcd, lanes: 0b0101 });
    circuit.tick();
    expect(circuit.peek('words[0]')).toBe(0x1b3d);
  });

  it('need one address bit even for a single word', () => {
    const circuit = run(
      build({ address: input(uint(1)), o: output(uint(8)) }, ({ address, o }) => {
        const words = mem(uint(8), 1, { init: [3] });
        o.set(words.read(address));
        return { words };
      }),
    );
    expect(circuit.peek('o')).toBe(3);
  });
});
