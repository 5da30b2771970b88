import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/ir/index.ts';
import {
  createReference,
  createSimulator,
  recordCoverage,
  recordVcd,
  recordWaves,
  renderWaves,
} from '../../src/simulator/index.ts';
import { icarus, icarusCompile, icarusRun } from '../../src/tools/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { buildModule } from '../ir/build-module.ts';
import { available } from '../tools/available.ts';
import { elasticPipeline, systolicArray } from './designs.ts';

/** Counts to 9 where enabled, and starts again. */
function counter(): Program {
  const m = buildModule('counter');
  const enable = m.input('enable', 1);
  const count = m.register('count', 4, 0);
  const isLast = m.binary('eq', count, m.constant(9, 4));
  const next = m.mux(isLast, m.constant(0, 4), m.binary('add', count, m.constant(1, 4)));
  m.next(count, next, enable);
  m.output('value', count);
  return { top: 'counter', modules: [m.finish()] };
}

const hasIcarus = await available(icarus);

describe.each([
  ['compiled', createSimulator],
  ['reference', createReference],
])('observers of the %s simulator', (_, create) => {
  it('draw waves', () => {
    const waves = recordWaves(['enable', 'count', 'resetn']);
    const simulator = create(counter(), { onCycle: waves.onCycle });
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(2);
    simulator.poke('enable', 0);
    simulator.settle();
    simulator.tick();
    waves.rows.forEach((row) => (row.values as bigint[]).shift());
    expect(`\n${renderWaves(waves)}`).toBe(
      ['', 'enable  __/~~~\\_', 'count   |0  |1|2', 'resetn  __/~~~~~'].join('\n'),
    );
  });

  it('count toggles and arms', () => {
    const coverage = recordCoverage();
    const simulator = create(counter(), { onCycle: coverage.onCycle });
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(6);
    const [module] = coverage.report();
    expect(module!.arms).toEqual({ covered: 1, total: 2 });
    // The power-on value of the first cycle may be anything, the fourth bit stays 0 from then on.
    expect(module!.missing).toContain('count[3] never rises');
    expect(module!.missing).toContain('enable never falls');
    expect(module!.missing).not.toContain('count[2] never rises');
    expect(module!.missing.some((line) => line.startsWith('arm 0 of a choice'))).toBe(true);
    simulator.run(20);
    simulator.poke('enable', 0);
    simulator.run(2);
    simulator.poke('resetn', 0);
    simulator.run(2);
    const [later] = coverage.report();
    expect(later!.missing).toEqual([]);
    expect(later!.arms).toEqual({ covered: 2, total: 2 });
    expect(later!.toggles.covered).toBe(later!.toggles.total);
  });
});

describe('recordWaves', () => {
  it('names what there is where a path is unknown', () => {
    const simulator = createSimulator(counter(), { onCycle: recordWaves(['cuont']).onCycle });
    expect(() => simulator.run()).toThrow("no signal 'cuont' to record; try resetn, enable");
  });
});

/** Full names in a value change dump, and the values of each by time. */
function parseVcd(text: string): {
  readonly names: ReadonlyMap<string, string>;
  at(name: string, time: number): bigint;
} {
  const names = new Map<string, string>();
  const changes = new Map<string, [number, string][]>();
  const path: string[] = [];
  let time = 0;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '$scope') path.push(words[2]!);
    else if (words[0] === '$upscope') path.pop();
    else if (words[0] === '$var') names.set([...path, words[4]!].join('.'), words[3]!);
    else if (line.startsWith('#')) time = Number(line.slice(1));
    else {
      const [, value, code] = /^b?([01x]+) ?(\S+)$/.exec(line) ?? [];
      if (value === undefined) continue;
      const known = changes.get(code!) ?? [];
      changes.set(code!, known);
      known.push([time, value]);
    }
  }
  return {
    names,
    at(name, when) {
      const bits = changes
        .get(names.get(name)!)!
        .filter(([from]) => from <= when)
        .at(-1)![1];
      return BigInt(`0b${bits}`);
    },
  };
}

describe('recordVcd', () => {
  it('shows the clock and the values after its edge', () => {
    const vcd = recordVcd();
    const simulator = createSimulator(counter(), { onCycle: vcd.onCycle });
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(4);
    const { at, names } = parseVcd(vcd.text());
    expect([...names.keys()].sort()).toEqual(
      ['clk', 'count', 'enable', 'resetn', 'value'].map((name) => `counter.${name}`),
    );
    expect([20, 30, 40, 50].map((time) => at('counter.count', time))).toEqual([0n, 1n, 2n, 3n]);
    expect([20, 25, 30].map((time) => at('counter.clk', time))).toEqual([1n, 0n, 1n]);
    expect(vcd.text().endsWith('#60\n')).toBe(true);
  });

  it.runIf(hasIcarus).each([
    ['one dimension', elasticPipeline(3, 8)],
    ['two dimensions', systolicArray(2)],
  ])('uses the names of the Verilog for arrays of %s', async (_, program) => {
    const vcd = recordVcd();
    createSimulator(program, { onCycle: vcd.onCycle }).run(1);
    const folder = await mkdtemp(join(tmpdir(), 'systole-vcd-'));
    try {
      const files = emitVerilog(program).map(({ name, text }) => ({
        path: join(folder, name),
        text,
      }));
      const bench = join(folder, 'bench.v');
      await writeFile(
        bench,
        `module bench; ${program.top} dut(); initial begin $dumpfile("${folder}/a.vcd"); $dumpvars(0, dut); #1 $finish; end endmodule\n`,
      );
      for (const { path, text } of files) await writeFile(path, text);
      const output = join(folder, 'a.out');
      const sources = [...files.map(({ path }) => path), bench];
      await icarusCompile(sources, { top: 'bench', output, defines: [] });
      await icarusRun(output, folder);
      const theirs = parseVcd(await readFile(join(folder, 'a.vcd'), 'utf8'));
      const known = new Set(
        [...theirs.names.keys()].map((name) => name.replace(/^bench\.dut/, '')),
      );
      const mine = [...parseVcd(vcd.text()).names.keys()].map((name) =>
        name.slice(program.top.length),
      );
      expect(mine.filter((name) => !known.has(name))).toEqual([]);
      expect(mine.some((name) => name.includes('].u_'))).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
