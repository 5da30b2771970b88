/** Nodes as Verilog expressions. */
import type { BinaryOperator, Module, Node, NodeId } from '../ir/index.ts';
import { fromHex, toSigned } from '../ir/operators.ts';
import { bitsOf, literal, net } from './syntax.ts';
import type { Symbols } from './symbols.ts';
import type { Expression, VerilogOperator } from './syntax.ts';

export interface Expressions {
  /** The node where it is used: the name of its net, or what it computes. */
  use(id: NodeId): Expression;
  /** What a net computes. */
  definition(id: NodeId): Expression;
  /** The node where it selects: as unsigned, whatever its net is declared as. */
  address(id: NodeId): Expression;
  /** Bits of a node that is a net or a constant. */
  bits(id: NodeId, low: number, width: number): Expression;
  /** A value of the node, by name where its values have names. */
  valueOf(id: NodeId, value: bigint): Expression;
}

export function createExpressions(
  module: Module,
  nets: ReadonlyMap<NodeId, string>,
  /** Nets declared signed: where both operands are, Verilog would read them as signed. */
  signedNets: ReadonlySet<NodeId>,
  word: (memory: number, address: Expression) => Expression,
  symbols: Symbols,
  /** Bits of a node that are a net of their own, apart from the rest of it. */
  apart: (id: NodeId, low: number, width: number) => Expression | undefined,
): Expressions {
  const named = (enumeration: readonly string[] | undefined, width: number, value: bigint) =>
    symbols.use(enumeration, value) ?? literal(width, value);

  const nodeOf = (id: NodeId) => module.nodes[id]!;
  const valueOf = (id: NodeId) => {
    const node = nodeOf(id);
    return node.kind === 'const' ? fromHex(node.value) : undefined;
  };

  function use(id: NodeId): Expression {
    const name = nets.get(id);
    return name === undefined ? definition(id) : net(name);
  }

  function address(id: NodeId): Expression {
    return readsSigned(id) ? unsigned(id) : use(id);
  }

  function bits(id: NodeId, low: number, width: number): Expression {
    const node = nodeOf(id);
    const own = apart(id, low, width);
    if (own !== undefined) return own;
    const name = nets.get(id);
    if (name !== undefined) return bitsOf(name, node.width, low, width);
    if (node.kind === 'slice') return bits(node.a, node.low + low, width);
    if (low === 0 && width === node.width) return use(id);
    throw new Error(`${module.name}: node ${id} (${node.kind}) has no net to take bits of`);
  }

  function definition(id: NodeId): Expression {
    const node = nodeOf(id);
    switch (node.kind) {
      case 'const':
        return named(node.enumeration, node.width, fromHex(node.value));
      case 'unary':
        return unary(node.op, node.a);
      case 'binary':
        return binary(node);
      case 'mux':
        return choice(node);
      case 'concat':
        return concatenate(node.parts.map(use));
      case 'slice':
        return bits(node.a, node.low, node.width);
      case 'extend':
        return extension(node);
      case 'element':
        return element(node);
      case 'wire':
        return use(node.value);
      case 'read': {
        const port = module.memories[node.memory]!.reads[node.port]!;
        return word(node.memory, address(port.address));
      }
      case 'cases':
      case 'input':
      case 'register':
      case 'output':
        throw new Error(`${module.name}: a ${node.kind} is not an expression`);
    }
  }

  function unary(op: 'not' | 'reduceAnd' | 'reduceOr' | 'reduceXor', a: NodeId): Expression {
    const { width } = nodeOf(a);
    switch (op) {
      case 'not': {
        const inner = nodeOf(a);
        if (!nets.has(a) && inner.kind === 'unary' && inner.op === 'reduceOr') {
          return compare('==', use(inner.a), literal(nodeOf(inner.a).width, 0));
        }
        if (width > 1) return { kind: 'unary', op: '~', a: use(a) };
        const bit = use(a);
        const isBoth = bit.kind === 'binary' && bit.op === '&&';
        return isBoth ? negate(bit) : { kind: 'unary', op: '!', a: bit };
      }
      case 'reduceAnd':
        return { kind: 'unary', op: '&', a: use(a) };
      case 'reduceOr':
        return compare('!=', use(a), literal(width, 0));
      case 'reduceXor':
        return { kind: 'unary', op: '^', a: use(a) };
    }
  }

  function binary(node: Extract<Node, { kind: 'binary' }>): Expression {
    const { op, a, b } = node;
    const plain = (operator: VerilogOperator) => compare(operator, use(a), use(b));
    switch (op) {
      case 'add':
        return plain('+');
      case 'sub':
        return valueOf(a) === 0n ? { kind: 'unary', op: '-', a: use(b) } : plain('-');
      case 'and':
        return plain(node.width === 1 ? '&&' : '&');
      case 'or':
        return plain(node.width === 1 ? '||' : '|');
      case 'xor':
        return plain('^');
      case 'eq':
        return plain('==');
      case 'ne':
        return plain('!=');
      case 'shiftLeft':
        return plain('<<');
      case 'shiftRight':
        return plain('>>');
      case 'shiftRightSigned':
        return compare('>>>', signed(a), use(b));
      case 'mulUnsigned':
        return compare('*', ...unsignedPair(a, b));
      case 'mulSigned':
        return compare('*', signed(a), signedFactor(b, node.width));
      case 'ltUnsigned':
      case 'leUnsigned':
        return ordered(op, a, b, ...unsignedPair(a, b));
      case 'ltSigned':
      case 'leSigned':
        return ordered(op, a, b, signed(a), signed(b));
    }
  }

  /** A constant stands on the right, whichever side the author had it on. */
  function ordered(
    op: BinaryOperator,
    a: NodeId,
    b: NodeId,
    left: Expression,
    right: Expression,
  ): Expression {
    const strict = op === 'ltUnsigned' || op === 'ltSigned';
    if (valueOf(a) !== undefined && valueOf(b) === undefined) {
      return compare(strict ? '>' : '>=', right, left);
    }
    return compare(strict ? '<' : '<=', left, right);
  }

  function signed(id: NodeId): Expression {
    const node = nodeOf(id);
    const value = valueOf(id);
    if (value !== undefined && !nets.has(id)) {
      return {
        kind: 'literal',
        width: node.width,
        value: toSigned(value, node.width),
        signed: true,
      };
    }
    return signedNets.has(id) ? use(id) : { kind: 'cast', to: 'signed', a: use(id) };
  }

  /** A negative factor is written in the width of the product: there its sign is applied. */
  function signedFactor(id: NodeId, productWidth: number): Expression {
    const factor = signed(id);
    return factor.kind === 'literal' && factor.value < 0n
      ? { ...factor, width: productWidth }
      : factor;
  }

  function unsignedPair(a: NodeId, b: NodeId): [Expression, Expression] {
    return [readsSigned(a) && readsSigned(b) ? unsigned(a) : use(a), use(b)];
  }

  const unsigned = (id: NodeId): Expression => ({ kind: 'cast', to: 'unsigned', a: use(id) });

  /** Whether Verilog takes the printed node for signed: a signed net, or an operator on such alone. */
  function readsSigned(id: NodeId): boolean {
    if (nets.has(id)) return signedNets.has(id);
    const node = nodeOf(id);
    switch (node.kind) {
      case 'unary':
        return node.op === 'not' && readsSigned(node.a);
      case 'binary':
        if (node.op === 'shiftLeft' || node.op === 'shiftRight') return readsSigned(node.a);
        return (
          ['add', 'sub', 'and', 'or', 'xor'].includes(node.op) &&
          readsSigned(node.a) &&
          readsSigned(node.b)
        );
      case 'mux':
        return readsSigned(node.whenTrue) && readsSigned(node.whenFalse);
      default:
        return false;
    }
  }

  /** One bit with a constant branch is logic, not a choice. */
  function choice(node: Extract<Node, { kind: 'mux' }>): Expression {
    const condition = use(node.condition);
    const whenTrue = use(node.whenTrue);
    const whenFalse = use(node.whenFalse);
    const isNamed = nodeOf(node.whenTrue).enumeration ?? nodeOf(node.whenFalse).enumeration;
    if (node.width === 1 && !isNamed) {
      const inverted = negate(condition);
      if (valueOf(node.whenTrue) === 1n) return compare('||', condition, whenFalse);
      if (valueOf(node.whenTrue) === 0n) return compare('&&', inverted, whenFalse);
      if (valueOf(node.whenFalse) === 0n) return compare('&&', condition, whenTrue);
      if (valueOf(node.whenFalse) === 1n) return compare('||', inverted, whenTrue);
    }
    return { kind: 'choice', condition, whenTrue, whenFalse };
  }

  function extension(node: Extract<Node, { kind: 'extend' }>): Expression {
    const inner = nodeOf(node.a).width;
    const count = node.width - inner;
    const a = use(node.a);
    if (!node.sign) return concatenate([literal(count, 0), a]);
    if (inner === 1) return { kind: 'repeat', count: node.width, a };
    const sign = bits(node.a, inner - 1, 1);
    return concatenate([count === 1 ? sign : { kind: 'repeat', count, a: sign }, a]);
  }

  /** An index as wide as the vector asks for, and 0 where it points behind the vector. */
  function element(node: Extract<Node, { kind: 'element' }>): Expression {
    const name = nets.get(node.a)!;
    const whole = nodeOf(node.a).width;
    const count = whole / node.width;
    const indexBits = Math.ceil(Math.log2(count));
    const { width } = nodeOf(node.index);
    const parts: Expression[] = [];
    if (width < indexBits) parts.push(literal(indexBits - width, 0));
    parts.push(width > indexBits ? bits(node.index, 0, indexBits) : address(node.index));
    if (node.width > 1) parts.push(literal(Math.log2(node.width), 0));
    const [first, ...rest] = parts;
    const from: Expression = rest.length === 0 ? first! : { kind: 'concat', parts };
    const selected: Expression =
      node.width === 1
        ? { kind: 'index', name, index: from }
        : { kind: 'part', name, from, width: node.width };
    if (2 ** width <= count) return selected;
    const above = width - indexBits;
    const inRange =
      count === 2 ** indexBits
        ? above === 1
          ? negate(bits(node.index, indexBits, 1))
          : compare('==', bits(node.index, indexBits, above), literal(above, 0))
        : compare('<', use(node.index), literal(width, count));
    return node.width === 1
      ? compare('&&', inRange, selected)
      : {
          kind: 'choice',
          condition: inRange,
          whenTrue: selected,
          whenFalse: literal(node.width, 0),
        };
  }

  const valueIn = (id: NodeId, value: bigint): Expression =>
    named(nodeOf(id).enumeration, nodeOf(id).width, value);

  return { use, definition, address, bits, valueOf: valueIn };
}

