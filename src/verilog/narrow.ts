/**
 * Verilog cannot slice an expression, and a linter reports every bit that nothing reads. So bits
 * that nobody needs are cut off where they are computed.
 */
import type { Module, Node, NodeId } from '../ir/index.ts';
import { operandsOf } from '../ir/operands.ts';
import { construct, slice } from './construct.ts';
import { countUses, findLive, readOperands, rootsOf, writeOperands } from './live.ts';
import type { Live } from './live.ts';
import { rewriteModule } from './rewrite.ts';
import type { Rewriter } from './rewrite.ts';

/** The module with unnamed values cut to the bits that are used; operands stand before users. */
export function narrow(module: Module): Module {
  const live = findLive(module);
  const needed = neededBits(module, live);
  const uses = countUses(module, live);
  return rewriteModule(module, (id, node, rewriter) => {
    const width = shrinks(node) ? needed[id]! : node.width;
    if (node.kind === 'slice' && distributes(module, uses, node.a)) {
      return sliceInto(module, uses, rewriter, node.a, node.low, width);
    }
    return width < node.width ? shrink(node, width, rewriter) : undefined;
  });
}

/** For each node the number of its low bits that somebody reads. */
function neededBits(module: Module, live: Live): Uint32Array {
  const { nodes } = module;
  const needed = new Uint32Array(nodes.length);
  const need = (id: NodeId, bits: number) => {
    needed[id] = Math.max(needed[id]!, Math.min(bits, nodes[id]!.width));
  };
  const needWhole = (id: NodeId) => need(id, Infinity);
  rootsOf(module).forEach(needWhole);
  for (const index of live.memories) {
    const memory = module.memories[index]!;
    memory.reads.flatMap(readOperands).forEach(needWhole);
    writeOperands(memory).forEach(needWhole);
  }
  for (const id of live.nodes) {
    if (nodes[id]!.kind === 'register') operandsOf(nodes[id]!).forEach(needWhole);
  }
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = nodes[id]!;
    if (!live.nodes.has(id) || node.kind === 'register') continue;
    const bits = shrinks(node) ? needed[id]! : node.width;
    switch (node.kind) {
      case 'slice':
        need(node.a, node.low + bits);
        break;
      case 'extend':
        need(node.a, bits);
        break;
      case 'concat': {
        let offset = 0;
        for (const part of [...node.parts].reverse()) {
          need(part, Math.max(0, bits - offset));
          offset += nodes[part]!.width;
        }
        break;
      }
      case 'mux':
        needWhole(node.condition);
        need(node.whenTrue, bits);
        need(node.whenFalse, bits);
        break;
      case 'cases':
        needWhole(node.selector);
        need(node.fallback, bits);
        for (const entry of node.entries) need(entry.value, bits);
        break;
      default:
        if (shrinks(node) && node.kind === 'binary') {
          need(node.a, bits);
          if (node.op === 'shiftLeft') needWhole(node.b);
          else need(node.b, bits);
        } else if (shrinks(node)) {
          operandsOf(node).forEach((operand) => need(operand, bits));
        } else {
          operandsOf(node).forEach(needWhole);
        }
    }
  }
  // A value of which no bit is read is still a value of one bit until it is dropped.
  return needed.map((bits) => Math.max(1, bits));
}

/** Whether the low bits of a node depend on nothing but the low bits of its operands. */
function shrinks(node: Node): boolean {
  if (node.name !== undefined) return false;
  switch (node.kind) {
    case 'slice':
    case 'extend':
    case 'concat':
    case 'mux':
    case 'cases':
      return true;
    case 'unary':
      return node.op === 'not';
    case 'binary':
      return ['add', 'sub', 'and', 'or', 'xor', 'shiftLeft'].includes(node.op);
    default:
      return false;
  }
}

/** The low `width` bits of a node that shrinks. */
function shrink(node: Node, width: number, { graph, resolve }: Rewriter): NodeId {
  const low = (id: NodeId) => slice(graph, resolve(id), 0, width);
  switch (node.kind) {
    case 'slice':
      return slice(graph, resolve(node.a), node.low, width);
    case 'extend': {
      const a = resolve(node.a);
      return graph.nodes[a]!.width <= width
        ? construct(graph, { ...node, a, width })
        : slice(graph, a, 0, width);
    }
    case 'concat': {
      const parts: NodeId[] = [];
      let room = width;
      for (const part of [...node.parts].reverse()) {
        if (room === 0) break;
        const value = resolve(part);
        const bits = Math.min(room, graph.nodes[value]!.width);
        parts.unshift(slice(graph, value, 0, bits));
        room -= bits;
      }
      return construct(graph, { kind: 'concat', width, parts });
    }
    case 'mux':
      return construct(graph, {
        kind: 'mux',
        width,
        condition: resolve(node.condition),
        whenTrue: low(node.whenTrue),
        whenFalse: low(node.whenFalse),
      });
    case 'cases':
      return construct(graph, {
        kind: 'cases',
        width,
        selector: resolve(node.selector),
        entries: node.entries.map(({ match, value }) => ({ match, value: low(value) })),
        fallback: low(node.fallback),
      });
    case 'unary':
      return construct(graph, { kind: 'unary', op: node.op, width, a: low(node.a) });
    case 'binary': {
      const b = node.op === 'shiftLeft' ? resolve(node.b) : low(node.b);
      return construct(graph, { kind: 'binary', op: node.op, width, a: low(node.a), b });
    }
    default:
      throw new Error(`a ${node.kind} does not shrink`);
  }
}

/** Whether a slice of the node is better taken of its operands: bit by bit, and nobody else's. */
function distributes(module: Module, uses: Uint32Array, id: NodeId): boolean {
  const node = module.nodes[id]!;
  if (node.name !== undefined || uses[id] !== 1) return false;
  return (
    node.kind === 'mux' ||
    (node.kind === 'unary' && node.op === 'not') ||
    (node.kind === 'binary' && ['and', 'or', 'xor'].includes(node.op))
  );
}

/** Bits `low` .. `low + width - 1` of an old node, taken as far down as it distributes. */
function sliceInto(
  module: Module,
  uses: Uint32Array,
  rewriter: Rewriter,
  id: NodeId,
  low: number,
  width: number,
): NodeId {
  const { graph, resolve } = rewriter;
  const node = module.nodes[id]!;
  if (!distributes(module, uses, id)) return slice(graph, resolve(id), low, width);
  const part = (operand: NodeId) => sliceInto(module, uses, rewriter, operand, low, width);
  switch (node.kind) {
    case 'mux':
      return construct(graph, {
        ...node,
        width,
        condition: resolve(node.condition),
        whenTrue: part(node.whenTrue),
        whenFalse: part(node.whenFalse),
      });
    case 'unary':
      return construct(graph, { ...node, width, a: part(node.a) });
    case 'binary':
      return construct(graph, { ...node, width, a: part(node.a), b: part(node.b) });
    default:
      throw new Error(`a ${node.kind} does not distribute`);
  }
}
