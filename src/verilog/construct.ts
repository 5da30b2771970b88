/**
 * Constructors that simplify while they build: constants fold, slices and extensions meet their
 * producers, and what remains is the form a designer would write.
 */
import type { Hex, Node, NodeId, UnaryOperator } from '../ir/index.ts';
import {
  evaluateUnary,
  fromHex,
  maskOf,
  sliceBits,
  toHex,
  toSigned,
  wrap,
} from '../ir/operators.ts';
import { constructBinary } from './construct-binary.ts';
import { constantOf, intern, visible, widthOf } from './graph.ts';
import type { Graph } from './graph.ts';

/** The simplest node equal to `node`, whose operands are in the graph. */
export function construct(graph: Graph, node: Node): NodeId {
  switch (node.kind) {
    case 'unary':
      return unary(graph, node.op, node.a);
    case 'binary':
      return constructBinary(graph, node.op, node.a, node.b);
    case 'mux':
      return mux(graph, node.condition, node.whenTrue, node.whenFalse);
    case 'cases':
      return cases(graph, node);
    case 'concat':
      return concat(graph, node.parts);
    case 'slice':
      return slice(graph, node.a, node.low, node.width);
    case 'extend':
      return extend(graph, node.a, node.width, node.sign);
    case 'element':
      return element(graph, node.a, node.index, node.width);
    case 'wire':
      return node.value;
    case 'const':
    case 'input':
    case 'register':
    case 'read':
    case 'output':
      return intern(graph, node);
  }
}

export const constant = (graph: Graph, width: number, value: bigint): NodeId =>
  intern(graph, { kind: 'const', width, value: toHex(wrap(value, width)) });

export function unary(graph: Graph, op: UnaryOperator, a: NodeId): NodeId {
  const width = widthOf(graph, a);
  const resultWidth = op === 'not' ? width : 1;
  const value = constantOf(graph, a);
  if (value !== undefined) return constant(graph, resultWidth, evaluateUnary(op, value, width));
  const inner = visible(graph, a);
  if (op !== 'not') {
    if (width === 1) return a;
    const decisive = op === 'reduceXor' ? undefined : decides(graph, op, inner);
    if (decisive) return constant(graph, 1, op === 'reduceOr' ? 1n : 0n);
    // Bits that an extension adds tell a disjunction nothing; copies of the sign no conjunction.
    const repeats =
      inner?.kind === 'extend' && (op === 'reduceOr' || (op === 'reduceAnd' && inner.sign));
    return repeats ? unary(graph, op, inner.a) : intern(graph, { kind: 'unary', op, a, width: 1 });
  }
  if (inner?.kind === 'unary' && inner.op === 'not') return inner.a;
  if (inner?.kind === 'binary') {
    switch (inner.op) {
      case 'eq':
        return constructBinary(graph, 'ne', inner.a, inner.b);
      case 'ne':
        return constructBinary(graph, 'eq', inner.a, inner.b);
      case 'ltUnsigned':
        return constructBinary(graph, 'leUnsigned', inner.b, inner.a);
      case 'leUnsigned':
        return constructBinary(graph, 'ltUnsigned', inner.b, inner.a);
      case 'ltSigned':
        return constructBinary(graph, 'leSigned', inner.b, inner.a);
      case 'leSigned':
        return constructBinary(graph, 'ltSigned', inner.b, inner.a);
      default:
        break;
    }
  }
  return intern(graph, { kind: 'unary', op, a, width });
}

/** Whether constant bits among others settle a reduction. */
function decides(graph: Graph, op: 'reduceAnd' | 'reduceOr', node: Node | undefined): boolean {
  if (node?.kind === 'extend') return op === 'reduceAnd' && !node.sign;
  if (node?.kind !== 'concat') return false;
  return node.parts.some((part) => {
    const value = constantOf(graph, part);
    if (value === undefined) return false;
    return op === 'reduceOr' ? value !== 0n : !isOnes(graph, part);
  });
}

