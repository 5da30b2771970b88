import { relative } from 'node:path';
import { Command } from 'commander';
import { layerCases, verifyLayers } from '../engines/index.ts';
import type { LayerSelection } from '../engines/index.ts';
import { rng } from '../numeric/index.ts';
import {
  describeFirstMismatch,
  describeJobMismatch,
  jobsReport,
  jobsTable,
  verificationReport,
  verificationTables,
} from '../report/index.ts';
import { engineNames, layoutOf, openSession, valueText, verifyJobs } from '../testbench/index.ts';
import type { EngineName, Stalls } from '../testbench/index.ts';
import { loadCheckpoint } from '../transformer/index.ts';
import { chooseDesign, parametersText } from './design-options.ts';
import type { DesignChoice, DesignOptions } from './design-options.ts';
import { cliError } from './issue.ts';
import { bundledModel } from './model-options.ts';
import { collect, json } from './output.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface VerifyCommandOptions extends DesignOptions {
  readonly model?: string;
  readonly data?: string;
  readonly tensor?: string;
  readonly layer?: string;
  readonly engine: string;
  readonly cases: string;
  readonly json?: true;
  readonly quiet?: true;
}

interface Settings {
  readonly engine: EngineName;
  readonly cases: number;
  readonly stalls: Stalls;
}

const examples = `
Examples:
  systole verify --pe gobo
  systole verify --pe gobo --engine verilator --cases 64
  systole verify --pe gobo --model ~/models/rxnmapper --layer 3 --set bits=4
`;

/** Exit code of a run that found a difference. */
const differs = 1;

/** `systole verify`: proves that the hardware computes what the golden model computes. */
export function verifyCommand(terminal: Terminal): Command {
  return new Command('verify')
    .description('run real quantized layers through the hardware and compare every output')
    .option('--pe <name>', 'design, or family for its main design')
    .option('--model <folder>', 'checkpoint in Hugging Face layout (default: the bundled tiny-nli)')
    .option('--data <file>', 'examples, .jsonl, .csv or .tsv (default: those in the model folder)')
    .option('--tensor <name>', 'only this tensor of the checkpoint')
    .option('--layer <n>', 'only this layer, from 0')
    .option('--engine <name>', `${deviceNames.join(', ')}`, 'simulator')
    .option('--cases <n>', 'activation vectors (tokens) for each linear layer', '4')
    .option(
      '--set <key=value>',
      'parameter of the design, by number or name; repeat for more',
      collect,
    )
    .option('--config <file>', 'YAML file with pe, seed, set; the command line comes first')
    .option('--seed <n>', 'seed of examples, stalls and power-on values (default: 1)')
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print nothing on success')
    .addHelpText('after', examples)
    .action((options: VerifyCommandOptions) => verify(options, terminal));
}

/** Engines that hardware runs in; the golden model is what they are compared with. */
const deviceNames = engineNames.filter((name) => name !== 'golden');

async function verify(options: VerifyCommandOptions, terminal: Terminal): Promise<void> {
  const choice = await chooseDesign(options);
  const engine = deviceNames.find((name) => name === options.engine);
  if (!engine) {
    throw cliError({ code: 'unknown-engine', name: options.engine, allowed: deviceNames });
  }
  const settings: Settings = {
    engine,
    cases: wholeNumber('--cases', options.cases, 1),
    // Seeds of stalls start at 1.
    stalls: { seed: (choice.seed % 0xffffffff) + 1, source: 64, sink: 64 },
  };
  const found = choice.design.lowering
    ? await verifyModel(choice, settings, options, terminal)
    : await verifyRandom(choice, settings, options, terminal);
  if (options.json) terminal.out(json(found.report));
  else if (!options.quiet || !found.report.verified) terminal.out(`${found.text}\n`);
  if (found.report.verified) return;
  terminal.err(
    `${found.mismatch ?? 'Not everything that is due was compared.'}\n` +
      `Seed ${choice.seed}; to see it again: ${reproduction(choice, options)}\n`,
  );
  terminal.exitCode = differs;
}

interface Found {
  readonly report: { readonly verified: boolean };
  readonly text: string;
  readonly mismatch: string | undefined;
}

