import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { z } from 'zod';
import type { GivenOptions, MatrixSettings, PatternOptions } from '../engines/index.ts';
import { loadTokenizer, readExamples, readTokenizerFile } from '../transformer/index.ts';
import type { AnyMethod, Encoding, TextTokenizer } from '../transformer/index.ts';
import { settingOf } from './design-options.ts';
import { cliError } from './issue.ts';
import { collect } from './output.ts';
import { readYaml } from './yaml-file.ts';

/** What commands that work on a model take, as commander delivers it. */
export interface ModelOptions {
  readonly model?: string;
  readonly tokenizer?: string;
  readonly method?: string;
  readonly bits?: string;
  readonly embeddingBits?: string;
  readonly set?: readonly string[];
  readonly config?: string;
  readonly calibration?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** The model in the repository, which commands take unless told otherwise. */
export const bundledModel = fileURLToPath(new URL('../../models/tiny-nli', import.meta.url));

/** Adds the options of `ModelOptions`. */
export function withModelOptions(
  command: Command,
  methods: readonly string[],
  setText = 'option of the method; repeat for more',
): Command {
  return command
    .option('--model <folder>', 'checkpoint in Hugging Face layout (default: the bundled tiny-nli)')
    .option('--tokenizer <file>', 'YAML file that says how vocab.txt is used')
    .option('--method <name>', methods.join(', '))
    .option('--bits <n>', 'bits of a weight, or a name such as w4a4 where the method has them')
    .option('--embedding-bits <n>', 'the same for the tables of embeddings')
    .option('--set <key=value>', setText, collect)
    .option('--config <file>', 'YAML file with method, set, embeddings, matrices (by name pattern)')
    .option(
      '--calibration <file>',
      'examples that set the ranges of activations (default: calibration.jsonl of the model)',
    );
}

const optionsText = 'options as key: value';
const settings = z.record(z.string(), z.unknown(), optionsText);

const configSchema = z.strictObject(
  {
    method: z.string('the name of a method').optional(),
    set: settings.optional(),
    embeddings: settings.optional(),
    matrices: z.record(z.string(), settings, 'name patterns, each with options').optional(),
  },
  'keys and values, such as method: gobo',
);

/** How a model is to be quantized, as far as it can be said without the model. */
export interface QuantizerChoice {
  /** Undefined where none was named. */
  readonly method?: { readonly name: string; readonly place: string };
  /** `set` of the file, then `--set`. */
  readonly sets: readonly GivenOptions[];
  /** @param others keys of `sets` that are not for the method */
  settings(method: AnyMethod, others?: ReadonlySet<string>): MatrixSettings;
  /** Whether any option says how to quantize. */
  readonly given: readonly string[];
}

/** Joins the command line with the configuration file; the command line counts more. */
export async function chooseQuantizer(options: ModelOptions): Promise<QuantizerChoice> {
  const config = options.config === undefined ? {} : await readYaml(options.config, configSchema);
  const method =
    options.method !== undefined
      ? { name: options.method, place: '--method' }
      : config.method !== undefined
        ? { name: config.method, place: `${options.config}: method` }
        : undefined;
  const given = Object.fromEntries((options.set ?? []).map(settingOf));
  const set = Object.fromEntries(Object.entries(given).map(plainSetting));
  const keys = (['method', 'bits', 'embeddingBits', 'set', 'config'] as const).filter(
    (key) => options[key] !== undefined,
  );
  const ofFile = `${options.config}: set`;
  return {
    ...(method && { method }),
    given: keys.map((key) => `--${key === 'embeddingBits' ? 'embedding-bits' : key}`),
    sets: [...part(config.set, ofFile), ...part(options.set && given, '--set')],
    settings: (chosen, others = new Set()) => ({
      model: [
        ...part(config.set && without(config.set, others), ofFile),
        ...bitsOf(chosen, options.bits, '--bits'),
        ...part(options.set && without(set, others), '--set'),
      ],
      embeddings: [
        ...part(config.embeddings, `${options.config}: embeddings`),
        ...bitsOf(chosen, options.embeddingBits, '--embedding-bits'),
      ],
      patterns: Object.entries(config.matrices ?? {}).map(([pattern, given]) =>
        patternOptions(pattern, given, `${options.config}: matrices: ${pattern}`),
      ),
    }),
  };
}

const without = (
  options: Readonly<Record<string, unknown>>,
  others: ReadonlySet<string>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(options).filter(([key]) => !others.has(key)));

const part = (
  options: Readonly<Record<string, unknown>> | undefined,
  place: string,
): readonly GivenOptions[] => (options ? [{ options, place }] : []);

/** `--set` gives text; options of methods may be numbers with a fraction, or true and false. */
function plainSetting([key, value]: readonly [string, unknown]): readonly [string, unknown] {
  if (value === 'true' || value === 'false') return [key, value === 'true'];
  return [key, typeof value === 'string' && /^-?\d*\.?\d+$/.test(value) ? Number(value) : value];
}

function patternOptions(
  pattern: string,
  { quantize, ...options }: Readonly<Record<string, unknown>>,
  place: string,
): PatternOptions {
  if (quantize === undefined) return { pattern, options, place };
  if (typeof quantize === 'boolean') return { pattern, options, place, quantize };
  throw cliError({ code: 'bad-quantize', place, value: quantize });
}

/** What `--bits` means to a method. */
function bitsOf(
  method: AnyMethod,
  text: string | undefined,
  place: string,
): readonly GivenOptions[] {
  if (text === undefined) return [];
  const precisions: Readonly<Record<string, object>> = method.precisions ?? {};
  const named = Object.hasOwn(precisions, text) ? precisions[text] : undefined;
  if (named) return [{ options: named as Readonly<Record<string, unknown>>, place }];
  const hasBits = Object.hasOwn(method.options.shape, 'bits');
  if (hasBits && /^\d+$/.test(text)) return [{ options: { bits: Number(text) }, place }];
  const allowed = [...(hasBits ? ['a whole number'] : []), ...Object.keys(precisions)];
  throw cliError({ code: 'bad-bits', place, value: text, method: method.name, allowed });
}

/** The tokenizer of a model folder, by `--tokenizer` where given. */
export function tokenizerOf(folder: string, options: ModelOptions): TextTokenizer {
  const { tokenizer } = options;
  return loadTokenizer(folder, tokenizer === undefined ? undefined : readTokenizerFile(tokenizer));
}

/** Calibration takes so many examples at most, from the first on. */
const calibrationExamples = 256;

/**
 * The examples that set the ranges: those of `--calibration`, else of `calibration.jsonl` in the model's folder, else
 * undefined.
 *
 * @param test the data that accuracy is measured with, which must not be seen before
 */
export function calibrationOf(
  folder: string,
  options: ModelOptions,
  tokenizer: TextTokenizer,
  test?: string,
): { readonly data: string; readonly sequences: readonly Encoding[] } | undefined {
  const usual = join(folder, 'calibration.jsonl');
  const path = options.calibration ?? (existsSync(usual) ? usual : undefined);
  if (path === undefined) return undefined;
  const examples = readExamples(path, calibrationExamples);
  if (test !== undefined && realpathSync(path) === realpathSync(test)) {
    throw cliError({ code: 'calibration-is-test', path });
  }
  const sequences = examples.map(({ text, pair }) => tokenizer.encode(text, pair));
  return { data: basename(path), sequences };
}

/** A whole number of an option, from `min` on; undefined where the option is not given. */
export function numberOf(
  option: string,
  text: string | undefined,
  min: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= 2 ** 31)) {
    throw cliError({ code: 'bad-number', option, value: text, min });
  }
  return value;
}
