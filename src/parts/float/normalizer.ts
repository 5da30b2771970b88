import { addressBits } from '../../ir/index.ts';
import { concat, constant, defineModule, input, mux, output, uint } from '../../hdl/index.ts';
import type { Bit, PortDeclaration, UInt, UIntType } from '../../hdl/index.ts';
import { part, refuse } from '../part.ts';
import type { Part } from '../part.ts';

export interface NormalizerParameters {
  /** Bits of the value: 2 or more. */
  readonly width: number;
  /** Most places that it must be able to shift, 1 .. width - 1; width - 1 by default. */
  readonly reach?: number;
}

type Ports = {
  readonly value: PortDeclaration<UIntType, 'input'>;
  readonly limit: PortDeclaration<UIntType, 'input'>;
  readonly normalized: PortDeclaration<UIntType, 'output'>;
  readonly shift: PortDeclaration<UIntType, 'output'>;
};

const doc = `Shifts left until a one leads, at most by a limit, and counts the places

Each step halves the distance: it shifts if that many leading bits are 0 and the limit allows it.
Where the limit allowed a step that was not taken, it allows all later ones.`;

const definition = defineModule(
  'normalizer',
  {
    doc,
    parameters: { width: 'bits of the value', reach: 'places that it shifts at least' },
    named: ({ width, reach }: NormalizerParameters) => `normalizer_${width}_by_${reach}`,
  },
  ({ width, reach = width - 1 }: NormalizerParameters) => ({
    ports: {
      value: input(uint(width)),
      limit: input(uint(normalizerSteps(reach)), 'most places to shift'),
      normalized: output(uint(width), 'the value, shifted left'),
      shift: output(uint(normalizerSteps(reach)), 'places it was shifted: leading zeros, or limit'),
    },
    body({ value, limit, normalized, shift }) {
      const names: Record<string, Record<string, UInt>> = {};
      const taken: Bit[] = [];
      let current: UInt = value;
      let allowed: UInt = limit;
      for (let step = normalizerSteps(reach) - 1; step >= 0; step -= 1) {
        const distance = 2 ** step;
        const clear = current
          .bits(width - distance, distance)
          .any()
          .not();
        const may = allowed.bit(step);
        const take = clear.and(may);
        const moved = concat(current.bits(0, width - distance), constant(distance, 0));
        const next = mux(take, moved, current);
        names[`by${distance}`] = { take, value: next };
        taken.push(take);
        current = next;
        if (step > 0) {
          const rest = allowed.bits(0, step);
          allowed = mux(may.and(clear.not()), constant(step, 2n ** BigInt(step) - 1n), rest);
          names[`by${distance}`]!['limit'] = allowed;
        }
      }
      normalized.set(current);
      shift.set(concat(...taken));
      return names;
    },
  }),
);

/** Bits of `limit` and `shift`. */
export const normalizerSteps = (reach: number): number => addressBits(reach + 1);

/**
 * Normalisation shifter and leading-zero counter: `value`, `limit` to `normalized`, `shift`.
 *
 * `shift` is the smaller of `limit` and the number of leading zeros, and `limit` for the value 0.
 * Both have as many bits as `reach` needs; more leading zeros than these can count are not counted.
 * Combinational. Our choice: counting and shifting are one chain of multiplexers, so that a limit
 * (the exponent at which numbers become subnormal) costs a gate per bit and no comparison.
 */
export function normalizer(parameters: NormalizerParameters): Part<NormalizerParameters, Ports> {
  const { width, reach = width - 1 } = parameters;
  if (!(Number.isInteger(width) && width >= 2)) {
    refuse(normalizer, `a normalizer shifts values of 2 bits or more, not ${width}`);
  }
  if (!(Number.isInteger(reach) && reach >= 1 && reach < width)) {
    refuse(
      normalizer,
      `a normalizer of ${width} bits reaches 1 to ${width - 1} places, not ${reach}`,
    );
  }
  const complete: NormalizerParameters = { width, reach };
  return part(definition, complete);
}
