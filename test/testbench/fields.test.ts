import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rng } from '../../src/numeric/index.ts';
import type { Program, Stream } from '../../src/ir/index.ts';
import type { Pin, Simulator } from '../../src/simulator/index.ts';
import { icarusSession } from '../../src/testbench/icarus-session.ts';
import { noStalls } from '../../src/testbench/job.ts';
import type { Job, Session } from '../../src/testbench/job.ts';
import { layoutOf } from '../../src/testbench/layout.ts';
import { simulatorSession } from '../../src/testbench/simulator-session.ts';
import { verilatorSession } from '../../src/testbench/verilator-session.ts';
import { compiler, icarus, verilator } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';

/**
 * A top without a clock that gives each field back, the last one first: every width class of the
 * engines at many bit positions, each field read at one position and written at another.
 */
const widths = [
  1, 64, 7, 8, 9, 33, 63, 16, 17, 65, 31, 64, 32, 3, 100, 63, 64, 2, 96, 1, 33, 200, 5,
];

const fields = widths.map((width, i) => ({ name: `f${i}`, width, signed: false }));
const streams: Stream[] = (['in', 'out'] as const).map((name) => ({
  name,
  direction: name === 'in' ? 'input' : 'output',
  valid: `${name}_valid`,
  ready: `${name}_ready`,
  doc: '',
  fields: (name === 'in' ? fields : fields.toReversed()).map((field) => ({
    ...field,
    port: `${name}_${field.name}`,
  })),
}));

const ports = streams.flatMap((stream) => {
  const back = stream.direction === 'input' ? ('output' as const) : ('input' as const);
  return [
    { name: stream.valid, direction: stream.direction, width: 1 },
    { name: stream.ready, direction: back, width: 1 },
    ...stream.fields.map(({ port: name, width }) => ({ name, direction: stream.direction, width })),
  ];
});

const program: Program = {
  top: 'reversed',
  modules: [
    {
      name: 'reversed',
      doc: '',
      parameters: [],
      ports: ports.map((port) => ({ ...port, signed: false, doc: '' })),
      streams,
      domains: [{ name: 'main', clock: 'clk', reset: 'resetn' }],
      nodes: [],
      memories: [],
      instances: [],
      checks: [],
    },
  ],
};

const assigns = [
  ['out_valid', 'in_valid'],
  ['in_ready', 'out_ready'],
  ...fields.map(({ name }) => [`out_${name}`, `in_${name}`]),
] as const;

const rangeOf = (width: number): string => (width === 1 ? '' : `[${width - 1}:0] `);

const verilog = [
  {
    name: 'reversed.v',
    domains: [],
    text: `module reversed (
${ports.map(({ name, direction, width }) => `  ${direction} wire ${rangeOf(width)}${name}`).join(',\n')}
);
${assigns.map(([to, from]) => `  assign ${to} = ${from};\n`).join('')}endmodule
`,
  },
];

function reversedSimulator(): Simulator {
  const layout = new Map<string, Pin>();
  let words = 0;
  for (const { name, width } of [...ports, { name: 'resetn', width: 1 }]) {
    layout.set(name, { offset: words, words: Math.ceil(width / 32), width });
    words += Math.ceil(width / 32);
  }
  const pins = new Int32Array(words);
  let cycle = 0;
  const settle = (): void => {
    for (const [to, from] of assigns) {
      const { offset, words: count } = layout.get(from!)!;
      pins.set(pins.subarray(offset, offset + count), layout.get(to!)!.offset);
    }
  };
  return {
    pins,
    pin: (port) => layout.get(port)!,
    get cycle() {
      return cycle;
    },
    settle,
    tick: () => {
      cycle++;
    },
    run: (cycles = 1) => {
      settle();
      cycle += cycles;
    },
    poke: () => {
      throw new Error('not used');
    },
    peek: () => {
      throw new Error('not used');
    },
  };
}

/** Random beats, and the same with their fields in reverse, both put together bit by bit. */
function randomBeats(count: number): { readonly beats: Uint8Array; readonly reversed: Uint8Array } {
  const random = rng(99);
  const width = widths.reduce((sum, w) => sum + w, 0);
  const beatBytes = Math.ceil(width / 8);
  const beats = new Uint8Array(count * beatBytes);
  const reversed = new Uint8Array(count * beatBytes);
  for (let beat = 0; beat < count; beat++) {
    let from = 0;
    let to = width;
    for (const w of widths) {
      to -= w;
      const kind = random.below(4);
      for (let i = 0; i < w; i++) {
        const bit = kind === 0 ? 1 : kind === 1 ? 0 : random.below(2);
        beats[beat * beatBytes + ((from + i) >> 3)]! |= bit << ((from + i) & 7);
        reversed[beat * beatBytes + ((to + i) >> 3)]! |= bit << ((to + i) & 7);
      }
      from += w;
    }
  }
  return { beats, reversed };
}

const layout = layoutOf(program);
const engines = {
  simulator: async () => simulatorSession(reversedSimulator, program, layout, 1),
  icarus: () => icarusSession(layout, verilog),
  verilator: () => verilatorSession(layout, verilog),
};
const usable = {
  simulator: true,
  icarus: await available(icarus),
  verilator: await available(verilator, compiler),
};

for (const engine of ['simulator', 'icarus', 'verilator'] as const) {
  describe.skipIf(!usable[engine])(`fields in ${engine}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await engines[engine]();
    }, 120_000);
    afterAll(() => session.close());

    test('of every width at every position arrive unchanged, also without a clock', async () => {
      const { beats, reversed } = randomBeats(60);
      const job: Job = {
        writes: [],
        inputs: { in: beats },
        expect: { out: 60 },
        stalls: noStalls,
        maxCycles: 1000,
      };
      const stalled = { ...job, stalls: { seed: 1, source: 50, sink: 50 } };
      const [free, held] = await session.run([job, stalled]);
      expect(free).toEqual({ outputs: { out: reversed }, cycles: 60, counters: {} });
      expect(held!.outputs['out']).toEqual(reversed);
      // 977 bits in 123 bytes: 7 bits of padding above the last field, which nobody looks at.
      const padded = beats.map((byte, i) => (i % 123 === 122 ? byte | 0xfe : byte));
      const [same] = await session.run([{ ...job, inputs: { in: padded } }]);
      expect(same!.outputs['out']).toEqual(reversed);
    });
  });
}
