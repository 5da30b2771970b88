import type { GivenOptions } from '../engines/index.ts';
import { families } from '../families/index.ts';
import { engineNames, resolveParameters } from '../testbench/index.ts';
import type { Design, Parameters } from '../testbench/index.ts';
import type { AnyMethod } from '../transformer/index.ts';
import { cliError } from './issue.ts';

/** What `--set`, and `set` of a configuration file, say in an evaluation. */
export interface EvalSettings {
  /** Values of the design that were given, checked; in order of its parameters. */
  readonly parameters: Parameters;
  /** Keys that say nothing to the method. */
  readonly ofDesignAlone: ReadonlySet<string>;
  /** The first place that says something to the method alone. */
  readonly ofMethod?: string;
}

const has = (known: object, key: string): boolean => Object.hasOwn(known, key);

/**
 * Tells options of the method from parameters of the design that it runs on. A key that both know, such as
 * activationBits of GOBO, means the same in both, and goes to both.
 *
 * @param design undefined where the engine is software
 * @throws InputError for a key that neither knows and a value that the design refuses
 */
export function evalSettings(
  method: AnyMethod,
  design: Design | undefined,
  given: readonly GivenOptions[],
): EvalSettings {
  const { shape } = method.options;
  const known = design?.parameters ?? {};
  const ofDesignAlone = new Set<string>();
  const found: Record<string, unknown> = {};
  let ofMethod: string | undefined;
  for (const { place, options } of given) {
    const own = Object.entries(options).filter(([key]) => has(known, key));
    for (const key of Object.keys(options)) {
      if (has(known, key)) {
        if (!has(shape, key)) ofDesignAlone.add(key);
      } else {
        if (!has(shape, key)) refuseUnknown(method, design, place, key);
        ofMethod ??= place;
      }
    }
    // Each place alone first, so that an error names it.
    if (design) resolveParameters(design, Object.fromEntries(own), place);
    Object.assign(found, Object.fromEntries(own));
  }
  const place = given.at(-1)?.place ?? '--set';
  const complete = design ? resolveParameters(design, found, place) : {};
  const parameters = Object.fromEntries(
    Object.entries(complete).filter(([key]) => has(found, key)),
  );
  return { parameters, ofDesignAlone, ...(ofMethod !== undefined && { ofMethod }) };
}

/** Throws for a key that neither knows; without a design, only for one that a design would have known. */
function refuseUnknown(
  method: AnyMethod,
  design: Design | undefined,
  place: string,
  key: string,
): void {
  if (design) {
    throw cliError({
      ...{ code: 'unknown-setting', place, key, method: method.name, design: design.name },
      options: Object.keys(method.options.shape),
      parameters: Object.keys(design.parameters),
    });
  }
  const able = families
    .filter((family) => family.method?.name === method.name)
    .flatMap(({ designs }) => designs)
    .find(({ lowering, parameters }) => lowering && has(parameters, key));
  if (!able) return;
  throw cliError({
    ...{ code: 'parameter-without-engine', place, key, design: able.name },
    allowed: engineNames,
  });
}
