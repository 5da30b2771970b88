import { relative } from 'node:path';
import { Command } from 'commander';
import {
  assembleModel,
  evaluateModel,
  openModel,
  quantizeModel,
  testData,
  wholeModel,
} from '../engines/index.ts';
import type {
  DesignWork,
  EvaluationEngine,
  MatrixSettings,
  QuantizedModel,
  StoredModel,
  WholeModel,
} from '../engines/index.ts';
import { designOf, families, findDesign, findMethod, methods } from '../families/index.ts';
import { engineNames, namedParameters } from '../testbench/index.ts';
import type { Design, Parameters } from '../testbench/index.ts';
import { askTask, checkpointFrom, readExamples, taskNamed, tasks } from '../transformer/index.ts';
import type { AnyMethod, Checkpoint, Evaluation, LayerEvent, Task } from '../transformer/index.ts';
import { defaultSeed, seedOf } from './design-options.ts';
import { evalSettings } from './eval-settings.ts';
import { evalText } from './eval-text.ts';
import { cliError } from './issue.ts';
import {
  bundledModel,
  calibrationOf,
  chooseQuantizer,
  numberOf,
  tokenizerOf,
  withModelOptions,
} from './model-options.ts';
import type { ModelOptions, QuantizerChoice } from './model-options.ts';
import { json } from './output.ts';
import { progressOn } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface EvalOptions extends ModelOptions {
  readonly data?: string;
  readonly task?: string;
  readonly engine?: string;
  readonly design?: string;
  readonly check?: true;
  readonly truncate?: true;
  readonly limit?: string;
  readonly seed?: string;
  readonly jobs?: string;
}

const examples = `
Examples:
  systole eval
  systole eval --method gobo --bits 3 --embedding-bits 4
  systole eval --method gobo --engine golden --limit 20 --check
  systole eval --method gobo --engine verilator --design gobo-accelerator --limit 20
  systole eval --method gobo --engine simulator --design gobo-accelerator --set numbers=fp16 --limit 2
  systole eval --model ~/models/rxnmapper --data reactions.csv --task mlm --method linear --bits 4
  systole eval --model quantized/tiny-nli --data models/tiny-nli/test.jsonl
`;

/** The name for a model as it is. */
const unquantized = 'float';
const softwareEngines = ['float', 'exact'] as const;
/** Exit code of a run in which hardware and software differ. */
const differs = 1;

/** `systole eval`: the accuracy of a model, quantized or not, in any engine. */
export function evalCommand(terminal: Terminal): Command {
  const names = methods.map(({ name }) => name);
  const command = new Command('eval').description(
    'measure the accuracy of a model, quantized by any method, in software or on hardware',
  );
  return withModelOptions(
    command,
    [unquantized, ...names],
    'option of the method or parameter of the design; repeat for more',
  )
    .option('--data <file>', 'examples, .jsonl, .csv or .tsv (default: those in the model folder)')
    .option('--task <name>', `${tasks.map(({ name }) => name).join(', ')} (default: by the head)`)
    .option('--engine <name>', `${[...softwareEngines, ...engineNames].join(', ')}`)
    .option('--design <name>', 'design of the method that the engine runs (default: its first)')
    .option('--check', 'compare every product of a design with software (exit code 1)')
    .option('--truncate', 'cut examples that are too long for the model')
    .option('--limit <n>', 'only the first n examples')
    .option('--seed <n>', 'seed of masks and power-on values (default: 1)')
    .option('--jobs <n>', 'threads (default: all cores)')
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print the accuracy alone')
    .addHelpText('after', examples)
    .action((options: EvalOptions) => evaluate(options, terminal));
}

/** What `eval --json` prints. */
export interface EvalReport extends Evaluation {
  readonly model: string;
  readonly data: string;
  readonly method: string;
  readonly engine: string;
  /** Options of the method for the model as a whole, and of the tables where they are others. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly embeddingOptions?: Readonly<Record<string, unknown>>;
  readonly calibration?: { readonly data: string; readonly examples: number };
  readonly wholeModel?: WholeModel;
  readonly hardware?: DesignWork & {
    readonly design: string;
    /** Those that were given. */
    readonly parameters?: Readonly<Record<string, number | string>>;
  };
  /** Tokens of every layer by their bits, of a method that decides about them. */
  readonly precisions?: readonly LayerEvent['precisions'][];
  readonly seconds: number;
}

