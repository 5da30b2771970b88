import { closest } from 'fastest-levenshtein';
import { InputError } from '../numeric/index.ts';
import type { Design, Parameters, ParameterSpec } from './design.ts';

/** What can be wrong with a parameter; `place` is where it was given. */
export type ParameterIssue =
  | {
      readonly code: 'unknown-parameter';
      readonly place: string;
      readonly key: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'parameter-type';
      readonly place: string;
      readonly key: string;
      readonly value: unknown;
      readonly spec: ParameterSpec;
    }
  | {
      readonly code: 'parameter-range';
      readonly place: string;
      readonly key: string;
      readonly value: number;
      readonly spec: ParameterSpec;
    }
  | {
      readonly code: 'parameter-conflict';
      readonly place: string;
      readonly conflict: string;
    };

/** A value as it is shown: its name where it has one. */
export function valueText({ names = {} }: ParameterSpec, value: number): string {
  return Object.entries(names).find(([, named]) => named === value)?.[0] ?? `${value}`;
}

/** Every value allowed, where these are few enough to be listed: chosen ones, or all by name. */
function listedValues(spec: ParameterSpec): readonly string[] | undefined {
  const { min, max, values, names = {} } = spec;
  if (values) return values.map((value) => valueText(spec, value));
  const named = new Set(Object.values(names));
  if (named.size <= max - min) return undefined;
  return Array.from({ length: max - min + 1 }, (_, i) => valueText(spec, min + i));
}

/** The step of long lists of values that are all multiples of it, from the step itself on. */
function stepOf({ values = [], names }: ParameterSpec): number | undefined {
  const [step = 0] = values;
  const isRegular = values.every((value, i) => value === step * (i + 1));
  return names === undefined && values.length > 4 && isRegular ? step : undefined;
}

const either = (words: readonly string[]): string =>
  words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : words.join();

/** What a parameter may be, for a table: `1..32`, `2, 4..64`, `1, 2, 4` or `fixed, fp16`. */
export function rangeText(spec: ParameterSpec): string {
  const { min, max, names = {} } = spec;
  const step = stepOf(spec);
  if (step !== undefined) return `${step}, ${2 * step}..${spec.values!.at(-1)!}`;
  return listedValues(spec)?.join(', ') ?? [`${min}..${max}`, ...Object.keys(names)].join(', ');
}

/** The same as words: `a whole number from 1 to 32`, `a multiple of 2 up to 64`, `1, 2 or 4`, `fixed or fp16`. */
function allowedText(spec: ParameterSpec): string {
  const step = stepOf(spec);
  if (step !== undefined) return `a multiple of ${step} up to ${spec.values!.at(-1)!}`;
  const listed = listedValues(spec);
  if (listed) return either(listed);
  const { min, max, names = {} } = spec;
  return either([`a whole number from ${min} to ${max}`, ...Object.keys(names)]);
}

function describe(issue: ParameterIssue): string {
  switch (issue.code) {
    case 'unknown-parameter':
      return (
        `${issue.place}: there is no parameter '${issue.key}'; ` +
        `did you mean '${closest(issue.key, issue.allowed)}'? ` +
        `Parameters are ${issue.allowed.join(', ')}.`
      );
    case 'parameter-type':
      return (
        `${issue.place}: ${issue.key} is ${JSON.stringify(issue.value)} ` +
        `but must be ${allowedText(issue.spec)}.`
      );
    case 'parameter-range':
      return (
        `${issue.place}: ${issue.key} = ${issue.value} is ` +
        `${issue.spec.values ? 'not possible' : 'out of range'}; choose ${allowedText(issue.spec)}.`
      );
    case 'parameter-conflict':
      return `${issue.place}: ${issue.conflict}.`;
  }
}

const refuse = (issue: ParameterIssue): InputError => new InputError(describe(issue), issue.code);

function checked(place: string, key: string, given: unknown, spec: ParameterSpec): number {
  const { names = {} } = spec;
  const value = typeof given === 'string' && Object.hasOwn(names, given) ? names[given] : given;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw refuse({ code: 'parameter-type', place, key, value, spec });
  }
  if (value < spec.min || value > spec.max || spec.values?.includes(value) === false) {
    throw refuse({ code: 'parameter-range', place, key, value, spec });
  }
  return value;
}

/**
 * Complete parameters of a design: `given` values, by number or name, where there are some, defaults
 * elsewhere. Throws an `InputError` that names `place`, the key, the value and what is allowed, or
 * that says which values do not go together.
 */
export function resolveParameters(
  design: Pick<Design, 'parameters' | 'conflict'>,
  given: Readonly<Record<string, unknown>>,
  place: string,
): Parameters {
  const allowed = Object.keys(design.parameters);
  for (const key of Object.keys(given)) {
    if (!allowed.includes(key)) throw refuse({ code: 'unknown-parameter', place, key, allowed });
  }
  const parameters = Object.fromEntries(
    Object.entries(design.parameters).map(([key, spec]) => [
      key,
      given[key] === undefined ? spec.default : checked(place, key, given[key], spec),
    ]),
  );
  const conflict = design.conflict?.(parameters);
  if (conflict !== undefined) throw refuse({ code: 'parameter-conflict', place, conflict });
  return parameters;
}

/** Parameters as they are shown and written to files: a value that has a name by its name. */
export function namedParameters(
  design: Pick<Design, 'parameters'>,
  parameters: Parameters,
): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => {
      const text = valueText(design.parameters[key]!, value);
      return [key, text === `${value}` ? value : text];
    }),
  );
}
