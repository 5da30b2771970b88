import { closest } from 'fastest-levenshtein';
import { InputError } from '../numeric/index.ts';
import { resolveOptions } from '../transformer/index.ts';
import type { AnyMethod, MatrixKind, ModelMatrix } from '../transformer/index.ts';

/** Options of a method, not yet checked, with the place they come from. */
export interface GivenOptions {
  readonly place: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Options for the matrices whose names a pattern matches. */
export interface PatternOptions extends GivenOptions {
  /** A regular expression that matches anywhere in the name. */
  readonly pattern: string;
  /** Whether to quantize them at all; as for their kind unless given. */
  readonly quantize?: boolean;
}

/** Which matrices to quantize and how; what comes later counts more. */
export interface MatrixSettings {
  /** For the model as a whole. */
  readonly model: readonly GivenOptions[];
  /** For the tables of embeddings. */
  readonly embeddings: readonly GivenOptions[];
  readonly patterns: readonly PatternOptions[];
}

/** A matrix to be quantized, with the complete options for it. */
export interface PlannedMatrix extends ModelMatrix {
  readonly options: Readonly<Record<string, unknown>>;
}

export interface QuantizationPlan {
  /** Complete options for the model as a whole. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly matrices: readonly PlannedMatrix[];
}

/** What methods quantize that do not say more. */
const usualKinds: readonly MatrixKind[] = ['linear', 'embeddings'];

/**
 * Decides for every matrix of a model. Unless a pattern says otherwise, those of the method's kinds are quantized: the
 * usual ones are linear layers with the pooler and tables of embeddings, but not what stands on the encoder.
 *
 * @throws InputError for options that the method refuses, for a pattern that is no regular expression or matches no
 *   matrix, and where nothing is left to quantize
 */
export function planMatrices(
  method: AnyMethod,
  matrices: readonly ModelMatrix[],
  settings: MatrixSettings,
): QuantizationPlan {
  // Each alone first, so that an error names the place that it comes from.
  for (const { place, options } of [
    ...settings.model,
    ...settings.embeddings,
    ...settings.patterns,
  ]) {
    resolveOptions(method, options, place);
  }
  const patterns = settings.patterns.map((given) => ({
    ...given,
    expression: expressionOf(given, matrices),
  }));
  const merged = (layers: readonly GivenOptions[]): Readonly<Record<string, unknown>> =>
    resolveOptions(
      method,
      Object.assign({}, ...layers.map(({ options }) => options)) as Record<string, unknown>,
      layers.at(-1)?.place ?? method.name,
    ) as Readonly<Record<string, unknown>>;
  const kinds = method.kinds ?? usualKinds;
  const planned = matrices.flatMap((matrix): PlannedMatrix[] => {
    const matching = patterns.filter(({ expression }) => expression.test(matrix.name));
    const quantize = matching.findLast((given) => given.quantize !== undefined)?.quantize;
    if (!(quantize ?? kinds.includes(matrix.kind))) return [];
    const ofKind = matrix.kind === 'embeddings' ? settings.embeddings : [];
    return [{ ...matrix, options: merged([...settings.model, ...ofKind, ...matching]) }];
  });
  if (planned.length === 0) {
    throw new InputError(
      `${settings.patterns.at(-1)!.place}: nothing is left to quantize; let at least one matrix be quantized.`,
    );
  }
  return { options: merged(settings.model), matrices: planned };
}

function expressionOf(
  { place, pattern }: PatternOptions,
  matrices: readonly ModelMatrix[],
): RegExp {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch (error) {
    throw new InputError(`${place}: ${(error as Error).message}; correct the pattern.`);
  }
  if (matrices.some(({ name }) => expression.test(name))) return expression;
  const names = matrices.map(({ name }) => name);
  throw new InputError(
    `${place}: no matrix has a name that matches '${pattern}'; did you mean '${closest(pattern, names)}'? ` +
      `Matrices are ${names.join(', ')}.`,
  );
}