async function evaluate(options: EvalOptions, terminal: Terminal): Promise<void> {
  const start = performance.now();
  const limit = numberOf('--limit', options.limit, 1);
  const jobs = numberOf('--jobs', options.jobs, 1);
  const seed = options.seed === undefined ? defaultSeed : seedOf(options.seed);
  const choice = await chooseQuantizer(options);
  const stored = openModel(options.model ?? bundledModel);
  const method = methodFor(stored, choice);
  const design = designFor(method, options);
  const usual = engineFor(method, design, options, seed);
  const hardware = usual.kind === 'design' ? design : undefined;
  const settings = method && evalSettings(method, hardware, choice.sets);
  if (stored.quantized) refuseQuantizing(stored, choice, settings?.ofMethod);
  const parameters = settings?.parameters ?? {};
  const engine = usual.kind === 'design' ? { ...usual, parameters } : usual;
  const progress = progressOn(terminal, 'eval', options.quiet === true || options.json === true);
  progress.at(0, 'reading the model');

  const data = options.data ?? relative(process.cwd(), testData(stored.folder));
  const tokenizer = tokenizerOf(stored.folder, options);
  const rows = readExamples(data, limit);
  const calibration = (): ReturnType<typeof calibrationOf> =>
    calibrationOf(stored.folder, options, tokenizer, data);
  const { checkpoint, quantized } = await prepare(
    stored,
    method,
    settings && ((chosen) => choice.settings(chosen, settings.ofDesignAlone)),
    needsCalibration(method, engine) ? calibration : undefined,
    progress,
  );
  const task = options.task === undefined ? taskFor(checkpoint) : taskNamed(options.task);
  const questionnaire = askTask(task, checkpoint, tokenizer, rows, {
    seed,
    truncate: options.truncate === true,
  });
  const { evaluation, work, precisions } = await evaluateModel({
    setup: { model: stored.path, ...(quantized && { quantized }), engine },
    questionnaire,
    resolve: { method: (name) => findMethod(name), design: (name) => findDesign(name).design },
    ...(jobs !== undefined && { jobs }),
    worker: new URL('../../bin/evaluation-worker.js', import.meta.url),
    onProgress: (done, total) => {
      progress.at(done / total, `${done} of ${total} examples`);
    },
  });
  progress.end();

  const report: EvalReport = {
    model: options.model ?? 'tiny-nli',
    data,
    method: method?.name ?? unquantized,
    engine: engine.kind === 'design' ? engine.engine : engine.kind,
    ...evaluation,
    ...(quantized && modelFacts(stored, checkpoint, quantized)),
    ...(work && hardware && { hardware: { ...designFacts(hardware, parameters), ...work } }),
    ...(precisions && { precisions }),
    seconds: Number(((performance.now() - start) / 1000).toFixed(1)),
  };
  if (options.json) terminal.out(json(report));
  else if (options.quiet) terminal.out(`${report.accuracy}\n`);
  else terminal.out(evalText(report));
  if (work && work.mismatches > 0) {
    terminal.err(
      `${work.mismatches} of ${work.compared} results of the hardware differ from software.\n`,
    );
    terminal.exitCode = differs;
  }
}

/** Undefined for a model as it is. */
function methodFor(stored: StoredModel, { method, given }: QuantizerChoice): AnyMethod | undefined {
  if (stored.quantized) return findMethod(stored.quantized.method, stored.path);
  if (method !== undefined && method.name !== unquantized) {
    return findMethod(method.name, method.place, [unquantized]);
  }
  const idle = given.find((option) => option !== '--method' && option !== '--config');
  if (idle === undefined) return undefined;
  throw cliError({
    code: 'missing-method',
    option: idle,
    methods: methods.map(({ name }) => name),
  });
}

/**
 * Throws where options say how to quantize what is quantized already; `--set` may be for the design alone.
 *
 * @param ofMethod the place of a setting that is for the method
 */
function refuseQuantizing(
  { path, quantized }: StoredModel,
  { given }: QuantizerChoice,
  ofMethod: string | undefined,
): void {
  const option = given.find((each) => each !== '--set' || ofMethod === '--set');
  if (option === undefined) return;
  throw cliError({ code: 'quantized-already', option, model: path, method: quantized!.method });
}

