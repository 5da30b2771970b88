import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import {
  isQuantizationManifest,
  openModel,
  quantizationFile,
  quantizedFiles,
  quantizeModel,
  remainingTensors,
  wholeModel,
} from '../engines/index.ts';
import type { ModelFile, NamedReport, WholeModel } from '../engines/index.ts';
import { findMethod, methods } from '../families/index.ts';
import { writeFolder } from '../handoff/index.ts';
import { checkpointFrom } from '../transformer/index.ts';
import { cliError } from './issue.ts';
import {
  bundledModel,
  calibrationOf,
  chooseQuantizer,
  tokenizerOf,
  withModelOptions,
} from './model-options.ts';
import type { ModelOptions } from './model-options.ts';
import { json } from './output.ts';
import { progressOn } from './progress.ts';
import { quantizeText } from './quantize-text.ts';
import type { Terminal } from './terminal.ts';

interface QuantizeOptions extends ModelOptions {
  readonly out?: string;
}

const examples = `
Examples:
  systole quantize --method gobo --bits 3 --embedding-bits 4 --out quantized/tiny-nli
  systole quantize --model ~/models/roberta --config roberta.yaml --out quantized/roberta
    with  method: gobo
          set: { bits: 3 }
          matrices:
            'layer\\.[0-5]\\..*(value|intermediate)': { bits: 4 }
            'classifier': { quantize: true }
`;

/** Files of a model folder besides its tensors. */
const copied = [
  'config.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
];

/** `systole quantize`: writes a model with packed weights, and what quantizing did to each matrix. */
export function quantizeCommand(terminal: Terminal): Command {
  const command = new Command('quantize').description(
    'quantize the weights of a model and write them packed, with a report',
  );
  return withModelOptions(
    command,
    methods.map(({ name }) => name),
  )
    .option('--out <folder>', 'folder to write')
    .option('--json', 'print the report instead of text')
    .option('--quiet', 'print nothing on success')
    .addHelpText('after', examples)
    .action((options: QuantizeOptions) => quantize(options, terminal));
}

/** What `report.json` holds. */
export interface QuantizeReport {
  readonly model: string;
  readonly out: string;
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly calibration: { readonly data: string; readonly examples: number } | null;
  readonly matrices: readonly NamedReport[];
  readonly wholeModel: WholeModel;
}

async function quantize(options: QuantizeOptions, terminal: Terminal): Promise<void> {
  const { out } = options;
  if (out === undefined) throw cliError({ code: 'missing-out' });
  const choice = await chooseQuantizer(options);
  if (!choice.method) {
    throw cliError({ code: 'missing-method', methods: methods.map(({ name }) => name) });
  }
  const method = findMethod(choice.method.name, choice.method.place);
  const stored = openModel(options.model ?? bundledModel);
  const progress = progressOn(
    terminal,
    'quantize',
    options.quiet === true || options.json === true,
  );
  progress.at(0, 'reading the model');
  const checkpoint = checkpointFrom(stored.config, stored.file);
  const calibration = method.calibrate
    ? calibrationOf(stored.folder, options, tokenizerOf(stored.folder, options))
    : undefined;
  if (method.calibrate && !method.weightOnly && !calibration) {
    throw cliError({ code: 'missing-calibration', what: method.name, folder: stored.folder });
  }
  const { model, reports } = await quantizeModel(
    stored,
    checkpoint,
    method,
    choice.settings(method),
    {
      ...(calibration && { calibration }),
      onProgress: (fraction, what) => {
        progress.at(fraction, what);
      },
    },
  );
  const report: QuantizeReport = {
    model: options.model ?? 'tiny-nli',
    out,
    method: method.name,
    options: model.options,
    calibration: calibration
      ? { data: calibration.data, examples: calibration.sequences.length }
      : null,
    matrices: reports,
    wholeModel: wholeModel(stored, checkpoint, model),
  };
  await writeFolder(
    out,
    [
      ...(await copies(stored.folder)),
      ...quantizedFiles(
        model,
        method.format.extension,
        remainingTensors(stored, checkpoint, model),
      ),
      { path: 'report.json', content: json(report) },
    ],
    { file: quantizationFile, isOurs: isQuantizationManifest },
  );
  progress.end();
  if (options.json) terminal.out(json(report));
  else if (!options.quiet) terminal.out(quantizeText(report));
}

const copies = (folder: string): Promise<ModelFile[]> =>
  Promise.all(
    copied
      .filter((name) => existsSync(join(folder, name)))
      .map(async (path) => ({ path, content: await readFile(join(folder, path)) })),
  );
