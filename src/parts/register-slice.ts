import { bit, defineModule, fires, input, output, reg, stream, when } from '../hdl/index.ts';
import type { Fields, PortDeclaration, StreamType } from '../hdl/index.ts';
import { fieldsWidth, registerFields, setFields } from './fields.ts';
import { part } from './part.ts';
import type { Part } from './part.ts';

export interface RegisterSliceParameters<F extends Fields = Fields> {
  readonly fields: F;
}

type Ports<F extends Fields> = {
  readonly from: PortDeclaration<StreamType<F>, 'input'>;
  readonly to: PortDeclaration<StreamType<F>, 'output'>;
};

const doc = `Register slice: cuts every combinational path of a stream

A beat can leave in the cycle after it came, and one moves in every cycle. While the receiver
refuses, the beat that was already on its way waits in the spare registers.`;

const definition = defineModule(
  'register_slice',
  {
    doc,
    named: ({ fields }: RegisterSliceParameters) => `register_slice_${fieldsWidth(fields)}`,
  },
  ({ fields }: RegisterSliceParameters) => ({
    ports: {
      from: input(stream(fields), 'beats that enter'),
      to: output(stream(fields), 'beats that leave, in the same order'),
    },
    body({ from, to }) {
      const front = registerFields(fields);
      const spare = registerFields(fields);
      const frontValid = reg(bit(), { init: 0 });
      const spareValid = reg(bit(), { init: 0 });
      const accepted = fires(from);
      const advance = to.ready.or(frontValid.not());

      from.ready.set(spareValid.not());
      to.valid.set(frontValid);
      setFields(to.data, front);
      when(advance, () => {
        frontValid.set(accepted.or(spareValid));
        spareValid.set(0);
        when(spareValid, () => {
          setFields(front, spare);
        }).otherwise(() => {
          setFields(front, from.data);
        });
      }).elseWhen(accepted, () => {
        spareValid.set(1);
        setFields(spare, from.data);
      });
      return { frontValid, front, spareValid, spare, accepted, advance };
    },
  }),
);

/**
 * Register slice (skid buffer): `from`, `to`.
 *
 * Every output comes from registers alone, in both directions, at full throughput: two beats of
 * registers, latency one cycle.
 */
export const registerSlice = <F extends Fields>(
  parameters: RegisterSliceParameters<F>,
): Part<RegisterSliceParameters<F>, Ports<F>> => part(definition, parameters);
