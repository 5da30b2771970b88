import type { Location, Program } from '../ir/index.ts';
import { implicitPorts } from './domains.ts';
import type { DomainPorts } from './domains.ts';
import { shortPath } from './header.ts';
import { legalise } from './legalise.ts';
import { prettify } from './prettify.ts';
import { printModule } from './print.ts';
import type { VerilogModule } from './syntax.ts';

/** Where the net of a generated module was written by its author. */
export interface SourceMapEntry {
  readonly net: string;
  /** `file` is below the folder of the project, as in the header of the module. */
  readonly location: Location;
}

export interface VerilogFile {
  /** `<module>.v` */
  readonly name: string;
  readonly text: string;
  /** Clocks and resets of the module, which stand before its declared ports. */
  readonly domains: readonly DomainPorts[];
  /** In the order in which the nets are declared. */
  readonly sourceMap: readonly SourceMapEntry[];
}

/**
 * The program as Verilog-2005, one file for each module, children before parents. The same program
 * gives the same bytes. Throws where `verifyProgram` would have found fault with it.
 */
export function emitVerilog(program: Program): readonly VerilogFile[] {
  const modules = program.modules.map(prettify);
  const implicit = implicitPorts({ ...program, modules });
  const children = new Map(modules.map((module) => [module.name, module]));
  return modules.map((module) => {
    const verilog = legalise(module, { children, implicit });
    return {
      name: `${module.name}.v`,
      text: printModule(verilog),
      domains: implicit.get(module.name)!,
      sourceMap: sourceMapOf(verilog),
    };
  });
}

function sourceMapOf(module: VerilogModule): SourceMapEntry[] {
  return module.sections.flat().flatMap((item): SourceMapEntry[] => {
    if (item.kind !== 'net' && item.kind !== 'memory') return [];
    if (item.location === undefined) return [];
    const location = { ...item.location, file: shortPath(item.location.file) };
    return [{ net: item.name, location }];
  });
}
