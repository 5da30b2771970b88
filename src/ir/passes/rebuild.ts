import type { Module, Node, NodeId } from '../module.ts';
import { mapOperands, mapUses } from '../operands.ts';

/** What a rewriting step may do while it stands at one node of the old module. */
export interface Rewriter {
  /** The nodes written so far; wires and registers among them may still hold old ids. */
  readonly nodes: readonly Node[];
  /** New id of an old node, if it has been passed already. */
  renamed(old: NodeId): NodeId | undefined;
  /** Appends a node, returns its new id. Operands are new ids, except in wires and registers. */
  emit(node: Node): NodeId;
  /** Replaces a node that was emitted before, to give it another name. */
  replace(id: NodeId, node: Node): void;
  /** The new node `target` under the name and location of `node`: itself where that has no name. */
  emitAs(node: Node, target: NodeId): NodeId;
}

/**
 * Writes a module anew, node by node in order. `step` gets each node with its operands already
 * renamed, and its old id, and answers with the new id that stands for it.
 *
 * Wires and registers may refer forward: `step` sees them with old ids in `value`, `next` and
 * `enable`, emits them so, and they are renamed at the end.
 */
export function rebuild(
  module: Module,
  step: (node: Node, rewriter: Rewriter, old: NodeId) => NodeId,
): Module {
  const nodes: Node[] = [];
  const renaming: NodeId[] = [];
  const aliases = new Set<NodeId>();
  const rename = (old: NodeId) => renaming[old]!;
  const rewriter: Rewriter = {
    nodes,
    renamed: (old) => renaming[old],
    emit: (node) => nodes.push(node) - 1,
    replace: (id, node) => {
      nodes[id] = node;
    },
    emitAs: (node, target) => {
      if (node.name === undefined) return target;
      const alias =
        nodes.push({ kind: 'wire', value: target, width: node.width, ...hintsOf(node) }) - 1;
      aliases.add(alias);
      return alias;
    },
  };
  module.nodes.forEach((node, old) => {
    renaming.push(step(refersForward(node) ? node : mapOperands(node, rename), rewriter, old));
  });
  const finished = nodes.map((node, id) =>
    refersForward(node) && !aliases.has(id) ? mapOperands(node, rename) : node,
  );
  return mapUses({ ...module, nodes: finished }, rename);
}

function refersForward(node: Node): boolean {
  return node.kind === 'wire' || node.kind === 'register';
}

/** Name, sign, names of values and location: what a node hands on to the node that takes its place. */
export function hintsOf(node: Node): Pick<Node, 'name' | 'signed' | 'enumeration' | 'location'> {
  return {
    ...(node.name === undefined ? {} : { name: node.name }),
    ...(node.signed === undefined ? {} : { signed: node.signed }),
    ...(node.enumeration === undefined ? {} : { enumeration: node.enumeration }),
    ...(node.location === undefined ? {} : { location: node.location }),
  };
}
