import type { Domain } from '../ir/index.ts';
import { checkFinished, currentBuilder, fail } from './builder.ts';
import type { Builder } from './builder.ts';
import { checkName, checkReserved, snakeCase } from './names.ts';
import { here } from './location.ts';

/**
 * A clock with its reset. A module that has others than the implicit one lists them in `domains`;
 * who instantiates it says which domain of his own each of them is.
 */
export interface ClockDomain {
  readonly kind: 'clock-domain';
  /** Prefix of its ports in Verilog: `fast_clk`, `fast_resetn`. */
  readonly name: string;
}

/** A clock domain besides the implicit one. */
export function clockDomain(name: string): ClockDomain {
  checkReserved(checkName(snakeCase(name)), 'outside', here());
  return { kind: 'clock-domain', name: snakeCase(name) };
}

/** The implicit domain, which every module has: ports `clk` and `resetn`. */
export const mainDomain: ClockDomain = { kind: 'clock-domain', name: 'main' };

/** As it stands in the module. */
export const domainPorts = ({ name }: ClockDomain): Domain =>
  name === mainDomain.name
    ? { name, clock: 'clk', reset: 'resetn' }
    : { name, clock: `${name}_clk`, reset: `${name}_resetn` };

/** The position of a domain among those of the module under construction. */
export function domainIndex(builder: Builder, domain: ClockDomain): number {
  const domains = builder.domains.map(({ name }) => name);
  const index = domains.indexOf(domain.name);
  if (index >= 0) return index;
  return fail({
    code: 'unknown-domain',
    domain: domain.name,
    module: builder.module,
    domains,
  });
}

/**
 * Builds what `body` builds in another clock domain: registers, ports of memories, checks and
 * instances made there take its clock and reset. Returns what `body` returns.
 */
export function inDomain<T>(domain: ClockDomain, body: () => T): T {
  const builder = currentBuilder('inDomain');
  const outer = builder.domain;
  builder.domain = domainIndex(builder, domain);
  try {
    const result = body();
    checkFinished('the body of inDomain', result);
    return result;
  } finally {
    builder.domain = outer;
  }
}
