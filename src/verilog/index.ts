/**
 * Verilog-2005 from the intermediate representation: prettify (modules to modules), legalise (to
 * Verilog constructs), print (to text).
 */
export { emitVerilog } from './emit.ts';
export type { EmitOptions, VerilogFile } from './emit.ts';
export type { SourceMapEntry } from './source-map.ts';
export type { ResetPolicy } from './reset.ts';
export type { DomainPorts } from './domains.ts';
