import type { Module, Node, NodeId } from '../module.ts';
import { mapOperands, mapUses, operandsOf, usesOf } from '../operands.ts';

/**
 * Drops the nodes that nothing uses and renumbers the rest. Outputs, memories, instances and checks
 * keep what they need alive; a register or a named node that none of them reaches goes.
 */
export function prune(module: Module): Module {
  return pruneExcept(module, () => false);
}

/** As `prune`, with the nodes for which `keep` holds, and what they need, kept as well. */
export function pruneExcept(module: Module, keep: (node: Node) => boolean): Module {
  const { nodes } = module;
  const alive = new Uint8Array(nodes.length);
  const waiting: NodeId[] = [...usesOf(module)];
  nodes.forEach((node, id) => {
    if (keep(node)) waiting.push(id);
  });
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (alive[id] === 1) continue;
    alive[id] = 1;
    waiting.push(...operandsOf(nodes[id]!));
  }
  const renaming = new Int32Array(nodes.length);
  let count = 0;
  for (let id = 0; id < nodes.length; id++) renaming[id] = alive[id] === 1 ? count++ : -1;
  const rename = (id: NodeId) => renaming[id]!;
  const kept = nodes.filter((_, id) => alive[id] === 1).map((node) => mapOperands(node, rename));
  return mapUses({ ...module, nodes: kept }, rename);
}
