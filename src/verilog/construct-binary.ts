/** Simplifying constructors of the binary operators. */
import type { BinaryOperator, NodeId } from '../ir/index.ts';
import { binaryWidth, evaluateBinary, maskOf, toSigned } from '../ir/operators.ts';
import { concat, constant, extend, isOnes, mux, slice, unary } from './construct.ts';
import { constantOf, intern, visible, widthOf } from './graph.ts';
import type { Graph } from './graph.ts';

// Verilator takes no shift amount beyond 32 bits.
const maxShiftAmountBits = 32;

export function constructBinary(graph: Graph, op: BinaryOperator, a: NodeId, b: NodeId): NodeId {
  const widthA = widthOf(graph, a);
  const widthB = widthOf(graph, b);
  const valueA = constantOf(graph, a);
  const valueB = constantOf(graph, b);
  const width = binaryWidth(op, widthA, widthB);
  if (valueA !== undefined && valueB !== undefined) {
    return constant(graph, width, evaluateBinary(op, valueA, valueB, widthA, widthB));
  }
  const plain = (left = a, right = b) =>
    intern(graph, { kind: 'binary', op, a: left, b: right, width });
  switch (op) {
    case 'add':
    case 'sub':
      return addOrSubtract(graph, op, a, b);
    case 'and':
    case 'or':
    case 'xor':
      return valueA === undefined ? bitwise(graph, op, a, b) : bitwise(graph, op, b, a);
    case 'mulUnsigned':
    case 'mulSigned':
      if (valueA === 0n || valueB === 0n) return constant(graph, width, 0n);
      return valueA === undefined ? plain() : plain(b, a);
    case 'eq':
    case 'ne':
      return valueA === undefined ? equality(graph, op, a, b) : equality(graph, op, b, a);
    case 'ltUnsigned':
    case 'leUnsigned':
    case 'ltSigned':
    case 'leSigned':
      return order(graph, op, a, b);
    case 'shiftLeft':
    case 'shiftRight':
    case 'shiftRightSigned':
      return shift(graph, op, a, b);
  }
}

function addOrSubtract(graph: Graph, op: 'add' | 'sub', a: NodeId, b: NodeId): NodeId {
  const width = widthOf(graph, a);
  if (width === 1) return constructBinary(graph, 'xor', a, b);
  if (op === 'add' && constantOf(graph, a) !== undefined) return addOrSubtract(graph, op, b, a);
  if (op === 'sub' && a === b) return constant(graph, width, 0n);
  const value = constantOf(graph, b);
  if (value === 0n) return a;
  const inverted = visible(graph, a);
  // `-a` says more than `~a + 1`.
  if (op === 'add' && value === 1n && inverted?.kind === 'unary' && inverted.op === 'not') {
    return addOrSubtract(graph, 'sub', constant(graph, width, 0n), inverted.a);
  }
  // `a - 1` says more than `a + 255`; half the range is its own negative and stays as written.
  if (value !== undefined && value > 1n << BigInt(width - 1)) {
    const negative = constant(graph, width, -value);
    return addOrSubtract(graph, op === 'add' ? 'sub' : 'add', a, negative);
  }
  return intern(graph, { kind: 'binary', op, a, b, width });
}

/** `b` holds the constant, if there is one. */
function bitwise(graph: Graph, op: 'and' | 'or' | 'xor', a: NodeId, b: NodeId): NodeId {
  const width = widthOf(graph, a);
  const zero = constantOf(graph, b) === 0n;
  const ones = isOnes(graph, b);
  switch (op) {
    case 'and':
      if (zero) return b;
      if (ones || a === b) return a;
      break;
    case 'or':
      if (ones) return b;
      if (zero || a === b) return a;
      break;
    case 'xor':
      if (zero) return a;
      if (ones) return unary(graph, 'not', a);
      if (a === b) return constant(graph, width, 0n);
      break;
  }
  return intern(graph, { kind: 'binary', op, a, b, width });
}

/** `b` holds the constant, if there is one. */
function equality(graph: Graph, op: 'eq' | 'ne', a: NodeId, b: NodeId): NodeId {
  if (a === b) return constant(graph, 1, op === 'eq' ? 1n : 0n);
  const value = constantOf(graph, b);
  // A name says more than a bit.
  const isNamed = graph.nodes[b]!.enumeration !== undefined;
  if (widthOf(graph, a) === 1 && value !== undefined && !isNamed) {
    return (value === 1n) === (op === 'eq') ? a : unary(graph, 'not', a);
  }
  const [lowA, highA] = rangeOf(graph, a, false);
  const [lowB, highB] = rangeOf(graph, b, false);
  if (highA < lowB || highB < lowA) return constant(graph, 1, op === 'eq' ? 0n : 1n);
  const shorter = cutExtension(graph, a, b, false);
  if (shorter) return constructBinary(graph, op, ...shorter);
  return intern(graph, { kind: 'binary', op, a, b, width: 1 });
}

type Order = 'ltUnsigned' | 'leUnsigned' | 'ltSigned' | 'leSigned';

