/** Thin wrappers over the external programs that Systole can use: none is needed to run it. */
export { toolVersion } from './run-tool.ts';
export type { Tool, ToolResult } from './run-tool.ts';
export {
  verilate,
  verilatedSources,
  verilator,
  verilatorInclude,
  verilatorLint,
  verilatorVersion,
} from './verilator.ts';
export { icarus, icarusCompile, icarusLint, icarusRun, icarusVersion } from './icarus.ts';
export { openNextpnr, openYosys, runYosysScript } from './synthesizer.ts';
export type { SynthesisSource, SynthesisTool } from './synthesizer.ts';
export { yosys, yosysCheck, yosysProve, yosysVersion } from './yosys.ts';
export type { Proof } from './yosys.ts';
export { compileObject, compiler, compilerVersion, linkObjects } from './compiler.ts';
