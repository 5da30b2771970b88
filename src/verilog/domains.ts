/** Clocks and resets are ports that modules do not declare: they follow from the state inside. */
import type { Domain, Module, Program } from '../ir/index.ts';
import { domainIn } from '../ir/operands.ts';
import type { ResetPolicy } from './reset.ts';
import { findLive } from './live.ts';

/** A domain of a module, with the ports of it that the module has. */
export interface DomainPorts {
  readonly domain: Domain;
  readonly clock: boolean;
  readonly reset: boolean;
}

/**
 * The implicit ports of every module, in the order in which they stand in its port list: a clock
 * where the module or anything below it has state or checks, a reset where anything is reset or
 * checked. `program` lists children before parents.
 */
export function implicitPorts(
  program: Program,
  policy: ResetPolicy,
): ReadonlyMap<string, readonly DomainPorts[]> {
  const ports = new Map<string, readonly DomainPorts[]>();
  for (const module of program.modules) {
    const needed = modulePorts(module, ports);
    const hasReset = policy !== 'none' || module.external !== undefined;
    const present = hasReset ? needed : needed.map((entry) => ({ ...entry, reset: false }));
    ports.set(module.name, present);
  }
  return ports;
}

function modulePorts(
  module: Module,
  children: ReadonlyMap<string, readonly DomainPorts[]>,
): readonly DomainPorts[] {
  const needs = new Map<string, { domain: Domain; clock: boolean; reset: boolean }>();
  for (const domain of module.domains) {
    needs.set(domain.name, { domain, clock: false, reset: false });
  }
  const need = (index: number, reset: boolean) => {
    const entry = needs.get(module.domains[index]!.name)!;
    entry.clock = true;
    entry.reset ||= reset;
  };
  const live = findLive(module);
  for (const id of live.nodes) {
    const node = module.nodes[id]!;
    if (node.kind === 'register') need(node.domain, node.init !== undefined);
  }
  for (const index of live.memories) {
    const { reads, writes } = module.memories[index]!;
    for (const port of writes) need(port.domain, false);
    for (const port of reads) if (port.kind === 'synchronous') need(port.domain, false);
  }
  for (const check of module.checks) need(check.domain, true);
  for (const instance of module.instances) {
    for (const { domain, clock, reset } of children.get(instance.module) ?? []) {
      const own = module.domains[domainIn(module, instance, domain.name)] ?? domain;
      const entry = needs.get(own.name) ?? { domain: own, clock: false, reset: false };
      needs.set(own.name, entry);
      entry.clock ||= clock;
      entry.reset ||= reset;
    }
  }
  return [...needs.values()].filter((entry) => entry.clock || entry.reset);
}
