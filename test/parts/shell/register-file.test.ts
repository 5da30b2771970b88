/** Registers behind AXI4-Lite, driven by a master that holds every handshake up at random. */
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../../src/hdl/index.ts';
import { verifyProgram } from '../../../src/ir/index.ts';
import type { Register } from '../../../src/ir/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { axi4LiteSlave } from '../../../src/parts/shell/axi4-lite-slave.ts';
import { registerFile } from '../../../src/parts/shell/register-file.ts';
import type { RegisterFileParameters } from '../../../src/parts/shell/register-file.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { lint, missingTools, tools } from '../../verilog/lint.ts';
import { createMaster } from './axi-master.ts';
import type { Access, Answer } from './axi-master.ts';

const register = (name: string, offset: number, more: Partial<Register>): Register => ({
  name,
  offset,
  access: 'read-write',
  reset: 0,
  fields: [],
  doc: `the ${name}`,
  ...more,
});

/** One of each kind; fields that cross bytes and leave gaps. */
const registers = [
  register('ID', 0x00, { access: 'read-only', reset: 0x600b0001 }),
  register('MODE', 0x04, {
    reset: 0x00a0_0501,
    fields: [
      { name: 'go', low: 1, width: 1, access: 'write-only', doc: 'starts' },
      { name: 'level', low: 6, width: 6, doc: 'crosses a byte' },
      { name: 'kept', low: 0, width: 1, doc: 'lowest bit' },
      { name: 'top', low: 20, width: 12, doc: 'highest bits' },
    ],
  }),
  register('FLAGS', 0x08, {
    access: 'write-1-to-clear',
    fields: [
      { name: 'busy', low: 0, width: 1, access: 'read-only', doc: 'at work' },
      { name: 'seen', low: 3, width: 6, doc: 'what was seen' },
    ],
  }),
  register('COUNT', 0x10, { access: 'read-only' }),
  register('SIZE', 0x14, { reset: 77 }),
  register('KICK', 0x18, { access: 'write-only' }),
];

const windowOf = (words: number) => ({ stream: 'setup', offset: 0x40, words, doc: 'settings' });
const parameters: RegisterFileParameters = {
  addressBits: 8,
  registers,
  live: ['FLAGS', 'COUNT'],
  setup: { window: windowOf(16), addressBits: 4, dataBits: 20 },
};
const program = elaborate(...registerFile(parameters));
const okay: Answer = { response: 0, data: 0 };
const refused: Answer = { response: 2, data: 0 };
const bits = (strobe: number): number =>
  [0, 1, 2, 3].reduce((mask, lane) => mask + ((strobe >> lane) & 1) * 255 * 2 ** (8 * lane), 0);

/** What the registers answer, written from their description with 32-bit words only. */
function createModel() {
  let mode = 0x00a00501 & 0xfff00fc1;
  let size = 77;
  const written: [number, number][] = [];
  let pulses = 0;
  let kicked = 0;
  let cleared = 0;
  const merge = (old: number, data: number, strobe: number, mask: number): number => {
    const lanes = bits(strobe) & mask;
    return ((old & ~lanes) | (data & lanes)) >>> 0;
  };
  const answer = (access: Access): Answer => {
    const word = access.address & ~3;
    const inWindow = word >= 0x40 && word < 0x80;
    if (access.kind === 'read') {
      const values = new Map([
        [0x00, 0x600b0001],
        [0x04, mode >>> 0],
        [0x08, 1 + 0x2a * 8],
        [0x10, 0xdeadbeef],
        [0x14, size],
      ]);
      const data = values.get(word);
      return data === undefined ? refused : { response: 0, data };
    }
    const { data, strobe = 15 } = access;
    if (inWindow && strobe === 15) {
      written.push([(word - 0x40) / 4, data % 2 ** 20]);
      return okay;
    }
    switch (word) {
      case 0x04:
        if ((strobe & 1) === 1 && (data & 2) !== 0) pulses++;
        mode = merge(mode, data, strobe, 0xfff00fc1);
        return okay;
      case 0x08:
        cleared |= ((data & bits(strobe)) >>> 3) & 63;
        return okay;
      case 0x14:
        size = merge(size, data, strobe, -1);
        return okay;
      case 0x18:
        kicked = (kicked + (data & bits(strobe))) >>> 0;
        return okay;
      default:
        return refused;
    }
  };
  return { answer, state: () => ({ written, pulses, kicked, cleared }) };
}

const start = () => {
  const simulator = createSimulator(program);
  simulator.poke('resetn', 0);
  simulator.run(4);
  simulator.poke('resetn', 1);
  simulator.poke('values_flags_busy', 1);
  simulator.poke('values_flags_seen', 0x2a);
  simulator.poke('values_count', 0xdeadbeef);
  return simulator;
};

