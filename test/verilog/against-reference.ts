/** The same stimulus for the emitted Verilog in Icarus and for the reference evaluator. */
import type { Program } from '../../src/ir/index.ts';
import type { Rng } from '../../src/numeric/rng.ts';
import { createReference } from '../../src/simulator/index.ts';
import type { VerilogFile } from '../../src/verilog/index.ts';
import { simulate } from './lint.ts';

const resetCycles = 10;

export interface Comparison {
  readonly compared: number;
  /** Bits that Icarus does not know: power-on values that nothing resets. */
  readonly unknown: number;
  readonly mismatches: readonly string[];
}

/** Drives random inputs for `cycles` cycles and compares every output in every cycle after reset. */
export function compareWithReference(
  program: Program,
  files: readonly VerilogFile[],
  rng: Rng,
  cycles: number,
): Comparison {
  const top = program.modules.at(-1)!;
  const inputs = top.ports.filter((port) => port.direction === 'input');
  const outputs = top.ports.filter((port) => port.direction === 'output');
  const reference = createReference(program);
  const expected: string[] = [];
  const stimulus: string[] = [];
  const file = files.at(-1)!;
  const implicit = file.domains.flatMap(({ domain, clock, reset }) => [
    ...(clock ? [domain.clock] : []),
    ...(reset ? [domain.reset] : []),
  ]);
  for (let cycle = 0; cycle < resetCycles + cycles; cycle++) {
    const reset = cycle >= resetCycles ? 1 : 0;
    reference.poke('resetn', reset);
    stimulus.push(`resetn = ${reset};`);
    for (const { name, width } of inputs) {
      const value = name === 'go' && reset === 0 ? 0n : randomValue(rng, width);
      reference.poke(name, value);
      stimulus.push(`${name} = ${width}'h${value.toString(16)};`);
    }
    reference.settle();
    expected.push(
      outputs
        .map(({ name, width }) => reference.peek(name).toString(2).padStart(width, '0'))
        .join(' '),
    );
    stimulus.push(
      `#1 $display("${outputs.map(() => '%b').join(' ')}", ${outputs.map(({ name }) => name).join(', ')});`,
    );
    stimulus.push('clk = 1; #1 clk = 0;');
    reference.tick();
  }
  const range = (width: number) => (width === 1 ? '' : `[${width - 1}:0] `);
  const ports = [...implicit, ...top.ports.map((port) => port.name)];
  const bench = [
    'module bench;',
    '  reg clk = 0;',
    '  reg resetn = 0;',
    ...inputs.map(({ name, width }) => `  reg ${range(width)}${name};`),
    ...outputs.map(({ name, width }) => `  wire ${range(width)}${name};`),
    `  ${top.name} dut (${ports.map((port) => `.${port}(${port})`).join(', ')});`,
    '  initial begin',
    ...stimulus.map((line) => `    ${line}`),
    '    $finish;',
    '  end',
    'endmodule',
  ].join('\n');
  const lines = simulate(files, bench, 'bench')
    .split('\n')
    .filter((line) => /^[01xz ]+$/.test(line));
  return compareLines(
    expected,
    lines,
    outputs.map((port) => port.name),
  );
}

function randomValue(rng: Rng, width: number): bigint {
  let value = 0n;
  for (let bits = 0; bits < width; bits += 32) value = (value << 32n) | BigInt(rng.uint32());
  const corner = rng.below(6);
  if (corner === 0) value = 0n;
  if (corner === 1) value = -1n;
  if (corner === 2) value = 1n << BigInt(width - 1);
  return BigInt.asUintN(width, value);
}

function compareLines(
  expected: readonly string[],
  lines: readonly string[],
  names: readonly string[],
): Comparison {
  if (lines.length !== expected.length) {
    throw new Error(`Icarus printed ${lines.length} cycles, expected ${expected.length}`);
  }
  let compared = 0;
  let unknown = 0;
  const mismatches: string[] = [];
  for (let cycle = resetCycles; cycle < expected.length; cycle++) {
    const got = lines[cycle]!.split(' ');
    expected[cycle]!.split(' ').forEach((bits, output) => {
      [...bits].forEach((bit, position) => {
        const other = got[output]![position]!;
        if (other === 'x' || other === 'z') {
          unknown += 1;
        } else compared += 1;
        if (other !== 'x' && other !== 'z' && other !== bit) {
          const index = bits.length - 1 - position;
          mismatches.push(
            `cycle ${cycle}: ${names[output]}[${index}] is ${other}, expected ${bit}`,
          );
        }
      });
    });
  }
  return { compared, unknown, mismatches };
}
