/** Runs a program in this process: IR to compiled JavaScript, and a slow reference evaluator. */
export type * from './simulator.ts';
export { createSimulator } from './compile.ts';
export type { Tuning } from './prepare.ts';
export { createReference } from './reference.ts';
export { recordCoverage } from './coverage.ts';
export type { Coverage, ModuleCoverage } from './coverage.ts';
export type { Observation, Observer, Signal } from './observe.ts';
export { recordVcd } from './vcd.ts';
export type { VcdRecording } from './vcd.ts';
export { recordWaves, renderWaves } from './waves.ts';
export type { Waves } from './waves.ts';
