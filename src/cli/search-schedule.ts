import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { evaluateModel, openModel, quantizeModel } from '../engines/index.ts';
import type { EvaluationSetup, QuantizedModel } from '../engines/index.ts';
import {
  cheapestWithin,
  findDesign,
  findMethod,
  paretoFront,
  profileGrid,
  scheduleCost,
  scheduleOf,
} from '../families/index.ts';
import type { MeasuredPoint, ProfilePoint, VssaOptions } from '../families/index.ts';
import { writeFolder } from '../handoff/index.ts';
import { InputError } from '../numeric/index.ts';
import { askTask, checkpointFrom, readExamples, taskNamed, tasks } from '../transformer/index.ts';
import type { Checkpoint, Questionnaire } from '../transformer/index.ts';
import { defaultSeed, seedOf } from './design-options.ts';
import { cliError } from './issue.ts';
import {
  bundledModel,
  calibrationOf,
  chooseQuantizer,
  numberOf,
  tokenizerOf,
  withModelOptions,
} from './model-options.ts';
import type { ModelOptions } from './model-options.ts';
import { json } from './output.ts';
import { progressOn } from './progress.ts';
import { readSearch, searchFile, searchFiles, searchText } from './schedule-report.ts';
import type { SearchReport, SearchState } from './schedule-report.ts';
import type { Terminal } from './terminal.ts';

interface SearchOptions extends ModelOptions {
  readonly data?: string;
  readonly task?: string;
  readonly r0?: string;
  readonly rho?: string;
  readonly drop?: string;
  readonly out?: string;
  readonly truncate?: true;
  readonly limit?: string;
  readonly seed?: string;
  readonly jobs?: string;
}

const examples = `
Examples:
  systole search-schedule --out build/schedule
  systole search-schedule --set scope=full --set code=own-scale --drop 1 --out build/full
  systole eval --config build/schedule/schedule.yaml
A search that was stopped goes on where it was when it is started again.
`;

const methodName = 'vssa';
const usual = { r0: '1,0.9,0.8,0.7,0.6,0.5', rho: '1,0.75,0.5,0.25,0', drop: '0.5' };

/** `systole search-schedule`: what share of tokens may have 4 bits or none, at what accuracy and cost. */
export function searchScheduleCommand(terminal: Terminal): Command {
  const command = new Command('search-schedule').description(
    'measure schedules of token precisions, and choose the cheapest that is accurate enough',
  );
  return withModelOptions(command, [methodName])
    .option('--data <file>', 'examples to measure with (default: those of --calibration)')
    .option('--task <name>', `${tasks.map(({ name }) => name).join(', ')} (default: by the head)`)
    .option('--r0 <list>', `shares that survive in the last layer (default: ${usual.r0})`)
    .option('--rho <list>', `shares with 8 bits among those (default: ${usual.rho})`)
    .option('--drop <points>', `percentage points of accuracy to lose (default: ${usual.drop})`)
    .option('--truncate', 'cut examples that are too long for the model')
    .option('--limit <n>', 'only the first n examples')
    .option('--seed <n>', 'seed of masks (default: 1)')
    .option('--jobs <n>', 'threads (default: all cores)')
    .option('--out <folder>', 'folder to write, or to go on from')
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print nothing on success')
    .addHelpText('after', examples)
    .action((options: SearchOptions) => search(options, terminal));
}

async function search(options: SearchOptions, terminal: Terminal): Promise<void> {
  const out = options.out;
  if (out === undefined) throw cliError({ code: 'missing-out' });
  const jobs = numberOf('--jobs', options.jobs, 1);
  const grid = profileGrid(
    sharesOf('--r0', options.r0 ?? usual.r0),
    sharesOf('--rho', options.rho ?? usual.rho),
  );
  const drop = numbersOf('--drop', options.drop ?? usual.drop, 100)[0]! / 100;
  const progress = progressOn(
    terminal,
    'search-schedule',
    options.quiet === true || options.json === true,
  );
  progress.at(0, 'reading the model');
  const ready = await prepare(options);
  const { setup, questionnaire, checkpoint, model } = ready;
  const measure = async (evaluation: EvaluationSetup, onProgress: (part: number) => void) =>
    (
      await evaluateModel({
        setup: evaluation,
        questionnaire,
        resolve: { method: (name) => findMethod(name), design: (name) => findDesign(name).design },
        ...(jobs !== undefined && { jobs }),
        worker: new URL('../../bin/evaluation-worker.js', import.meta.url),
        onProgress: (done, total) => {
          onProgress(done / total);
        },
      })
    ).evaluation;

  const before = await earlier(out, setup);
  const known = (point: ProfilePoint, points: readonly MeasuredPoint[]): boolean =>
    points.some(({ r0End, rho }) => r0End === point.r0End && rho === point.rho);
  const missing = grid.filter((point) => !known(point, before?.points ?? []));
  const at = (step: number, part: number, what: string): void => {
    progress.at((step + part) / (missing.length + 1), what);
  };
  const reference =
    before?.reference ??
    (
      await measure({ model: ready.path, engine: { kind: 'float' } }, (part) => {
        at(0, part, 'floating point');
      })
    ).accuracy;

  let points: readonly MeasuredPoint[] = before?.points ?? [];
  const reported = (): SearchReport => {
    const front = paretoFront(points);
    return {
      model: options.model ?? 'tiny-nli',
      data: ready.data,
      ...{ setup, reference, drop, points, front, out },
      chosen: cheapestWithin(points, reference, drop) ?? null,
      resumed: before?.points.length ?? 0,
    };
  };
  const write = (): Promise<void> =>
    writeFolder(out, searchFiles(reported(), ready.options), {
      file: searchFile,
      isOurs: (text) => readSearch(text) !== undefined,
    });
  for (const [step, point] of missing.entries()) {
    const pointOptions = { ...ready.options, ...point };
    const { correct, predictions, accuracy } = await measure(
      {
        model: ready.path,
        quantized: { ...model, options: pointOptions },
        engine: { kind: 'exact' },
      },
      (part) => {
        at(step + 1, part, `r0End ${point.r0End}, rho ${point.rho}`);
      },
    );
    const cost = costOf(checkpoint, questionnaire, pointOptions);
    points = [...points, { ...point, ...cost, correct, predictions, accuracy }];
    await write();
  }
  if (missing.length === 0) await write();
  progress.end();
  if (options.json) terminal.out(json(reported()));
  else if (!options.quiet) terminal.out(searchText(reported()));
}

