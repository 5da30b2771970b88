import { expect } from 'vitest';
import { verifyProgram } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';

export interface Run {
  /** Sets inputs. */
  poke(inputs: Readonly<Record<string, number | bigint>>): void;
  /** A port or a named internal, unsigned; both engines must agree on it. */
  peek(path: string): number;
  /** Clock edges with the inputs as they are. */
  tick(cycles?: number): void;
  /** Holds reset for one cycle. */
  reset(): void;
  /** Paths of the checks that failed so far. */
  readonly failures: readonly string[];
}

/** Runs a well-formed program in the reference evaluator and in the compiled simulator at once. */
export function run(program: Program): Run {
  expect(verifyProgram(program)).toEqual([]);
  const failures: string[] = [];
  const engines = [
    createReference(program, { onFailure: ({ path }) => failures.push(path) }),
    createSimulator(program, { onFailure: () => undefined }),
  ];
  const poke = (inputs: Readonly<Record<string, number | bigint>>): void => {
    for (const engine of engines) {
      for (const [port, value] of Object.entries(inputs)) engine.poke(port, value);
    }
  };
  const tick = (cycles = 1): void => {
    for (const engine of engines) engine.run(cycles);
  };
  poke({ resetn: 1 });
  return {
    poke,
    tick,
    peek(path) {
      const [reference, compiled] = engines.map((engine) => engine.peek(path));
      expect(compiled, path).toBe(reference);
      return Number(reference);
    },
    reset() {
      poke({ resetn: 0 });
      tick();
      poke({ resetn: 1 });
    },
    failures,
  };
}
