/** Value change dumps: what stands in them, and that Icarus calls and computes everything the same. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goboTile } from '../../src/families/gobo/designs.ts';
import {
  asEnumeration,
  bit,
  enumeration,
  fsm,
  input,
  instance,
  instanceArray,
  mem,
  output,
  reg,
  uint,
  vec,
  when,
  wire,
} from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { rng } from '../../src/numeric/index.ts';
import { createReference, createSimulator, recordVcd } from '../../src/simulator/index.ts';
import { resolveParameters } from '../../src/testbench/parameters.ts';
import { icarus } from '../../src/tools/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { build, define } from '../hdl/build.ts';
import { available } from '../tools/available.ts';
import { withFiles } from '../verilog/lint.ts';
import { elasticPipeline, systolicArray } from './designs.ts';
import { parseVcd } from './parse-vcd.ts';
import type { Dump } from './parse-vcd.ts';

const hasIcarus = await available(icarus);

/** Waits for `go`, works for one cycle, and keeps what it saw in a word of its memory. */
const worker = define(
  'worker',
  { go: input(bit()), what: input(uint(4)), sum: output(uint(4)), busy: output(bit()) },
  ({ go, what, sum, busy }) => {
    const state = fsm(
      enumeration('waiting', 'working', 'resting'),
      { initial: 'waiting' },
      {
        waiting: (move) => {
          when(go, () => move('working'));
        },
        working: (move) => move('resting'),
        resting: (move) => move('waiting'),
      },
    );
    const seen = mem(uint(4), 4);
    const single = mem(uint(4), 1);
    const flags = mem(bit(), 2, { init: [1, 0] });
    const address = what.bits(0, 2);
    when(state.is('working'), () => {
      seen.write(address, what);
      single.write(what.bits(0, 1), what);
      flags.write(what.bits(0, 1), go);
    });
    const total = reg(uint(4), { init: 3 });
    const added = wire(uint(4));
    added.set(total.addWrap(seen.read(address)));
    const isWorking = state.is('working');
    when(isWorking, () => total.set(added.addWrap(single.read(what.bits(0, 1)))));
    sum.set(total);
    busy.set(flags.read(what.bits(3, 1)).or(isWorking));
    return { state, seen, single, flags, total, added, isWorking };
  },
);

/** A worker by itself and an array of them in two dimensions. */
const workers = (): Program =>
  build(
    {
      go: input(vec(bit(), 4)),
      what: input(uint(4)),
      sums: output(vec(uint(4), 4)),
      sum: output(uint(4)),
      idle: output(bit()),
    },
    ({ go, what, sums, sum, idle }) => {
      const crew = instanceArray(worker, undefined, [2, 2]);
      crew.go.each(go);
      crew.what.broadcast(what);
      sums.set(crew.sum);
      const boss = instance(worker, undefined);
      boss.go.set(go.at(0));
      boss.what.set(what);
      sum.set(boss.sum);
      idle.set(crew.busy.asUnsigned().any().or(boss.busy).not());
      return { crew, boss };
    },
    'workers',
  );

/** Values of all inputs, cycle by cycle; the first cycles are reset. */
interface Stimulus {
  readonly cycles: readonly Readonly<Record<string, bigint>>[];
}

const resetCycles = 3;

function stimulusFor(program: Program, seed: number, cycles: number): Stimulus {
  const random = rng(seed);
  const inputs = program.modules.at(-1)!.ports.filter(({ direction }) => direction === 'input');
  return {
    cycles: Array.from({ length: cycles }, (_, cycle) => ({
      resetn: cycle < resetCycles ? 0n : 1n,
      ...Object.fromEntries(
        inputs.map(({ name, width }) => {
          let value = 0n;
          for (let bits = 0; bits < width; bits += 32) {
            value = (value << 32n) | BigInt(random.uint32());
          }
          return [name, BigInt.asUintN(width, value)];
        }),
      ),
    })),
  };
}

function ourDump(program: Program, { cycles }: Stimulus, create = createSimulator): string {
  const vcd = recordVcd({ memoryWords: 8 });
  const simulator = create(program, { onCycle: vcd.onCycle, onFailure: () => undefined });
  for (const values of cycles) {
    for (const [name, value] of Object.entries(values)) simulator.poke(name, value);
    simulator.run();
  }
  return vcd.text();
}

