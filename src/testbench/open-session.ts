import { createSimulator } from '../simulator/index.ts';
import { emitVerilog } from '../verilog/index.ts';
import type { Design, Parameters } from './design.ts';
import { goldenSession } from './golden-session.ts';
import { icarusSession } from './icarus-session.ts';
import type { EngineName, Session } from './job.ts';
import { layoutOf } from './layout.ts';
import { simulatorSession } from './simulator-session.ts';
import { verilatorSession } from './verilator-session.ts';
import type { BuildOptions } from './verilator-session.ts';

export type SessionOptions = BuildOptions;

/**
 * A design with these parameters, running in an engine. Close the session after use.
 * Throws `InputError` where a program that the engine needs is missing.
 */
export async function openSession(
  engine: EngineName,
  design: Design,
  parameters: Parameters,
  options: SessionOptions = {},
): Promise<Session> {
  if (engine === 'golden') return goldenSession(design, parameters);
  const program = design.rtl(parameters);
  const layout = layoutOf(program);
  switch (engine) {
    case 'simulator':
      return simulatorSession(createSimulator, program, layout, options.seed ?? 1);
    case 'icarus':
      return icarusSession(layout, emitVerilog(program), options);
    case 'verilator':
      return verilatorSession(layout, emitVerilog(program), options);
  }
}
