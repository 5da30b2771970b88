import {
  addressBits,
  binaryWidth,
  edgeCount,
  elementCount,
  findCombinationalLoops,
  toHex,
  unaryWidth,
} from '../../src/ir/index.ts';
import type {
  BinaryOperator,
  Check,
  Connection,
  Instance,
  Memory,
  Module,
  Node,
  NodeId,
  Port,
  Program,
  ReadPort,
  UnaryOperator,
} from '../../src/ir/index.ts';
import type { Rng } from '../../src/numeric/index.ts';

const unaryOperators: readonly UnaryOperator[] = ['not', 'reduceAnd', 'reduceOr', 'reduceXor'];
const binaryOperators: readonly BinaryOperator[] = [
  'add',
  'sub',
  'mulUnsigned',
  'mulSigned',
  'and',
  'or',
  'xor',
  'eq',
  'ne',
  'ltUnsigned',
  'leUnsigned',
  'ltSigned',
  'leSigned',
  'shiftLeft',
  'shiftRight',
  'shiftRightSigned',
];
/** Borders of the representations in compiled code, and everyday widths. */
const cornerWidths = [1, 1, 1, 2, 3, 8, 16, 31, 32, 33, 34, 52, 53, 54, 63, 64, 65, 96, 127, 200];
const widest = 220;

const domains = [
  { name: 'main', clock: 'clk', reset: 'resetn' },
  { name: 'other', clock: 'other_clk', reset: 'other_resetn' },
];

export function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[rng.below(list.length)]!;
}

/** A value of `width` bits; borders of ranges and sparse patterns are frequent. */
export function cornerValue(rng: Rng, width: number): bigint {
  const all = (1n << BigInt(width)) - 1n;
  const top = 1n << BigInt(width - 1);
  let random = 0n;
  for (let i = 0; i < width; i += 32) random = (random << 32n) | BigInt(rng.uint32());
  switch (rng.below(9)) {
    case 0:
      return 0n;
    case 1:
      return all;
    case 2:
      return top;
    case 3:
      return top - 1n;
    case 4:
      return 1n & all;
    case 5:
      return BigInt(rng.below(40)) & all;
    default:
      return random & all;
  }
}

/**
 * A random well-formed program without combinational loops: every node kind, widths up to 220 bits,
 * memories, single instances and arrays with every kind of connection. `size` is the number of
 * operators per module.
 */
export function randomProgram(rng: Rng, size: number): Program {
  const modules: Module[] = [];
  const count = 1 + rng.below(4);
  for (let i = 0; i < count; i++) {
    modules.push(randomModule(rng, i === count - 1 ? 'top' : `part${i}`, modules, size));
  }
  return { top: 'top', modules };
}

