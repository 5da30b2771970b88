import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDesign } from '../../src/families/index.ts';
import { packageDesign, writeHandoff } from '../../src/handoff/index.ts';
import type { Handoff } from '../../src/handoff/index.ts';
import { resolveParameters } from '../../src/testbench/index.ts';
import { compiler, verilator, yosys } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';

interface Made {
  readonly exitCode: number | undefined;
  readonly printed: string;
}

const canSimulate = await available(verilator, compiler);
const canSynthesize = await available(yosys);

const netlistsvg = createRequire(import.meta.url).resolve('netlistsvg/bin/netlistsvg.js');

let place = '';
/** The folder, copied to where nothing of the project is near. */
let copy = '';
let handoff: Handoff;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'systole-alone-'));
  const { family, design } = findDesign('gobo');
  const parameters = resolveParameters(design, { pes: 3, bits: 2, queueDepth: 3 }, 'test');
  handoff = await packageDesign({ pe: 'gobo', paper: family.paper, design, parameters, seed: 3 });
  await writeHandoff(join(place, 'written'), handoff.files);
  copy = join(place, 'elsewhere/copied');
  await cp(join(place, 'written'), copy, { recursive: true });
  await rm(join(place, 'written'), { recursive: true });
  // Node is not needed: whoever calls it fails.
  await mkdir(join(place, 'bin'));
  for (const name of ['node', 'npm', 'npx']) {
    const path = join(place, 'bin', name);
    await writeFile(path, '#!/bin/sh\nexit 99\n');
    await chmod(path, 0o755);
  }
});
afterAll(() => rm(place, { recursive: true }));

async function make(...args: string[]): Promise<Made> {
  const path = `${join(place, 'bin')}:${process.env['PATH']}`;
  // MAKEFLAGS and the like of a surrounding make must not leak in.
  const env = { PATH: path, HOME: place };
  const { exitCode, all } = await execa('make', args, {
    cwd: copy,
    reject: false,
    all: true,
    extendEnv: false,
    env,
  });
  return { exitCode, printed: all };
}

