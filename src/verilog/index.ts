/**
 * Verilog-2005 from the intermediate representation: prettify (modules to modules), legalise (to
 * Verilog constructs), print (to text).
 */
export { emitVerilog } from './emit.ts';
export type { SourceMapEntry, VerilogFile } from './emit.ts';
export type { DomainPorts } from './domains.ts';
