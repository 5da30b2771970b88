import { readFileSync } from 'node:fs';

import { closest } from 'fastest-levenshtein';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';

import { InputError } from '../numeric/index.ts';
import type { VocabularyRule } from './tokenizer-rule.ts';

const token = z.string().min(1);
const everyKind = {
  vocabulary: z.string().min(1).optional(),
  special: z
    .strictObject({ unknown: token, begin: token, end: token, mask: token, padding: token })
    .partial()
    .optional(),
};
const kinds = {
  'word-level': z.strictObject({
    kind: z.literal('word-level'),
    pattern: z.string().min(1),
    ...everyKind,
  }),
  'word-piece': z.strictObject({
    kind: z.literal('word-piece'),
    lowercase: z.boolean().optional(),
    stripAccents: z.boolean().optional(),
    chineseCharacters: z.boolean().optional(),
    ...everyKind,
  }),
};
type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[];

/**
 * Reads a tokenizer file, which says in YAML how a vocab.txt is used:
 *
 * ```yaml
 * kind: word-level                # one entry per match of `pattern`; or word-piece
 * pattern: '\[[^\]]+]|Cl?|[0-9]'  # in single quotes, so that backslashes stay
 * vocabulary: vocab.txt           # from the model's folder; this is the default
 * special: { mask: '<mask>' }     # only those that differ from BERT's: unknown, begin, end, mask, padding
 * ```
 *
 * `word-piece` takes `lowercase`, `stripAccents` and `chineseCharacters`, each true or false, instead of `pattern`.
 *
 * @throws InputError for a file that cannot be read or is not YAML, for an unknown kind, and, all in one message, for
 *   keys that are unknown, absent or have values of another type
 */
export function readTokenizerFile(path: string): VocabularyRule {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof YAMLParseError) {
      throw new InputError(
        `${path}: is not valid YAML (${error.message.split('\n')[0]!.replace(/:$/, '')}); put regular expressions in single quotes.`,
      );
    }
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); give the path of a tokenizer file.`,
    );
  }
  const kind = (content as { kind?: unknown } | null)?.kind;
  const known = kindNames.find((name) => name === kind);
  if (!known) {
    const guess =
      typeof kind === 'string'
        ? ` did you mean "${closest(kind, kindNames)}"? Kinds are`
        : ' write';
    throw new InputError(
      `${path}: kind is ${JSON.stringify(kind) ?? 'absent'};${guess} ${kindNames.join(', ')}.`,
    );
  }
  const result = kinds[known].safeParse(content);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => problemsOf(known, content, issue));
    throw new InputError(`${path}: ${problems.join('; ')}.`);
  }
  return withoutUndefined(result.data) as VocabularyRule;
}

function problemsOf(kind: Kind, content: unknown, issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const allowed =
      at === 'special'
        ? Object.keys(everyKind.special.unwrap().shape)
        : Object.keys(kinds[kind].shape);
    return issue.keys.map(
      (key) =>
        `there is no key ${at ? `${at}.` : ''}${key}, did you mean ${closest(key, allowed)}? Keys are ${allowed.join(', ')}`,
    );
  }
  const value = issue.path.reduce<unknown>(
    (inside, key) => (inside as Record<PropertyKey, unknown> | undefined)?.[key],
    content,
  );
  return [`${at} is ${JSON.stringify(value) ?? 'absent'} (${issue.message})`];
}

/** `exactOptionalPropertyTypes`: zod's optional keys may be there and undefined, ours may not. */
function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined));
}
