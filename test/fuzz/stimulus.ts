import type { Module, Program } from '../../src/ir/index.ts';
import { rng } from '../../src/numeric/index.ts';
import { createReference } from '../../src/simulator/index.ts';
import type { Case } from './programs.ts';
import { cornerValue } from './random-program.ts';

/** Cycles in reset, so many that every value of a `defined` program is known in all engines. */
export const resetCycles = 10;
const comparedCycles = 16;

export interface Pin {
  readonly name: string;
  readonly width: number;
}

export interface Stimulus {
  /** Input ports of the top, then its resets. */
  readonly pins: readonly Pin[];
  /** `values[cycle][pin]` */
  readonly values: readonly (readonly bigint[])[];
  /** Domains whose clocks rise at the end of each cycle. */
  readonly clocks: readonly (readonly string[])[];
}

export const topOf = (program: Program): Module => program.modules.at(-1)!;

export const outputsOf = (program: Program): readonly Pin[] =>
  topOf(program).ports.filter((port) => port.direction === 'output');

/**
 * What drives the top of a case. Each pin has its own source of random values, so that dropping
 * another pin while shrinking changes nothing for it.
 */
export function stimulusOf({ seed, kind, program }: Case): Stimulus {
  const { ports, domains } = topOf(program);
  const resets = new Set(domains.map((domain) => domain.reset));
  const pins: Pin[] = [
    ...ports.filter((port) => port.direction === 'input'),
    ...[...resets].map((name) => ({ name, width: 1 })),
  ];
  const cycles = (kind === 'open' ? 0 : resetCycles) + comparedCycles;
  const columns = pins.map(({ name, width }) => {
    const source = rng(hash(seed, name));
    let held = 0n;
    return Array.from({ length: cycles }, (_, cycle): bigint => {
      if (resets.has(name)) {
        const active = kind === 'open' ? source.below(5) === 0 : source.below(12) === 0;
        return active || (kind !== 'open' && cycle < resetCycles) ? 0n : 1n;
      }
      if (source.below(3) > 0) held = cornerValue(source, width);
      return kind !== 'open' && name === 'go' && cycle < resetCycles ? 0n : held;
    });
  });
  const values = Array.from({ length: cycles }, (_, cycle) =>
    columns.map((column) => column[cycle]!),
  );
  const clockSource = rng(hash(seed, 'clocks'));
  const clocks = values.map(() =>
    domains.map((domain) => domain.name).filter(() => clockSource.below(3) > 0 || kind !== 'open'),
  );
  return { pins, values, clocks };
}

/** What the reference evaluator gives on every output in every cycle, as binary digits. */
export function expectedOutputs(test: Case, { pins, values }: Stimulus): string[][] {
  const reference = createReference(test.program, { seed: test.seed, onFailure: () => undefined });
  const outputs = outputsOf(test.program);
  return values.map((row) => {
    pins.forEach(({ name }, index) => {
      reference.poke(name, row[index]!);
    });
    reference.settle();
    const seen = outputs.map(({ name, width }) =>
      reference.peek(name).toString(2).padStart(width, '0'),
    );
    reference.tick();
    return seen;
  });
}

/** FNV-1a over the name, from the seed on. */
function hash(seed: number, name: string): number {
  let state = (seed ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < name.length; i++) {
    state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return state;
}