describe('a register file', () => {
  it.each([
    [1, 0],
    [2, 64],
    [3, 128],
    [4, 220],
  ])('answers random accesses, seed %i, held up by %i of 256', (seed, chance) => {
    const random = rng(seed);
    const simulator = start();
    const model = createModel();
    const seen = { written: [] as [number, number][], pulses: 0, kicked: 0, cleared: 0 };
    let refusals = 0;
    const master = createMaster(simulator, random, chance, () => {
      const { pins } = simulator;
      const value = (port: string) => pins[simulator.pin(port).offset]! >>> 0;
      if (value('setup_valid') === 1 && value('setup_ready') === 1) {
        seen.written.push([value('setup_address'), value('setup_data')]);
      }
      seen.pulses += value('fields_mode_go');
      seen.kicked = (seen.kicked + value('fields_kick')) >>> 0;
      seen.cleared |= value('fields_flags_seen');
      refusals += value('refused');
      // The stream holds the bus up; it may do so without a beat.
      simulator.poke('setup_ready', random.below(256) < chance ? 0 : 1);
    });
    const strobes = [15, 15, 0, 1, 2, 4, 8, 5, 10, 12, 3];
    const accesses = Array.from({ length: 1500 }, (): Access => {
      const address = random.below(8) === 0 ? random.below(256) : 4 * random.below(20);
      if (random.below(2) === 0) return { kind: 'read', address };
      const data = random.below(4) === 0 ? 0xffffffff : random.below(2 ** 32);
      return { kind: 'write', address, data, strobe: strobes[random.below(strobes.length)]! };
    });
    const answers = master.run(accesses);
    const expected = accesses.map(model.answer);
    expect(answers).toEqual(expected);
    expect(seen).toEqual(model.state());
    expect(refusals).toBe(expected.filter(({ response }) => response !== 0).length);
    // All kinds of answers came up.
    expect(seen.written.length).toBeGreaterThan(5);
    expect(seen.pulses).toBeGreaterThan(0);
    expect(refusals).toBeGreaterThan(20);
  });

  it('takes address and data of a write in either order or together', () => {
    for (const order of [['aw', 'w'], ['w', 'aw'], ['both']]) {
      const simulator = start();
      simulator.poke('setup_ready', 1);
      simulator.poke('s_axi_awaddr', 0x14);
      simulator.poke('s_axi_wdata', 1234);
      simulator.poke('s_axi_wstrb', 15);
      for (const step of order) {
        for (const name of ['aw', 'w']) {
          simulator.poke(`s_axi_${name}valid`, step === name || step === 'both' ? 1 : 0);
        }
        simulator.settle();
        simulator.tick();
      }
      simulator.poke('s_axi_awvalid', 0);
      simulator.poke('s_axi_wvalid', 0);
      simulator.run(1);
      expect([simulator.peek('s_axi_bvalid'), simulator.peek('fields_size')]).toEqual([1n, 1234n]);
    }
  });

  it('keeps an answer until it is taken, and takes nothing meanwhile', () => {
    const simulator = start();
    simulator.poke('s_axi_arvalid', 1);
    simulator.poke('s_axi_araddr', 0x10);
    simulator.run(2);
    for (let cycle = 0; cycle < 5; cycle++) {
      simulator.settle();
      expect(simulator.peek('s_axi_rvalid')).toBe(1n);
      expect(simulator.peek('s_axi_rdata')).toBe(0xdeadbeefn);
      expect(simulator.peek('s_axi_arready')).toBe(0n);
      // Later values do not show in an answer that is out already.
      simulator.poke('values_count', cycle);
      simulator.tick();
    }
  });

  it('refuses an address of too few bits', () => {
    expect(() => axi4LiteSlave({ addressBits: 2 })).toThrow('3 to 32 bits, not 2');
  });

  it('is a good program with or without window, live fields and writable ones', () => {
    const plain = { addressBits: 6, registers: registers.slice(0, 1), live: [] };
    const wide = {
      ...parameters,
      addressBits: 14,
      setup: { window: { ...windowOf(2048), offset: 0x1000 }, addressBits: 11, dataBits: 32 },
    };
    for (const each of [parameters, plain, wide]) {
      const built = elaborate(...registerFile(each));
      expect(verifyProgram(built)).toEqual([]);
      const usable = tools.filter((tool) => !missingTools.includes(tool));
      if (missingTools.length > 0) console.warn(`not linted by ${missingTools.join(', ')}`);
      expect(lint(emitVerilog(built), built.top, { tools: usable })).toBe('');
    }
  });
});
