import { findCombinationalLoops } from '../ir/index.ts';
import type { Program } from '../ir/index.ts';

/** Throws where a program cannot be simulated: a combinational loop has no settled state. */
export function refuseUnusable(program: Program): void {
  const [loop] = findCombinationalLoops(program);
  if (loop === undefined) return;
  throw new Error(
    `Module '${loop.module}' has a combinational loop, ${loop.path.join(' -> ')}; put a register into it.`,
  );
}