async function edited(
  file: string,
  change: (text: string) => string,
  check: () => Promise<void>,
): Promise<void> {
  const path = join(copy, file);
  const text = await readFile(path, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(path, changed);
  try {
    await check();
  } finally {
    await writeFile(path, text);
  }
}

/** Another value in line `line` of a hexadecimal file. */
const corrupted =
  (line: number) =>
  (text: string): string => {
    const lines = text.split('\n');
    lines[line] = lines[line]!.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    return lines.join('\n');
  };

describe.skipIf(!canSimulate)('make sim', () => {
  it('compares every result', async () => {
    const { exitCode, printed } = await make('sim');
    expect(printed).toMatch(
      new RegExp(`\\b${handoff.beats} of ${handoff.beats} output beats equal$`),
    );
    expect(exitCode).toBe(0);
    expect(handoff.beats).toBeGreaterThan(50);
  });

  it('does so from any power-on state, and keeps what came out', async () => {
    const { exitCode } = await make('sim', 'SEED=77');
    expect(exitCode).toBe(0);
    const [expected, result] = await Promise.all(
      ['tb/expected', 'build/results'].map((folder) =>
        readFile(join(copy, folder, 'job0-results.hex'), 'utf8'),
      ),
    );
    expect(result).toBe(expected);
  });

  it('fails on one wrong expected value, and names it', async () => {
    await edited('tb/expected/job1-results.hex', corrupted(0), async () => {
      const { exitCode, printed } = await make('sim');
      expect(exitCode).not.toBe(0);
      expect(printed).toMatch(/job 1: beat 0 of results: expected [0-9a-f]+, got [0-9a-f]+/);
      expect(printed).toContain(`${handoff.beats - 1} of ${handoff.beats} output beats equal`);
    });
  });

  it('fails on one wrong number of cycles', async () => {
    const change = (text: string): string =>
      text.replace(/^\d+/, (count) => `${Number(count) + 1}`);
    await edited('tb/expected/cycles.txt', change, async () => {
      const { exitCode, printed } = await make('sim');
      expect(exitCode).not.toBe(0);
      expect(printed).toContain('job 0: ');
    });
  });

  it('compiles anew and fails where the Verilog is wrong', async () => {
    const change = (text: string): string => text.replace('partial + ', 'partial - ');
    await edited('rtl/gobo_multiply_unit.v', change, async () => {
      const { exitCode, printed } = await make('sim');
      expect(exitCode).not.toBe(0);
      expect(printed).toMatch(/beat \d+ of results: expected/);
    });
  });

  it('says what to install where Verilator is missing', async () => {
    const { exitCode, printed } = await make('sim', '--always-make', 'VERILATOR=no-verilator');
    expect(exitCode).not.toBe(0);
    expect(printed).toContain('no-verilator was not found: apt-get install verilator');
  });
});

describe.skipIf(!canSimulate)('make lint', () => {
  it('finds nothing', async () => {
    const { exitCode, printed } = await make('lint');
    expect(printed).toMatch(/no warnings$/);
    expect(exitCode).toBe(0);
  });

  it('needs Verilator alone', async () => {
    const { exitCode, printed } = await make('lint', 'IVERILOG=no-icarus', 'YOSYS=no-yosys');
    expect(exitCode).toBe(0);
    expect(printed).toContain('Icarus Verilog is not installed: skipped');
    expect(printed).toContain('Yosys is not installed: skipped');
  });

  it('fails on a warning of any of its tools', async () => {
    const change = (text: string): string => text.replace('endmodule', '  wire idle;\nendmodule');
    await edited('rtl/gobo_tile.v', change, async () => {
      const { exitCode, printed } = await make('lint');
      expect(exitCode).not.toBe(0);
      expect(printed).toContain('UNUSEDSIGNAL');
    });
  });
});

describe.skipIf(!canSynthesize)('make synth', () => {
  it('counts cells and writes the netlists', async () => {
    const { exitCode, printed } = await make('synth');
    expect(exitCode, printed).toBe(0);
    // One shared multiplier for all PEs.
    expect(printed).toMatch(/DSP48E1 +[1-9]/);
    expect(printed).toMatch(/gobo_pe +3\n/);
    for (const name of ['gobo_tile-rtl.json', 'gobo_tile-xc7.json', 'gobo_tile-xc7.v']) {
      expect((await stat(join(copy, 'build/synth', name))).size).toBeGreaterThan(1000);
    }
    const netlist = JSON.parse(
      await readFile(join(copy, 'build/synth/gobo_tile-rtl.json'), 'utf8'),
    ) as { readonly modules: Record<string, unknown> };
    expect(Object.keys(netlist.modules)).toContain('gobo_tile');
  });

  it.each([
    ['gobo_tile', ['u_multiply', 'u_queue', 'gobo_pe', 'results_value']],
    ['gobo_pe', ['clk', 'resetn', '$dff', '$add']],
  ])('writes netlists of which netlistsvg draws %s without a complaint', async (name, shown) => {
    const netlist = JSON.parse(
      await readFile(join(copy, 'build/synth/gobo_tile-rtl.json'), 'utf8'),
    ) as { readonly modules: Record<string, { readonly attributes: object }> };
    // It draws the module that is marked as the top.
    const modules = Object.entries(netlist.modules).map(([key, module]) => [
      key,
      { ...module, attributes: { ...module.attributes, top: key === name ? 1 : 0 } },
    ]);
    const file = join(place, `${name}.json`);
    await writeFile(file, JSON.stringify({ ...netlist, modules: Object.fromEntries(modules) }));
    const drawing = join(place, `${name}.svg`);
    const { stdout, stderr } = await execa('node', [netlistsvg, file, '-o', drawing]);
    expect([stdout, stderr]).toEqual(['', '']);
    const svg = await readFile(drawing, 'utf8');
    for (const text of shown) expect(svg).toContain(text);
  });

  it('fails where a net has two drivers', async () => {
    const change = (text: string): string =>
      text.replace('endmodule', "  assign results_last = 1'b0;\nendmodule");
    await edited('rtl/gobo_tile.v', change, async () => {
      expect((await make('synth')).exitCode).not.toBe(0);
    });
  });
});

it('make alone, and make clean', async () => {
  expect((await make()).printed).toContain('make sim');
  expect((await make('clean')).exitCode).toBe(0);
  await expect(stat(join(copy, 'build'))).rejects.toThrow();
});
