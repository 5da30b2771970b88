import type { Module, Node, NodeId } from '../module.ts';
import {
  evaluateBinary,
  evaluateUnary,
  fromHex,
  maskOf,
  sliceBits,
  toHex,
  toSigned,
  wrap,
} from '../operators.ts';
import { hintsOf, rebuild } from './rebuild.ts';
import type { Rewriter } from './rebuild.ts';

/**
 * Computes what is constant and removes what changes nothing: `x & 0`, a choice between equal legs,
 * a slice of a concatenation or extension, an extension of an extension.
 *
 * A node with a name of its own stays under that name, as a constant or as a wire to what it equals.
 */
export function fold(module: Module): Module {
  return rebuild(module, (node, rewriter) => {
    switch (node.kind) {
      case 'wire': {
        const value = rewriter.renamed(node.value);
        return value !== undefined && node.name === undefined ? value : rewriter.emit(node);
      }
      case 'register': {
        const { enable, ...withoutEnable } = node;
        const renamed = enable === undefined ? undefined : rewriter.renamed(enable);
        const always = renamed !== undefined && constantAt(rewriter, renamed) === 1n;
        return rewriter.emit(always ? withoutEnable : node);
      }
      case 'const':
        return rewriter.emit(node);
      default:
        break;
    }
    const result = simplify(node, rewriter);
    if (result === undefined) return rewriter.emit(node);
    return typeof result === 'bigint'
      ? rewriter.emit(constant(result, node))
      : rewriter.emitAs(node, result);
  });
}

/** A constant in the place of a node. */
function constant(value: bigint, node: Node): Node {
  return { kind: 'const', width: node.width, value: toHex(value), ...hintsOf(node) };
}

function constantAt({ nodes }: Rewriter, id: NodeId): bigint | undefined {
  const node = nodes[id]!;
  return node.kind === 'const' ? fromHex(node.value) : undefined;
}

/** The constant a node equals, the id of an equal node, or undefined where it must stay. */
function simplify(node: Node, rewriter: Rewriter): bigint | NodeId | undefined {
  const at = (id: NodeId) => rewriter.nodes[id]!;
  const value = (id: NodeId) => constantAt(rewriter, id);
  switch (node.kind) {
    case 'unary': {
      const a = at(node.a);
      if (a.kind === 'const') return evaluateUnary(node.op, fromHex(a.value), a.width);
      if (node.op === 'not') {
        return a.kind === 'unary' && a.op === 'not' ? a.a : undefined;
      }
      return a.width === 1 ? node.a : undefined;
    }
    case 'binary':
      return simplifyBinary(node, rewriter);
    case 'mux': {
      const condition = value(node.condition);
      if (condition !== undefined) return condition === 1n ? node.whenTrue : node.whenFalse;
      if (node.whenTrue === node.whenFalse) return node.whenTrue;
      const [whenTrue, whenFalse] = [value(node.whenTrue), value(node.whenFalse)];
      if (whenTrue !== undefined && whenTrue === whenFalse) return whenTrue;
      if (node.width !== 1) return undefined;
      if (whenTrue === 1n && whenFalse === 0n) return node.condition;
      if (whenTrue === 0n && whenFalse === 1n) {
        return rewriter.emit({ kind: 'unary', op: 'not', a: node.condition, width: 1 });
      }
      return undefined;
    }
    case 'cases': {
      const selector = value(node.selector);
      if (selector !== undefined) {
        const entry = node.entries.find((candidate) => fromHex(candidate.match) === selector);
        return entry?.value ?? node.fallback;
      }
      return node.entries.every((entry) => entry.value === node.fallback)
        ? node.fallback
        : undefined;
    }
    case 'concat': {
      if (node.parts.length === 1) return node.parts[0];
      let joined = 0n;
      for (const part of node.parts) {
        const bits = value(part);
        if (bits === undefined) return undefined;
        joined = (joined << BigInt(at(part).width)) | bits;
      }
      return joined;
    }
    case 'slice':
      return simplifySlice(node.a, node.low, node.width, rewriter);
    case 'extend':
      return simplifyExtend(node, rewriter);
    case 'element': {
      const index = value(node.index);
      if (index === undefined) return undefined;
      const vector = at(node.a);
      if (index >= BigInt(vector.width / node.width)) return 0n;
      const low = Number(index) * node.width;
      return (
        simplifySlice(node.a, low, node.width, rewriter) ??
        rewriter.emit({ kind: 'slice', a: node.a, low, width: node.width })
      );
    }
    default:
      return undefined;
  }
}

