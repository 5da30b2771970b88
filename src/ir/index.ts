/** Plain data of the hardware: nodes, modules, programs, and what can be asked of them. */
export * from './bus.ts';
export type * from './module.ts';
export * from './operands.ts';
export * from './operators.ts';
export * from './passes/index.ts';
export { parseProgram } from './text-parse.ts';
export { printModule, printProgram } from './text-print.ts';
export { verifyProgram } from './verify.ts';
export { addressBits } from './widths.ts';
