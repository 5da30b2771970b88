import { closest } from 'fastest-levenshtein';
import { z } from 'zod';

import { InputError } from '../numeric/index.ts';
import type { Method } from './method.ts';

/** What a program can know of an option from its schema. */
export interface OptionHelp {
  readonly name: string;
  readonly meaning: string;
  /** Such as `a whole number from 2 to 6`. */
  readonly allowed: string;
  readonly standard: unknown;
}

/** The options of a method, in the order of its schema. */
export function optionsOf(method: Pick<Method, 'options'>): readonly OptionHelp[] {
  return Object.entries(method.options.shape).map(([name, schema]) => {
    const description = describe(schema);
    return {
      name,
      meaning: description.description ?? '',
      allowed: allowedText(description),
      standard: description.default,
    };
  });
}

/** What can be wrong with an option; `place` is where it was given. */
export type OptionIssue =
  | {
      readonly code: 'unknown-option-of-method';
      readonly place: string;
      readonly method: string;
      readonly key: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'bad-option-of-method';
      readonly place: string;
      readonly key: string;
      readonly value: unknown;
      readonly allowed: string;
    };

function refuse(issue: OptionIssue): InputError {
  return new InputError(describeIssue(issue), issue.code);
}

function describeIssue(issue: OptionIssue): string {
  switch (issue.code) {
    case 'unknown-option-of-method': {
      const { place, method, key, allowed } = issue;
      const cure =
        allowed.length === 0
          ? 'it has none.'
          : `did you mean '${closest(key, allowed)}'? Its options are ${allowed.join(', ')}.`;
      return `${place}: the method ${method} has no option '${key}'; ${cure}`;
    }
    case 'bad-option-of-method':
      return `${issue.place}: ${issue.key} is ${JSON.stringify(issue.value)} but must be ${issue.allowed}.`;
  }
}

/**
 * Complete options of a method: `given` values where there are some, defaults elsewhere.
 *
 * @param place where the values were given, for messages: `--set`, or a file and key
 * @throws InputError for an unknown key and a value out of range
 */
export function resolveOptions<O>(
  method: Method<O>,
  given: Readonly<Record<string, unknown>>,
  place: string,
): O {
  const { shape } = method.options;
  const allowed = Object.keys(shape);
  for (const [key, value] of Object.entries(given)) {
    const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (!schema) {
      throw refuse({ code: 'unknown-option-of-method', place, method: method.name, key, allowed });
    }
    if (!schema.safeParse(value).success) {
      const text = allowedText(describe(schema));
      throw refuse({ code: 'bad-option-of-method', place, key, value, allowed: text });
    }
  }
  return method.options.parse(given);
}

type Description = ReturnType<typeof describe>;

function describe(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/** A limit in words; zod states the limits of safe integers, which say nothing. */
const bound = (word: string, limit: number | undefined): readonly string[] =>
  isLimit(limit) ? [`${word} ${limit}`] : [];

const isLimit = (limit: number | undefined): limit is number =>
  limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;

function allowedText({ type, enum: values, minimum, maximum, items }: Description): string {
  if (values) return `one of ${values.join(', ')}`;
  const range = [...bound('from', minimum), ...bound(isLimit(minimum) ? 'to' : 'up to', maximum)]
    .map((part) => ` ${part}`)
    .join('');
  switch (type) {
    case 'integer':
      return `a whole number${range}`;
    case 'number':
      return `a number${range}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return typeof items === 'object' && !Array.isArray(items)
        ? `a list, each ${allowedText(items as Description)}`
        : 'a list';
    default:
      return 'a text';
  }
}
