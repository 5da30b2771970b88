/** Reset policies, and black boxes: decisions and modules from outside the design. */
import { describe, expect, it } from 'vitest';
import {
  assertAlways,
  bit,
  defineModule,
  elaborate,
  input,
  instance,
  output,
  reg,
  uint,
} from '../../src/hdl/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import type { ResetPolicy } from '../../src/verilog/index.ts';
import { lint, missingTools, simulate } from './lint.ts';

/** A register of a library: two bits wide, with names of its own. */
const cell = defineModule(
  'delay_cell',
  { doc: 'A register of the library' },
  ({ width }: { width: number }) => ({
    blackBox: {
      module: 'LIB_DELAY',
      parameters: { WIDTH: width, MODE: 'plain' },
      ports: { clk: 'CLK', resetn: 'RSTN', d: 'D', q: 'Q' },
    },
    ports: { d: input(uint(width)), q: output(uint(width)) },
    body({ d, q }) {
      const held = reg(uint(width), { init: 1 });
      held.set(d);
      q.set(held);
      return { held };
    },
  }),
);

const library = `module LIB_DELAY #(parameter WIDTH = 1, parameter MODE = "none") (
  input wire CLK, input wire RSTN, input wire [WIDTH-1:0] D, output reg [WIDTH-1:0] Q
);
  always @(posedge CLK) if (!RSTN || MODE != "plain") Q <= 1; else Q <= D;
endmodule
`;

const program = () =>
  elaborate(
    defineModule('held_counter', { doc: 'Counts, and one cycle later' }, () => ({
      ports: { en: input(bit()), now: output(uint(4)), late: output(uint(4)) },
      body({ en, now, late }) {
        const count = reg(uint(4), { init: 5 });
        count.set(count.accumulate(en));
        const delay = instance(cell, { width: 4 });
        delay.d.set(count);
        now.set(count);
        late.set(delay.q);
        return { count, delay };
      },
    })),
    undefined,
  );

const policies: readonly (readonly [ResetPolicy, string, string])[] = [
  [{ kind: 'sync', polarity: 'low' }, 'always @(posedge clk) begin', '.RSTN (resetn)'],
  [{ kind: 'sync', polarity: 'high' }, 'if (reset) begin', '.RSTN (!reset)'],
  [
    { kind: 'async', polarity: 'low', name: 'rst_n' },
    'always @(posedge clk or negedge rst_n) begin',
    '.RSTN (rst_n)',
  ],
  [{ kind: 'async', polarity: 'high' }, 'always @(posedge clk or posedge reset) begin', '(!reset)'],
  ['none', "count = 4'd5;", ".RSTN (1'b1)"],
];

describe('a reset policy', () => {
  it.each(policies)('%o', (reset, clocked, connection) => {
    const files = emitVerilog(program(), { reset });
    expect(files.map(({ name }) => name)).toEqual(['held_counter.v']);
    const { text } = files[0]!;
    expect(text).toContain(clocked);
    expect(text.replace(/ +/g, ' ')).toContain(connection);
    expect(text).toContain('LIB_DELAY #(\n    .WIDTH(4),\n    .MODE("plain")\n  ) u_delay (');
    if (missingTools.length > 0) return;
    const both = [...files, { ...files[0]!, name: 'LIB_DELAY.v', text: library }];
    expect(lint(both, 'held_counter', { tools: ['iverilog', 'yosys'] })).toBe('');
    const high = reset !== 'none' && reset.polarity === 'high';
    const port = reset === 'none' ? undefined : (reset.name ?? (high ? 'reset' : 'resetn'));
    const bench = `module bench;
  reg clk = 0, rst = ${high ? 1 : 0};
  wire [3:0] now, late;
  held_counter dut (.clk(clk), ${port ? `.${port}(rst), ` : ''}.en(1'b1), .now(now), .late(late));
  initial begin
    ${port ? `#1 clk = 1; #1 clk = 0; rst = !rst;` : ''}
    repeat (3) begin #1 clk = 1; #1 clk = 0; end
    #1 $display("%d %d", now, late); $finish;
  end
endmodule
`;
    expect(simulate(both, bench, 'bench').trim().split(/\s+/)).toEqual(['8', '7']);
  });

  it('is synchronous and active low by default', () => {
    const [policy] = policies[0]!;
    expect(emitVerilog(program())).toEqual(emitVerilog(program(), { reset: policy }));
  });

  it.skipIf(missingTools.length > 0)('is clean with assertions in a simulation', () => {
    const watched = elaborate(
      defineModule('watched', { doc: 'Counts and watches itself' }, () => ({
        ports: { en: input(bit()), q: output(uint(4)) },
        body({ en, q }) {
          const count = reg(uint(4), { init: 3 });
          count.set(count.accumulate(en));
          assertAlways('below_9', count.lt(9), 'the count went too far');
          q.set(count);
          return { count };
        },
      })),
      undefined,
    );
    for (const [reset] of policies) {
      const files = emitVerilog(watched, { reset });
      // Verilator reports a reset that is asynchronous in one block and not in another.
      expect(lint(files, 'watched'), JSON.stringify(reset)).toBe('');
      expect(
        lint(files, 'watched', { defines: ['SIMULATION'], tools: ['verilator', 'iverilog'] }),
        JSON.stringify(reset),
      ).toBe('');
      if (reset === 'none') continue;
      const high = reset.polarity === 'high';
      const bench = `module bench;
  reg clk = 0, rst = ${high ? 1 : 0};
  watched dut (.clk(clk), .${reset.name ?? (high ? 'reset' : 'resetn')}(rst), .en(1'b1), .q());
  initial begin
    repeat (3) begin #1 clk = 1; #1 clk = 0; end
    rst = !rst;
    repeat (6) begin #1 clk = 1; #1 clk = 0; end
    $display("six");
    #1 clk = 1; #1 clk = 0;
    $display("not reached");
  end
endmodule
`;
      const said = simulate(files, bench, 'bench', ['SIMULATION']);
      expect(said.split('\n').slice(0, 2)).toEqual([
        'six',
        expect.stringContaining('bench.dut.below_9: the count went too far'),
      ]);
    }
  });

  it('refuses a name that a port has', () => {
    expect(() =>
      emitVerilog(program(), { reset: { kind: 'sync', polarity: 'low', name: 'en' } }),
    ).toThrow("'held_counter' has a port 'en' already; choose another name for the reset.");
  });
});

describe('a black box', () => {
  it('is no program of its own: there would be nothing to write', () => {
    expect(() => emitVerilog(elaborate(cell, { width: 4 }))).toThrow(
      "'delay_cell' is a black box, whose Verilog exists elsewhere as 'LIB_DELAY': " +
        'emit a module that instantiates it.',
    );
  });

  it.each([
    ['compiled', createSimulator],
    ['reference', createReference],
  ] as const)('runs as its model, %s', (_, create) => {
    const simulator = create(program());
    simulator.poke('en', 1);
    simulator.run();
    expect(simulator.peek('late')).toBe(1n);
    simulator.poke('resetn', 1);
    simulator.run(3);
    expect([simulator.peek('now'), simulator.peek('late')]).toEqual([8n, 7n]);
  });
});
