import type { Memory, Module, NodeId, ReadPort } from '../ir/index.ts';
import { operandsOf } from '../ir/operands.ts';

/** What a module computes that can be seen from outside, or that a check or an instance sees. */
export interface Live {
  readonly nodes: ReadonlySet<NodeId>;
  /** Memories of which a word is read. */
  readonly memories: ReadonlySet<number>;
}

export function findLive(module: Module): Live {
  const nodes = new Set<NodeId>();
  const memories = new Set<number>();
  const pending = [...rootsOf(module)];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (nodes.has(id)) continue;
    nodes.add(id);
    const node = module.nodes[id]!;
    pending.push(...operandsOf(node));
    if (node.kind === 'read') {
      const memory = module.memories[node.memory]!;
      pending.push(...readOperands(memory.reads[node.port]!));
      if (!memories.has(node.memory)) pending.push(...writeOperands(memory));
      memories.add(node.memory);
    }
  }
  return { nodes, memories };
}

/** How often each node is used by live nodes, memories, outputs, instances and checks. */
export function countUses(module: Module, live: Live): Uint32Array {
  const uses = new Uint32Array(module.nodes.length);
  const use = (id: NodeId) => {
    uses[id] = uses[id]! + 1;
  };
  rootsOf(module).forEach(use);
  for (const index of live.memories) {
    const memory = module.memories[index]!;
    memory.reads.flatMap(readOperands).forEach(use);
    writeOperands(memory).forEach(use);
  }
  for (const id of live.nodes) operandsOf(module.nodes[id]!).forEach(use);
  return uses;
}

/** The nodes that outputs, instances and checks use. */
export function rootsOf(module: Module): readonly NodeId[] {
  return [
    ...module.ports.flatMap((port) => (port.value === undefined ? [] : [port.value])),
    ...module.instances.flatMap((instance) =>
      Object.values(instance.inputs).map((connection) =>
        connection.kind === 'neighbour' ? connection.edge : connection.value,
      ),
    ),
    ...module.checks.map((check) => check.condition),
  ];
}

export function readOperands(port: ReadPort): readonly NodeId[] {
  return port.kind === 'synchronous' && port.enable !== undefined
    ? [port.address, port.enable]
    : [port.address];
}

export function writeOperands(memory: Memory): readonly NodeId[] {
  return memory.writes.flatMap((port) => [
    port.address,
    port.data,
    port.enable,
    ...(port.mask === undefined ? [] : [port.mask]),
  ]);
}