export function mux(graph: Graph, condition: NodeId, whenTrue: NodeId, whenFalse: NodeId): NodeId {
  const value = constantOf(graph, condition);
  if (value !== undefined) return value === 1n ? whenTrue : whenFalse;
  if (whenTrue === whenFalse) return whenTrue;
  const width = widthOf(graph, whenTrue);
  const inner = visible(graph, condition);
  if (inner?.kind === 'unary' && inner.op === 'not') {
    return mux(graph, inner.a, whenFalse, whenTrue);
  }
  const isNamed = graph.nodes[whenTrue]!.enumeration ?? graph.nodes[whenFalse]!.enumeration;
  if (width === 1 && !isNamed) {
    const high = constantOf(graph, whenTrue);
    const low = constantOf(graph, whenFalse);
    if (high === 1n && low === 0n) return condition;
    if (high === 0n && low === 1n) return unary(graph, 'not', condition);
  }
  return intern(graph, { kind: 'mux', width, condition, whenTrue, whenFalse });
}

type Cases = Extract<Node, { kind: 'cases' }>;

function cases(graph: Graph, node: Cases): NodeId {
  const { selector, width } = node;
  const value = constantOf(graph, selector);
  if (value !== undefined) {
    return node.entries.find((entry) => fromHex(entry.match) === value)?.value ?? node.fallback;
  }
  const selectorWidth = widthOf(graph, selector);
  const complete = BigInt(node.entries.length) === 1n << BigInt(selectorWidth);
  // A fallback that can never be taken must not keep logic alive.
  const fallback =
    complete && constantOf(graph, node.fallback) === undefined
      ? constant(graph, width, 0n)
      : node.fallback;
  const entries = complete
    ? node.entries
    : node.entries.filter((entry) => entry.value !== fallback);
  const [first] = entries;
  if (first === undefined) return fallback;
  if (complete && entries.every((entry) => entry.value === first.value)) return first.value;
  if (selectorWidth === 1 || entries.length === 1) {
    const otherwise = complete ? entries[1]!.value : fallback;
    const match = nameOrNumber(graph, selector, first.match);
    return mux(graph, constructBinary(graph, 'eq', selector, match), first.value, otherwise);
  }
  return intern(graph, { kind: 'cases', width, selector, entries, fallback });
}

/** What a selector is compared with: by name where its values have names. */
function nameOrNumber(graph: Graph, selector: NodeId, match: Hex): NodeId {
  const { width, enumeration } = graph.nodes[selector]!;
  if (enumeration === undefined) return constant(graph, width, fromHex(match));
  return intern(graph, { kind: 'const', width, value: toHex(fromHex(match)), enumeration });
}

/** `parts[0]` highest. Nested concatenations flatten; neighbours that continue each other merge. */
export function concat(graph: Graph, parts: readonly NodeId[]): NodeId {
  const flat = parts.flatMap((part) => {
    const node = visible(graph, part);
    if (node?.kind === 'extend' && !node.sign) {
      return [constant(graph, node.width - widthOf(graph, node.a), 0n), node.a];
    }
    return node?.kind === 'concat' ? node.parts : [part];
  });
  const merged: NodeId[] = [];
  for (const part of flat) {
    const previous = merged.at(-1);
    const joined = previous === undefined ? undefined : join(graph, previous, part);
    if (joined === undefined) merged.push(part);
    else merged[merged.length - 1] = joined;
  }
  const [first, ...rest] = merged;
  if (rest.length === 0) return first!;
  const width = merged.reduce((sum, part) => sum + widthOf(graph, part), 0);
  if (constantOf(graph, first!) === 0n) return extend(graph, concat(graph, rest), width, false);
  return intern(graph, { kind: 'concat', width, parts: merged });
}

/** One node for `{high, low}` where both are constants, or parts of one value side by side. */
function join(graph: Graph, high: NodeId, low: NodeId): NodeId | undefined {
  const lowWidth = widthOf(graph, low);
  const width = widthOf(graph, high) + lowWidth;
  const highValue = constantOf(graph, high);
  const lowValue = constantOf(graph, low);
  if (highValue !== undefined && lowValue !== undefined) {
    return constant(graph, width, (highValue << BigInt(lowWidth)) | lowValue);
  }
  const upper = visible(graph, high);
  const lower = visible(graph, low);
  if (upper?.kind !== 'slice' || lower?.kind !== 'slice' || upper.a !== lower.a) return undefined;
  return upper.low === lower.low + lowWidth ? slice(graph, upper.a, lower.low, width) : undefined;
}

