import type {
  BinaryOperator,
  Instance,
  Memory,
  Module,
  Node,
  NodeId,
  Port,
  UnaryOperator,
} from './module.ts';
import { elementCount } from './operands.ts';
import { binaryOperators, binaryWidth, unaryOperators, unaryWidth } from './operators.ts';
import type { Reader } from './text-reader.ts';
import type { Token } from './text-tokens.ts';

/** The module as far as it has been read. */
export interface ExpressionScope {
  readonly nodes: Node[];
  readonly labels: ReadonlyMap<string, NodeId> & Map<string, NodeId>;
  readonly ports: readonly Port[];
  readonly memories: readonly Memory[];
  readonly instances: readonly Instance[];
  readonly known: ReadonlyMap<string, Module>;
  /** Reads the name of a domain. */
  domain(): number;
  /** Reads a reference that may point forward. */
  reference(put: (id: NodeId) => void): void;
}

/**
 * Reads a node with all that is written inside it, innermost and leftmost first, and returns its
 * number. `declared` is the width of the statement, which wires and registers have no other source for.
 */
export function parseExpression(reader: Reader, scope: ExpressionScope, declared?: number): NodeId {
  const { nodes } = scope;
  const token = reader.peek();
  const add = (node: Node): NodeId => nodes.push(node) - 1;
  const operand = () => parseOperand(reader, scope);
  const widthOf = (id: NodeId) => nodes[id]!.width;
  if (reader.isNext('number')) return add(parseConstant(reader));
  if (reader.takeMark('{')) {
    const parts = reader.list('}', operand);
    return add({ kind: 'concat', parts, width: parts.reduce((sum, id) => sum + widthOf(id), 0) });
  }
  const word = reader.keyword();
  reader.mark('(');
  const finish = (node: Node): NodeId => {
    reader.mark(')');
    return add(node);
  };
  const comma = <T>(read: () => T): T => {
    reader.mark(',');
    return read();
  };
  if (isUnary(word)) {
    const a = operand();
    return finish({ kind: 'unary', op: word, a, width: unaryWidth(word, widthOf(a)) });
  }
  if (isBinary(word)) {
    const a = operand();
    const b = comma(operand);
    const width = binaryWidth(word, widthOf(a), widthOf(b));
    return finish({ kind: 'binary', op: word, a, b, width });
  }
  switch (word) {
    case 'input': {
      const port = find(reader, scope.ports, 'input port');
      return finish({ kind: 'input', port: port.name, width: port.width });
    }
    case 'mux': {
      const condition = operand();
      const whenTrue = comma(operand);
      const whenFalse = comma(operand);
      return finish({ kind: 'mux', condition, whenTrue, whenFalse, width: widthOf(whenTrue) });
    }
    case 'cases': {
      const selector = operand();
      const entries: { match: string; value: NodeId }[] = [];
      reader.mark(',');
      while (!reader.takeKeyword('else')) {
        const match = reader.digits();
        reader.mark(':');
        entries.push({ match, value: operand() });
        reader.mark(',');
      }
      reader.mark(':');
      const fallback = operand();
      return finish({ kind: 'cases', selector, entries, fallback, width: widthOf(fallback) });
    }
    case 'slice': {
      const a = operand();
      const high = comma(() => reader.number());
      const low = reader.takeMark(':') ? reader.number() : high;
      return finish({ kind: 'slice', a, low, width: high - low + 1 });
    }
    case 'zeroExtend':
    case 'signExtend': {
      const a = operand();
      const width = comma(() => reader.number());
      return finish({ kind: 'extend', a, sign: word === 'signExtend', width });
    }
    case 'element': {
      const a = operand();
      const index = comma(operand);
      return finish({ kind: 'element', a, index, width: comma(() => reader.number()) });
    }
    case 'read': {
      const memory = find(reader, scope.memories, 'memory');
      const port = comma(() => reader.number());
      const { width } = memory;
      return finish({ kind: 'read', memory: scope.memories.indexOf(memory), port, width });
    }
    case 'output': {
      const instance = find(reader, scope.instances, 'instance');
      const ports = scope.known.get(instance.module)?.ports ?? [];
      const port = comma(() => find(reader, ports, 'output port'));
      return finish({
        kind: 'output',
        instance: scope.instances.indexOf(instance),
        port: port.name,
        width: port.width * elementCount(instance.dimensions),
      });
    }
    case 'wire':
    case 'register':
      return parseForward(reader, scope, token, word, declared);
    default:
      return reader.failAt(token, `there is no operator '${word}'`);
  }
}

function parseOperand(reader: Reader, scope: ExpressionScope): NodeId {
  const isReference = reader.isNext('label') || reader.isNext('text') || isBareName(reader);
  if (!isReference) return parseExpression(reader, scope);
  const token = reader.peek();
  const label = reader.reference();
  return scope.labels.get(label) ?? reader.failAt(token, `there is no node '${label}' above`);
}

function isBareName(reader: Reader): boolean {
  return reader.isNext('name') && !reader.isMark('(', 1);
}

function parseConstant(reader: Reader): Node {
  const width = reader.number();
  return { kind: 'const', width, value: reader.digits() };
}

function parseForward(
  reader: Reader,
  scope: ExpressionScope,
  token: Token,
  kind: 'wire' | 'register',
  width: number | undefined,
): NodeId {
  const { nodes } = scope;
  if (width === undefined) {
    return reader.failAt(token, `a ${kind} is a statement of its own, not an operand`);
  }
  const id = nodes.length;
  const change = (fields: object) => {
    nodes[id] = { ...nodes[id]!, ...fields };
  };
  if (kind === 'wire') {
    nodes.push({ kind, value: 0, width });
    scope.reference((value) => {
      change({ value });
    });
  } else {
    nodes.push({ kind, next: 0, domain: scope.domain(), width });
    reader.mark(',');
    reader.argument('next');
    scope.reference((next) => {
      change({ next });
    });
    while (reader.takeMark(',')) {
      const argument = reader.oneOf(['enable', 'init', 'synchronizes']);
      if (argument === 'synchronizes') {
        change({ synchronizes: true });
        continue;
      }
      reader.mark(':');
      if (argument === 'enable') {
        scope.reference((enable) => {
          change({ enable });
        });
      } else {
        const place = reader.peek();
        const initial = parseConstant(reader);
        if (initial.width !== width) {
          reader.failAt(place, `init has ${initial.width} bits, ${width} are declared`);
        }
        if (initial.kind === 'const') change({ init: initial.value });
      }
    }
  }
  reader.mark(')');
  return id;
}

/** The item of a list that the next name calls. */
function find<T extends { readonly name: string }>(
  reader: Reader,
  list: readonly T[],
  what: string,
): T {
  const token = reader.peek();
  const name = reader.name();
  return (
    list.find((candidate) => candidate.name === name) ??
    reader.failAt(token, `there is no ${what} '${name}' above`)
  );
}

const isUnary = (word: string): word is UnaryOperator =>
  (unaryOperators as readonly string[]).includes(word);
const isBinary = (word: string): word is BinaryOperator =>
  (binaryOperators as readonly string[]).includes(word);
