/** What lies in instances of instances: memories, registers, choices, and how it is found by name. */
import { describe, expect, it } from 'vitest';
import { parseProgram } from '../../src/ir/index.ts';
import { createReference, createSimulator, recordVcd } from '../../src/simulator/index.ts';
import { run } from '../hdl/run.ts';
import { parseVcd } from './parse-vcd.ts';

/** A memory of its own beside two of a child, that beside one of a grandchild each. */
const text = `
module leaf {
  domain main (clk, resetn)
  input address : u2
  input data : u8
  input write : u1
  output word : u8 = %word
  output next : u8 = held
  memory words : 8[4] init ['h1, 'h2, 'h3, 'h4] {
    read(%address)
    write(%address, main, data: %data, enable: %write)
  }
  memory others : 8[4] init ['h11, 'h12, 'h13, 'h14] {
    read(%address, main, old)
    write(%address, main, data: %word, enable: %write)
  }
  %address : 2 = input(address)
  %data : 8 = input(data)
  %write : 1 = input(write)
  %word : 8 = read(words, 0)
  %other : 8 = read(others, 0)
  held : 8 = register(main, next: %other, init: 8'h0)
}
module middle {
  domain main (clk, resetn)
  input address : u2
  input data : u8
  input write : u1
  output word : u8 = %sum
  output next : u8 = %leaf_next
  memory mine : 8[4] init ['h21, 'h22, 'h23, 'h24] {
    read(%address)
    write(%address, main, data: %leaf_word, enable: %write)
  }
  instance u_leaf : leaf {
    address = %address
    data = %data
    write = %write
  }
  %address : 2 = input(address)
  %data : 8 = input(data)
  %write : 1 = input(write)
  %leaf_word : 8 = output(u_leaf, word)
  %leaf_next : 8 = output(u_leaf, next)
  %own : 8 = read(mine, 0)
  %sum : 8 = add(%own, %leaf_word)
}
module top {
  domain main (clk, resetn)
  input address : u2
  input data : u8
  input write : u1
  output a : u8 = %a
  output b : u8 = %b
  output next : u8 = %next
  output top_word : u8 = %own
  memory first : 8[4] init ['h31, 'h32, 'h33, 'h34] {
    read(%address)
    write(%address, main, data: %a, enable: %write)
  }
  instance u_one : middle {
    address = %address
    data = %data
    write = %write
  }
  instance u_two : middle {
    address = %other_address
    data = %a
    write = %write
  }
  %address : 2 = input(address)
  %data : 8 = input(data)
  %write : 1 = input(write)
  %other_address : 2 = not(%address)
  %a : 8 = output(u_one, word)
  %b : 8 = output(u_two, word)
  %next : 8 = output(u_two, next)
  %own : 8 = read(first, 0)
}
`;

describe('memories of instances of instances', () => {
  it('are read and written each for itself', () => {
    const circuit = run(parseProgram(text));
    circuit.poke({ address: 0, data: 0x50, write: 0 });
    circuit.reset();
    for (let address = 0; address < 4; address++) {
      circuit.poke({ address });
      expect(circuit.peek('a')).toBe(0x22 + 2 * address);
      expect(circuit.peek('b')).toBe(0x22 + 2 * (3 - address));
      expect(circuit.peek('top_word')).toBe(0x31 + address);
    }
    circuit.poke({ address: 1, data: 0x50, write: 1 });
    circuit.tick();
    circuit.poke({ write: 0 });
    // Word 1 of the leaf took the data, that of the middle what the leaf held.
    expect(circuit.peek('a')).toBe(0x50 + 2);
    expect(circuit.peek('top_word')).toBe(0x24);
    // Address 2 of the other: the leaf took 0x24, the middle 3.
    expect(circuit.peek('b')).toBe(0x24 + 3);
    circuit.tick();
    // Registered twice: word 2 of the others, written in the cycle before the last.
    circuit.tick();
    expect(circuit.peek('next')).toBe(3);
  });

  it('agree with the reference evaluator under random stimulus', () => {
    const program = parseProgram(text);
    const engines = [createReference(program), createSimulator(program)];
    for (const engine of engines) engine.poke('resetn', 0);
    for (const engine of engines) engine.run(1);
    for (const engine of engines) engine.poke('resetn', 1);
    let state = 12345;
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 16) % n;
    };
    for (let cycle = 0; cycle < 200; cycle++) {
      const inputs = { address: random(4), data: random(256), write: random(2) };
      for (const engine of engines) {
        for (const [port, value] of Object.entries(inputs)) engine.poke(port, value);
        engine.run(1);
      }
      for (const port of ['a', 'b', 'next', 'top_word']) {
        const [reference, compiled] = engines.map((engine) => engine.peek(port));
        expect(compiled, `cycle ${cycle}, ${port}`).toBe(reference);
      }
    }
  });
});

