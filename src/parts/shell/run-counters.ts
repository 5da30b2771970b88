import { bit, defineModule, input, output, reg, uint, when } from '../../hdl/index.ts';
import type { PortDeclaration, UIntType } from '../../hdl/index.ts';
import { part } from '../part.ts';
import type { Part } from '../part.ts';

export interface RunCountersParameters {
  /** Bits of each count. */
  readonly bits: number;
}

type Ports = Readonly<
  Record<
    'clear' | 'operand' | 'result' | 'waiting' | 'starving',
    PortDeclaration<UIntType<1>, 'input'>
  > &
    Record<'cycles' | 'stalls' | 'starves', PortDeclaration<UIntType, 'output'>>
>;

const doc = `Counts the cycles of a run

Cycles run from the first operand taken after a clear to the last result delivered so far, both
included; the other counts look at the same cycles. What happens behind the last result does not
show until another one follows.`;

const definition = defineModule(
  'run_counters',
  {
    doc,
    parameters: { bits: 'bits of a count' },
    named: ({ bits }: RunCountersParameters) => `run_counters_${bits}`,
  },
  ({ bits }: RunCountersParameters) => ({
    ports: {
      clear: input(bit(), 'sets all counts to 0'),
      operand: input(bit(), 'an operand is taken'),
      result: input(bit(), 'a result is delivered'),
      waiting: input(bit(), 'a result waits for its sink'),
      starving: input(bit(), 'an operand would be taken and is not there'),
      cycles: output(uint(bits), 'cycles of the run'),
      stalls: output(uint(bits), 'cycles in which a result waited'),
      starves: output(uint(bits), 'cycles in which an operand was missing'),
    },
    body({ clear, operand, result, waiting, starving, cycles, stalls, starves }) {
      const begun = reg(bit(), { init: 0 });
      const elapsed = reg(uint(bits), { init: 0 });
      const starved = reg(uint(bits), { init: 0 });
      const untilResult = reg(uint(bits), { init: 0 });
      const stalled = reg(uint(bits), { init: 0 });
      const starvedUntilResult = reg(uint(bits), { init: 0 });
      const counted = elapsed.addWrap(1);
      const starvedNow = starved.addWrap(starving.extend(bits));
      when(clear, () => {
        begun.set(0);
        for (const count of [elapsed, starved, untilResult, stalled, starvedUntilResult]) {
          count.set(0);
        }
      }).elseWhen(begun.or(operand), () => {
        begun.set(1);
        elapsed.set(counted);
        starved.set(starvedNow);
        when(waiting, () => stalled.set(stalled.addWrap(1)));
        when(result, () => {
          untilResult.set(counted);
          starvedUntilResult.set(starvedNow);
        });
      });
      cycles.set(untilResult);
      stalls.set(stalled);
      starves.set(starvedUntilResult);
      return { begun, elapsed, starved, untilResult, stalled, starvedUntilResult };
    },
  }),
);

/** Counts cycles, stalls and starves of runs: `clear`, what happens in a cycle, and the counts. */
export const runCounters = (
  parameters: RunCountersParameters,
): Part<RunCountersParameters, Ports> => part(definition, parameters);
