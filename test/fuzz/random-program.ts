import {
  addressBits,
  binaryOperators,
  binaryWidth,
  edgeCount,
  elementCount,
  findCombinationalLoops,
  toHex,
  unaryOperators,
  unaryWidth,
} from '../../src/ir/index.ts';
import type {
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
  Stream,
} from '../../src/ir/index.ts';
import type { Rng } from '../../src/numeric/index.ts';

/** Borders of the representations in compiled code, and everyday widths. */
const cornerWidths = [1, 1, 1, 2, 3, 8, 16, 31, 32, 33, 34, 52, 53, 54, 63, 64, 65, 96, 127, 200];

/** Nodes of all instances in a module together: what keeps the reference evaluator quick. */
const mostNodes = 400;

/** What kind of random program is wanted. */
export interface Profile {
  /**
   * Whether nothing that can be seen after reset depends on values that power-on leaves open: every
   * register resets, memories have contents, and writes and held reads wait for the input `go`. Engines
   * that start from X can be compared on such programs only.
   */
  readonly defined: boolean;
  /**
   * Whether values pass between clock domains as they like. `verifyProgram` finds fault with that, but
   * what each engine computes is still defined.
   */
  readonly crossings: boolean;
  /** Operators per module. */
  readonly size: number;
  /** Bits of the widest value. */
  readonly widest: number;
}

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
 * A random well-formed program without combinational loops: every node kind, memories of all kinds,
 * single instances, arrays with every kind of connection, and chains of stream stages.
 */
export function randomProgram(rng: Rng, profile: Profile): Program {
  const modules: Module[] = [];
  const own = rng.below(4) === 0 ? 1 : 0;
  const domain = () => (profile.crossings ? rng.below(2) : own);
  if (rng.below(3) === 0) {
    modules.push(streamStage(1 + rng.below(Math.min(80, profile.widest)), domain()));
  }
  const count = 1 + rng.below(4);
  for (let i = 0; i < count; i++) {
    modules.push(randomModule(rng, i === count - 1 ? 'top' : `part${i}`, modules, profile, domain));
  }
  return { top: 'top', modules };
}

/** A register of an elastic pipeline: `ready` runs through it combinationally, against the data. */
function streamStage(width: number, domain: number): Module {
  const port = (
    name: string,
    direction: Port['direction'],
    bits: number,
    value?: NodeId,
  ): Port => ({
    name,
    direction,
    width: bits,
    signed: false,
    doc: '',
    domain,
    ...(value === undefined ? {} : { value }),
  });
  const stream = (name: string, direction: Port['direction']): Stream => ({
    name,
    direction,
    valid: `${name}_valid`,
    ready: `${name}_ready`,
    fields: [{ name: 'data', port: `${name}_data`, width, signed: false }],
    doc: '',
  });
  return {
    name: 'stage',
    doc: '',
    parameters: [],
    ports: [
      port('from_valid', 'input', 1),
      port('from_ready', 'output', 1, 6),
      port('from_data', 'input', width),
      port('to_valid', 'output', 1, 3),
      port('to_ready', 'input', 1),
      port('to_data', 'output', width, 4),
    ],
    streams: [stream('from', 'input'), stream('to', 'output')],
    domains,
    nodes: [
      { kind: 'input', port: 'from_valid', width: 1 },
      { kind: 'input', port: 'from_data', width },
      { kind: 'input', port: 'to_ready', width: 1 },
      { kind: 'register', name: 'full', width: 1, domain, next: 0, enable: 6, init: '0' },
      { kind: 'register', name: 'held', width, domain, next: 1, enable: 7, init: '0' },
      { kind: 'unary', op: 'not', a: 3, width: 1 },
      { kind: 'binary', op: 'or', a: 5, b: 2, width: 1 },
      { kind: 'binary', op: 'and', a: 0, b: 6, width: 1 },
    ],
    memories: [],
    instances: [],
    checks: [],
  };
}

/** Nodes of a module with those of everything below it. */
function flatSize(module: Module, known: readonly Module[]): number {
  return module.instances.reduce((sum, instance) => {
    const child = known.find((candidate) => candidate.name === instance.module)!;
    return sum + elementCount(instance.dimensions) * flatSize(child, known);
  }, module.nodes.length);
}