function simplifyBinary(
  node: Node & { kind: 'binary' },
  rewriter: Rewriter,
): bigint | NodeId | undefined {
  const { width: widthA } = rewriter.nodes[node.a]!;
  const { width: widthB } = rewriter.nodes[node.b]!;
  const a = constantAt(rewriter, node.a);
  const b = constantAt(rewriter, node.b);
  if (a !== undefined && b !== undefined) return evaluateBinary(node.op, a, b, widthA, widthB);
  const same = node.a === node.b;
  const ones = maskOf(widthA);
  switch (node.op) {
    case 'add':
      if (a === 0n) return node.b;
      return b === 0n ? node.a : undefined;
    case 'sub':
      if (same) return 0n;
      return b === 0n ? node.a : undefined;
    case 'and':
      if (a === 0n || b === 0n) return 0n;
      if (a === ones || same) return node.b;
      return b === ones ? node.a : undefined;
    case 'or':
      if (a === ones || b === ones) return ones;
      if (a === 0n || same) return node.b;
      return b === 0n ? node.a : undefined;
    case 'xor':
      if (same) return 0n;
      if (a === 0n) return node.b;
      return b === 0n ? node.a : undefined;
    case 'mulUnsigned':
    case 'mulSigned':
      return a === 0n || b === 0n ? 0n : undefined;
    case 'eq':
    case 'ne': {
      if (same) return node.op === 'eq' ? 1n : 0n;
      if (widthA !== 1) return undefined;
      const constantBit = a ?? b;
      if (constantBit === undefined) return undefined;
      const other = a === undefined ? node.a : node.b;
      if ((constantBit === 1n) === (node.op === 'eq')) return other;
      return rewriter.emit({ kind: 'unary', op: 'not', a: other, width: 1 });
    }
    case 'ltUnsigned':
      return same || b === 0n || a === ones ? 0n : undefined;
    case 'leUnsigned':
      return same || a === 0n || b === ones ? 1n : undefined;
    case 'ltSigned':
      return same ? 0n : undefined;
    case 'leSigned':
      return same ? 1n : undefined;
    case 'shiftLeft':
    case 'shiftRight':
      if (a === 0n) return 0n;
      if (b === undefined) return undefined;
      if (b >= BigInt(widthA)) return 0n;
      return b === 0n ? node.a : undefined;
    case 'shiftRightSigned':
      if (a === 0n) return 0n;
      return b === 0n ? node.a : undefined;
  }
}

/** Follows a slice down to the node that holds its bits. */
function simplifySlice(
  a: NodeId,
  low: number,
  width: number,
  rewriter: Rewriter,
): bigint | NodeId | undefined {
  const node = rewriter.nodes[a]!;
  if (low === 0 && width === node.width) return a;
  const deeper = (id: NodeId, from: number) =>
    simplifySlice(id, from, width, rewriter) ??
    rewriter.emit({ kind: 'slice', a: id, low: from, width });
  switch (node.kind) {
    case 'const':
      return sliceBits(fromHex(node.value), low, width);
    case 'slice':
      return deeper(node.a, node.low + low);
    case 'extend': {
      const inner = rewriter.nodes[node.a]!.width;
      if (low + width <= inner) return deeper(node.a, low);
      return low >= inner && !node.sign ? 0n : undefined;
    }
    case 'concat': {
      let from = node.width;
      for (const part of node.parts) {
        const partWidth = rewriter.nodes[part]!.width;
        from -= partWidth;
        if (low >= from)
          return low + width <= from + partWidth ? deeper(part, low - from) : undefined;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

function simplifyExtend(
  node: Node & { kind: 'extend' },
  rewriter: Rewriter,
): bigint | NodeId | undefined {
  const a = rewriter.nodes[node.a]!;
  if (a.kind === 'const') {
    const bits = fromHex(a.value);
    return node.sign ? wrap(toSigned(bits, a.width), node.width) : bits;
  }
  // The top bit of a zero extension is 0, so extending it with its sign adds zeros all the same.
  if (a.kind === 'extend' && (a.sign === node.sign || !a.sign)) {
    return rewriter.emit({ kind: 'extend', a: a.a, sign: a.sign, width: node.width });
  }
  return undefined;
}
