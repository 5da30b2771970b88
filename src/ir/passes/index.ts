/** The passes over the IR, each a pure function of a module, and the order in which they run. */
import type { Module, Program } from '../module.ts';
import { fold } from './fold.ts';
import { narrow } from './narrow.ts';
import { prune } from './prune.ts';
import { share } from './share.ts';

export { fold } from './fold.ts';
export { narrow } from './narrow.ts';
export { prune, pruneExcept } from './prune.ts';
export { share } from './share.ts';
export { findDomainCrossings } from './domains.ts';
export type { DomainCrossing } from './domains.ts';
export { findCombinationalLoops } from './loops.ts';
export type { CombinationalLoop } from './loops.ts';

export type Pass = (module: Module) => Module;

/** In the order in which `optimize` runs them: what is cut by `narrow` gives `fold` more to do. */
export const passes: readonly Pass[] = [fold, share, prune, narrow, fold, prune];

/** Runs every pass over every module. The result computes the same in every bit and every cycle. */
export function optimize(program: Program): Program {
  return {
    ...program,
    modules: program.modules.map((module) => passes.reduce((result, pass) => pass(result), module)),
  };
}
