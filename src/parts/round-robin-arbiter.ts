import {
  bundle,
  defineModule,
  fires,
  input,
  mux,
  output,
  reg,
  stream,
  uint,
  when,
} from '../hdl/index.ts';
import type { Fields } from '../hdl/index.ts';
import { arbiterSize, arbitrate, lowestOne } from './arbitration.ts';
import type { ArbiterParameters, ArbiterPorts } from './arbitration.ts';
import { checkStreamNames, part } from './part.ts';
import type { Part } from './part.ts';

const doc = `Round-robin arbiter: merges streams, each in its turn

After a beat of one stream the next streams in the list come first. A beat that waits sees at most
one beat of each other stream go before it. What was offered stays offered until it is taken.`;

const definition = defineModule(
  'round_robin_arbiter',
  {
    doc,
    parameters: { from: 'inputs, in the order of their turns' },
    named: (p: ArbiterParameters) => `round_robin_arbiter_${arbiterSize(p)}`,
  },
  ({ fields, from: names }: ArbiterParameters) => ({
    ports: {
      from: input(
        bundle(Object.fromEntries(names.map((name) => [name, stream(fields)]))),
        'beats that ask to pass',
      ),
      to: output(stream(fields), 'the beat whose turn it is'),
    },
    body({ from, to }) {
      // One bit for each stream that comes after the last one that was served.
      const later = reg(uint(names.length), { init: 0 });
      const sources = names.map((name) => from[name]!);
      const { requests, held, grant } = arbitrate(sources, to, (requests) => {
        const preferred = requests.and(later);
        return lowestOne(mux(preferred.any(), preferred, requests));
      });
      when(fires(to), () => {
        later.set(grant.or(grant.subWrap(1)).not());
      });
      return { requests, later, held, grant };
    },
  }),
);

/**
 * Round-robin arbiter: one input for each name in `from`, and `to`.
 *
 * Full throughput, no latency. Combinational paths: from the inputs to `to`, and to every `ready`
 * of them from `to.ready` and from `valid` of all.
 */
export function roundRobinArbiter<F extends Fields, const N extends string>(
  parameters: ArbiterParameters<F, N>,
): Part<ArbiterParameters<F, N>, ArbiterPorts<F, N>> {
  checkStreamNames(roundRobinArbiter, 'from', parameters.from);
  return part(definition, parameters);
}
