import { describe, expect, it } from 'vitest';
import type { ReadDuringWrite } from '../../src/ir/index.ts';
import { addressBits } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { ModuleBuilder, program } from './build.ts';

describe.skipIf(skipReason !== '')(`registers${skipReason}`, () => {
  it('hold, load and reset as their multiplexers say', () => {
    const m = new ModuleBuilder('registers');
    const [go, stop, load] = [m.input('go'), m.input('stop'), m.input('load')] as const;
    const data = m.input('data', 8);
    const one = m.constant(8, 1);
    const plain = m.register('plain', 8, 0);
    m.drive(plain, data);
    const enabled = m.register('enabled', 8, 0xa5);
    m.drive(enabled, data, load);
    const held = m.register('held', 8, 0);
    m.drive(held, m.mux(go, m.mux(stop, held, m.binary('add', held, one)), held), load);
    const tree = m.register('tree', 8, 3);
    const counted = m.mux(stop, tree, m.binary('sub', tree, one));
    m.drive(tree, m.mux(go, m.mux(load, data, m.binary('add', tree, one)), counted));
    const swapped = m.register('swapped', 8, 0);
    m.drive(swapped, m.mux(go, tree, m.mux(load, plain, swapped)));
    const always = m.register('always_on', 8, 0);
    m.drive(always, m.binary('xor', always, data), m.constant(1, 1));
    const never = m.register('never', 8, 9);
    m.drive(never, data, m.constant(1, 0));
    for (const [index, value] of [plain, enabled, held, tree, swapped, always, never].entries()) {
      m.output(`q${index}`, value);
    }
    expectFaithful(program(m), 5, 100);
  });

  it('without reset stand in blocks of their own', () => {
    const m = new ModuleBuilder('pipe');
    const valid = m.input('valid');
    const data = m.input('data', 8);
    const first = m.register('stage', 8, undefined);
    m.drive(first, data, valid);
    m.output('q', first);
    const [file] = emitVerilog(program(m));
    expect(file!.text).not.toContain('resetn');
    expect(file!.domains).toMatchObject([{ clock: true, reset: false }]);
    expect(file!.text).toContain('    if (valid) begin\n      stage <= data;\n    end\n');
  });
});

describe.skipIf(skipReason !== '').each([1, 2, 3, 5, 8])(
  `memories of %i words${skipReason}`,
  (depth) => {
    const bits = addressBits(depth);
    const modes: readonly ReadDuringWrite[] = ['old', 'new'];

    it.each([1, 8, 33])('of %i bits read and write as specified', (width) => {
      const m = new ModuleBuilder('memories');
      const init = Array.from({ length: depth }, (_, i) =>
        BigInt.asUintN(width, BigInt(i) * 85n).toString(16),
      );
      const go = m.input('go');
      for (const [index, mode] of modes.entries()) {
        const memory = m.memory({ name: `words${index}`, width, depth, init });
        const address = m.input(`address${index}`, bits);
        const enable = m.binary('and', go, m.input(`enable${index}`));
        m.write(memory, { address, data: m.input(`data${index}`, width), enable });
        const other = m.input(`other${index}`, bits);
        m.write(memory, {
          address: other,
          data: m.input(`late${index}`, width),
          enable: go,
          mask: m.input(`mask${index}`, width === 8 ? 4 : 1),
        });
        m.output(`now${index}`, m.read(memory, { kind: 'asynchronous', address: other }));
        m.output(`then${index}`, m.read(memory, { kind: 'synchronous', address, mode, domain: 0 }));
      }
      expectFaithful(program(m), depth * 100 + width, 150);
    });
  },
);

describe.skipIf(skipReason !== '')(`memories${skipReason}`, () => {
  it('hold the word of an enabled read until the next one', () => {
    const m = new ModuleBuilder('held');
    const go = m.input('go');
    const address = m.input('address', 2);
    const memory = m.memory({ name: 'words', width: 8, depth: 4, init: ['1', '2', '3', '4'] });
    m.write(memory, {
      address,
      data: m.input('data', 8),
      enable: m.binary('and', go, m.input('write')),
    });
    // Reset makes the port read, so that its power-on word is gone when comparing begins.
    const enable = m.binary('or', m.unary('not', go), m.input('read'));
    const word = m.read(memory, { kind: 'synchronous', address, enable, mode: 'new', domain: 0 });
    m.output('word', word);
    expectFaithful(program(m), 8, 200);
  });

  it('without writes are tables', () => {
    const m = new ModuleBuilder('rom');
    const init = Array.from({ length: 16 }, (_, i) => ((i * 7) % 16).toString(16));
    const memory = m.memory({ name: 'table_words', width: 4, depth: 16, init });
    const address = m.input('address', 4);
    m.output('now', m.read(memory, { kind: 'asynchronous', address }));
    m.output('then', m.read(memory, { kind: 'synchronous', address, mode: 'old', domain: 0 }));
    expectFaithful(program(m), 9);
  });
});
