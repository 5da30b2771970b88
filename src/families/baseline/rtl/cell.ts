import { bit, defineModule, input, mux, output, reg, sint, when } from '../../../hdl/index.ts';
import { sumBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';

const doc = `Output-stationary multiply-accumulate cell

Operands pass through it to the right and down, the sum stays. In the step after the last operands of
a tile the sum is complete and shown; in all other steps 0 is, so that cells can share a bus.`;

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
      last: input(bit(), 'they are the last of a tile; only looked at with valid'),
      weight: input(sint(p.weightBits), 'from the left'),
      activation: input(sint(p.activationBits), 'from above'),
      valid_right: output(bit()),
      last_right: output(bit()),
      weight_right: output(sint(p.weightBits)),
      activation_below: output(sint(p.activationBits)),
      complete: output(bit(), 'the operands of the step before were the last'),
      sum: output(sint(sumBits(p)), 'when it is complete, else 0'),
    },
    body({ enable, valid, last, weight, activation, ...out }) {
      const passedValid = reg(bit(), { init: 0 });
      // That of the latest operands: where it is 1, the next ones begin a tile, as after reset.
      const passedLast = reg(bit(), { init: 1 });
      const passedWeight = reg(sint(p.weightBits));
      const passedActivation = reg(sint(p.activationBits));
      const total = reg(sint(sumBits(p)));

      when(enable, () => {
        passedValid.set(valid);
      });
      when(enable.and(valid), () => {
        passedLast.set(last);
        passedWeight.set(weight);
        passedActivation.set(activation);
        total.set(mux(passedLast, 0, total).accumulate(weight.mul(activation)));
      });

      out.valid_right.set(passedValid);
      out.last_right.set(passedLast);
      out.weight_right.set(passedWeight);
      out.activation_below.set(passedActivation);
      const complete = passedValid.and(passedLast);
      out.complete.set(complete);
      out.sum.set(mux(complete, total, 0));
      return { passedValid, passedLast, passedWeight, passedActivation, total };
    },
  }),
);
