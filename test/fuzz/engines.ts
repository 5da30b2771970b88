/** The engines of the fuzzer by name: which programs they take, how many at a time. */
import { optimize } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { checkPasses, checkSimulator } from './in-process.ts';
import { checkIcarus, checkVerilator, proveEqual } from './in-tools.ts';
import type { Findings } from './in-tools.ts';
import { withPrefix } from './programs.ts';
import type { Case, Kind } from './programs.ts';
import { topOf } from './stimulus.ts';

export interface FuzzEngine {
  /** What it compares, in a few words. */
  readonly compares: string;
  /** The program of a seed that it takes. */
  kindOf(seed: number): Kind;
  /** Programs in one run of the external program. */
  readonly batch: number;
  /** Runs to spend on making a failing program small. */
  readonly shrinkAttempts: number;
  check(cases: readonly Case[]): Promise<Findings>;
}

export const undecided = 'undecided';
const proofSeconds = 20;

export const engineNames = ['reference', 'simulator', 'icarus', 'verilator', 'yosys'] as const;
export type EngineName = (typeof engineNames)[number];

const openOrDefined = (seed: number): Kind => (seed % 2 === 0 ? 'open' : 'defined');

const each =
  (check: (test: Case) => string | undefined) =>
  (cases: readonly Case[]): Promise<Findings> =>
    Promise.resolve(cases.map((test) => guarded(() => check(test))));

export const engines: Readonly<Record<EngineName, FuzzEngine>> = {
  reference: {
    compares: 'verifier, text form, and the reference evaluator before and after the passes',
    kindOf: openOrDefined,
    batch: 1,
    shrinkAttempts: 600,
    check: each(checkPasses),
  },
  simulator: {
    compares: 'the compiled simulator with the reference evaluator',
    kindOf: openOrDefined,
    batch: 1,
    shrinkAttempts: 600,
    check: each(checkSimulator),
  },
  icarus: {
    compares: 'Icarus on the emitted Verilog, without warnings, with the reference evaluator',
    kindOf: () => 'defined',
    batch: 20,
    shrinkAttempts: 200,
    check: checkIcarus,
  },
  verilator: {
    compares: 'Verilator on the emitted Verilog, without warnings, with the reference evaluator',
    kindOf: () => 'defined',
    batch: 25,
    shrinkAttempts: 60,
    check: checkVerilator,
  },
  yosys: {
    compares: 'by proof: the Verilog of a program as written and after the passes',
    kindOf: () => 'small',
    batch: 1,
    shrinkAttempts: 60,
    check: (cases) => Promise.all(cases.map(checkYosys)),
  },
};

async function checkYosys({ program }: Case): Promise<string | undefined> {
  const files = [...wrapped(program, 'gold'), ...wrapped(optimize(program), 'gate')];
  const { ports, domains } = topOf(program);
  const quiet = [
    ...domains.map((domain) => domain.reset),
    ...ports.flatMap((port) => (port.name === 'go' ? ['go'] : [])),
  ];
  const proof = await proveEqual(files, quiet, proofSeconds);
  if (proof === 'equal') return undefined;
  return proof === 'undecided' ? undecided : proof.problem;
}

/** The Verilog of a program below a top of the given name, which has every clock and reset as a port. */
function wrapped(program: Program, name: string): { name: string; text: string }[] {
  const emitted = emitVerilog(withPrefix(program, `${name}_`));
  const { ports, domains } = topOf(program);
  const range = (width: number) => `[${width - 1}:0]`;
  const declared = [
    ...domains.flatMap(({ clock, reset }) => [`input ${clock}`, `input ${reset}`]),
    ...ports.map((port) => `${port.direction} ${range(port.width)} ${port.name}`),
  ];
  const used = [
    ...emitted
      .at(-1)!
      .domains.flatMap(({ domain, clock, reset }) => [
        ...(clock ? [domain.clock] : []),
        ...(reset ? [domain.reset] : []),
      ]),
    ...ports.map((port) => port.name),
  ];
  const text = [
    `module ${name} (${declared.join(', ')});`,
    `  ${name}_${program.top} top (${used.map((port) => `.${port}(${port})`).join(', ')});`,
    'endmodule',
    '',
  ].join('\n');
  return [...emitted, { name: `${name}.v`, text }];
}

/** An engine that throws has failed on the program, too. */
function guarded(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    return String(error);
  }
}