const concatenate = (parts: readonly Expression[]): Expression => ({
  kind: 'concat',
  parts: parts.flatMap((part) => (part.kind === 'concat' ? part.parts : [part])),
});

const compare = (op: VerilogOperator, a: Expression, b: Expression): Expression => ({
  kind: 'binary',
  op,
  a,
  b,
});

const opposites: Partial<Record<VerilogOperator, VerilogOperator>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

/** The opposite of one bit. */
export function negate(condition: Expression): Expression {
  if (condition.kind === 'unary' && condition.op === '!') return condition.a;
  if (condition.kind === 'binary') {
    const { op, a, b } = condition;
    const opposite = opposites[op];
    if (opposite !== undefined) return { ...condition, op: opposite };
    if (op === '||') return { kind: 'binary', op: '&&', a: negate(a), b: negate(b) };
    if (op === '&&' && hasOpposite(a) && hasOpposite(b)) {
      return { kind: 'binary', op: '||', a: negate(a), b: negate(b) };
    }
  }
  return { kind: 'unary', op: '!', a: condition };
}

/** Whether the opposite of one bit can be written without a further operator. */
function hasOpposite(a: Expression): boolean {
  if (a.kind === 'unary') return a.op === '!';
  return a.kind === 'binary' && opposites[a.op] !== undefined;
}

/** All of several conditions; `undefined` for none. */
export function allOf(conditions: readonly Expression[]): Expression | undefined {
  const [first, ...rest] = conditions;
  return first && rest.reduce((all, next) => compare('&&', all, next), first);
}
