import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optimize, verifyProgram } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { rng as createRng } from '../../src/numeric/index.ts';
import type { Rng } from '../../src/numeric/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';
import type { CheckFailure, Simulator, Tuning } from '../../src/simulator/index.ts';
import { cornerValue, randomProgram } from '../ir/random-program.ts';

const cycles = 12;

/** Names of everything inside that `peek` can find, by the program as written. */
function internals(program: Program): string[] {
  const modules = new Map(program.modules.map((module) => [module.name, module]));
  const visit = (name: string, prefix: string): string[] => {
    const module = modules.get(name)!;
    return [
      ...module.nodes.flatMap((node) => (node.name === undefined ? [] : [prefix + node.name])),
      ...module.ports.map((port) => prefix + port.name),
      ...module.memories.map((memory) => `${prefix}${memory.name}[${memory.depth - 1}]`),
      ...module.instances.flatMap((instance) =>
        visit(
          instance.module,
          `${prefix}${instance.name}${instance.dimensions.map((n) => `[${n - 1}]`).join('')}.`,
        ),
      ),
    ];
  };
  return visit(program.top, '');
}

/** Drives both with the same random inputs and compares pins, failed checks and internals. */
function expectEqualRuns(
  program: Program,
  make: (onFailure: (failure: CheckFailure) => void) => Simulator,
  makeOther: (onFailure: (failure: CheckFailure) => void) => Simulator,
  rng: Rng,
): void {
  const failures: CheckFailure[][] = [[], []];
  const one = make((failure) => failures[0]!.push(failure));
  const other = makeOther((failure) => failures[1]!.push(failure));
  const top = program.modules.at(-1)!;
  const names = internals(program);
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const { name, direction, width } of top.ports) {
      if (direction !== 'input' || rng.below(3) === 0) continue;
      const value = cornerValue(rng, width);
      one.poke(name, value);
      other.poke(name, value);
    }
    for (const { reset } of top.domains) {
      const active = rng.below(5) > 0 ? 1 : 0;
      one.poke(reset, active);
      other.poke(reset, active);
    }
    one.settle();
    other.settle();
    expect([...one.pins], `pins in cycle ${cycle}`).toEqual([...other.pins]);
    if (cycle % 4 === 3) {
      for (const name of names) {
        expect(one.peek(name), `${name} in cycle ${cycle}`).toBe(other.peek(name));
      }
    }
    one.tick();
    other.tick();
    const sorted = failures.map((list) => list.map((failure) => JSON.stringify(failure)).sort());
    expect(sorted[0], `checks in cycle ${cycle}`).toEqual(sorted[1]);
  }
}

const seeds = fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 40 }));

describe('random programs', () => {
  it('are well formed', () => {
    fc.assert(
      fc.property(seeds, ([seed, size]) => {
        expect(verifyProgram(randomProgram(createRng(seed), size))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  const tunings: Record<string, Tuning> = {
    'as by default': { smallModule: 400, mostGrowth: 4000, chunkSize: 600 },
    'in small functions and with all instances kept': {
      smallModule: 0,
      mostGrowth: 0,
      chunkSize: 6,
    },
  };

  it.each(Object.entries(tunings))('run equally compiled %s and in the reference', (_, tuning) => {
    fc.assert(
      fc.property(seeds, ([seed, size]) => {
        const rng = createRng(seed);
        const program = randomProgram(rng, size);
        expectEqualRuns(
          program,
          (onFailure) => createSimulator(program, { seed, onFailure }, tuning),
          (onFailure) => createReference(program, { seed, onFailure }),
          rng,
        );
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 150) },
    );
  });

  it('compute the same after optimisation', () => {
    fc.assert(
      fc.property(seeds, ([seed, size]) => {
        const rng = createRng(seed);
        // Unnamed registers are told apart by node number, which optimisation changes.
        const program = nameRegisters(randomProgram(rng, size));
        const optimized = optimize(program);
        expect(verifyProgram(optimized)).toEqual([]);
        expectEqualRuns(
          {
            ...program,
            modules: [{ ...program.modules.at(-1)!, nodes: [], memories: [], instances: [] }],
          },
          (onFailure) => createReference(program, { seed, onFailure }),
          (onFailure) => createReference(optimized, { seed, onFailure }),
          rng,
        );
      }),
      { numRuns: 100 },
    );
  });
});

function nameRegisters(program: Program): Program {
  return {
    ...program,
    modules: program.modules.map((module) => ({
      ...module,
      nodes: module.nodes.map((node, id) =>
        node.kind === 'register' ? { ...node, name: `register${id}` } : node,
      ),
    })),
  };
}
