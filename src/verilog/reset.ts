/** How resets appear in Verilog: a decision of whoever emits, not of the design. */
import type { Module, Program } from '../ir/index.ts';
import { net } from './syntax.ts';
import type { Expression } from './syntax.ts';

export type ResetPolicy =
  | {
      /** `sync`: taken at the clock edge. `async`: at once; its end must be synchronous to the clock. */
      readonly kind: 'sync' | 'async';
      readonly polarity: 'low' | 'high';
      /** Port of the implicit domain; `fast_<name>` in others. Default `resetn` (low) or `reset`. */
      readonly name?: string;
    }
  /** No port: registers power on with their initial value, as FPGAs configure them. */
  | 'none';

export const defaultReset: ResetPolicy = { kind: 'sync', polarity: 'low' };

/** The program with the reset ports that the policy asks for. Throws where a port has such a name. */
export function nameResets(program: Program, policy: ResetPolicy): Program {
  if (policy === 'none') return program;
  const name = policy.name ?? (policy.polarity === 'low' ? 'resetn' : 'reset');
  return { ...program, modules: program.modules.map((module) => nameResetsOf(module, name)) };
}

function nameResetsOf(module: Module, name: string): Module {
  // What exists already keeps its ports.
  if (module.external) return module;
  const domains = module.domains.map((domain, index) => ({
    ...domain,
    reset: index === 0 ? name : `${domain.name}_${name}`,
  }));
  const clash = domains.find(({ reset }) => module.ports.some((port) => port.name === reset));
  if (clash) {
    throw new Error(
      `'${module.name}' has a port '${clash.reset}' already; choose another name for the reset.`,
    );
  }
  // Attributes of clocks and resets tell of the resets as the module was written.
  const isAsWritten = domains.every(({ reset }, index) => reset === module.domains[index]!.reset);
  if (isAsWritten || module.attributes === undefined) return { ...module, domains };
  const ports = Object.entries(module.attributes).filter(([port]) =>
    module.ports.some((each) => each.name === port),
  );
  return { ...module, domains, attributes: Object.fromEntries(ports) };
}

/** 1 while the reset is active. */
export const isActive = (policy: ResetPolicy, reset: string): Expression =>
  policy !== 'none' && policy.polarity === 'high'
    ? net(reset)
    : { kind: 'unary', op: '!', a: net(reset) };

/** The edge of an asynchronous reset, besides that of the clock. */
export const resetEdge = (policy: ResetPolicy, reset: string): { readonly edge?: string } =>
  policy !== 'none' && policy.kind === 'async'
    ? { edge: `${policy.polarity === 'low' ? 'negedge' : 'posedge'} ${reset}` }
    : {};

/** What an active-low reset input of a module that exists already is connected to. */
export function activeLow(policy: ResetPolicy, reset: string): Expression {
  if (policy === 'none') return { kind: 'literal', width: 1, value: 1n, signed: false };
  return policy.polarity === 'low' ? net(reset) : { kind: 'unary', op: '!', a: net(reset) };
}
