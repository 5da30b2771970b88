import type { Instance, Module, Node, NodeId } from '../module.ts';
import { domainIn, operandsOf } from '../operands.ts';

/** A value of one clock domain where another one samples it, or where both are computed with. */
export interface DomainCrossing {
  /** Names of the two domains. */
  readonly from: string;
  readonly to: string;
  /** Names from what holds the value to what takes it. */
  readonly path: readonly string[];
  readonly sink: Sink;
}

export type Sink =
  /** A register or, where two domains meet in a computation, that computation. */
  | { readonly kind: 'node'; readonly node: NodeId }
  | { readonly kind: 'output'; readonly port: string }
  | { readonly kind: 'instance'; readonly instance: number; readonly port: string }
  /** `shared`: a read that promises an order against writes of another clock. */
  | { readonly kind: 'memory'; readonly memory: number; readonly shared: boolean }
  | { readonly kind: 'check'; readonly check: number };

/**
 * Finds values that cross from one clock domain to another without a synchronizer. Ports belong to
 * the domain they declare, constants to every one. Allowed are: a register that synchronizes, fed by
 * what a single other domain holds (not computes, which could glitch); and a memory that is written
 * in one domain and read by a registered port of another whose `mode` is `undefined`.
 */
export function findDomainCrossings(
  module: Module,
  modules: ReadonlyMap<string, Module>,
): DomainCrossing[] {
  const { nodes, memories, instances, domains } = module;
  if (domains.length < 2) return [];
  const crossings: DomainCrossing[] = [];
  const known = new Map<NodeId, number | undefined>();
  const nameOfDomain = (domain: number) => domains[domain]!.name;

  /** What a node is computed from in the same cycle: nodes, and domains that it belongs to itself. */
  const sourcesOf = (
    node: Node,
  ): { readonly operands: readonly NodeId[]; readonly own: readonly number[] } => {
    switch (node.kind) {
      case 'input':
        return {
          operands: [],
          own: [module.ports.find((port) => port.name === node.port)!.domain ?? 0],
        };
      case 'register':
        return { operands: [], own: [node.domain] };
      case 'output': {
        const instance = instances[node.instance]!;
        return { operands: [], own: [domainOfPort(instance, node.port)] };
      }
      case 'read': {
        const memory = memories[node.memory]!;
        const port = memory.reads[node.port]!;
        if (port.kind === 'synchronous') return { operands: [], own: [port.domain] };
        return { operands: [port.address], own: memory.writes.map((write) => write.domain) };
      }
      default:
        return { operands: operandsOf(node), own: [] };
    }
  };
  const domainOfPort = (instance: Instance, name: string): number => {
    const child = modules.get(instance.module)!;
    const port = child.ports.find((candidate) => candidate.name === name)!;
    return domainIn(module, instance, child.domains[port.domain ?? 0]!.name);
  };

  /** The domain of a value; `undefined` for what only depends on constants. */
  const domainOf = (root: NodeId): number | undefined => {
    const waiting = [root];
    while (waiting.length > 0) {
      const id = waiting.at(-1)!;
      const { operands, own } = sourcesOf(nodes[id]!);
      const missing = operands.filter((operand) => !known.has(operand));
      if (!known.has(id) && missing.length > 0) {
        waiting.push(...missing);
        continue;
      }
      waiting.pop();
      if (known.has(id)) continue;
      const found = [...own, ...operands.flatMap((operand) => known.get(operand) ?? [])];
      const [first] = found;
      known.set(id, first);
      const other = found.find((domain) => domain !== first);
      if (first === undefined || other === undefined) continue;
      const through = operands.find((operand) => known.get(operand) === other);
      const place = nameOf(id) ?? `a computation with ${partner(operands, first)}`;
      const path = [...(through === undefined ? [] : pathTo(through, other)), place];
      const sink = { kind: 'node', node: id } as const;
      crossings.push({ from: nameOfDomain(other), to: nameOfDomain(first), path, sink });
    }
    return known.get(root);
  };

  /** How what a value of another domain meets is called. */
  const partner = (operands: readonly NodeId[], domain: number): string => {
    const operand = operands.find((each) => known.get(each) === domain);
    return (
      (operand !== undefined && pathTo(operand, domain).at(-1)) || `domain ${nameOfDomain(domain)}`
    );
  };

  const nameOf = (id: NodeId): string | undefined => {
    const node = nodes[id]!;
    switch (node.kind) {
      case 'input':
        return node.port;
      case 'output':
        return `${instances[node.instance]!.name}.${node.port}`;
      case 'read':
        return node.name ?? memories[node.memory]!.name;
      case 'register':
        return node.name ?? 'a register';
      default:
        return node.name;
    }
  };

  /** Names from what holds a value of `domain` to the node it becomes. */
  const pathTo = (id: NodeId, domain: number): string[] => {
    const names: string[] = [];
    let at: NodeId | undefined = id;
    while (at !== undefined) {
      const name = nameOf(at);
      if (name !== undefined) names.unshift(name);
      const { operands }: { readonly operands: readonly NodeId[] } = sourcesOf(nodes[at]!);
      at = operands.find((operand) => domainOf(operand) === domain);
    }
    return names;
  };

  const expect = (id: NodeId, domain: number, name: string, sink: Sink): void => {
    const actual = domainOf(id);
    if (actual === undefined || actual === domain) return;
    crossings.push({
      from: nameOfDomain(actual),
      to: nameOfDomain(domain),
      path: [...pathTo(id, actual), name],
      sink,
    });
  };

  /** What a synchronizer samples may come from elsewhere as it is held there. */
  const expectHeld = (id: NodeId, domain: number, name: string, sink: Sink): void => {
    const held = new Set<number>();
    const waiting = [id];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const node = nodes[at]!;
      const passes = ['wire', 'slice', 'concat', 'extend'].includes(node.kind);
      if (passes) waiting.push(...operandsOf(node));
      else if (sourcesOf(node).operands.length > 0) expect(at, domain, name, sink);
      else {
        const from = domainOf(at);
        if (from !== undefined) held.add(from);
        if (held.size > 1) return expect(at, [...held][0]!, name, sink);
      }
    }
  };

  nodes.forEach((node, id) => {
    if (node.kind !== 'register') return;
    const sink = { kind: 'node', node: id } as const;
    const name = node.name ?? 'a register';
    if (node.synchronizes) expectHeld(node.next, node.domain, name, sink);
    else expect(node.next, node.domain, name, sink);
    if (node.enable !== undefined) expect(node.enable, node.domain, name, sink);
  });
  for (const port of module.ports) {
    if (port.value === undefined) continue;
    expect(port.value, port.domain ?? 0, port.name, { kind: 'output', port: port.name });
  }
  memories.forEach((memory, index) => {
    const sink = { kind: 'memory', memory: index, shared: false } as const;
    for (const write of memory.writes) {
      const ids = [write.address, write.data, write.enable, write.mask];
      for (const id of ids) if (id !== undefined) expect(id, write.domain, memory.name, sink);
    }
    for (const read of memory.reads) {
      if (read.kind === 'asynchronous') continue;
      expect(read.address, read.domain, memory.name, sink);
      if (read.enable !== undefined) expect(read.enable, read.domain, memory.name, sink);
      const other = memory.writes.find((write) => write.domain !== read.domain);
      if (other === undefined || read.mode === 'undefined') continue;
      crossings.push({
        from: nameOfDomain(other.domain),
        to: nameOfDomain(read.domain),
        path: [memory.name, 'the word read'],
        sink: { ...sink, shared: true },
      });
    }
  });
  instances.forEach((instance, index) => {
    for (const [port, connection] of Object.entries(instance.inputs)) {
      const domain = domainOfPort(instance, port);
      const name = `${instance.name}.${port}`;
      const sink = { kind: 'instance', instance: index, port } as const;
      expect(
        connection.kind === 'neighbour' ? connection.edge : connection.value,
        domain,
        name,
        sink,
      );
      if (connection.kind !== 'neighbour') continue;
      const from = domainOfPort(instance, connection.port);
      if (from === domain) continue;
      const path = [`${instance.name}.${connection.port}`, name];
      crossings.push({ from: nameOfDomain(from), to: nameOfDomain(domain), path, sink });
    }
  });
  module.checks.forEach((check, index) => {
    expect(check.condition, check.domain, check.name, { kind: 'check', check: index });
  });
  return crossings;
}
