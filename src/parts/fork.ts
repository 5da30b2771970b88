import {
  bundle,
  concat,
  defineModule,
  input,
  mux,
  output,
  reg,
  stream,
  uint,
  when,
} from '../hdl/index.ts';
import type { BundleType, Fields, PortDeclaration, StreamType } from '../hdl/index.ts';
import { fieldsWidth, setFields } from './fields.ts';
import { checkStreamNames, part } from './part.ts';
import type { Part } from './part.ts';

export interface ForkParameters<F extends Fields = Fields, N extends string = string> {
  readonly fields: F;
  /** Names of the output streams. */
  readonly to: readonly N[];
}

type Ports<F extends Fields, N extends string> = {
  readonly from: PortDeclaration<StreamType<F>, 'input'>;
  readonly to: PortDeclaration<BundleType<{ readonly [K in N]: StreamType<F> }>, 'output'>;
};

const doc = `Fork: gives every beat to every output

Each output takes the beat when it is ready, once; the next beat comes when all have taken it.`;

const definition = defineModule(
  'stream_fork',
  {
    doc,
    named: ({ fields, to }: ForkParameters) => `stream_fork_${to.length}x${fieldsWidth(fields)}`,
  },
  ({ fields, to: names }: ForkParameters) => ({
    ports: {
      from: input(stream(fields), 'beats that enter'),
      to: output(
        bundle(Object.fromEntries(names.map((name) => [name, stream(fields)]))),
        'a copy of every beat',
      ),
    },
    body({ from, to }) {
      const outputs = names.map((name) => to[name]!);
      const taken = reg(uint(outputs.length), { init: 0 });
      const ready = concat(...outputs.map((output) => output.ready).reverse());
      const done = taken.or(ready);
      const allDone = done.all();

      from.ready.set(allDone);
      outputs.forEach((output, index) => {
        output.valid.set(from.valid.and(taken.bit(index).not()));
        setFields(output.data, from.data);
      });
      when(from.valid, () => {
        taken.set(mux(allDone, 0, done));
      });
      return { taken, done, allDone };
    },
  }),
);

/**
 * Fork: `from`, and one output for each name in `to`.
 *
 * No output waits for another one, and `valid` never waits for `ready`. Combinational paths: from
 * `from` to the outputs, and from their `ready` to `from.ready`.
 */
export function fork<F extends Fields, const N extends string>(
  parameters: ForkParameters<F, N>,
): Part<ForkParameters<F, N>, Ports<F, N>> {
  checkStreamNames(fork, 'to', parameters.to);
  return part(definition, parameters);
}