function randomModule(rng: Rng, name: string, children: readonly Module[], size: number): Module {
  const nodes: Node[] = [];
  const ports: Port[] = [];
  const memories: Memory[] = [];
  const instances: Instance[] = [];
  const checks: Check[] = [];
  const add = (node: Node): NodeId => nodes.push(node) - 1;
  const width = () => (rng.below(3) === 0 ? 1 + rng.below(80) : pick(rng, cornerWidths));
  const widthOf = (id: NodeId) => nodes[id]!.width;
  const any = (): NodeId =>
    rng.below(8) === 0
      ? constant(width())
      : Math.max(0, nodes.length - 1 - rng.below(nodes.length));
  const constant = (bits: number): NodeId =>
    add({ kind: 'const', width: bits, value: toHex(cornerValue(rng, bits)) });
  /** A value of exactly `bits` bits made of `id`. */
  const fit = (id: NodeId, bits: number): NodeId => {
    const own = widthOf(id);
    if (own === bits) return id;
    if (own < bits) return add({ kind: 'extend', a: id, sign: rng.below(2) === 0, width: bits });
    return add({ kind: 'slice', a: id, low: rng.below(own - bits + 1), width: bits });
  };
  const bit = () => fit(any(), 1);

  for (let i = 0; i < 1 + rng.below(4); i++) {
    const bits = width();
    ports.push({
      name: `in${i}`,
      direction: 'input',
      width: bits,
      signed: rng.below(2) === 0,
      doc: '',
    });
    add({ kind: 'input', port: `in${i}`, width: bits });
  }
  const registers: NodeId[] = [];
  for (let i = 0; i < rng.below(5); i++) {
    const bits = width();
    const id = add({
      kind: 'register',
      next: 0,
      width: bits,
      domain: rng.below(4) === 0 ? 1 : 0,
      ...(rng.below(4) === 0 ? {} : { name: `state${i}` }),
      ...(rng.below(2) === 0 ? { init: toHex(cornerValue(rng, bits)) } : {}),
    });
    registers.push(id);
  }
  /** Wires whose value is chosen at the end, as far as that closes no loop. */
  const forward: NodeId[] = [];
  const forwardWire = (bits: number): NodeId => {
    const id = add({ kind: 'wire', value: constant(bits), width: bits });
    forward.push(id);
    return id;
  };

  const makeMemory = () => {
    const bits = width();
    const depth = pick(rng, [1, 2, 3, 4, 7, 8, 16, 20]);
    const address = () => fit(any(), addressBits(depth));
    const lanes = pick(
      rng,
      [1, 2, 4, bits].filter((n) => bits % n === 0),
    );
    const read = (): ReadPort =>
      rng.below(2) === 0
        ? { kind: 'asynchronous', address: address() }
        : {
            kind: 'synchronous',
            address: address(),
            domain: 0,
            mode: pick(rng, ['old', 'new', 'undefined'] as const),
            ...(rng.below(2) === 0 ? { enable: bit() } : {}),
          };
    const index = memories.length;
    const reads = Array.from({ length: 1 + rng.below(2) }, read);
    memories.push({
      name: `memory${index}`,
      width: bits,
      depth,
      reads,
      writes: Array.from({ length: rng.below(3) }, () => ({
        address: address(),
        data: fit(any(), bits),
        enable: bit(),
        domain: 0,
        ...(rng.below(2) === 0 ? { mask: fit(any(), lanes) } : {}),
      })),
      ...(rng.below(3) === 0
        ? { init: Array.from({ length: depth }, () => toHex(cornerValue(rng, bits))) }
        : {}),
    });
    reads.forEach((_, port) => add({ kind: 'read', memory: index, port, width: bits }));
  };

  const makeInstance = (child: Module) => {
    const dimensions = pick(rng, [[], [], [1], [3], [5], [2, 3], [3, 2]]);
    const count = elementCount(dimensions);
    const outputs = child.ports.filter((port) => port.direction === 'output');
    const source = (bits: number) => (rng.below(3) === 0 ? forwardWire(bits) : fit(any(), bits));
    /** A packed vector of values collected from here and there. */
    const vector = (parts: number, bits: number) =>
      rng.below(3) === 0
        ? source(parts * bits)
        : add({
            kind: 'concat',
            width: parts * bits,
            parts: Array.from({ length: parts }, () => source(bits)),
          });
    const inputs: Record<string, Connection> = {};
    for (const port of child.ports) {
      if (port.direction !== 'input') continue;
      const equal = outputs.filter((output) => output.width === port.width);
      const kind = dimensions.length === 0 ? 0 : rng.below(3);
      if (kind === 2 && equal.length > 0) {
        const axis = (dimensions.length === 2 ? rng.below(2) : 0) as 0 | 1;
        inputs[port.name] = {
          kind: 'neighbour',
          port: pick(rng, equal).name,
          axis,
          step: rng.below(2) === 0 ? 1 : -1,
          edge: vector(edgeCount(dimensions, axis), port.width),
        };
      } else if (kind === 1) {
        inputs[port.name] = { kind: 'each', value: vector(count, port.width) };
      } else inputs[port.name] = { kind: 'broadcast', value: source(port.width) };
    }
    const index = instances.length;
    instances.push({ name: `u_${child.name}_${index}`, module: child.name, dimensions, inputs });
    for (const { name: port, width: bits } of outputs) {
      const whole = add({ kind: 'output', instance: index, port, width: bits * count });
      if (count === 1) continue;
      const part = rng.below(count);
      add({ kind: 'slice', a: whole, low: part * bits, width: bits });
      add({ kind: 'element', a: whole, index: fit(any(), 1 + rng.below(4)), width: bits });
    }
  };

  const makeOperator = () => {
    switch (rng.below(13)) {
      case 0: {
        const [op, a] = [pick(rng, unaryOperators), any()];
        return add({ kind: 'unary', op, a, width: unaryWidth(op, widthOf(a)) });
      }
      case 1:
      case 2:
      case 3:
      case 4: {
        const op = pick(rng, binaryOperators);
        const a = any();
        const isMul = op === 'mulSigned' || op === 'mulUnsigned';
        const isShift = op.startsWith('shift');
        const b = isMul ? any() : isShift ? fit(any(), 1 + rng.below(10)) : fit(any(), widthOf(a));
        const result = binaryWidth(op, widthOf(a), widthOf(b));
        return result > widest ? a : add({ kind: 'binary', op, a, b, width: result });
      }
      case 5:
      case 6: {
        const [condition, whenTrue] = [bit(), any()];
        const bits = widthOf(whenTrue);
        const whenFalse = fit(any(), bits);
        return add({ kind: 'mux', condition, whenTrue, whenFalse, width: bits });
      }
      case 7: {
        const [selector, fallback] = [any(), any()];
        const bits = widthOf(fallback);
        const matches = new Set(
          Array.from({ length: rng.below(6) }, () => toHex(cornerValue(rng, widthOf(selector)))),
        );
        const entries = [...matches].map((match) => ({ match, value: fit(any(), bits) }));
        return add({ kind: 'cases', selector, entries, fallback, width: bits });
      }
      case 8: {
        const parts = Array.from({ length: 1 + rng.below(4) }, any);
        const bits = parts.reduce((sum, part) => sum + widthOf(part), 0);
        return bits > widest ? parts[0]! : add({ kind: 'concat', parts, width: bits });
      }
      case 9: {
        const a = any();
        return fit(a, 1 + rng.below(widthOf(a)));
      }
      case 10: {
        const a = any();
        const bits = widthOf(a) + rng.below(70);
        return bits > widest ? a : fit(a, bits);
      }
      case 11: {
        const count = 1 + rng.below(6);
        const bits = 1 + rng.below(Math.floor(widest / count));
        // Half of the vectors are collected from parts, half are computed as a whole.
        const a =
          rng.below(2) === 0
            ? fit(any(), count * bits)
            : add({
                kind: 'concat',
                width: count * bits,
                parts: Array.from({ length: count }, () => fit(any(), bits)),
              });
        return add({ kind: 'element', a, index: fit(any(), 1 + rng.below(5)), width: bits });
      }
      default: {
        const value = any();
        return add({ kind: 'wire', value, width: widthOf(value), name: `wire${nodes.length}` });
      }
    }
  };

  for (let i = 0; i < size; i++) {
    makeOperator();
    if (rng.below(size) === 0) makeMemory();
    if (children.length > 0 && rng.below(Math.ceil(size / 2)) === 0) {
      makeInstance(pick(rng, children));
    }
  }
  for (let i = 0; i < 1 + rng.below(4); i++) {
    const value = any();
    ports.push({
      name: `out${i}`,
      direction: 'output',
      width: widthOf(value),
      signed: false,
      doc: '',
      value,
    });
  }
  for (let i = 0; i < rng.below(3); i++) {
    const kind = pick(rng, ['assert', 'assume', 'cover'] as const);
    checks.push({ kind, name: `check${i}`, condition: bit(), message: 'a message', domain: 0 });
  }
  for (const id of registers) {
    const node = nodes[id]!;
    if (node.kind !== 'register') continue;
    const next = fit(any(), node.width);
    nodes[id] = { ...node, next, ...(rng.below(2) === 0 ? { enable: bit() } : {}) };
  }
  const module = (): Module => ({
    name,
    doc: '',
    parameters: [],
    ports,
    streams: [],
    domains,
    nodes,
    memories,
    instances,
    checks,
  });
  const loops = () => findCombinationalLoops({ top: name, modules: [...children, module()] });
  for (const id of forward) {
    const before = nodes[id]!;
    if (before.kind !== 'wire') continue;
    nodes[id] = { ...before, value: fit(any(), before.width) };
    if (loops().length > 0) nodes[id] = before;
  }
  // Neighbours in opposite directions may close loops; such connections become plain ones.
  if (loops().length > 0) {
    instances.forEach((instance, index) => {
      const inputs = Object.entries(instance.inputs).map(([port, connection]) => {
        if (connection.kind !== 'neighbour') return [port, connection] as const;
        const parts = edgeCount(instance.dimensions, connection.axis);
        const value = add({
          kind: 'slice',
          a: connection.edge,
          low: 0,
          width: widthOf(connection.edge) / parts,
        });
        return [port, { kind: 'broadcast', value } as const] as const;
      });
      instances[index] = { ...instance, inputs: Object.fromEntries(inputs) };
    });
  }
  return module();
}