/** The dump of Icarus of the emitted Verilog; clock edges at 10, 20, ..., inputs 1 later. */
function icarusDump(program: Program, { cycles }: Stimulus, words: readonly string[]): string {
  const { ports } = program.modules.at(-1)!;
  const files = emitVerilog(program);
  const range = (width: number) => (width === 1 ? '' : `[${width - 1}:0] `);
  const implicit = files
    .at(-1)!
    .domains.flatMap(({ domain, clock, reset }) => [
      ...(clock ? [domain.clock] : []),
      ...(reset ? [domain.reset] : []),
    ]);
  const names = [...implicit, ...ports.map(({ name }) => name)];
  const bench = [
    'module bench;',
    '  reg clk = 0, resetn = 0;',
    ...ports.map(
      ({ name, direction, width }) =>
        `  ${direction === 'input' ? 'reg' : 'wire'} ${range(width)}${name};`,
    ),
    `  ${program.top} dut (${names.map((name) => `.${name}(${name})`).join(', ')});`,
    '  initial begin',
    '    $dumpfile("icarus.vcd");',
    '    $dumpvars(0, dut);',
    ...words.map((word) => `    $dumpvars(0, ${word});`),
    ...cycles.flatMap((values, cycle) => [
      ...(cycle === 0 ? [] : ['    clk = 1;']),
      '    #1;',
      ...Object.entries(values).map(([name, value]) => {
        const { width } = ports.find((port) => port.name === name) ?? { width: 1 };
        return `    ${name} = ${width}'h${value.toString(16)};`;
      }),
      '    #4 clk = 0; #5;',
    ]),
    '    $finish;',
    '  end',
    'endmodule',
  ].join('\n');
  return withFiles(files, (cwd) => {
    writeFileSync(join(cwd, 'bench.v'), bench);
    const sources = [...files.map(({ name }) => name), 'bench.v'];
    execFileSync('iverilog', ['-g2005', '-s', 'bench', '-o', 'bench.vvp', ...sources], { cwd });
    execFileSync('vvp', ['-n', 'bench.vvp'], { cwd });
    return readFileSync(join(cwd, 'icarus.vcd'), 'utf8');
  });
}

/** Names of a dump, each without what stands around the design. */
const namesBelow = (names: Iterable<string>, root: string): string[] =>
  [...names].filter((name) => name.startsWith(root)).map((name) => name.slice(root.length));

/** Our variables that stand for something in the Verilog. */
const sharedNames = ({ variables }: Dump, root: string): string[] =>
  namesBelow(variables.keys(), root).filter(
    (name) => variables.get(root + name)!.type !== 'string',
  );

const tile = (): Program => goboTile.rtl(resolveParameters(goboTile, {}, 'the test'));

describe('names and values in the dump of Icarus', () => {
  it.runIf(hasIcarus).each([
    ['instances, arrays of two dimensions and memories', workers(), 21],
    ['a systolic array', systolicArray(3), 22],
    ['an array of one dimension', elasticPipeline(3, 8), 23],
    ['the GOBO tile', tile(), 24],
  ])('are those of ours: %s', (_, program, seed) => {
    const stimulus = stimulusFor(program, seed, 40);
    const ours = parseVcd(ourDump(program, stimulus));
    const shared = sharedNames(ours, program.top);
    const words = shared.filter((name) => name.includes('\\'));
    const theirs = parseVcd(
      icarusDump(
        program,
        stimulus,
        words.map((name) => `dut${name.replace('\\', '')}`),
      ),
    );
    expect(
      namesBelow(ours.scopes, program.top).filter((name) => !theirs.scopes.has(`bench.dut${name}`)),
    ).toEqual([]);
    expect(shared.filter((name) => !theirs.variables.has(`bench.dut${name}`))).toEqual([]);

    let compared = 0;
    const differences: string[] = [];
    for (const name of shared) {
      const [mine, other] = [program.top + name, `bench.dut${name}`];
      const { width, range } = ours.variables.get(mine)!;
      expect(theirs.variables.get(other), name).toMatchObject({ width, range });
      if (name === '.clk') continue;
      for (let cycle = resetCycles; cycle < stimulus.cycles.length; cycle++) {
        const time = 10 * cycle + 9;
        const [a, b] = [ours.at(mine, time), theirs.at(other, time)];
        // What nothing has initialised yet: x there, seeded random values here.
        if (b.includes('x')) continue;
        compared += 1;
        if (a !== b) differences.push(`cycle ${cycle}: ${name} is ${a}, in Icarus ${b}`);
      }
    }
    expect(differences.slice(0, 20), `seed ${seed}`).toEqual([]);
    expect(compared).toBeGreaterThan(0.6 * shared.length * (stimulus.cycles.length - resetCycles));
  });

  it('include elements of arrays and words of memories', () => {
    const ours = parseVcd(ourDump(workers(), stimulusFor(workers(), 25, 4)));
    expect([...ours.variables.keys()]).toEqual(
      expect.arrayContaining([
        'workers.g_crew_row[1].g_crew[0].u_crew.total',
        'workers.g_crew_row[1].g_crew[0].u_crew.\\seen[3]',
        'workers.u_boss.\\flags[1]',
        'workers.u_boss.single',
      ]),
    );
  });
});

