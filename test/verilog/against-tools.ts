import { expect } from 'vitest';
import { verifyProgram } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { rng } from '../../src/numeric/rng.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { compareWithReference } from './against-reference.ts';
import { lint, missingTools } from './lint.ts';

/** Why tests that need the tools are skipped; empty where they run. */
export const skipReason =
  missingTools.length === 0 ? '' : ` (skipped: ${missingTools.join(', ')} not installed)`;

/**
 * The program is valid, its Verilog is clean in every tool, and Icarus computes what the reference
 * evaluator computes, bit for bit, for `cycles` cycles of random inputs.
 */
export function expectFaithful(program: Program, seed: number, cycles = 40): void {
  expect(verifyProgram(program), `seed ${seed}`).toEqual([]);
  const files = emitVerilog(program);
  expect(lint(files, program.top), `seed ${seed}`).toBe('');
  const comparison = compareWithReference(program, files, rng(seed), cycles);
  expect(comparison.mismatches, `seed ${seed}`).toEqual([]);
  expect(comparison.unknown, `seed ${seed}: bits that Icarus does not know`).toBe(0);
  const bits = program.modules
    .at(-1)!
    .ports.reduce((sum, port) => sum + (port.direction === 'output' ? port.width : 0), 0);
  expect(comparison.compared).toBe(bits * cycles);
}
