/**
 * What designs cost: resources of FPGAs and gate equivalents by Yosys, clock rates by nextpnr, beside
 * plain multiply-accumulate units; measured on the Verilog that is handed off, kept in a cache.
 */
export { fpgaResources, gateEquivalents } from './cells.ts';
export type { FpgaResources } from './cells.ts';
export { fmaxDevice, measureFmax } from './fmax.ts';
export type { FmaxResult, Placement } from './fmax.ts';
export { measureModules } from './hierarchy.ts';
export type { ModuleCost } from './hierarchy.ts';
export { gateAreaSource } from './measure.ts';
export type { Cost, FpgaCost, GateCost, Liberty } from './measure.ts';
export { references } from './references.ts';
export { measureRows } from './table.ts';
export type { Candidate, MeasuredRow } from './table.ts';
export { parseTargets, targetNames, targets } from './targets.ts';
export type { FpgaTarget, GateTarget, Target } from './targets.ts';