function order(graph: Graph, op: Order, a: NodeId, b: NodeId): NodeId {
  const strict = op === 'ltUnsigned' || op === 'ltSigned';
  const signed = op === 'ltSigned' || op === 'leSigned';
  const bit = (value: boolean) => constant(graph, 1, value ? 1n : 0n);
  if (a === b) return bit(!strict);
  const width = widthOf(graph, a);
  if (width === 1) {
    // Read as signed, the 1 is the smaller of the two.
    const [smaller, larger] = signed ? [a, b] : [b, a];
    const other = unary(graph, 'not', larger);
    return constructBinary(graph, strict ? 'and' : 'or', smaller, other);
  }
  const lowest = signed ? 1n << BigInt(width - 1) : 0n;
  const highest = signed ? lowest - 1n : maskOf(width);
  const valueA = constantOf(graph, a);
  const valueB = constantOf(graph, b);
  // Comparisons with the ends of the range are constants or equalities; linters ask for them.
  if (strict) {
    if (valueA === highest || valueB === lowest) return bit(false);
    if (valueA === lowest || valueB === highest) return equality(graph, 'ne', ...constantLast());
  } else {
    if (valueA === lowest || valueB === highest) return bit(true);
    if (valueA === highest || valueB === lowest) return equality(graph, 'eq', ...constantLast());
  }
  const [lowA, highA] = rangeOf(graph, a, signed);
  const [lowB, highB] = rangeOf(graph, b, signed);
  if (strict ? highA < lowB : highA <= lowB) return bit(true);
  if (strict ? lowA >= highB : lowA > highB) return bit(false);
  const shorter = cutExtension(graph, a, b, signed);
  if (shorter) return constructBinary(graph, op, ...shorter);
  return intern(graph, { kind: 'binary', op, a, b, width: 1 });

  function constantLast(): [NodeId, NodeId] {
    return valueA === undefined ? [a, b] : [b, a];
  }
}

/** Both operands without the top bits that repeat in each, where that leaves them shorter. */
function cutExtension(
  graph: Graph,
  a: NodeId,
  b: NodeId,
  signed: boolean,
): [NodeId, NodeId] | undefined {
  const width = Math.max(significantBits(graph, a, signed), significantBits(graph, b, signed));
  if (width >= widthOf(graph, a)) return undefined;
  return [slice(graph, a, 0, width), slice(graph, b, 0, width)];
}

/** The smallest and the largest value that a node can have, as far as its extension tells. */
function rangeOf(graph: Graph, id: NodeId, signed: boolean): [bigint, bigint] {
  const width = widthOf(graph, id);
  const value = constantOf(graph, id);
  if (value !== undefined) {
    const number = signed ? toSigned(value, width) : value;
    return [number, number];
  }
  const bits = significantBits(graph, id, signed);
  if (!signed) return [0n, maskOf(bits)];
  const node = visible(graph, id);
  const half = 1n << BigInt(bits - 1);
  return node?.kind === 'extend' && !node.sign ? [0n, half - 1n] : [-half, half - 1n];
}

/** Bits that determine the value, read as signed or unsigned. */
function significantBits(graph: Graph, id: NodeId, signed: boolean): number {
  const width = widthOf(graph, id);
  const value = constantOf(graph, id);
  if (value !== undefined) {
    if (!signed) return Math.max(1, value === 0n ? 1 : value.toString(2).length);
    const number = toSigned(value, width);
    const magnitude = number < 0n ? -number - 1n : number;
    return magnitude === 0n ? 1 : magnitude.toString(2).length + 1;
  }
  const node = visible(graph, id);
  if (node?.kind !== 'extend') return width;
  if (node.sign) return signed ? widthOf(graph, node.a) : width;
  return widthOf(graph, node.a) + (signed ? 1 : 0);
}

function shift(
  graph: Graph,
  op: 'shiftLeft' | 'shiftRight' | 'shiftRightSigned',
  a: NodeId,
  b: NodeId,
): NodeId {
  const width = widthOf(graph, a);
  const fill = () =>
    op === 'shiftRightSigned'
      ? extend(graph, slice(graph, a, width - 1, 1), width, true)
      : constant(graph, width, 0n);
  const amount = constantOf(graph, b);
  if (amount !== undefined) {
    if (amount === 0n) return a;
    if (amount >= BigInt(width)) return fill();
    const bits = Number(amount);
    if (op === 'shiftLeft') {
      const kept = slice(graph, a, 0, width - bits);
      return concat(graph, [kept, constant(graph, bits, 0n)]);
    }
    const kept = slice(graph, a, bits, width - bits);
    return extend(graph, kept, width, op === 'shiftRightSigned');
  }
  const shifted = constantOf(graph, a);
  if (shifted === 0n || (op === 'shiftRightSigned' && isOnes(graph, a))) return a;
  const wide = visible(graph, b);
  if (wide?.kind === 'extend' && !wide.sign) return shift(graph, op, a, wide.a);
  const amountWidth = widthOf(graph, b);
  if (amountWidth > maxShiftAmountBits) {
    const high = slice(graph, b, maxShiftAmountBits, amountWidth - maxShiftAmountBits);
    const low = slice(graph, b, 0, maxShiftAmountBits);
    return mux(graph, unary(graph, 'reduceOr', high), fill(), shift(graph, op, a, low));
  }
  return intern(graph, { kind: 'binary', op, a, b, width });
}
