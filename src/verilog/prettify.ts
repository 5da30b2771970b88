import { narrow } from '../ir/index.ts';
import type { Module, Pass } from '../ir/index.ts';
import { lowerMemories } from './lower-memories.ts';
import { rewriteModule } from './rewrite.ts';

const rewrite: Pass = (module) => rewriteModule(module);

/**
 * The passes that make a module read well and fit Verilog, in order; each keeps its meaning. Verilog
 * cannot slice an expression, and a linter reports every bit that nothing reads, so values are cut
 * to what is read where they are computed; what that brings together is cut once more.
 */
const passes: readonly Pass[] = [lowerMemories, narrow, rewrite, narrow, rewrite];

export const prettify = (module: Module): Module =>
  passes.reduce((current, pass) => pass(current), module);
