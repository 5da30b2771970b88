import type { Module } from '../ir/index.ts';
import { lowerMemories } from './lower-memories.ts';
import { narrow } from './narrow.ts';
import { rewriteModule } from './rewrite.ts';

/** The passes that make a module read well and fit Verilog, in order; each keeps its meaning. */
const passes: readonly ((module: Module) => Module)[] = [
  lowerMemories,
  narrow,
  // Narrowing brings new slices and extensions together.
  narrow,
  (module) => rewriteModule(module),
];

export const prettify = (module: Module): Module =>
  passes.reduce((current, pass) => pass(current), module);
