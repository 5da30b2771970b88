import type { ModuleDefinition, PortDeclarations } from '../hdl/index.ts';

/**
 * A module with its parameters, for `instance(...part)`, `instanceArray(...part, dimensions)` and
 * `elaborate(...part)`.
 *
 * A part is a function of its parameters, not a bare definition, because the types of its ports
 * follow from the `fields` among them: `instance(...fifo({ fields: { tag: uint(4) }, depth: 8 }))`
 * has `pop.data.tag` of 4 bits.
 */
export type Part<A, P extends PortDeclarations> = readonly [
  definition: ModuleDefinition<A, P>,
  parameters: A,
];

/**
 * The part of a definition. The definition knows of any fields only; `A` and `P` are what the
 * signature of the part says about these.
 */
export const part = <A, P extends PortDeclarations>(
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above: of any fields
  definition: ModuleDefinition<any, any>,
  parameters: A,
): Part<A, P> => [definition as ModuleDefinition<A, P>, parameters];

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of any parameters and ports
export type AnyPart = (parameters: any) => Part<any, any>;

/** Refuses parameters of a part, in the place where the part was called. */
export function refuse(part: (...parameters: never[]) => unknown, message: string): never {
  const error = new RangeError(message);
  Error.captureStackTrace(error, part);
  throw error;
}

/** Refuses a list of streams that is empty or names one twice. */
export function checkStreamNames(part: AnyPart, list: string, names: readonly string[]): void {
  if (names.length === 0) {
    refuse(part, `${part.name} needs at least one stream in ${list}: name one`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    refuse(
      part,
      `${part.name} has '${twice}' twice in ${list}: give each stream a name of its own`,
    );
  }
}
