/** Runs a program in this process: IR to compiled JavaScript, and a slow reference evaluator. */
export type * from './simulator.ts';
export { createSimulator } from './compile.ts';
export type { Tuning } from './prepare.ts';
export { createReference } from './reference.ts';
export { recordCoverage } from './coverage.ts';
export type { Counted, Coverage, Missing, ModuleCoverage } from './coverage.ts';
export { renderCoverage } from './coverage-text.ts';
export type { MachineCoverage } from './machine-coverage.ts';
export type { Observation, Observer, Signal } from './observe.ts';
export { recordVcd } from './vcd.ts';
export type { VcdOptions, VcdRecording } from './vcd.ts';
export { recordWaves, renderWaves } from './waves.ts';
export type { Waves } from './waves.ts';
