import type { Program } from '../ir/index.ts';
import { implicitPorts } from './domains.ts';
import type { DomainPorts } from './domains.ts';
import { legalise } from './legalise.ts';
import { prettify } from './prettify.ts';
import { printModule } from './print.ts';
import { defaultReset, nameResets } from './reset.ts';
import type { ResetPolicy } from './reset.ts';
import { sourceMapOf } from './source-map.ts';
import type { SourceMapEntry } from './source-map.ts';

export interface EmitOptions {
  /** Default: synchronous, active low, `resetn`. */
  readonly reset?: ResetPolicy;
}

export interface VerilogFile {
  /** `<module>.v` */
  readonly name: string;
  readonly text: string;
  /** Clocks and resets of the module, which stand before its declared ports. */
  readonly domains: readonly DomainPorts[];
  /** Every port, net, memory and instance, in the order of their declaration. */
  readonly sourceMap: readonly SourceMapEntry[];
}

/**
 * The program as Verilog-2005, one file for each module, children before parents. The same program
 * gives the same bytes. Throws where `verifyProgram` would have found fault with it, and where the top
 * is a black box.
 */
export function emitVerilog(program: Program, options: EmitOptions = {}): readonly VerilogFile[] {
  const { reset = defaultReset } = options;
  const top = program.modules.find((module) => module.name === program.top);
  if (top?.external !== undefined) {
    throw new Error(
      `'${top.name}' is a black box, whose Verilog exists elsewhere as '${top.external.module}': ` +
        `emit a module that instantiates it.`,
    );
  }
  const modules = nameResets(program, reset).modules.map(prettify);
  const implicit = implicitPorts({ ...program, modules }, reset);
  const children = new Map(modules.map((module) => [module.name, module]));
  const own = modules.filter((module) => module.external === undefined);
  return own.map((module) => {
    const verilog = legalise(module, { children, implicit, reset });
    return {
      name: `${module.name}.v`,
      text: printModule(verilog),
      domains: implicit.get(module.name)!,
      sourceMap: sourceMapOf(module, verilog),
    };
  });
}
