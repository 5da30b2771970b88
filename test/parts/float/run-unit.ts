import type { Program } from '../../../src/ir/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import type { Unit } from './units.ts';

/** A combinational unit in the embedded simulator: bits of the operands -> bits of the result. */
export function simulated(
  { operands, result }: Unit,
  program: Program,
): (a: number, b: number) => number {
  const simulator = createSimulator(program);
  const [first, second] = operands;
  return (a, b) => {
    simulator.poke(first!.port, a);
    if (second) simulator.poke(second.port, b);
    return Number(simulator.peek(result.port));
  };
}
