/** Runs a program in this process: IR to compiled JavaScript, and a slow reference evaluator. */
export type * from './simulator.ts';
export { createSimulator } from './compile.ts';
export type { Tuning } from './prepare.ts';
export { createReference } from './reference.ts';