export function slice(graph: Graph, a: NodeId, low: number, width: number): NodeId {
  if (low === 0 && width === widthOf(graph, a)) return a;
  const value = constantOf(graph, a);
  if (value !== undefined) return constant(graph, width, sliceBits(value, low, width));
  const node = visible(graph, a);
  switch (node?.kind) {
    case 'slice':
      return slice(graph, node.a, node.low + low, width);
    case 'concat':
      return sliceOfConcat(graph, node.parts, low, width);
    case 'extend':
      return sliceOfExtend(graph, node, low, width);
    case 'binary':
      // One bit picked by a shift is an element of a vector of bits; both give 0 out of range.
      if (node.op === 'shiftRight' && low === 0 && width === 1) {
        return element(graph, node.a, node.b, 1);
      }
      break;
    default:
      break;
  }
  return intern(graph, { kind: 'slice', a, low, width });
}

function sliceOfConcat(graph: Graph, parts: readonly NodeId[], low: number, width: number): NodeId {
  const kept: NodeId[] = [];
  let offset = 0;
  for (const part of [...parts].reverse()) {
    const partWidth = widthOf(graph, part);
    const from = Math.max(low, offset);
    const to = Math.min(low + width, offset + partWidth);
    if (from < to) kept.unshift(slice(graph, part, from - offset, to - from));
    offset += partWidth;
  }
  return concat(graph, kept);
}

function sliceOfExtend(
  graph: Graph,
  node: Extract<Node, { kind: 'extend' }>,
  low: number,
  width: number,
): NodeId {
  const inner = widthOf(graph, node.a);
  if (low >= inner) {
    if (!node.sign) return constant(graph, width, 0n);
    return extend(graph, slice(graph, node.a, inner - 1, 1), width, true);
  }
  if (low + width <= inner) return slice(graph, node.a, low, width);
  return extend(graph, slice(graph, node.a, low, inner - low), width, node.sign);
}

export function extend(graph: Graph, a: NodeId, width: number, sign: boolean): NodeId {
  const inner = widthOf(graph, a);
  if (inner === width) return a;
  const value = constantOf(graph, a);
  if (value !== undefined) return constant(graph, width, sign ? toSigned(value, inner) : value);
  const node = visible(graph, a);
  if (node?.kind === 'extend') {
    // The sign bit of a value extended with zeros is zero.
    if (!node.sign) return extend(graph, node.a, width, false);
    if (sign) return extend(graph, node.a, width, true);
  }
  return intern(graph, { kind: 'extend', a, width, sign });
}

export function element(graph: Graph, a: NodeId, index: NodeId, width: number): NodeId {
  const count = widthOf(graph, a) / width;
  const zero = constant(graph, width, 0n);
  const position = constantOf(graph, index);
  if (position !== undefined) {
    return position < BigInt(count) ? slice(graph, a, Number(position) * width, width) : zero;
  }
  const wide = visible(graph, index);
  if (wide?.kind === 'extend' && !wide.sign) return element(graph, a, wide.a, width);
  const indexWidth = widthOf(graph, index);
  if (count === 1) {
    const first = constructBinary(graph, 'eq', index, constant(graph, indexWidth, 0n));
    return mux(graph, first, a, zero);
  }
  if (selectable(graph, a, width)) return intern(graph, { kind: 'element', a, index, width });
  const reachable = Math.min(count, 2 ** Math.min(indexWidth, 31));
  return cases(graph, {
    kind: 'cases',
    width,
    selector: index,
    entries: Array.from({ length: reachable }, (_, i) => ({
      match: i.toString(16),
      value: slice(graph, a, i * width, width),
    })),
    fallback: zero,
  });
}

/**
 * Whether an element is best picked with an index: a vector that exists as such, of elements whose
 * position is the index followed by zeros.
 */
function selectable(graph: Graph, a: NodeId, width: number): boolean {
  const node = visible(graph, a);
  const assembled =
    node?.kind === 'const' ||
    (node?.kind === 'concat' && node.parts.every((part) => widthOf(graph, part) % width === 0));
  return !assembled && Number.isInteger(Math.log2(width));
}

/** All ones? Used for identities of `and`, `or` and `xor`. */
export const isOnes = (graph: Graph, id: NodeId): boolean =>
  constantOf(graph, id) === maskOf(widthOf(graph, id));