describe.each([
  ['compiled', createSimulator],
  ['reference', createReference],
])('recordVcd with the %s simulator', (_, create) => {
  it('is the same text in every engine', () => {
    const stimulus = stimulusFor(workers(), 26, 12);
    expect(ourDump(workers(), stimulus, create)).toBe(ourDump(workers(), stimulus));
  });

  it('shows enumerations by name beside their bits', () => {
    const vcd = recordVcd();
    const simulator = create(
      build({ raw: input(uint(2)), flag: output(bit()) }, ({ raw, flag }) => {
        const order = wire(enumeration('red', 'green', 'blue'));
        order.set(asEnumeration(enumeration('red', 'green', 'blue'), raw));
        flag.set(order.is('blue'));
        return { order };
      }),
      { onCycle: vcd.onCycle },
    );
    for (const raw of [1, 1, 3, 0, 2]) {
      simulator.poke('raw', raw);
      simulator.run();
    }
    const { at, variables } = parseVcd(vcd.text());
    expect(variables.get('example.order')).toMatchObject({ type: 'wire', range: '[1:0]' });
    expect(variables.get('example.order$name')).toMatchObject({ type: 'string', width: 1 });
    const times = [0, 1, 2, 3, 4].map((cycle) => 10 * cycle);
    expect(times.map((time) => at('example.order', time))).toEqual(['01', '01', '11', '00', '10']);
    expect(times.map((time) => at('example.order$name', time))).toEqual([
      'green',
      'green',
      "'h3",
      'red',
      'blue',
    ]);
  });

  it('records words of memories up to the limit, and says what it leaves out', () => {
    const program = build({ a: input(uint(2)), o: output(uint(6)) }, ({ a, o }) => {
      const few = mem(uint(6), 4, { init: [1, 2, 3, 4] });
      const many = mem(uint(6), 5, { init: [1, 2, 3, 4, 5] });
      few.write(a, few.read(a).addWrap(7));
      o.set(few.read(a).xor(many.read(a.extend(3))));
      return { few, many };
    });
    const namesWith = (memoryWords?: number) => {
      const vcd = recordVcd(memoryWords === undefined ? {} : { memoryWords });
      const simulator = create(program, { onCycle: vcd.onCycle });
      simulator.poke('a', 2);
      simulator.run(3);
      const dump = parseVcd(vcd.text());
      const words = [...dump.variables.keys()].filter((name) => name.includes('['));
      return { dump, words };
    };
    const none = namesWith();
    expect(none.words).toEqual([]);
    expect(none.dump.comments).toEqual([
      'few of 4 words is left out; recordVcd({ memoryWords: 4 }) records it',
      'many of 5 words is left out; recordVcd({ memoryWords: 5 }) records it',
    ]);
    const { dump, words } = namesWith(4);
    expect(words).toEqual([0, 1, 2, 3].map((address) => `example.\\few[${address}]`));
    expect(dump.comments).toEqual([none.dump.comments[1]]);
    const at = (address: number, cycle: number) =>
      parseInt(dump.at(`example.\\few[${address}]`, 10 * cycle), 2);
    expect([0, 1, 2].map((cycle) => at(2, cycle))).toEqual([3, 10, 17]);
    expect([0, 1, 2].map((cycle) => at(1, cycle))).toEqual([2, 2, 2]);
  });
});

describe('recordVcd', () => {
  it('shows the clock and the values after its edge', () => {
    const vcd = recordVcd();
    const counter = build({ enable: input(bit()), value: output(uint(4)) }, (io) => {
      const count = reg(uint(4), { init: 0 });
      when(io.enable, () => count.set(count.addWrap(1)));
      io.value.set(count);
      return { count };
    });
    const simulator = createSimulator(counter, { onCycle: vcd.onCycle });
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(4);
    const { at, variables } = parseVcd(vcd.text());
    expect([...variables.keys()].sort()).toEqual(
      ['clk', 'count', 'enable', 'resetn', 'value'].map((name) => `example.${name}`),
    );
    const counts = [20, 30, 40, 50].map((time) => parseInt(at('example.count', time), 2));
    expect(counts).toEqual([0, 1, 2, 3]);
    expect([20, 25, 30].map((time) => at('example.clk', time))).toEqual(['1', '0', '1']);
    expect(vcd.text().endsWith('#60\n')).toBe(true);
  });

  it.each([-1, 2.5, Number.NaN])('refuses a limit of %d words', (memoryWords) => {
    expect(() => recordVcd({ memoryWords })).toThrow(
      `memoryWords is ${memoryWords}; it takes a whole number from 0 up.`,
    );
  });
});
