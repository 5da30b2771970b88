import type { Instance, Module, Node, NodeId } from './module.ts';

/** The nodes whose value a node uses in the same module, in the order of its fields. */
export function operandsOf(node: Node): readonly NodeId[] {
  switch (node.kind) {
    case 'const':
    case 'input':
    case 'read':
    case 'output':
      return [];
    case 'unary':
    case 'slice':
    case 'extend':
      return [node.a];
    case 'binary':
      return [node.a, node.b];
    case 'mux':
      return [node.condition, node.whenTrue, node.whenFalse];
    case 'cases':
      return [node.selector, ...node.entries.map((entry) => entry.value), node.fallback];
    case 'concat':
      return node.parts;
    case 'element':
      return [node.a, node.index];
    case 'wire':
      return [node.value];
    case 'register':
      return node.enable === undefined ? [node.next] : [node.next, node.enable];
  }
}

/** The same node with every operand replaced by `f(operand)`. */
export function mapOperands(node: Node, f: (id: NodeId) => NodeId): Node {
  switch (node.kind) {
    case 'const':
    case 'input':
    case 'read':
    case 'output':
      return node;
    case 'unary':
    case 'slice':
    case 'extend':
      return { ...node, a: f(node.a) };
    case 'binary':
      return { ...node, a: f(node.a), b: f(node.b) };
    case 'mux':
      return {
        ...node,
        condition: f(node.condition),
        whenTrue: f(node.whenTrue),
        whenFalse: f(node.whenFalse),
      };
    case 'cases':
      return {
        ...node,
        selector: f(node.selector),
        entries: node.entries.map((entry) => ({ ...entry, value: f(entry.value) })),
        fallback: f(node.fallback),
      };
    case 'concat':
      return { ...node, parts: node.parts.map(f) };
    case 'element':
      return { ...node, a: f(node.a), index: f(node.index) };
    case 'wire':
      return { ...node, value: f(node.value) };
    case 'register':
      return {
        ...node,
        next: f(node.next),
        ...(node.enable === undefined ? {} : { enable: f(node.enable) }),
      };
  }
}

/** The module with every reference outside the nodes themselves replaced by `f(reference)`. */
export function mapUses(module: Module, f: (id: NodeId) => NodeId): Module {
  return {
    ...module,
    ports: module.ports.map((port) =>
      port.value === undefined ? port : { ...port, value: f(port.value) },
    ),
    memories: module.memories.map((memory) => ({
      ...memory,
      reads: memory.reads.map((read) => ({
        ...read,
        address: f(read.address),
        ...(read.kind === 'synchronous' && read.enable !== undefined
          ? { enable: f(read.enable) }
          : {}),
      })),
      writes: memory.writes.map((write) => ({
        ...write,
        address: f(write.address),
        data: f(write.data),
        enable: f(write.enable),
        ...(write.mask === undefined ? {} : { mask: f(write.mask) }),
      })),
    })),
    instances: module.instances.map((instance) => ({
      ...instance,
      inputs: Object.fromEntries(
        Object.entries(instance.inputs).map(([port, connection]) => [
          port,
          connection.kind === 'neighbour'
            ? { ...connection, edge: f(connection.edge) }
            : { ...connection, value: f(connection.value) },
        ]),
      ),
    })),
    checks: module.checks.map((check) => ({ ...check, condition: f(check.condition) })),
  };
}

/** Every reference that keeps nodes alive: outputs, memory ports, instance inputs and checks. */
export function usesOf(module: Module): readonly NodeId[] {
  const uses: NodeId[] = [];
  mapUses(module, (id) => {
    uses.push(id);
    return id;
  });
  return uses;
}

/**
 * The index in `module.domains` of the domain that drives domain `name` of what is instantiated; -1
 * where there is none.
 */
export function domainIn(module: Module, instance: Instance, name: string): number {
  const own = instance.domains?.[name] ?? name;
  return module.domains.findIndex((domain) => domain.name === own);
}

/** Elements of an instance: 1 for a single one, else the product of its dimensions. */
export function elementCount(dimensions: readonly number[]): number {
  return dimensions.reduce((product, size) => product * size, 1);
}

/**
 * The element one step against `step` along `axis` from element `index` (row-major), or the position
 * on the edge vector where the border is crossed.
 */
export function neighbourOf(
  dimensions: readonly number[],
  index: number,
  axis: 0 | 1,
  step: 1 | -1,
): { readonly element: number } | { readonly edge: number } {
  const columns = dimensions.length === 2 ? dimensions[1]! : 1;
  const position = [Math.floor(index / columns), index % columns] as const;
  const along = position[axis] - step;
  if (along < 0 || along >= dimensions[axis]!) return { edge: position[axis === 0 ? 1 : 0] };
  return { element: index - step * (axis === 0 ? columns : 1) };
}

/** Parts of the edge vector of a neighbour connection along `axis`. */
export function edgeCount(dimensions: readonly number[], axis: 0 | 1): number {
  return dimensions.length === 2 ? dimensions[axis === 0 ? 1 : 0]! : 1;
}
