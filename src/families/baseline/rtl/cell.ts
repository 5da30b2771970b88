import { bit, defineModule, input, mux, output, reg, sint, when } from '../../../hdl/index.ts';
import { sumBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';

const doc = `Output-stationary multiply-accumulate cell

Operands pass through it to the right and down, the sum stays. The last operands of a tile move the
sum into the drain register, which otherwise takes what comes from below when it is told to.`;

export type CellParameters = Pick<ArrayParameters, 'weightBits' | 'activationBits' | 'maxLength'>;

/** The multiply-accumulate cell of the baseline array. */
export const cell = defineModule(
  'baseline_cell',
  {
    doc,
    parameters: {
      weightBits: 'bits of a signed weight',
      activationBits: 'bits of a signed activation',
      maxLength: 'longest dot product',
    },
  },
  (p: CellParameters) => ({
    ports: {
      enable: input(bit(), 'moves everything by one step'),
      valid: input(bit(), 'operands arrive'),
      last: input(bit(), 'they are the last of a tile; only with valid'),
      weight: input(sint(p.weightBits), 'from the left'),
      activation: input(sint(p.activationBits), 'from above'),
      shift: input(bit(), 'moves drain registers up'),
      drain_below: input(sint(sumBits(p))),
      valid_right: output(bit()),
      last_right: output(bit()),
      weight_right: output(sint(p.weightBits)),
      activation_below: output(sint(p.activationBits)),
      shift_right: output(bit()),
      drain: output(sint(sumBits(p)), 'finished sum, then those from below'),
    },
    body(ports) {
      const { enable, valid, last, weight, activation, shift } = ports;
      // Only `valid` must start from reset: what the others hold then runs ahead of the first operands.
      const passedValid = reg(bit(), { init: 0 });
      const passedLast = reg(bit());
      const passedShift = reg(bit());
      const passedWeight = reg(sint(p.weightBits));
      const passedActivation = reg(sint(p.activationBits));
      const total = reg(sint(sumBits(p)), { init: 0 });
      const drained = reg(sint(sumBits(p)));

      const sum = total.accumulate(weight.mul(activation));
      when(enable, () => {
        passedValid.set(valid);
        passedLast.set(last);
        passedShift.set(shift);
        passedWeight.set(weight);
        passedActivation.set(activation);
        when(valid, () => {
          total.set(mux(last, 0, sum));
        });
        when(last, () => {
          drained.set(sum);
        }).elseWhen(shift, () => {
          drained.set(ports.drain_below);
        });
      });

      ports.valid_right.set(passedValid);
      ports.last_right.set(passedLast);
      ports.shift_right.set(passedShift);
      ports.weight_right.set(passedWeight);
      ports.activation_below.set(passedActivation);
      ports.drain.set(drained);
      return {
        passedValid,
        passedLast,
        passedShift,
        passedWeight,
        passedActivation,
        total,
        drained,
        sum,
      };
    },
  }),
);
