import type { Program } from '../../src/ir/index.ts';
import { rng } from '../../src/numeric/index.ts';
import { randomProgram } from './random-program.ts';

/**
 * The programs of a seed: `open` ones leave power-on values to the engine and pass values between
 * clock domains, `defined` ones can be compared where power-on values are unknown, `small` ones are
 * also within reach of a SAT solver.
 */
export type Kind = 'open' | 'defined' | 'small';

export interface Case {
  readonly seed: number;
  readonly kind: Kind;
  readonly program: Program;
}

export function makeCase(seed: number, kind: Kind): Case {
  const size = kind === 'small' ? 3 + (seed % 8) : 1 + ((seed * 7) % 40);
  const widest = kind === 'small' ? 8 : 200;
  const defined = kind !== 'open';
  const program = randomProgram(rng(seed), { defined, crossings: !defined, size, widest });
  return { seed, kind, program };
}

/** The program with other module names, so that several stand side by side. */
export function withPrefix(program: Program, prefix: string): Program {
  return {
    top: prefix + program.top,
    modules: program.modules.map((module) => ({
      ...module,
      name: prefix + module.name,
      instances: module.instances.map((instance) => ({
        ...instance,
        module: prefix + instance.module,
      })),
    })),
  };
}
