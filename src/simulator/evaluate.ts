import {
  evaluateBinary,
  evaluateUnary,
  fromHex,
  neighbourOf,
  operandsOf,
  sliceBits,
  toSigned,
  wrap,
} from '../ir/index.ts';
import type { Node, NodeId } from '../ir/index.ts';
import type { Scope } from './scope.ts';

/** Where the evaluator finds inputs of the top and state. */
export interface Leaves {
  input(port: string): bigint;
  register(scope: Scope, id: NodeId): bigint;
  /** The output register of a synchronous read port. */
  read(scope: Scope, memory: number, port: number): bigint;
  /** A word of a memory; `address` is in range. */
  word(scope: Scope, memory: number, address: number): bigint;
}

export interface Evaluator {
  /** The value of a node with inputs and state as they were since the last `forget`. */
  value(scope: Scope, id: NodeId): bigint;
  /** The value of a port of the module in its place. */
  port(scope: Scope, port: string): bigint;
  /** To be called when an input or state has changed. */
  forget(): void;
}

/** Evaluates nodes one by one, as their definition in the IR says, on demand and in BigInt. */
export function createEvaluator(leaves: Leaves): Evaluator {
  const known = new Map<Scope, (bigint | undefined)[]>();

  const value = (scope: Scope, id: NodeId): bigint => {
    let values = known.get(scope);
    if (values === undefined) known.set(scope, (values = []));
    const { nodes } = scope.module;
    // Operands first, from a list: recursion through a long chain would overflow the call stack.
    const waiting = [id];
    while (values[id] === undefined) {
      const next = waiting.at(-1)!;
      const node = nodes[next]!;
      const operands = node.kind === 'register' ? [] : operandsOf(node);
      const missing = operands.filter((operand) => values[operand] === undefined);
      if (missing.length > 0) waiting.push(...missing);
      else {
        values[next] ??= compute(scope, node, next);
        waiting.pop();
      }
    }
    return values[id];
  };

  const port = (scope: Scope, name: string): bigint => {
    const found = scope.module.ports.find((candidate) => candidate.name === name)!;
    return found.value === undefined ? input(scope, name, found.width) : value(scope, found.value);
  };

  const input = (scope: Scope, name: string, width: number): bigint => {
    const { parent, element } = scope;
    if (parent === undefined) return leaves.input(name);
    const instance = parent.module.instances[scope.instance]!;
    const connection = instance.inputs[name]!;
    switch (connection.kind) {
      case 'broadcast':
        return value(parent, connection.value);
      case 'each':
        return sliceBits(value(parent, connection.value), element * width, width);
      case 'neighbour': {
        const { axis, step, edge } = connection;
        const source = neighbourOf(instance.dimensions, element, axis, step);
        return 'element' in source
          ? port(parent.children[scope.instance]![source.element]!, connection.port)
          : sliceBits(value(parent, edge), source.edge * width, width);
      }
    }
  };

  const compute = (scope: Scope, node: Node, id: NodeId): bigint => {
    const at = (operand: NodeId) => value(scope, operand);
    const widthOf = (operand: NodeId) => scope.module.nodes[operand]!.width;
    switch (node.kind) {
      case 'const':
        return fromHex(node.value);
      case 'input':
        return input(scope, node.port, node.width);
      case 'unary':
        return evaluateUnary(node.op, at(node.a), widthOf(node.a));
      case 'binary':
        return evaluateBinary(node.op, at(node.a), at(node.b), widthOf(node.a), widthOf(node.b));
      case 'mux':
        return at(node.condition) === 1n ? at(node.whenTrue) : at(node.whenFalse);
      case 'cases': {
        const selector = at(node.selector);
        const entry = node.entries.find((candidate) => fromHex(candidate.match) === selector);
        return at(entry?.value ?? node.fallback);
      }
      case 'concat':
        return node.parts.reduce((bits, part) => (bits << BigInt(widthOf(part))) | at(part), 0n);
      case 'slice':
        return sliceBits(at(node.a), node.low, node.width);
      case 'extend':
        return node.sign ? wrap(toSigned(at(node.a), widthOf(node.a)), node.width) : at(node.a);
      case 'element': {
        const index = at(node.index);
        const count = BigInt(widthOf(node.a) / node.width);
        return index < count ? sliceBits(at(node.a), Number(index) * node.width, node.width) : 0n;
      }
      case 'wire':
        return at(node.value);
      case 'register':
        return leaves.register(scope, id);
      case 'read': {
        const memory = scope.module.memories[node.memory]!;
        const read = memory.reads[node.port]!;
        if (read.kind === 'synchronous') return leaves.read(scope, node.memory, node.port);
        const address = at(read.address);
        return address < BigInt(memory.depth)
          ? leaves.word(scope, node.memory, Number(address))
          : 0n;
      }
      case 'output': {
        const elements = scope.children[node.instance]!;
        const width = BigInt(node.width / elements.length);
        return elements.reduceRight((bits, child) => (bits << width) | port(child, node.port), 0n);
      }
    }
  };

  return { value, port, forget: () => known.clear() };
}