describe('memories side by side', () => {
  it.each([8, 32, 40, 53, 54, 100])('of %i bits hold words of their own', (width) => {
    const hex = (value: bigint) => `'h${value.toString(16)}`;
    const high = 1n << BigInt(width - 1);
    const words = (base: bigint) => [0n, 1n, 2n].map((i) => hex(high + base + i)).join(', ');
    const side = (name: string, base: bigint) => `
  memory ${name} : ${width}[3] init [${words(base)}] {
    read(%address)
    write(%address, main, data: %data, enable: %to_${name})
  }`;
    const circuit = run(
      parseProgram(`
module pair {
  domain main (clk, resetn)
  input address : u2
  input data : u${width}
  input to_one : u1
  input to_two : u1
  output one : u1 = %top_one
  output two : u1 = %top_two
  output low_one : u6 = %low_one
  output low_two : u6 = %low_two
  ${side('one', 16n)}
  ${side('two', 32n)}
  %address : 2 = input(address)
  %data : ${width} = input(data)
  %to_one : 1 = input(to_one)
  %to_two : 1 = input(to_two)
  %one : ${width} = read(one, 0)
  %two : ${width} = read(two, 0)
  %top_one : 1 = slice(%one, ${width - 1})
  %top_two : 1 = slice(%two, ${width - 1})
  %low_one : 6 = slice(%one, 5:0)
  %low_two : 6 = slice(%two, 5:0)
}`),
    );
    const look = (address: number) => {
      circuit.poke({ address });
      return ['one', 'low_one', 'two', 'low_two'].map((port) => circuit.peek(port));
    };
    circuit.poke({ address: 0, data: 0, to_one: 0, to_two: 0 });
    for (const address of [0, 1, 2])
      expect(look(address)).toEqual([1, 16 + address, 1, 32 + address]);
    circuit.poke({ address: 1, data: 7, to_one: 1, to_two: 0 });
    circuit.tick();
    circuit.poke({ address: 2, data: 9, to_one: 0, to_two: 1 });
    circuit.tick();
    circuit.poke({ to_two: 0 });
    expect([0, 1, 2].map(look)).toEqual([
      [1, 16, 1, 32],
      [0, 7, 1, 33],
      [1, 18, 0, 9],
    ]);
  });
});

const twoDomains = `
module cell {
  domain main (clk, resetn)
  input in : u8
  output out : u8 = held
  %in : 8 = input(in)
  held : 8 = register(main, next: %in, init: 8'h0)
}
module both {
  domain slow (slow_clk, slow_resetn)
  domain fast (fast_clk, fast_resetn)
  input s : u8 in slow
  input f : u24 in fast
  output so : u8 in slow = kept
  output fo : u24 in fast = %out
  memory words : 8[5] {
    read(%address)
    write(%address, slow, data: %s, enable: %one)
  }
  instance u_row : cell[3] domains {main: fast} {
    in = each(%f)
  }
  %s : 8 = input(s)
  %f : 24 = input(f)
  %address : 3 = slice(%s, 2:0)
  %one : 1 = 1'h1
  kept : 8 = register(slow, next: %s, init: 8'h0)
  %out : 24 = output(u_row, out)
}
`;

describe('a path that leads nowhere', () => {
  it('is answered with everything that there is, with the ranges of what has several', () => {
    for (const create of [createReference, createSimulator]) {
      expect(() => create(parseProgram(twoDomains)).peek('there')).toThrow(
        "There is nothing at 'there': the top 'both' has no 'there', but s, f, so, fo, kept, " +
          'words[0 .. 4], u_row[0 .. 2].',
      );
      expect(() => create(parseProgram(twoDomains)).peek('u_row[1].there')).toThrow(
        "There is nothing at 'u_row[1].there': 'u_row[1]' (cell) has no 'there', but in, out, held.",
      );
    }
  });
});

describe('a dump of two clock domains', () => {
  it('gives each signal and each clock a code of its own', () => {
    const vcd = recordVcd();
    const simulator = createSimulator(parseProgram(twoDomains), { onCycle: vcd.onCycle });
    simulator.run(2);
    const { variables } = parseVcd(vcd.text());
    const names = ['slow_clk', 'fast_clk', 's', 'f', 'so', 'fo', 'kept'];
    const codes = names.map((name) => variables.get(`both.${name}`)?.code);
    expect(codes).not.toContain(undefined);
    expect(codes[0]).not.toBe(codes[1]);
    for (const clock of ['slow_clk', 'fast_clk']) {
      const { code } = variables.get(`both.${clock}`)!;
      const others = [...variables].filter(
        ([name, variable]) => variable.code === code && !/clk$/.test(name),
      );
      expect(others, clock).toEqual([]);
    }
  });
});
