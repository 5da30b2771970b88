/**
 * Mutation testing of the language, the IR, the emitter and the simulator: draws mutants by seed,
 * has Stryker try each of them against the tests, and lists those that no test finds.
 */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { draw, folders, keyOf, mutantsOf } from './mutants.ts';
import type { Mutant, Position } from './mutants.ts';

const usage =
  'npm run mutation -- [--seed 1] [--mutants 500] [--concurrency 1] [--again report.json] [--report reports/mutation.json]';
const root = join(import.meta.dirname, '../..');

/** What became of one mutant. */
interface Outcome extends Mutant {
  readonly status: string;
  /** Whether the mutant runs while files are loaded, before the first test. */
  readonly isStatic: boolean;
}

interface Setting {
  readonly scratch: string;
  readonly concurrency: number;
  readonly ignoreStatic: boolean;
}

function refuse(problem: string): never {
  console.error(`${problem}; the command is ${usage}.`);
  process.exit(2);
}

function read() {
  try {
    return parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        mutants: { type: 'string', default: '500' },
        concurrency: { type: 'string', default: '1' },
        again: { type: 'string' },
        report: { type: 'string', default: 'reports/mutation.json' },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function count(option: string, value: string): number {
  return /^[1-9]\d{0,5}$/.test(value)
    ? Number(value)
    : refuse(`--${option} ${value} is not a whole number from 1 up`);
}

/** A path with Icarus, and `ps` for Stryker, alone: tests that need slower programs skip. */
function pathWithIcarus(folder: string): string {
  for (const tool of ['iverilog', 'vvp', 'ps']) {
    const { stdout } = spawnSync('which', [tool], { encoding: 'utf8' });
    if (stdout !== '') symlinkSync(stdout.trim(), join(folder, tool));
  }
  return folder;
}

interface Mutator {
  readonly name: string;
  mutate(path: NodePath): Iterable<unknown>;
}

interface NodePath {
  readonly node: { readonly loc: Parameters<typeof keyOf>[1] };
  readonly hub: { readonly file: { readonly opts: { readonly filename: string } } };
}

/** Mutants that the next run of Stryker places, by key. */
const wanted = new Map<string, Mutant>();

/**
 * Makes Stryker place the wanted mutants and no others. Its ranges cannot say that, as they take in
 * everything inside of an expression, and with all mutants placed the tests run several times slower.
 */
async function placeOnlyWanted(): Promise<void> {
  const instrumenter = import.meta.resolve('@stryker-mutator/instrumenter');
  const { allMutators } = (await import(new URL('mutators/mutate.js', instrumenter).href)) as {
    readonly allMutators: Mutator[];
  };
  for (const mutator of allMutators) {
    const all = mutator.mutate.bind(mutator);
    mutator.mutate = (path) => {
      const file = relative(root, path.hub.file.opts.filename);
      return [...all(path)].filter((_, index) =>
        wanted.has(keyOf(file, path.node.loc, mutator.name, index)),
      );
    };
  }
}

/** One run of Stryker over some mutants; what becomes of each. */
async function tryAll(
  mutants: readonly Mutant[],
  { scratch, concurrency, ignoreStatic }: Setting,
): Promise<Outcome[]> {
  wanted.clear();
  for (const mutant of mutants) wanted.set(mutant.key, mutant);
  const results = await new Stryker({
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner', join(import.meta.dirname, 'reporter.js')],
    mutate: [...new Set(mutants.map(({ file }) => file))],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    ignoreStatic,
    concurrency,
    // Generous, as a busy machine must not look like an endless loop.
    timeoutMS: 40_000,
    timeoutFactor: 5,
    dryRunTimeoutMinutes: 30,
    // A line at the top of each file would shift the places that tests expect.
    disableTypeChecks: false,
    tempDirName: scratch,
    symlinkNodeModules: false,
    cleanTempDir: 'always',
    ignorePatterns: ['models', 'rtl-out', 'coverage', 'sim/build'],
    reporters: ['as-found'],
    allowConsoleColors: false,
  } as ConstructorParameters<typeof Stryker>[0]).runMutationTest();
  return results.map((result) => {
    const { location, mutatorName, replacement = '', status } = result;
    const file = relative(root, result.fileName);
    const at = ({ line, column }: Position) => ({ line, column: column - 1 });
    const place = { start: at(location.start), end: at(location.end) };
    const mutant = mutants.find(
      (each) =>
        each.replacement === replacement &&
        each.key.startsWith(keyOf(file, place, mutatorName, 0).slice(0, -1)),
    )!;
    return { ...mutant, status, isStatic: result.static ?? false };
  });
}

/**
 * A mutant that also runs while files are loaded needs a process of its own and all tests. Most of
 * them fail a test that runs them later, too; so that is tried first.
 */
async function tryInTwoSteps(mutants: readonly Mutant[], setting: Setting): Promise<Outcome[]> {
  const first = await tryAll(mutants, { ...setting, ignoreStatic: true });
  const isOpen = ({ status, isStatic }: Outcome) => isStatic && !isFound(status);
  const open = new Set(first.filter(isOpen).map(({ key }) => key));
  const rest = mutants.filter(({ key }) => open.has(key));
  console.log(`${rest.length} of them once more, from the loading of the files on`);
  const second = rest.length === 0 ? [] : await tryAll(rest, { ...setting, ignoreStatic: false });
  return [...first.filter(({ key }) => !open.has(key)), ...second];
}

function isFound(status: string): boolean {
  return status === 'Killed' || status === 'Timeout';
}

function printTable(outcomes: readonly Outcome[]): void {
  const rows = [...folders, 'all'].map((folder) => {
    const of = outcomes.filter((outcome) => folder === 'all' || outcome.folder === folder);
    const number = (status: string) => of.filter((outcome) => outcome.status === status).length;
    const found = of.filter(({ status }) => isFound(status)).length;
    return {
      folder,
      mutants: of.length,
      killed: number('Killed'),
      timeout: number('Timeout'),
      survived: number('Survived'),
      'no coverage': number('NoCoverage'),
      'score %': Number(((100 * found) / Math.max(1, of.length)).toFixed(1)),
    };
  });
  console.table(rows);
  for (const { file, line, key, mutator, replacement, status } of outcomes) {
    if (isFound(status)) continue;
    const [, column] = /:(\d+)-/.exec(key)!;
    const text = replacement.replace(/\s+/g, ' ').slice(0, 90);
    console.log(`${file}:${line}:${Number(column) + 1} ${mutator} becomes ${text} (${status})`);
  }
}

const values = read();
const seed = count('seed', values.seed);
const concurrency = count('concurrency', values.concurrency);
const files = folders.flatMap((folder) =>
  readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => `src/${folder}/${file}`),
);
const all = await mutantsOf(root, files);

const earlier: Outcome[] =
  values.again === undefined ? [] : JSON.parse(readFileSync(values.again, 'utf8')).outcomes;
const left = new Set(earlier.filter(({ status }) => !isFound(status)).map(({ key }) => key));
const drawn =
  values.again === undefined
    ? draw(all, count('mutants', values.mutants), seed)
    : all.filter(({ key }) => left.has(key));
console.log(`${drawn.length} of ${all.length} mutants, seed ${seed}`);

const scratch = mkdtempSync(join(tmpdir(), 'systole-mutation-'));
const tools = join(scratch, 'tools');
mkdirSync(tools);
symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
process.env['PATH'] = pathWithIcarus(tools);
process.chdir(root);
await placeOnlyWanted();
const outcomes = [
  ...earlier.filter(({ status }) => isFound(status)),
  ...(await tryInTwoSteps(drawn, { scratch, concurrency, ignoreStatic: true })),
].sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line);
rmSync(scratch, { recursive: true, force: true });
printTable(outcomes);
mkdirSync(dirname(values.report), { recursive: true });
writeFileSync(values.report, JSON.stringify({ seed, mutants: all.length, outcomes }, null, 2));
