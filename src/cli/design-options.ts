import { z } from 'zod';
import { designNames, findDesign } from '../families/index.ts';
import type { Family } from '../families/index.ts';
import { namedParameters, resolveParameters } from '../testbench/index.ts';
import type { Design, Parameters } from '../testbench/index.ts';
import { cliError, largestSeed } from './issue.ts';
import { readYaml } from './yaml-file.ts';

/** What commands that work on a design take, as commander delivers it. */
export interface DesignOptions {
  readonly pe?: string;
  /** Each `key=value`. */
  readonly set?: readonly string[];
  readonly config?: string;
  readonly out?: string;
  readonly seed?: string;
}

/** The same, complete and checked: the command line before the file, the file before defaults. */
export interface DesignChoice {
  readonly pe: string;
  readonly family: Family;
  readonly design: Design;
  readonly parameters: Parameters;
  readonly out?: string;
  readonly seed: number;
}

export const defaultSeed = 1;

/** What a seed must be; ends the sentence "… must be". */
export const seedText = `a whole number from 0 to ${largestSeed}`;

/** What a configuration file may hold; the messages end the sentence "… must be". */
const configSchema = z.strictObject(
  {
    pe: z.string('the name of a design').optional(),
    out: z.string('the name of a folder').min(1, 'the name of a folder').optional(),
    seed: z.int(seedText).min(0, seedText).max(largestSeed, seedText).optional(),
    set: z.record(z.string(), z.unknown(), 'parameters as key: value').optional(),
  },
  'keys and values, such as pe: gobo',
);

/** A value of `--set`: a number where it looks like one, for the range check to judge. */
export function settingOf(text: string): readonly [string, unknown] {
  const match = /^([^=]+)=(.+)$/s.exec(text);
  if (!match) throw cliError({ code: 'bad-setting', setting: text });
  const [, key, value] = match;
  return [key!.trim(), /^\s*[+-]?\d+\s*$/.test(value!) ? Number(value) : value];
}

/** Values of all parameters, as messages show them: `pes=8 bits=3`. */
export const parametersText = ({ design, parameters }: DesignChoice): string =>
  Object.entries(namedParameters(design, parameters))
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

export function seedOf(text: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(seed <= largestSeed)) throw cliError({ code: 'bad-seed', value: text });
  return seed;
}

/** What a command that has its own defaults takes for parameters that are not given. */
export type UsualParameters = (
  chosen: Pick<DesignChoice, 'family' | 'design'>,
) => Readonly<Record<string, number>>;

/**
 * Joins the options of the command line with those of the configuration file. Throws `InputError`
 * for what is wrong with either, naming where it was given.
 */
export async function chooseDesign(
  options: DesignOptions,
  usual: UsualParameters = () => ({}),
): Promise<DesignChoice> {
  const config = options.config === undefined ? {} : await readYaml(options.config, configSchema);
  const pe = options.pe ?? config.pe;
  if (pe === undefined) throw cliError({ code: 'missing-design', designs: designNames() });
  const { family, design } = findDesign(
    pe,
    options.pe !== undefined ? '--pe' : `${options.config}: pe`,
  );
  const defaults = usual({ family, design });
  const settings = Object.fromEntries((options.set ?? []).map(settingOf));
  const configured = config.set ?? {};
  // Each alone first, so that an error names the place that it comes from.
  resolveParameters(design, configured, `${options.config}: set`);
  resolveParameters(design, settings, '--set');
  const parameters = resolveParameters(
    design,
    { ...defaults, ...configured, ...settings },
    '--set',
  );
  const out = options.out ?? config.out;
  return {
    pe,
    family,
    design,
    parameters,
    ...(out === undefined ? {} : { out }),
    seed: options.seed === undefined ? (config.seed ?? defaultSeed) : seedOf(options.seed),
  };
}
