import type { Module, Node, NodeId } from '../module.ts';
import { operandsOf, usesOf } from '../operands.ts';
import { hintsOf, rebuild } from './rebuild.ts';
import type { Rewriter } from './rebuild.ts';

/**
 * Bit-level dead code: unnamed values are cut to the low bits that somebody reads, and where a slice
 * is all that is read of a choice or of bitwise logic, it is taken of the operands.
 *
 * What is cut may leave slices of slices and nodes that nothing uses: `fold` and `prune` tidy up.
 */
export function narrow(module: Module): Module {
  const needed = neededBits(module);
  const uses = countUses(module);
  return rebuild(module, (node, rewriter, old) => {
    const width = shrinks(node) ? needed[old]! : node.width;
    if (node.kind === 'slice') {
      const before = module.nodes[old] as typeof node;
      const next = rewriter.nodes.length;
      const bits = sliceOf(module, uses, rewriter, before.a, node.low, width);
      // What is new takes the name over.
      if (node.name === undefined || bits < next) return rewriter.emitAs(node, bits);
      rewriter.replace(bits, { ...rewriter.nodes[bits]!, ...hintsOf(node) });
      return bits;
    }
    return width < node.width ? shrink(node, width, rewriter) : rewriter.emit(node);
  });
}

/** For each node the number of its low bits that somebody reads, at least 1. */
function neededBits(module: Module): Uint32Array {
  const { nodes } = module;
  const needed = new Uint32Array(nodes.length).fill(1);
  const need = (id: NodeId, bits: number) => {
    needed[id] = Math.max(needed[id]!, Math.min(bits, nodes[id]!.width));
  };
  const needWhole = (id: NodeId) => {
    need(id, Infinity);
  };
  usesOf(module).forEach(needWhole);
  // They may refer forward, so they ask before their operands are looked at.
  for (const node of nodes) {
    if (node.kind === 'register' || node.kind === 'wire') operandsOf(node).forEach(needWhole);
  }
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = nodes[id]!;
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
        if (!shrinks(node)) operandsOf(node).forEach(needWhole);
        else if (node.kind === 'binary' && node.op === 'shiftLeft') {
          need(node.a, bits);
          needWhole(node.b);
        } else operandsOf(node).forEach((operand) => need(operand, bits));
    }
  }
  return needed;
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

/** The low `width` bits of a node that shrinks; its operands have been cut already. */
function shrink(node: Node, width: number, rewriter: Rewriter): NodeId {
  const { nodes } = rewriter;
  const emit = (cut: Node) => rewriter.emit(withoutMeaning(cut));
  const low = (id: NodeId) => bitsOf(rewriter, id, 0, width);
  switch (node.kind) {
    case 'extend':
      return nodes[node.a]!.width < width ? emit({ ...node, width }) : low(node.a);
    case 'concat': {
      const parts: NodeId[] = [];
      let room = width;
      for (const part of [...node.parts].reverse()) {
        if (room === 0) break;
        const bits = Math.min(room, nodes[part]!.width);
        parts.unshift(bitsOf(rewriter, part, 0, bits));
        room -= bits;
      }
      return parts.length === 1 ? parts[0]! : emit({ ...node, width, parts });
    }
    case 'mux':
      return emit({
        ...node,
        width,
        whenTrue: low(node.whenTrue),
        whenFalse: low(node.whenFalse),
      });
    case 'cases':
      return emit({
        ...node,
        width,
        entries: node.entries.map(({ match, value }) => ({ match, value: low(value) })),
        fallback: low(node.fallback),
      });
    case 'unary':
      return emit({ ...node, width, a: low(node.a) });
    case 'binary': {
      const b = node.op === 'shiftLeft' ? node.b : low(node.b);
      return emit({ ...node, width, a: low(node.a), b });
    }
    default:
      throw new Error(`A ${node.kind} does not shrink.`);
  }
}

/** Some bits of a value have neither its sign nor the names of its values. */
function withoutMeaning(node: Node): Node {
  const bits = { ...node } as { -readonly [K in keyof Node]: Node[K] };
  delete bits.signed;
  delete bits.enumeration;
  return bits as Node;
}

/** Bits of a new node. */
function bitsOf({ nodes, emit }: Rewriter, a: NodeId, low: number, width: number): NodeId {
  return low === 0 && width === nodes[a]!.width ? a : emit({ kind: 'slice', a, low, width });
}

/** Bits `low` .. `low + width - 1` of an old node, taken as far down as it distributes. */
function sliceOf(
  module: Module,
  uses: Uint32Array,
  rewriter: Rewriter,
  id: NodeId,
  low: number,
  width: number,
): NodeId {
  const node = module.nodes[id]!;
  const renamed = rewriter.renamed(id)!;
  if (node.name !== undefined || uses[id] !== 1) return bitsOf(rewriter, renamed, low, width);
  const part = (operand: NodeId) => sliceOf(module, uses, rewriter, operand, low, width);
  const emit = (cut: Node) => rewriter.emit(withoutMeaning(cut));
  if (node.kind === 'mux') {
    const condition = rewriter.renamed(node.condition)!;
    const [whenTrue, whenFalse] = [part(node.whenTrue), part(node.whenFalse)];
    return emit({ ...node, width, condition, whenTrue, whenFalse });
  }
  if (node.kind === 'unary' && node.op === 'not') return emit({ ...node, width, a: part(node.a) });
  if (node.kind === 'binary' && ['and', 'or', 'xor'].includes(node.op)) {
    return emit({ ...node, width, a: part(node.a), b: part(node.b) });
  }
  return bitsOf(rewriter, renamed, low, width);
}

function countUses(module: Module): Uint32Array {
  const uses = new Uint32Array(module.nodes.length);
  const use = (id: NodeId) => {
    uses[id] = uses[id]! + 1;
  };
  usesOf(module).forEach(use);
  for (const node of module.nodes) operandsOf(node).forEach(use);
  return uses;
}