function randomModule(
  rng: Rng,
  name: string,
  children: readonly Module[],
  { defined, crossings, size, widest }: Profile,
  domain: () => number,
): Module {
  const nodes: Node[] = [];
  const ports: Port[] = [];
  const memories: Memory[] = [];
  const instances: Instance[] = [];
  const checks: Check[] = [];
  const add = (node: Node): NodeId => nodes.push(node) - 1;
  const width = () =>
    Math.min(widest, rng.below(3) === 0 ? 1 + rng.below(80) : pick(rng, cornerWidths));
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
  const binary = (op: 'and' | 'or', a: NodeId, b: NodeId) =>
    add({ kind: 'binary', op, a, b, width: 1 });

  if (defined) {
    ports.push({
      name: 'go',
      direction: 'input',
      width: 1,
      signed: false,
      doc: '',
      domain: domain(),
    });
    add({ kind: 'input', port: 'go', width: 1 });
  }
  const go = 0;
  for (let i = 0; i < 1 + rng.below(4); i++) {
    const bits = width();
    ports.push({
      name: `in${i}`,
      direction: 'input',
      width: bits,
      signed: rng.below(2) === 0,
      doc: '',
      domain: domain(),
    });
    add({ kind: 'input', port: `in${i}`, width: bits });
  }
  const registers: NodeId[] = [];
  const anonymous = rng.below(4) === 0;
  for (let i = 0; i < rng.below(5); i++) {
    const bits = width();
    const id = add({
      kind: 'register',
      next: 0,
      width: bits,
      domain: domain(),
      ...(anonymous ? {} : { name: `state${i}` }),
      ...(rng.below(2) === 0 || defined ? { init: toHex(cornerValue(rng, bits)) } : {}),
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
    const modes = defined ? (['old', 'new'] as const) : (['old', 'new', 'undefined'] as const);
    /** `defined` programs write only while `go` is 1, and read at least while it is 0. */
    const writeEnable = () => (defined ? binary('and', go, bit()) : bit());
    const readEnable = () => {
      if (!defined) return bit();
      return binary('or', add({ kind: 'unary', op: 'not', a: go, width: 1 }), bit());
    };
    const read = (): ReadPort =>
      rng.below(2) === 0
        ? { kind: 'asynchronous', address: address() }
        : {
            kind: 'synchronous',
            address: address(),
            domain: domain(),
            mode: pick(rng, modes),
            ...(rng.below(2) === 0 ? { enable: readEnable() } : {}),
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
        enable: writeEnable(),
        domain: domain(),
        ...(rng.below(2) === 0 ? { mask: fit(any(), lanes) } : {}),
      })),
      ...(rng.below(3) === 0 || defined
        ? { init: Array.from({ length: depth }, () => toHex(cornerValue(rng, bits))) }
        : {}),
    });
    reads.forEach((_, port) => add({ kind: 'read', memory: index, port, width: bits }));
  };

  let room = mostNodes;
  const makeInstance = (child: Module) => {
    const dimensions = pick(rng, [[], [], [1], [3], [5], [2, 3], [3, 2]]);
    const count = elementCount(dimensions);
    room -= count * flatSize(child, children);
    if (room < 0) return;
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
      if (port.name === 'go') {
        inputs['go'] = { kind: 'broadcast', value: go };
        continue;
      }
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
    instances.push({
      name: `u_${child.name}_${index}`,
      module: child.name,
      dimensions,
      inputs,
      // Some take the domains of the parent crosswise, or one for both.
      ...(crossings && rng.below(3) === 0
        ? { domains: { main: 'other', other: pick(rng, ['main', 'other']) } }
        : {}),
    });
    for (const { name: port, width: bits } of outputs) {
      const whole = add({ kind: 'output', instance: index, port, width: bits * count });
      if (count === 1) continue;
      const part = rng.below(count);
      add({ kind: 'slice', a: whole, low: part * bits, width: bits });
      add({ kind: 'element', a: whole, index: fit(any(), 1 + rng.below(4)), width: bits });
    }
  };

  const makeChain = (stage: Module) => {
    const length = 1 + rng.below(5);
    const index = instances.length;
    const bits = stage.ports.find((port) => port.name === 'to_data')!.width;
    const along = (port: string, step: 1 | -1, edge: NodeId): Connection => ({
      kind: 'neighbour',
      port,
      axis: 0,
      step,
      edge,
    });
    instances.push({
      name: `u_chain_${index}`,
      module: stage.name,
      dimensions: [length],
      inputs: {
        from_valid: along('to_valid', 1, bit()),
        from_data: along('to_data', 1, fit(any(), bits)),
        to_ready: along('from_ready', -1, bit()),
      },
    });
    const end = (port: string, own: number, element: number) => {
      const whole = add({ kind: 'output', instance: index, port, width: own * length });
      add({ kind: 'slice', a: whole, low: own * element, width: own });
    };
    end('from_ready', 1, 0);
    end('to_valid', 1, length - 1);
    end('to_data', bits, length - 1);
  };

  /** Some intermediate results have names, as an author would give them. */
  const maybeNamed = (id: NodeId) => {
    const node = nodes[id]!;
    const nameable = !['input', 'const', 'register', 'output', 'read'].includes(node.kind);
    if (node.name !== undefined || !nameable || rng.below(5) > 0) return;
    nodes[id] = { ...node, name: `value${id}` };
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
        const bits = 1 + rng.below(Math.max(1, Math.floor(widest / count)));
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
    maybeNamed(makeOperator());
    if (rng.below(size) === 0) makeMemory();
    const stage = children.find((child) => child.name === 'stage');
    if (stage !== undefined && rng.below(size) === 0) makeChain(stage);
    if (children.length > 0 && rng.below(Math.ceil(size / 2)) === 0) {
      makeInstance(pick(rng, children));
    }
  }
  for (let i = 0; i < 1 + rng.below(8); i++) {
    const value = any();
    ports.push({
      name: `out${i}`,
      direction: 'output',
      width: widthOf(value),
      signed: false,
      doc: '',
      domain: domain(),
      value,
    });
  }
  for (let i = 0; i < rng.below(3); i++) {
    const kind = pick(rng, ['assert', 'assume', 'cover'] as const);
    checks.push({
      kind,
      name: `check${i}`,
      condition: bit(),
      message: 'a message',
      domain: domain(),
    });
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
