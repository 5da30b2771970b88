import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fmaxWrapper } from '../../src/costs/wrapper.ts';
import {
  bit,
  clockDomain,
  defineModule,
  elaborate,
  inDomain,
  input,
  output,
  reg,
  uint,
} from '../../src/hdl/index.ts';
import { writeSources } from '../../src/testbench/verilog-source.ts';
import { icarus, icarusCompile, icarusRun } from '../../src/tools/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { available } from '../tools/available.ts';

const multiply = defineModule('multiply', { doc: 'Combinational, with wide ports' }, () => ({
  ports: {
    a: input(uint(4)),
    b: input(uint(3)),
    product: output(uint(7)),
    larger: output(bit()),
  },
  body({ a, b, product, larger }) {
    product.set(a.mul(b));
    larger.set(a.gt(b.extend(4)));
    return {};
  },
}));

/** Shifts in b = 5 and a = 11, loads what comes out after one more cycle, and shifts it out. */
const bench = `module bench;
  reg clk = 0, data = 0, load = 0;
  wire out;
  reg [6:0] operands = {3'd5, 4'd11};
  reg [7:0] results;
  integer i;
  fmax_wrapper dut (
    .clk(clk), .resetn_pin(1'b1), .serial_in(data), .load_pin(load), .serial_out(out));
  task edges; begin #1 clk = 1; #1 clk = 0; end endtask
  initial begin
    for (i = 6; i >= 0; i = i - 1) begin data = operands[i]; edges; end
    data = 0; load = 1; edges;
    load = 0; edges;
    for (i = 7; i >= 0; i = i - 1) begin results[i] = out; edges; end
    $display("product %0d, larger %0d", results[6:0], results[7]);
  end
endmodule
`;

const hasIcarus = await available(icarus);

it.skipIf(!hasIcarus)('shifts in all inputs and shifts out all outputs', async () => {
  const program = elaborate(multiply, {});
  const verilog = emitVerilog(program);
  const wrapper = fmaxWrapper(program, verilog);
  const folder = await mkdtemp(join(tmpdir(), 'systole-wrapper-'));
  try {
    const sources = [
      ...verilog,
      { name: 'fmax_wrapper.v', text: wrapper },
      { name: 'bench.v', text: bench },
    ];
    const files = await writeSources(folder, sources);
    const compiled = join(folder, 'bench.vvp');
    await icarusCompile(files, { top: 'bench', output: compiled, defines: [] });
    const { stdout } = await icarusRun(compiled, folder);
    expect(stdout.trim()).toBe('product 55, larger 1');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('refuses a design with two clocks', () => {
  const other = clockDomain('other');
  const crossing = defineModule('two_clocks', { doc: 'Two clocks' }, () => ({
    domains: [other],
    ports: {
      a: input(bit()),
      q: output(bit()),
      b: input(bit(), '', other),
      r: output(bit(), '', other),
    },
    body({ a, q, b, r }) {
      const first = reg(bit(), { init: 0 });
      first.set(a);
      q.set(first);
      inDomain(other, () => {
        const second = reg(bit(), { init: 0 });
        second.set(b);
        r.set(second);
        return { second };
      });
      return { first };
    },
  }));
  const program = elaborate(crossing, {});
  expect(() => fmaxWrapper(program, emitVerilog(program))).toThrow(
    "'two_clocks' has 2 clocks, and a clock rate is measured for one; measure its parts.",
  );
});
