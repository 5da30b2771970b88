import { bit, input, reg, sint, uint, when } from '../../hdl/index.ts';
import type { Bit, PortDeclaration, Scalar, UIntType } from '../../hdl/index.ts';

/** Ports of a pipeline; combinational units do not have them. */
export type PipelinePorts = { readonly enable: PortDeclaration<UIntType<1>, 'input'> };

/** The port that moves a pipeline; none for a combinational unit, whose body must not read it. */
export const pipelinePorts = (stages: number): PipelinePorts =>
  stages > 0
    ? { enable: input(bit(), 'moves every stage by one') }
    : ({} as unknown as PipelinePorts);

/** Registers behind the values of a record, where this place is one of those that get them. */
export type Cut<P extends string> = <R extends Readonly<Record<string, Scalar>>>(
  place: P,
  values: R,
) => R;

/**
 * Cuts a unit into stages.
 *
 * @param places where registers may stand, those first that come first as stages are added
 */
export function pipeline<P extends string>(
  stages: number,
  enable: Bit,
  places: readonly P[],
): Cut<P> {
  const chosen = new Set(places.slice(0, stages));
  return (place, values) => {
    if (!chosen.has(place)) return values;
    const held = Object.entries(values).map(([name, value]) => {
      const type = value.kind === 'sint' ? sint(value.width) : uint(value.width);
      const stage = reg(type);
      when(enable, () => {
        (stage as { set(next: Scalar): void }).set(value);
      });
      return [name, stage];
    });
    return Object.fromEntries(held) as typeof values;
  };
}

/** Suffix of the names of modules. */
export const stagesName = (stages: number): string => (stages > 0 ? `_${stages}_stages` : '');
