/** What sw/ says about registers, compared with what the hardware answers over AXI4-Lite. */
import { expect, test } from 'vitest';
import { rng } from '../../src/numeric/index.ts';
import { registerFiles } from '../../src/handoff/registers.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { createMaster } from '../parts/shell/axi-master.ts';
import { macShell } from '../parts/shell/mac.ts';

const program = macShell(false);
const bus = program.modules.at(-1)!.buses![0]!;
const files = await registerFiles(program.top, bus);
const textOf = (path: string): string => files.find((file) => file.path === path)!.text;

/** `#define NAME 12u` as a number by name, as a C compiler would read it. */
const defines = new Map(
  [...textOf('sw/mac_shell_regs.h').matchAll(/^#define (\w+) (0x[0-9a-f]+|\d+)u$/gm)].map(
    ([, name, value]) => [name!, Number(value)],
  ),
);

interface Described {
  readonly name: string;
  readonly offset: number;
  readonly access: string;
  readonly reset: number;
  readonly fields: readonly { name: string; low: number; width: number; access: string }[];
}
const json = JSON.parse(textOf('sw/registers.json')) as {
  registers: Described[];
  windows: { stream: string; offset: number; words: number }[];
};

function start() {
  const simulator = createSimulator(program);
  simulator.poke('resetn', 0);
  simulator.run(4);
  simulator.poke('resetn', 1);
  return createMaster(simulator, rng(4), 40);
}

/** Bits of a register that software may write and read back. */
const kept = ({ access, fields }: Described): number =>
  (fields.length === 0 ? [{ low: 0, width: 32, access }] : fields)
    .filter((field) => field.access === 'read-write')
    .reduce((mask, { low, width }) => mask + (2 ** width - 1) * 2 ** low, 0);

test('every register reads as the header and the JSON say, and keeps what can be written', () => {
  const master = start();
  const run = (access: Parameters<typeof master.run>[0][number]) => master.run([access])[0]!;
  expect(json.registers.length).toBeGreaterThan(12);
  for (const register of json.registers) {
    const name = `MAC_SHELL_${register.name}`;
    const address = defines.get(`${name}_OFFSET`)!;
    expect([address, defines.get(`${name}_RESET`)]).toEqual([register.offset, register.reset]);
    expect(run({ kind: 'read', address })).toEqual({ response: 0, data: register.reset });
  }
  for (const register of json.registers) {
    const name = `MAC_SHELL_${register.name}`;
    const address = register.offset;
    const answer = run({ kind: 'write', address, data: 0 });
    expect(answer.response).toBe(register.access === 'read-only' ? 2 : 0);
    // All ones, but for what starts something.
    const pulses = register.fields
      .filter(({ access }) => access === 'write-only')
      .map((field) => defines.get(`${name}_${field.name.toUpperCase()}_MASK`)!);
    const data = 0xffffffff - pulses.reduce((sum, mask) => sum + mask, 0);
    run({ kind: 'write', address, data });
    const now = run({ kind: 'read', address }).data;
    if (register.access === 'read-write') expect(now).toBe(kept(register));
    run({ kind: 'write', address, data: register.reset });
  }
});

test('fields lie where the header says', () => {
  const master = start();
  for (const { name, fields } of json.registers) {
    for (const { name: field, low, width } of fields) {
      const macro = `MAC_SHELL_${name}_${field.toUpperCase()}`;
      expect(defines.get(`${macro}_SHIFT`)).toBe(low);
      expect(defines.get(`${macro}_MASK`)).toBe((2 ** width - 1) * 2 ** low);
    }
  }
  // What software does with them: start, and see the run under way; a second start is an error.
  const value = (name: string): number => defines.get(`MAC_SHELL_${name}`)!;
  const control = value('CONTROL_OFFSET');
  const status = value('STATUS_OFFSET');
  const answers = master.run([
    { kind: 'write', address: control, data: value('CONTROL_START_MASK') },
    { kind: 'read', address: status },
    { kind: 'write', address: control, data: value('CONTROL_START_MASK') },
    { kind: 'read', address: status },
    { kind: 'write', address: status, data: value('STATUS_START_ERROR_MASK') },
    { kind: 'read', address: status },
  ]);
  expect(answers.map(({ data }) => data)).toEqual([
    0,
    value('STATUS_BUSY_MASK'),
    0,
    value('STATUS_BUSY_MASK') + value('STATUS_START_ERROR_MASK'),
    0,
    value('STATUS_BUSY_MASK'),
  ]);
});

test('no other address answers, and the page lists the same registers', () => {
  const master = start();
  const known = new Set(json.registers.map(({ offset }) => offset));
  const others = Array.from({ length: 40 }, (_, i) => 4 * i).filter((at) => !known.has(at));
  const answers = master.run(others.map((address) => ({ kind: 'read', address }) as const));
  expect(answers.every(({ response }) => response === 2)).toBe(true);
  expect(others.length).toBe(40 - known.size);
  const [window] = json.windows;
  expect(window).toMatchObject({
    stream: 'setup',
    offset: defines.get('MAC_SHELL_SETUP_OFFSET'),
    words: defines.get('MAC_SHELL_SETUP_WORDS'),
  });
  const page = textOf('sw/registers.md');
  const rows = [...page.matchAll(/^\| *0x([0-9a-f]+) \| `(\w+)`/gm)];
  expect(rows.map(([, at, name]) => [Number.parseInt(at!, 16), name])).toEqual(
    json.registers.map(({ offset, name }) => [offset, name]),
  );
});
