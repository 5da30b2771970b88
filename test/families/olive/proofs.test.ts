import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { ovpCode, usualFormat } from '../../../src/families/olive/format/ovp-code.ts';
import { pairDecoder4, pairDecoder8 } from '../../../src/families/olive/rtl/ovp-decoder.ts';
import { pairEncoder } from '../../../src/families/olive/rtl/ovp-encoder.ts';
import { processingElement } from '../../../src/families/olive/rtl/processing-element.ts';
import { elaborate } from '../../../src/hdl/index.ts';
import type { Program } from '../../../src/ir/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { runTool } from '../../../src/tools/run-tool.ts';
import { yosys } from '../../../src/tools/yosys.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import {
  decoderTable4,
  decoderTable8,
  encoderFormats,
  encoderTable,
  valueTable4,
} from './tables.ts';

/** Whether `ok` of module `miter` is 1 for all inputs, proven together with the program's Verilog. */
async function proves(
  program: Program,
  verilog: string,
  sat = 'sat -prove ok 1',
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'systole-proof-'));
  try {
    const miter = { name: 'miter.v', text: verilog, domains: [] };
    const files = await writeSources(folder, [...emitVerilog(program), miter]);
    const script = [
      `read_verilog -formal ${files.map((file) => `"${file}"`).join(' ')}`,
      'hierarchy -check -top miter',
      'proc',
      'flatten',
      'memory_map',
      'opt_expr',
      'opt_merge',
      'opt_clean',
      sat,
    ].join('; ');
    const { stdout, stderr } = await runTool(yosys, ['-p', script]);
    const proven = /SUCCESS!$/m.test(stdout);
    if (proven === /FAIL!$/m.test(stdout)) throw new Error(`no verdict:\n${stdout}${stderr}`);
    return proven;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Biases of the usual formats, and around the ends of what exponents hold; `SYSTOLE_REGRESS` takes all 16. */
const biases = process.env['SYSTOLE_REGRESS']
  ? Array.from({ length: 16 }, (_, bias) => bias)
  : [0, 2, 3, 4, 13, 15];

/** The miter of all these, which share their input. */
const allOf = (width: number, names: readonly string[]): string => `
module miter (input wire [${width - 1}:0] code, output wire ok);
  wire [${names.length - 1}:0] oks;
${names.map((name, i) => `  miter_${name} of_${name} (.code(code), .ok(oks[${i}]));`).join('\n')}
  assign ok = &oks;
endmodule
`;

const decoderPorts = `.first_exponent(e1), .first_integer(i1), .second_exponent(e2), .second_integer(i2), .illegal(illegal)`;

describe('for all inputs', () => {
  it('the 4-bit decoder is its table: both types', async () => {
    const formats = [false, true].flatMap((flint) =>
      biases.map((bias) => ({
        name: `${flint ? 'flint4' : 'int4'}_${bias}`,
        flint,
        bias,
      })),
    );
    const miters = formats.map(
      ({ name, flint, bias }) => `${decoderTable4(name, { bits: 4, flint, bias })}
module miter_${name} (input wire [7:0] code, output wire ok);
  wire [18:0] row;
  wire [3:0] e1, e2;
  wire [4:0] i1, i2;
  wire illegal;
  table_${name} expected (.code(code), .row(row));
  olive_decoder_4 decoder (.first(code[3:0]), .second(code[7:4]), .flint(1'b${Number(flint)}), .bias(4'd${bias}), ${decoderPorts});
  assign ok = row == {e1, i1, e2, i2, illegal};
endmodule
`,
    );
    const program = elaborate(pairDecoder4, undefined);
    expect(
      await proves(
        program,
        miters.join('') +
          allOf(
            8,
            formats.map(({ name }) => name),
          ),
      ),
    ).toBe(true);
  }, 120_000);

  it.each(['int4', 'flint4'] as const)(
    'the 4-bit decoder gives the values of %s',
    async (type) => {
      const code = ovpCode(usualFormat(type));
      const miter = (bias: number): string => `${valueTable4(type, code)}
module miter (input wire [7:0] code, output wire ok);
  wire [40:0] row;
  wire [3:0] e1, e2;
  wire signed [4:0] i1, i2;
  wire illegal;
  wire signed [19:0] v1 = i1, v2 = i2;
  wire [19:0] s1 = v1 << e1, s2 = v2 << e2;
  table_${type} expected (.code(code), .row(row));
  olive_decoder_4 decoder (.first(code[3:0]), .second(code[7:4]), .flint(1'b${Number(type === 'flint4')}), .bias(4'd${bias}), ${decoderPorts});
  assign ok = row == {s1, s2, illegal};
endmodule
`;
      const program = elaborate(pairDecoder4, undefined);
      expect(await proves(program, miter(code.bias))).toBe(true);
      // The proof is no formality.
      expect(await proves(program, miter(code.bias + 1))).toBe(false);
    },
    60_000,
  );

  it('the 8-bit decoder is its table', async () => {
    const miters = biases.map(
      (bias) => `${decoderTable8(`int8_${bias}`, bias)}
module miter_${bias} (input wire [15:0] code, output wire ok);
  wire [24:0] row;
  wire [3:0] e1, e2;
  wire [7:0] i1, i2;
  wire illegal;
  table_int8_${bias} expected (.code(code), .row(row));
  olive_decoder_8 decoder (.first(code[7:0]), .second(code[15:8]), .bias(4'd${bias}), ${decoderPorts});
  assign ok = row == {e1, i1, e2, i2, illegal};
endmodule
`,
    );
    const program = elaborate(pairDecoder8, undefined);
    expect(await proves(program, miters.join('') + allOf(16, biases.map(String)))).toBe(true);
  }, 120_000);

  it.each(encoderFormats)(
    'the pair encoder is the table of $name',
    async ({ name, code, flint, wideBias }) => {
      const { bits } = code;
      const width = bits === 8 ? 18 : 9;
      const miter = (outliers: string): string => `${encoderTable(name, code)}
module miter (input wire n1, input wire [${width - 1}:0] h1, input wire n2, input wire [${width - 1}:0] h2, output wire ok);
  wire [${2 * bits + 1}:0] row;
  wire [${bits - 1}:0] c1, c2;
  wire [1:0] outliers;
  table_${name} expected (.n1(n1), .h1(h1), .n2(n2), .h2(h2), .row(row));
  olive_encoder_${bits} encoder (.flint(1'b${flint}), .wide_bias(1'b${wideBias}),
    .first_negative(n1), .first_halves(h1), .second_negative(n2), .second_halves(h2),
    .first(c1), .second(c2), .outliers(outliers));
  assign ok = row == {c1, c2, ${outliers}};
endmodule
`;
      const program = elaborate(pairEncoder, { bits });
      expect(await proves(program, miter('outliers'))).toBe(true);
      // The proof is no formality; with 8 bits it is too long to show that twice.
      if (bits === 4) expect(await proves(program, miter("outliers & 2'd1"))).toBe(false);
    },
    120_000,
  );

  it('a processing element adds (a x b) << (exponent of a + exponent of b), and flags overflow', async () => {
    const miter = (limit: number): string => `
module miter (
  input wire clk, input wire resetn, input wire valid, input wire last, input wire ready,
  input wire [3:0] ea, input wire signed [4:0] a, input wire [3:0] eb, input wire signed [4:0] b
);
  wire taken, offered, overflow;
  wire signed [31:0] sum;
  olive_pe pe (.clk(clk), .resetn(resetn),
    .operands_valid(valid), .operands_ready(taken), .operands_left_exponent(ea), .operands_left_integer(a),
    .operands_right_exponent(eb), .operands_right_integer(b), .operands_last(last),
    .results_valid(offered), .results_ready(ready), .results_sum(sum), .results_overflow(overflow));
  // The formula, and the limits of 32 bits.
  wire signed [9:0] product = a * b;
  wire [4:0] shift = ea + eb;
  wire signed [47:0] term = product;
  reg signed [31:0] total, result;
  reg flag, result_flag, waiting;
  wire signed [47:0] exact = total + (term <<< shift);
  wire leaves = exact > 48'sd${limit} || exact < -48'sd2147483648;
  wire accepted = valid && (!last || !waiting || ready);
  always @(posedge clk)
    if (!resetn) begin
      total <= 0; flag <= 0; waiting <= 0;
    end else begin
      if (waiting && ready) waiting <= 0;
      if (accepted) begin
        total <= last ? 0 : exact[31:0];
        flag <= !last && (flag || leaves);
        if (last) begin
          waiting <= 1;
          result <= exact[31:0]; result_flag <= flag || leaves;
        end
      end
    end
  always @* if (resetn) begin
    assert (offered == waiting);
    assert ((valid && taken) == accepted);
    if (waiting) assert (sum == result && overflow == result_flag);
  end
endmodule
`;
    const program = elaborate(processingElement, {});
    // By induction: what follows from equal states is equal, and states are equal from reset on.
    const induction =
      'sat -tempinduct -prove-asserts -prove total pe.u_accumulate.total ' +
      '-prove flag pe.u_accumulate.overflowed -seq 1 -set-at 1 resetn 0 -maxsteps 3';
    expect(await proves(program, miter(2 ** 31 - 1), induction)).toBe(true);
    expect(await proves(program, miter(2 ** 31 - 2), induction)).toBe(false);
  }, 120_000);
});
