/** Runs seeds through engines, and makes what fails small. */
import { printProgram } from '../../src/ir/index.ts';
import { engines, undecided } from './engines.ts';
import type { EngineName } from './engines.ts';
import type { Findings } from './in-tools.ts';
import { makeCase } from './programs.ts';
import type { Case } from './programs.ts';
import { shrink } from './shrink.ts';

export interface Failure {
  readonly engine: EngineName;
  readonly seed: number;
  readonly problem: string;
  /** The command that shows it again. */
  readonly command: string;
  /** The smallest program found that fails, in text form. */
  readonly program: string;
}

export interface EngineResult {
  readonly engine: EngineName;
  readonly seeds: number;
  /** Seeds on which a proof ran out of time. */
  readonly undecided: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}

/** Runs the seeds `first` .. `first + count - 1`; stops after `mostFailures`. */
export async function fuzz(
  engine: EngineName,
  first: number,
  count: number,
  options: {
    readonly mostFailures?: number;
    readonly onProgress?: (done: number) => void;
  } = {},
): Promise<EngineResult> {
  const { mostFailures = 1, onProgress } = options;
  const { batch, kindOf } = engines[engine];
  const start = performance.now();
  const failures: Failure[] = [];
  let unknown = 0;
  let done = 0;
  while (done < count && failures.length < mostFailures) {
    const size = Math.min(batch, count - done);
    const cases = Array.from({ length: size }, (_, i) =>
      makeCase(first + done + i, kindOf(first + done + i)),
    );
    const findings = await check(engine, cases);
    for (const [index, problem] of findings.entries()) {
      if (problem === undecided) unknown++;
      else if (problem !== undefined && failures.length < mostFailures) {
        failures.push(await report(engine, cases[index]!, problem));
      }
    }
    done += size;
    onProgress?.(done);
  }
  const seconds = (performance.now() - start) / 1000;
  return { engine, seeds: done, undecided: unknown, seconds, failures };
}

/** A batch that breaks as a whole is taken apart. */
async function check(engine: EngineName, cases: readonly Case[]): Promise<Findings> {
  try {
    return await engines[engine].check(cases);
  } catch (error) {
    if (cases.length === 1) return [String(error)];
    const alone = [];
    for (const test of cases) alone.push(...(await check(engine, [test])));
    return alone;
  }
}

async function report(engine: EngineName, test: Case, problem: string): Promise<Failure> {
  const fails = async (program: Case['program']) => {
    const [finding] = await check(engine, [{ ...test, program }]);
    return finding !== undefined && finding !== undecided && kindOf(finding) === kindOf(problem);
  };
  const smallest = (await fails(test.program))
    ? await shrink(test.program, fails, engines[engine].shrinkAttempts)
    : test.program;
  return {
    engine,
    seed: test.seed,
    problem,
    command: `make fuzz FUZZ="--engine ${engine} --seed ${test.seed} --seeds 1"`,
    program: printProgram(smallest),
  };
}

/** While shrinking, one problem must not turn into another: a warning into a difference, say. */
function kindOf(problem: string): string {
  return problem
    .replace(/'[^']*'/g, '')
    .replace(/d\d+_\w+\.v/g, '')
    .split(/[:,]/)
    .slice(0, 2)
    .join(':')
    .replace(/\d+/g, '');
}
