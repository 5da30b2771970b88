/**
 * The common shell: a core between AXI4-Stream and AXI4-Lite, with the registers, counters and the
 * interrupt that every design has. docs/shell.md is its manual.
 */
export { axi4LiteSlave } from './axi4-lite-slave.ts';
export type { Axi4LiteSlaveParameters } from './axi4-lite-slave.ts';
export { registerFile } from './register-file.ts';
export type { RegisterFileParameters } from './register-file.ts';
export { setupOffset, shellRegisterMap } from './register-map.ts';
export type { RegisterMapOptions, ShellError, ShellRegister } from './register-map.ts';
export { runCounters } from './run-counters.ts';
export { shell } from './shell.ts';
export type { DoneRule, ShellOptions } from './shell-options.ts';
