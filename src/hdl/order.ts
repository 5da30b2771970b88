import { mapOperands, mapUses, operandsOf, usesOf } from '../ir/index.ts';
import type { Module, Node, NodeId } from '../ir/index.ts';

/**
 * Puts the nodes of a module without combinational loops into an order in which operands come first,
 * and drops what nothing reaches. What has a name keeps the order in which its author wrote it; the
 * rest follows from the graph, so that an edit in one place does not renumber another. `alias` says
 * what an unnamed wire stands for.
 */
export function orderNodes(module: Module, alias: (id: NodeId) => NodeId): Module {
  const order: NodeId[] = [];
  const entered = new Set<NodeId>();
  const pending: NodeId[] = [];

  const visit = (root: NodeId): void => {
    const stack: { id: NodeId; next: number; operands: readonly NodeId[] }[] = [];
    const enter = (id: NodeId): void => {
      if (entered.has(id)) return;
      entered.add(id);
      const { now, later } = operandsByTime(module, module.nodes[id]!);
      stack.push({ id, next: 0, operands: now.map(alias) });
      pending.push(...later);
    };
    enter(alias(root));
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      const operand = frame.operands[frame.next];
      frame.next += 1;
      if (operand === undefined) {
        order.push(frame.id);
        stack.pop();
      } else {
        enter(operand);
      }
    }
  };

  const named = module.nodes.flatMap((node, id) => (node.name === undefined ? [] : [id]));
  for (const root of [...named, ...usesOf(module)]) visit(root);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) visit(id);

  const position = new Map(order.map((id, index) => [id, index]));
  const renumber = (id: NodeId): NodeId => position.get(alias(id))!;
  return {
    ...mapUses(module, renumber),
    nodes: order.map((id) => mapOperands(module.nodes[id]!, renumber)),
  };
}

/** What a node needs in the same cycle, and what it needs only at the clock edge. */
function operandsByTime(
  module: Module,
  node: Node,
): { readonly now: readonly NodeId[]; readonly later: readonly NodeId[] } {
  if (node.kind === 'register') return { now: [], later: operandsOf(node) };
  if (node.kind !== 'read') return { now: operandsOf(node), later: [] };
  const port = module.memories[node.memory]!.reads[node.port]!;
  if (port.kind === 'asynchronous') return { now: [port.address], later: [] };
  const enable = port.enable === undefined ? [] : [port.enable];
  return { now: [], later: [port.address, ...enable] };
}