function engineFor(
  method: AnyMethod | undefined,
  design: Design | undefined,
  options: EvalOptions,
  seed: number,
): EvaluationEngine {
  const hardware = engineNames.find((name) => name === options.engine);
  const software = softwareEngines.find((name) => name === options.engine);
  if (options.engine !== undefined && !hardware && !software) {
    const allowed = [...softwareEngines, ...engineNames];
    throw cliError({ code: 'unknown-engine', name: options.engine, allowed });
  }
  if (hardware && !design) {
    const able = methods.filter((candidate) => designOf(candidate)).map(({ name }) => name);
    throw cliError({
      code: 'no-design',
      engine: hardware,
      method: method?.name ?? unquantized,
      able,
    });
  }
  if (options.check && !hardware) {
    throw cliError({ code: 'nothing-to-check', engine: software ?? 'float', allowed: engineNames });
  }
  if (hardware) {
    const check = options.check === true;
    return { kind: 'design', design: design!.name, engine: hardware, seed, check };
  }
  if (!method) return { kind: 'float' };
  return { kind: software ?? (method.weightOnly ? 'float' : 'exact') };
}

/** What the report says about the design, with the parameters that were given. */
function designFacts(
  design: Design,
  given: Parameters,
): Pick<NonNullable<EvalReport['hardware']>, 'design' | 'parameters'> {
  const parameters = namedParameters(design, given);
  return { design: design.name, ...(Object.keys(given).length > 0 && { parameters }) };
}

/** The design that `--design` names, which must compute with what the method packs; else its first. */
function designFor(
  method: AnyMethod | undefined,
  { design: name, engine }: EvalOptions,
): Design | undefined {
  if (name === undefined) return method && designOf(method);
  const { family, design } = findDesign(name, '--design');
  if (!engineNames.some((known) => known === engine)) {
    throw cliError({ code: 'design-without-engine', design: name, allowed: engineNames });
  }
  const able = families
    .filter((each) => each.method?.name === method?.name)
    .flatMap(({ designs }) => designs.filter(({ lowering }) => lowering).map((each) => each.name));
  if (method && family.method?.name === method.name && design.lowering) return design;
  throw cliError({
    code: 'design-of-another-method',
    design: design.name,
    method: method?.name ?? unquantized,
    able,
  });
}

const needsCalibration = (method: AnyMethod | undefined, engine: EvaluationEngine): boolean =>
  engine.kind === 'design' || (engine.kind === 'exact' && method?.calibrate !== undefined);

/** The model in memory, quantized if a method is to be used. */
async function prepare(
  stored: StoredModel,
  method: AnyMethod | undefined,
  settings: ((method: AnyMethod) => MatrixSettings) | undefined,
  calibration: (() => ReturnType<typeof calibrationOf>) | undefined,
  progress: Progress,
): Promise<{ checkpoint: Checkpoint; quantized?: QuantizedModel }> {
  if (!method) return { checkpoint: checkpointFrom(stored.config, stored.file) };
  if (stored.quantized) {
    const { quantized } = stored;
    return { checkpoint: assembleModel(stored, quantized, method).checkpoint, quantized };
  }
  const checkpoint = checkpointFrom(stored.config, stored.file);
  const found = calibration?.();
  if (calibration && !found) {
    throw cliError({ code: 'missing-calibration', what: 'the engine', folder: stored.folder });
  }
  const { model } = await quantizeModel(stored, checkpoint, method, settings!(method), {
    ...(found && { calibration: found }),
    onProgress: (_, what) => {
      progress.at(0, `quantizing: ${what}`);
    },
  });
  return { checkpoint, quantized: model };
}

/** The task of the checkpoint's head; where there is none, the first task says what is missing. */
const taskFor = ({ head }: Checkpoint): Task =>
  tasks.find((candidate) => candidate.head === head.kind) ?? tasks[0]!;

function modelFacts(
  stored: StoredModel,
  checkpoint: Checkpoint,
  quantized: QuantizedModel,
): Pick<EvalReport, 'options' | 'embeddingOptions' | 'calibration' | 'wholeModel'> {
  const { options, matrices, calibration } = quantized;
  const table = matrices.find(({ kind }) => kind === 'embeddings')?.options;
  const differsFromModel = table && JSON.stringify(table) !== JSON.stringify(options);
  return {
    options,
    ...(differsFromModel && { embeddingOptions: table }),
    ...(calibration && {
      calibration: { data: calibration.data, examples: calibration.examples },
    }),
    wholeModel: wholeModel(stored, checkpoint, quantized),
  };
}
