/**
 * A module's nodes while they are rewritten: operands always stand before their users (registers
 * apart), equal unnamed nodes are one node.
 */
import type { Node, NodeId } from '../ir/index.ts';
import { fromHex } from '../ir/operators.ts';

export interface Graph {
  readonly nodes: Node[];
  readonly interned: Map<string, NodeId>;
}

export const createGraph = (): Graph => ({ nodes: [], interned: new Map() });

/** Appends a node as it is, without looking for an equal one. */
export function append(graph: Graph, node: Node): NodeId {
  graph.nodes.push(node);
  return graph.nodes.length - 1;
}

/** The node equal to `node` in all that is computed; appended where there is none yet. */
export function intern(graph: Graph, node: Node): NodeId {
  const key = JSON.stringify(node, (field, value: unknown) =>
    field === 'name' || field === 'signed' || field === 'location' ? undefined : value,
  );
  let id = graph.interned.get(key);
  if (id === undefined) {
    id = append(graph, node);
    graph.interned.set(key, id);
  }
  return id;
}

export const widthOf = (graph: Graph, id: NodeId): number => graph.nodes[id]!.width;

/** The value of a constant, named or not. */
export function constantOf(graph: Graph, id: NodeId): bigint | undefined {
  const node = graph.nodes[id]!;
  return node.kind === 'const' ? fromHex(node.value) : undefined;
}

/** The node, unless its author named it: rewriting never looks through a name. */
export function visible(graph: Graph, id: NodeId): Node | undefined {
  const node = graph.nodes[id]!;
  return node.name === undefined ? node : undefined;
}
