import type { Module, Node, NodeId } from '../ir/index.ts';
import { mapOperands, mapUses } from '../ir/operands.ts';
import { fromHex } from '../ir/operators.ts';
import { construct, constant } from './construct.ts';
import { append, constantOf, createGraph } from './graph.ts';
import type { Graph } from './graph.ts';
import { findLive } from './live.ts';

export interface Rewriter {
  readonly graph: Graph;
  /** The new node of an old one. */
  resolve(id: NodeId): NodeId;
  /** Work for when every node has its new one: the place to close loops through registers. */
  later(work: () => void): void;
}

/**
 * Gives the new node of an old one, without its name; `undefined` rebuilds it as it was. Registers
 * and named nodes keep their names whatever it returns.
 */
export type Rewrite = (id: NodeId, node: Node, rewriter: Rewriter) => NodeId | undefined;

/**
 * The module rebuilt from its live nodes. In the result operands stand before their users, except
 * for the next value and the enable of registers, and unnamed wires are gone.
 */
export function rewriteModule(module: Module, rewrite: Rewrite = () => undefined): Module {
  const graph = createGraph();
  const resolved = new Map<NodeId, NodeId>();
  const open = new Set<NodeId>();
  const deferred: (() => void)[] = [];
  const live = findLive(module);

  const rewriter: Rewriter = { graph, resolve, later: (work) => deferred.push(work) };

  function resolve(id: NodeId): NodeId {
    const known = resolved.get(id);
    if (known !== undefined) return known;
    const node = module.nodes[id]!;
    if (open.has(id)) {
      throw new Error(`${module.name}: combinational loop through ${node.name ?? `node ${id}`}`);
    }
    if (node.kind === 'register') {
      const copy = append(graph, node);
      resolved.set(id, copy);
      deferred.push(() => {
        graph.nodes[copy] = withoutConstantEnable(graph, copy, mapOperands(node, resolve));
      });
      return copy;
    }
    open.add(id);
    const value = withHints(graph, rewrite(id, node, rewriter) ?? rebuild(node), node);
    open.delete(id);
    resolved.set(id, value);
    return value;
  }

  function rebuild(node: Node): NodeId {
    if (node.kind === 'read') {
      // An asynchronous read follows its address, so the address has to stand before it.
      const { reads, depth } = module.memories[node.memory]!;
      const port = reads[node.port]!;
      const address = module.nodes[port.address]!;
      if (address.kind === 'const' && fromHex(address.value) >= BigInt(depth)) {
        return constant(graph, node.width, 0n);
      }
      if (port.kind === 'asynchronous') resolve(port.address);
    }
    if (node.kind === 'const' && node.name !== undefined) return append(graph, node);
    return construct(graph, mapOperands(node, resolve));
  }

  [...live.nodes].sort((a, b) => a - b).forEach(resolve);
  // Deferred work may defer more.
  for (let work = deferred.shift(); work; work = deferred.shift()) work();
  const uses = mapUses(module, (id) => (live.nodes.has(id) ? resolve(id) : 0));
  return { ...uses, nodes: graph.nodes };
}

function withoutConstantEnable(graph: Graph, id: NodeId, node: Node): Node {
  if (node.kind !== 'register' || node.enable === undefined) return node;
  const value = constantOf(graph, node.enable);
  if (value === undefined) return node;
  const always: { -readonly [K in keyof typeof node]: (typeof node)[K] } = { ...node };
  delete always.enable;
  if (value === 0n) always.next = id;
  return always;
}

/** `value` under the name of `node`, the old node that it stands for. */
function withHints(graph: Graph, value: NodeId, node: Node): NodeId {
  const current = graph.nodes[value]!;
  const location = node.location ?? current.location;
  const located = location === undefined ? {} : { location };
  const { name, signed, enumeration } = node;
  if (name === undefined || current.name === name || current.kind === 'input') {
    if (current.location === undefined) graph.nodes[value] = { ...current, ...located };
    return value;
  }
  const hints = {
    name,
    ...located,
    ...(signed === undefined ? {} : { signed }),
    ...(enumeration === undefined ? {} : { enumeration }),
  };
  if (current.name === undefined && current.kind !== 'const') {
    graph.nodes[value] = { ...current, ...hints };
    return value;
  }
  // A constant stays one under every name, so that what uses it folds.
  if (current.kind === 'const') return append(graph, { ...current, ...hints });
  return append(graph, { kind: 'wire', width: current.width, value, ...hints });
}
