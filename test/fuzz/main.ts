/** `make fuzz`: random programs through every engine, compared bit by bit. */
import { parseArgs } from 'node:util';
import { engineNames, engines } from './engines.ts';
import type { EngineName } from './engines.ts';
import { forgetRuntime } from './in-tools.ts';
import { fuzz } from './run.ts';
import type { EngineResult } from './run.ts';

const usage = `make fuzz FUZZ="[--engine ${engineNames.join(',')}] [--seeds 100] [--seed 1] [--failures 1] [--json]"`;

function refuse(problem: string): never {
  console.error(`${problem}; the command is ${usage}.`);
  process.exit(2);
}

function read(): {
  readonly engine: string;
  readonly seeds: string;
  readonly seed: string;
  readonly failures: string;
  readonly json: boolean;
} {
  try {
    return parseArgs({
      options: {
        engine: { type: 'string', default: 'reference,simulator' },
        seeds: { type: 'string', default: '100' },
        seed: { type: 'string', default: '1' },
        failures: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function count(option: string, value: string): number {
  return /^[1-9]\d{0,8}$/.test(value)
    ? Number(value)
    : refuse(`--${option} ${value} is not a whole number from 1 up`);
}

const options = read();
const names = options.engine.split(',').map((name): EngineName => {
  const known = engineNames.find((candidate) => candidate === name);
  return known ?? refuse(`--engine ${name} is none of ${engineNames.join(', ')}`);
});
const seeds = count('seeds', options.seeds);
const first = count('seed', options.seed);
const mostFailures = count('failures', options.failures);

const results: EngineResult[] = [];
for (const name of names) {
  if (!options.json) console.log(`${name}: ${engines[name].compares}`);
  const result = await fuzz(name, first, seeds, {
    mostFailures,
    onProgress: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${done} of ${seeds} seeds`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  results.push(result);
  if (options.json) continue;
  const unknown = result.undecided === 0 ? '' : `, ${result.undecided} of them undecided`;
  console.log(
    `  seeds ${first} to ${first + result.seeds - 1}${unknown}, ${result.seconds.toFixed(0)} s: ` +
      (result.failures.length === 0 ? 'no difference' : `${result.failures.length} failed`),
  );
  for (const failure of result.failures) {
    console.log(`\nseed ${failure.seed}: ${failure.problem}\n  ${failure.command}\n`);
    console.log(failure.program);
  }
}
await forgetRuntime();
if (options.json) console.log(JSON.stringify({ first, results }, null, 2));
process.exitCode = results.some((result) => result.failures.length > 0) ? 1 : 0;
