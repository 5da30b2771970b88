/** State machines: which states may follow which, as far as the logic itself tells. */
import {
  evaluateBinary,
  evaluateUnary,
  fromHex,
  maskOf,
  operandsOf,
  sliceBits,
  toSigned,
  wrap,
} from '../ir/index.ts';
import type { Module, Node, NodeId } from '../ir/index.ts';

/** What a node may be; `undefined`: anything. */
type Values = ReadonlySet<bigint> | undefined;

/** Larger sets count as anything: states are few, and what computes more is no next-state logic. */
const mostValues = 64;

/**
 * For each state, by its encoding, the other encodings that may follow it outside reset; `undefined`
 * where they cannot be told, because the next state is an input or the like. Conditions that do not
 * depend on the register alone are taken as open, each for itself: the lists are never too short, and
 * too long only where conditions exclude each other.
 */
export function possibleMoves(
  module: Module,
  register: NodeId,
  states: number,
): readonly (readonly bigint[])[] | undefined {
  const node = module.nodes[register]!;
  if (node.kind !== 'register') return undefined;
  const order = coneOf(module, node.enable === undefined ? [node.next] : [node.next, node.enable]);
  const moves: bigint[][] = [];
  for (let state = 0; state < states; state++) {
    const values = new Map<NodeId, Values>([[register, new Set([BigInt(state)])]]);
    for (const id of order) {
      if (id !== register) values.set(id, valuesOf(module, id, values));
    }
    const isHeld = node.enable !== undefined && isOnly(values.get(node.enable), 0n);
    const next = isHeld ? new Set<bigint>() : values.get(node.next);
    if (next === undefined) return undefined;
    moves.push([...next].filter((value) => value !== BigInt(state)).sort(ascending));
  }
  return moves;
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : 1);

/** What the roots are computed from in this cycle, operands first. */
function coneOf(module: Module, roots: readonly NodeId[]): readonly NodeId[] {
  const order = new Set<NodeId>();
  const pending = [...roots];
  while (pending.length > 0) {
    const id = pending.at(-1)!;
    const node = module.nodes[id]!;
    const operands = node.kind === 'register' ? [] : operandsOf(node);
    const missing = operands.filter((operand) => !order.has(operand));
    if (missing.length > 0) pending.push(...missing);
    else order.add(pending.pop()!);
  }
  return [...order];
}

function valuesOf(module: Module, id: NodeId, values: ReadonlyMap<NodeId, Values>): Values {
  const node = module.nodes[id]!;
  const of = (operand: NodeId): Values => values.get(operand);
  const widthOf = (operand: NodeId): number => module.nodes[operand]!.width;
  switch (node.kind) {
    case 'const':
      return new Set([fromHex(node.value)]);
    case 'wire':
      return of(node.value);
    case 'mux': {
      const condition = of(node.condition);
      if (isOnly(condition, 1n)) return of(node.whenTrue);
      if (isOnly(condition, 0n)) return of(node.whenFalse);
      return union([of(node.whenTrue), of(node.whenFalse)]);
    }
    case 'cases': {
      const selector = of(node.selector);
      const matches = node.entries.map(({ match }) => fromHex(match));
      const taken = node.entries.filter((_, index) => selector?.has(matches[index]!) ?? true);
      const falls =
        selector === undefined || [...selector].some((value) => !matches.includes(value));
      return union([...taken.map(({ value }) => of(value)), ...(falls ? [of(node.fallback)] : [])]);
    }
    case 'unary':
      return each([of(node.a)], ([a]) => evaluateUnary(node.op, a!, widthOf(node.a)));
    case 'binary':
      return (
        decided(node, of, widthOf) ??
        each([of(node.a), of(node.b)], ([a, b]) =>
          evaluateBinary(node.op, a!, b!, widthOf(node.a), widthOf(node.b)),
        )
      );
    case 'concat':
      return each(node.parts.map(of), (parts) =>
        parts.reduce((bits, part, i) => (bits << BigInt(widthOf(node.parts[i]!))) | part, 0n),
      );
    case 'slice':
      return each([of(node.a)], ([a]) => sliceBits(a!, node.low, node.width));
    case 'extend':
      return each([of(node.a)], ([a]) =>
        node.sign ? wrap(toSigned(a!, widthOf(node.a)), node.width) : a!,
      );
    case 'input':
    case 'element':
    case 'register':
    case 'read':
    case 'output':
      return undefined;
  }
}

/** A conjunction with 0 and a disjunction with ones, whatever the other operand. */
function decided(
  node: Extract<Node, { kind: 'binary' }>,
  of: (operand: NodeId) => Values,
  widthOf: (operand: NodeId) => number,
): Values {
  if (node.op !== 'and' && node.op !== 'or') return undefined;
  const decisive = node.op === 'and' ? 0n : maskOf(widthOf(node.a));
  const isDecided = [node.a, node.b].some((operand) => isOnly(of(operand), decisive));
  return isDecided ? new Set([decisive]) : undefined;
}

const isOnly = (values: Values, value: bigint): boolean => values?.size === 1 && values.has(value);

function union(sets: readonly Values[]): Values {
  const all = new Set<bigint>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const value of set) all.add(value);
  }
  return all.size > mostValues ? undefined : all;
}

/** What `compute` gives for every choice of operands. */
function each(sets: readonly Values[], compute: (operands: readonly bigint[]) => bigint): Values {
  let choices: (readonly bigint[])[] = [[]];
  for (const set of sets) {
    if (set === undefined || set.size * choices.length > mostValues) return undefined;
    choices = choices.flatMap((before) => [...set].map((value) => [...before, value]));
  }
  return new Set(choices.map(compute));
}