interface Prepared {
  readonly path: string;
  /** Name of the file of examples. */
  readonly data: string;
  readonly checkpoint: Checkpoint;
  readonly model: QuantizedModel;
  readonly options: VssaOptions;
  readonly questionnaire: Questionnaire;
  /** Everything that the measured accuracies depend on besides the point. */
  readonly setup: Readonly<Record<string, unknown>>;
}

async function prepare(options: SearchOptions): Promise<Prepared> {
  const limit = numberOf('--limit', options.limit, 1);
  const seed = options.seed === undefined ? defaultSeed : seedOf(options.seed);
  const choice = await chooseQuantizer(options);
  const { name, place } = choice.method ?? { name: methodName, place: '--method' };
  if (name !== methodName) {
    throw new InputError(
      `${place}: the method ${name} has no schedule to search for; choose ${methodName}, or leave it out.`,
    );
  }
  const method = findMethod(methodName);
  const stored = openModel(options.model ?? bundledModel);
  const tokenizer = tokenizerOf(stored.folder, options);
  const calibration = calibrationOf(stored.folder, options, tokenizer);
  if (!calibration) {
    throw cliError({ code: 'missing-calibration', what: methodName, folder: stored.folder });
  }
  const data = options.data ?? options.calibration ?? join(stored.folder, 'calibration.jsonl');
  const checkpoint = checkpointFrom(stored.config, stored.file);
  const { model } = await quantizeModel(stored, checkpoint, method, choice.settings(method), {
    calibration,
  });
  const chosen = model.options as VssaOptions;
  const listed = (['r0', 'r1'] as const).find((key) => chosen[key].length > 0);
  if (listed) {
    throw new InputError(
      `${listed} says what every layer does, which leaves nothing to search for; leave it out.`,
    );
  }
  const truncate = options.truncate === true;
  const task =
    options.task === undefined
      ? (tasks.find(({ head }) => head === checkpoint.head.kind) ?? tasks[0]!)
      : taskNamed(options.task);
  const rows = readExamples(data, limit);
  const questionnaire = askTask(task, checkpoint, tokenizer, rows, { seed, truncate });
  const fixed = Object.fromEntries(
    Object.entries(chosen).filter(([key]) => key !== 'r0End' && key !== 'rho'),
  );
  return {
    ...{ path: stored.path, checkpoint, model, questionnaire },
    data: basename(data),
    options: chosen,
    setup: {
      options: fixed,
      task: task.name,
      examples: rows.length,
      model: digest([JSON.stringify(model.calibration), ...model.matrices.map((m) => m.bytes)]),
      questions: digest([JSON.stringify(questionnaire.questions)]),
    },
  };
}

const digest = (parts: readonly (string | Uint8Array)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

/** What an earlier run left; undefined where there was none. */
async function earlier(
  out: string,
  setup: Readonly<Record<string, unknown>>,
): Promise<SearchState | undefined> {
  const path = join(out, searchFile);
  const state = readSearch(await readFile(path, 'utf8').catch(() => ''));
  if (!state) return undefined;
  const differing = Object.keys(setup).filter(
    (key) => JSON.stringify(setup[key]) !== JSON.stringify(state.setup[key]),
  );
  if (differing.length === 0) return state;
  throw new InputError(
    `--out: ${path} is of a search with other ${differing.join(', ')}; give another folder, or the settings of that search.`,
  );
}

/** Of the encoder and of attention alone, over the very sequences that accuracy is measured with. */
function costOf(
  { config, layers }: Checkpoint,
  { questions }: Questionnaire,
  options: VssaOptions,
): { readonly cost: number; readonly attentionCost: number } {
  const { model, attention } = scheduleCost(
    scheduleOf(options, layers.length),
    questions.map(({ sequence: { ids, frame } }) => ({
      length: ids.length,
      isProtected: frame?.length ?? 0,
    })),
    config,
    options,
  );
  return { cost: model, attentionCost: attention };
}

/** Numbers between commas, from 0 to `most`. */
function numbersOf(option: string, text: string, most: number): readonly number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const bad = values.findIndex((value) => !(value >= 0 && value <= most));
  if (bad < 0) return values;
  throw new InputError(
    `${option} ${text}: '${text.split(',')[bad]!}' must be a number from 0 to ${most}; separate several by commas.`,
  );
}

const sharesOf = (option: string, text: string): readonly number[] => numbersOf(option, text, 1);
