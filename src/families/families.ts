import { closest } from 'fastest-levenshtein';
import { InputError } from '../numeric/index.ts';
import type { Design } from '../testbench/design.ts';
import { baselines } from '../transformer/index.ts';
import type { AnyMethod } from '../transformer/index.ts';
import { baseline } from './baseline/index.ts';
import type { Family } from './family.ts';
import { gobo } from './gobo/index.ts';
import { olive } from './olive/index.ts';
import { vssa } from './vssa/index.ts';

/** Every family; a new one is a folder and a line here. */
export const families: readonly Family[] = [gobo, olive, vssa, baseline];

/** Every name that `--pe` takes: those of the families and of their designs. */
export const designNames = (): string[] =>
  families
    .filter(({ designs }) => designs.length > 0)
    .flatMap((family) => [
      family.name,
      ...family.designs.map((design) => design.name),
      ...Object.keys(family.shortNames ?? {}),
    ]);

/** What can be wrong with the name of a design; `place` is where it was given. */
export interface DesignIssue {
  readonly code: 'unknown-design';
  readonly place: string;
  readonly name: string;
}

function refuse({ code, place, name }: DesignIssue): InputError {
  const names = designNames();
  return new InputError(
    `${place}: there is no design '${name}'; did you mean '${closest(name, names)}'? ` +
      `Designs are ${names.join(', ')}.`,
    code,
  );
}

/**
 * The design, with its family, that `--pe name` means. Throws an `InputError` if there is none,
 * naming the `place` that asked for it.
 */
export function findDesign(
  name: string,
  place = '--pe',
): { readonly family: Family; readonly design: Design } {
  for (const family of families) {
    const design =
      family.name === name
        ? family.designs[0]
        : family.designs.find(
            (candidate) => candidate.name === (family.shortNames?.[name] ?? name),
          );
    if (design) return { family, design };
  }
  throw refuse({ code: 'unknown-design', place, name });
}

/** Every method of quantization: those of the families, then the baselines. */
export const methods: readonly AnyMethod[] = [
  ...families.flatMap(({ method }) => method ?? []),
  ...baselines,
];

/** What can be wrong with the name of a method; `place` is where it was given. */
export interface MethodIssue {
  readonly code: 'unknown-method';
  readonly place: string;
  readonly name: string;
}

/**
 * The method of this name. Throws an `InputError` if there is none, naming the `place` that asked for it; `more` are
 * names that would have been right there, too.
 */
export function findMethod(
  name: string,
  place = '--method',
  more: readonly string[] = [],
): AnyMethod {
  const method = methods.find((candidate) => candidate.name === name);
  if (method) return method;
  const issue: MethodIssue = { code: 'unknown-method', place, name };
  const names = [...more, ...methods.map((candidate) => candidate.name)];
  throw new InputError(
    `${place}: there is no method '${name}'; did you mean '${closest(name, names)}'? ` +
      `Methods are ${names.join(', ')}.`,
    issue.code,
  );
}

/** The design that computes with what a method packs; undefined for a method without hardware. */
export const designOf = (method: AnyMethod): Design | undefined =>
  families
    .find((family) => family.method?.name === method.name)
    ?.designs.find(({ lowering }) => lowering);
