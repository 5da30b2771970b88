/** Many designs side by side in one Verilog bench: all inputs in one vector, all outputs in another. */
import { emitVerilog } from '../../src/verilog/index.ts';
import type { VerilogFile } from '../../src/verilog/index.ts';
import type { Case } from './programs.ts';
import { withPrefix } from './programs.ts';
import { expectedOutputs, outputsOf, resetCycles, stimulusOf, topOf } from './stimulus.ts';

export interface Bench {
  readonly files: readonly VerilogFile[];
  /** Module `fuzz_bench` with the ports `clk`, `in` and `out`. */
  readonly wrapper: string;
  readonly inBits: number;
  readonly outBits: number;
  /** `in` in each cycle, as hexadecimal digits. */
  readonly stimulus: readonly string[];
  /** `out` in each cycle as binary digits, by the reference evaluator. */
  readonly expected: readonly string[];
  /** The first difference of each case, given `out` in each cycle as binary digits. */
  compare(lines: readonly string[]): readonly (string | undefined)[];
}

/** Prefix of all module names of case `index`: what a tool complains about tells whose it is. */
export const prefixOf = (index: number): string => `d${index}_`;

// Verilator holds vectors of more than 64 bits in an array; all benches shall look the same.
const leastBits = 65;

export function makeBench(cases: readonly Case[]): Bench {
  const files: VerilogFile[] = [];
  const instances: string[] = [];
  let inOffset = 0;
  let outOffset = 0;
  const parts = cases.map((test, index) => {
    const program = withPrefix(test.program, prefixOf(index));
    const emitted = emitVerilog(program);
    files.push(...emitted);
    const stimulus = stimulusOf(test);
    const outputs = outputsOf(program);
    const connections: string[] = [];
    const implicit = emitted.at(-1)!.domains;
    for (const { domain, clock } of implicit) if (clock) connections.push(`.${domain.clock}(clk)`);
    const resets = new Set(implicit.flatMap(({ domain, reset }) => (reset ? [domain.reset] : [])));
    const inputs = new Set(topOf(program).ports.map((port) => port.name));
    for (const { name, width } of stimulus.pins) {
      if (inputs.has(name) || resets.has(name)) {
        connections.push(`.${name}(in[${inOffset + width - 1}:${inOffset}])`);
      }
      inOffset += width;
    }
    const outBase = outOffset;
    for (const { name, width } of outputs) {
      connections.push(`.${name}(out[${outOffset + width - 1}:${outOffset}])`);
      outOffset += width;
    }
    instances.push(`  ${program.top} u_${index} (${connections.join(', ')});`);
    return { test, stimulus, outputs, outBase, expected: expectedOutputs(test, stimulus) };
  });
  const inBits = Math.max(leastBits, inOffset);
  const outBits = Math.max(leastBits, outOffset + 1);
  const wrapper = [
    '/* verilator lint_off UNUSEDSIGNAL */',
    `module fuzz_bench (input clk, input [${inBits - 1}:0] in, output [${outBits - 1}:0] out);`,
    ...instances,
    `  assign out[${outBits - 1}:${outOffset}] = 0;`,
    'endmodule',
    '',
  ].join('\n');
  const cycles = parts[0]!.stimulus.values.length;
  const stimulus = Array.from({ length: cycles }, (_, cycle) => {
    let vector = '';
    for (const part of parts) {
      part.stimulus.pins.forEach(({ width }, pin) => {
        vector = part.stimulus.values[cycle]![pin]!.toString(2).padStart(width, '0') + vector;
      });
    }
    return BigInt(`0b0${vector}`)
      .toString(16)
      .padStart(Math.ceil(inBits / 4), '0');
  });
  const expected = Array.from({ length: cycles }, (_, cycle) => {
    const vectors = parts.map((part) => [...part.expected[cycle]!].reverse().join(''));
    return vectors.reverse().join('').padStart(outBits, '0');
  });
  const compare = (lines: readonly string[]) => {
    if (lines.length !== cycles) {
      throw new Error(`${lines.length} cycles were printed, not ${cycles}`);
    }
    return parts.map(({ outputs, outBase, expected: wantedValues }) => {
      for (let cycle = resetCycles; cycle < cycles; cycle++) {
        let offset = outBase;
        for (const [index, { name, width }] of outputs.entries()) {
          const end = outBits - offset;
          const got = lines[cycle]!.slice(end - width, end);
          const wanted = wantedValues[cycle]![index]!;
          if (got !== wanted) return `cycle ${cycle}: ${name} is ${got}, expected ${wanted}`;
          offset += width;
        }
      }
      return undefined;
    });
  };
  return { files, wrapper, inBits, outBits, stimulus, expected, compare };
}
