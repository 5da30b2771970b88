import { bundle, defineModule, input, output, stream } from '../hdl/index.ts';
import type { Fields } from '../hdl/index.ts';
import { arbiterSize, arbitrate, lowestOne } from './arbitration.ts';
import type { ArbiterParameters, ArbiterPorts } from './arbitration.ts';
import { checkStreamNames, part } from './part.ts';
import type { Part } from './part.ts';

const doc = `Priority arbiter: merges streams, the first in the list before all others

A stream passes when those before it in the list offer nothing; it may wait for ever. What was
offered stays offered until it is taken.`;

const definition = defineModule(
  'priority_arbiter',
  {
    doc,
    parameters: { from: 'inputs, the most important first' },
    named: (p: ArbiterParameters) => `priority_arbiter_${arbiterSize(p)}`,
  },
  ({ fields, from: names }: ArbiterParameters) => ({
    ports: {
      from: input(
        bundle(Object.fromEntries(names.map((name) => [name, stream(fields)]))),
        'beats that ask to pass',
      ),
      to: output(stream(fields), 'the most important beat'),
    },
    body({ from, to }) {
      return arbitrate(
        names.map((name) => from[name]!),
        to,
        lowestOne,
      );
    },
  }),
);

/**
 * Fixed-priority arbiter: one input for each name in `from`, and `to`.
 *
 * Full throughput, no latency. Combinational paths: from the inputs to `to`, and to every `ready`
 * of them from `to.ready` and from `valid` of all.
 */
export function priorityArbiter<F extends Fields, const N extends string>(
  parameters: ArbiterParameters<F, N>,
): Part<ArbiterParameters<F, N>, ArbiterPorts<F, N>> {
  checkStreamNames(priorityArbiter, 'from', parameters.from);
  return part(definition, parameters);
}
