/** The engines of this process: the reference evaluator on optimised programs, and the simulator. */
import { isDeepStrictEqual } from 'node:util';
import { parseProgram, passes, printProgram, verifyProgram } from '../../src/ir/index.ts';
import type { Node, Program } from '../../src/ir/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';
import type { CheckFailure, Simulator, Tuning } from '../../src/simulator/index.ts';
import type { Case } from './programs.ts';
import { resetCycles, stimulusOf, topOf } from './stimulus.ts';

const tunings: readonly Tuning[] = [
  { smallModule: 400, mostGrowth: 4000, chunkSize: 600 },
  { smallModule: 0, mostGrowth: 0, chunkSize: 6 },
];

/** The first difference between the compiled simulator and the reference evaluator. */
export function checkSimulator(test: Case): string | undefined {
  const { program, seed } = test;
  const tuning = tunings[seed % tunings.length]!;
  const difference = differenceOf(
    test,
    referenceTrace(test),
    record(test, (onFailure) => createSimulator(program, { seed, onFailure }, tuning)),
  );
  return difference === undefined ? undefined : `${difference}, with ${JSON.stringify(tuning)}`;
}

/**
 * The first fault of the passes or of the text form: a program that is not well formed, a text that
 * is read as another program, or passes after which the reference evaluator gives something else.
 */
export function checkPasses(test: Case): string | undefined {
  const [problem] = problemsOf(test, test.program);
  if (problem !== undefined) return problem;
  if (!isDeepStrictEqual(parseProgram(printProgram(test.program)), test.program)) {
    return 'the text is read as another program';
  }
  let { program } = test;
  const { seed } = test;
  for (const pass of passes) {
    program = { ...program, modules: program.modules.map(pass) };
    const [broken] = problemsOf(test, program);
    if (broken !== undefined) return `after ${pass.name}: ${broken}`;
  }
  if (powersOnByNumber(test)) return undefined;
  return differenceOf(
    test,
    referenceTrace(test),
    record({ ...test, program }, (onFailure) => createReference(program, { seed, onFailure }), []),
    test.kind === 'open' ? 0 : resetCycles,
  );
}

/** What the verifier finds, apart from the crossings that `open` programs are meant to have. */
export function problemsOf({ kind }: Case, program: Program): string[] {
  const isMeant = (problem: string) => kind === 'open' && problem.includes('crosses from domain');
  return verifyProgram(program).filter((problem) => !isMeant(problem));
}

/** Unnamed registers power on with values that depend on node numbers, which passes change. */
function powersOnByNumber({ kind, program }: Case): boolean {
  const isAnonymous = (node: Node) => node.kind === 'register' && node.name === undefined;
  return kind === 'open' && program.modules.some((module) => module.nodes.some(isAnonymous));
}

/** What a run showed, cycle by cycle. */
interface Trace {
  /** Words of all ports, one port after the other. */
  readonly pins: readonly (readonly number[])[];
  /** Failed checks, sorted. */
  readonly failures: readonly string[];
  /** What `peek` found in the last cycle. */
  readonly internals: ReadonlyMap<string, bigint>;
}

function record(
  test: Case,
  make: (onFailure: (failure: CheckFailure) => void) => Simulator,
  names: readonly string[] = internalsOf(test.program),
): Trace {
  const failed: string[] = [];
  const engine = make((failure) => failed.push(JSON.stringify(failure)));
  const { pins: inputs, values, clocks } = stimulusOf(test);
  const pins: number[][] = [];
  const places = topOf(test.program).ports.map(({ name }) => engine.pin(name));
  const failures: string[] = [];
  const internals = new Map<string, bigint>();
  for (const [cycle, row] of values.entries()) {
    inputs.forEach(({ name }, index) => {
      engine.poke(name, row[index]!);
    });
    engine.settle();
    pins.push(
      places.flatMap(({ offset, words }) => [...engine.pins.subarray(offset, offset + words)]),
    );
    // Looking at anything inside settles anew, so a sample has to do.
    if (cycle === values.length - 1) {
      const step = Math.ceil(names.length / 24);
      for (let i = test.seed % Math.max(1, step); i < names.length; i += step) {
        internals.set(names[i]!, engine.peek(names[i]!));
      }
    }
    engine.tick(clocks[cycle]);
    failures.push(failed.splice(0).sort().join('\n'));
  }
  return { pins, failures, internals };
}

const traces = new WeakMap<Case, Trace>();

function referenceTrace(test: Case): Trace {
  const { program, seed } = test;
  const known = traces.get(test);
  const trace = known ?? record(test, (onFailure) => createReference(program, { seed, onFailure }));
  traces.set(test, trace);
  return trace;
}

function differenceOf(test: Case, expected: Trace, got: Trace, from = 0): string | undefined {
  for (const [cycle, pins] of expected.pins.entries()) {
    if (cycle < from) continue;
    const other = got.pins[cycle]!;
    const word = pins.findIndex((value, index) => value !== other[index]);
    if (word >= 0) {
      const owners = topOf(test.program).ports.flatMap(({ name, width }) =>
        Array.from({ length: Math.ceil(width / 32) }, () => name),
      );
      const name = owners[word]!;
      return `cycle ${cycle}: a word of ${name} is ${hex(other[word]! >>> 0)}, expected ${hex(pins[word]! >>> 0)}`;
    }
    if (got.failures[cycle] !== expected.failures[cycle]) {
      return `cycle ${cycle}: failed checks ${got.failures[cycle]}, expected ${expected.failures[cycle]}`;
    }
  }
  for (const [name, value] of got.internals) {
    const wanted = expected.internals.get(name);
    if (value !== wanted)
      return `last cycle: ${name} is ${hex(value)}, expected ${hex(wanted ?? -1)}`;
  }
  return undefined;
}

const hex = (value: number | bigint): string => `0x${BigInt(value).toString(16)}`;

/** Names of everything that `peek` can find, by the program as written. */
function internalsOf(program: Program): string[] {
  const modules = new Map(program.modules.map((module) => [module.name, module]));
  const visit = (name: string, prefix: string): string[] => {
    const module = modules.get(name)!;
    return [
      ...module.ports.map((port) => prefix + port.name),
      ...module.nodes.flatMap((node) => (node.name === undefined ? [] : [prefix + node.name])),
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