/** Every linear layer of a checkpoint, or those selected. */
async function verifyModel(
  choice: DesignChoice,
  { engine, cases, stalls }: Settings,
  options: VerifyCommandOptions,
  terminal: Terminal,
): Promise<Found> {
  const { design, parameters, seed, pe } = choice;
  const folder = options.model ?? bundledModel;
  const selection: LayerSelection = {
    ...(options.tensor === undefined ? {} : { tensor: options.tensor }),
    ...(options.layer === undefined ? {} : { layer: wholeNumber('--layer', options.layer, -1) }),
  };
  const progress = progressOn(terminal, 'verify', quiet(options));
  progress.at(0, 'reading the model');
  const layers = await layerCases(loadCheckpoint(folder), folder, {
    cases,
    random: rng(seed),
    selection,
    ...(options.data === undefined ? {} : { data: options.data }),
  });
  const results = await verifyLayers(design, design.lowering!, parameters, layers, {
    engine,
    seed,
    stalls,
    onProgress: (fraction) => {
      progress.at(fraction, `in ${engine}`);
    },
  });
  progress.end();
  const model = options.model ?? relative(process.cwd(), bundledModel);
  const report = verificationReport({ pe, engine, model, seed }, results);
  return {
    report,
    text: `${headOf(choice)}${verificationTables(report)}\n${nextSteps(choice, options)}`,
    mismatch: describeFirstMismatch(results),
  };
}

/** The design with its parameters, where it has some. */
function headOf(choice: DesignChoice): string {
  const parameters = parametersText(choice);
  return `${choice.design.name}${parameters === '' ? '' : ` (${parameters})`}\n`;
}

/** Random jobs, for a design that does not run matrices on its own. */
async function verifyRandom(
  choice: DesignChoice,
  { engine, cases, stalls }: Settings,
  options: VerifyCommandOptions,
  terminal: Terminal,
): Promise<Found> {
  const { design, parameters, seed, pe } = choice;
  const random = rng(seed);
  const jobs = Array.from({ length: cases }, () => {
    const job = design.randomJob(parameters, random);
    return { ...job, maxCycles: 4 * job.maxCycles };
  });
  const layout = layoutOf(design.rtl(parameters));
  const golden = await openSession('golden', design, parameters);
  const device = await openSession(engine, design, parameters, { seed });
  const progress = progressOn(terminal, 'verify', quiet(options));
  try {
    const verification = await verifyJobs(layout, jobs, golden, device, {
      stalls,
      onProgress: (done, total) => {
        progress.at(done / total, `in ${engine}`);
      },
    });
    const report = jobsReport({ pe, engine, model: null, seed }, cases, verification);
    return {
      report,
      text: `${headOf(choice)}${jobsTable(report)}`,
      mismatch: describeJobMismatch(verification),
    };
  } finally {
    progress.end();
    await device.close();
    await golden.close();
  }
}

const quiet = (options: VerifyCommandOptions): boolean =>
  options.quiet === true || options.json === true;

function wholeNumber(option: string, text: string, min: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= 2 ** 31)) {
    throw cliError({ code: 'bad-number', option, value: text, min });
  }
  return value;
}

/** The design as it was chosen, without what is usual. */
const designWords = ({ pe, design, parameters }: DesignChoice): readonly string[] => [
  '--pe',
  pe,
  ...Object.entries(parameters)
    .filter(([key, value]) => design.parameters[key]!.default !== value)
    .flatMap(([key, value]) => ['--set', `${key}=${valueText(design.parameters[key]!, value)}`]),
];

/** What is verified, as far as it was said. */
const modelWords = (options: VerifyCommandOptions): readonly string[] =>
  (['model', 'data', 'tensor', 'layer'] as const).flatMap((key) =>
    options[key] === undefined ? [] : [`--${key}`, options[key]],
  );

const command = (name: string, ...words: readonly string[]): string =>
  `npm run ${name} -- ${words.join(' ')}`;

/** The command that runs the same again. */
const reproduction = (choice: DesignChoice, options: VerifyCommandOptions): string =>
  command(
    'verify',
    ...designWords(choice),
    ...['--engine', options.engine, '--cases', options.cases, '--seed', `${choice.seed}`],
    ...modelWords(options),
  );

function nextSteps(choice: DesignChoice, options: VerifyCommandOptions): string {
  const design = designWords(choice);
  const other = options.engine === 'verilator' ? 'icarus' : 'verilator';
  const steps = [
    [command('gen', ...design), `write its Verilog to rtl-out/${choice.pe}`],
    [
      command('verify', ...design, ...modelWords(options), '--engine', other),
      'the same in another engine',
    ],
    [command('verify', ...design, '--model', '<folder>'), 'the same with your checkpoint'],
  ] as const;
  const width = Math.max(...steps.map(([words]) => words.length));
  return ['Next:', ...steps.map(([words, what]) => `  ${words.padEnd(width)}  ${what}`)].join('\n');
}
