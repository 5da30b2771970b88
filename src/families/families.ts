import { closest } from 'fastest-levenshtein';
import { InputError } from '../numeric/index.ts';
import type { Design } from '../testbench/design.ts';
import type { Family } from './family.ts';
import { gobo } from './gobo/index.ts';

/** Every family; a new one is a folder and a line here. */
export const families: readonly Family[] = [gobo];

/** Every name that `--pe` takes: those of the families and of their designs. */
export const designNames = (): string[] =>
  families.flatMap((family) => [family.name, ...family.designs.map((design) => design.name)]);

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
        : family.designs.find((candidate) => candidate.name === name);
    if (design) return { family, design };
  }
  throw refuse({ code: 'unknown-design', place, name });
}
