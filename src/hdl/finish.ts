import { findDomainCrossings } from '../ir/index.ts';
import type { Connection, Instance, Memory, Module, Node, NodeId } from '../ir/index.ts';
import { labelOfTarget, report } from './builder.ts';
import type { Builder, Place, Target } from './builder.ts';
import { HardwareError } from './issue.ts';
import { nameInternals } from './internals.ts';
import { reportLoop } from './loops.ts';
import { orderNodes } from './order.ts';
import { resolveTarget } from './resolve.ts';

/** Closes a module whose body has run: drivers, names, order, and a last look for mistakes. */
export function finish(
  builder: Builder,
  names: Readonly<Record<string, unknown>>,
  outputs: ReadonlyMap<string, Target>,
  children: ReadonlyMap<string, Module>,
  head: Omit<Module, 'nodes' | 'memories' | 'instances' | 'checks'>,
): Module {
  nameInternals(builder, names, head.ports);
  const drivers = new Map<Target, NodeId>();
  const places = new Map<NodeId, Place>();
  const drivenAt = new Map<Target, Place>();
  for (const target of builder.targets) {
    const { value, place } = resolveTarget(builder, target);
    if (value === undefined || !place) {
      report(builder, { code: 'no-driver', signal: labelOfTarget(target) }, target.location);
    } else {
      drivers.set(target, value);
      drivenAt.set(target, place);
      if (target.node !== undefined) places.set(target.node, place);
    }
  }
  stopOnIssues(builder);

  const aliases = closeTargets(builder, drivers);
  reportLoop(builder, (id) => places.get(id));
  stopOnIssues(builder);
  const alias = (id: NodeId): NodeId => {
    let current = id;
    for (let next = aliases.get(id); next !== undefined; next = aliases.get(next)) current = next;
    return current;
  };
  const driverOf = (target: Target): NodeId => alias(drivers.get(target)!);
  const ports = head.ports.map((port) => {
    const target = outputs.get(port.name);
    return target ? { ...port, value: driverOf(target) } : port;
  });
  const memories = builder.memories.map(({ builder: _, name, ...memory }): Memory => ({
    ...memory,
    name: name!,
  }));
  const instances = builder.instances.map((instance): Instance => {
    const { name, module, dimensions, inputs, domains, location } = instance;
    const place = location();
    return {
      name: name!,
      module,
      dimensions,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([port, wired]): [string, Connection] => [
          port,
          'location' in wired ? { kind: 'broadcast', value: driverOf(wired) } : wired,
        ]),
      ),
      ...(domains ? { domains } : {}),
      ...(place ? { location: place } : {}),
    };
  });
  const nodes = builder.nodes as Node[];
  const { checks } = builder;
  const module: Module = { ...head, ports, nodes, memories, instances, checks };
  for (const { from, to, path, sink } of findDomainCrossings(module, children)) {
    const shared = sink.kind === 'memory' && sink.shared;
    const place = (): Place | undefined => {
      switch (sink.kind) {
        case 'node':
          return places.get(sink.node) ?? builder.locations.get(sink.node);
        case 'output':
          return drivenAt.get(outputs.get(sink.port)!);
        case 'instance': {
          const { inputs, location } = builder.instances[sink.instance]!;
          const wired = inputs[sink.port]!;
          return 'location' in wired ? drivenAt.get(wired) : location;
        }
        case 'memory':
          return () => builder.memories[sink.memory]!.location;
        case 'check':
          return () => checks[sink.check]!.location;
      }
    };
    report(builder, { code: 'domain-crossing', from, to, path, shared }, place());
  }
  stopOnIssues(builder);
  return orderNodes(module, alias);
}

/** Puts drivers into registers and wires; returns what unnamed wires stand for. */
function closeTargets(
  builder: Builder,
  drivers: ReadonlyMap<Target, NodeId>,
): ReadonlyMap<NodeId, NodeId> {
  const aliases = new Map<NodeId, NodeId>();
  for (const [target, value] of drivers) {
    if (target.node === undefined) continue;
    const node = builder.nodes[target.node]!;
    if (node.kind === 'register') node.next = value;
    else if (node.kind === 'wire') {
      node.value = value;
      if (node.name === undefined) aliases.set(target.node, value);
    }
  }
  return aliases;
}

function stopOnIssues(builder: Builder): void {
  if (builder.issues.length > 0) throw new HardwareError(builder.issues);
}
