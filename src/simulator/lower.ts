import { elementCount, fromHex, neighbourOf } from '../ir/index.ts';
import type { Check, Connection, Instance, Memory, Module, NodeId } from '../ir/index.ts';
import { createGraph, onesOf } from './graph.ts';
import type { GraphBuilder, Value, ValueId } from './graph.ts';
import { readName } from './scope.ts';

/** A register, or the output register of a synchronous read port. */
export interface State {
  /** Path inside the module. */
  readonly name: string;
  readonly width: number;
  readonly next: ValueId;
  readonly enable: ValueId | undefined;
  readonly init: bigint | undefined;
  readonly domain: number;
}

export interface Write {
  readonly memory: number;
  readonly address: ValueId;
  readonly data: ValueId;
  readonly enable: ValueId;
  /** As wide as the word: ones where it changes. */
  readonly mask: ValueId | undefined;
}

/** A module in the form that is compiled; all its instances share the code. */
export interface Definition {
  readonly module: Module;
  readonly values: readonly Value[];
  readonly inputs: readonly { readonly name: string; readonly width: number }[];
  readonly outputs: ReadonlyMap<string, ValueId>;
  readonly states: readonly State[];
  readonly memories: readonly Memory[];
  readonly writes: readonly Write[];
  readonly checks: readonly { readonly check: Check; readonly condition: ValueId }[];
  /** `connections[instance][element].get(port)`: what feeds an input port. */
  readonly connections: readonly (readonly ReadonlyMap<string, ValueId>[])[];
}

/** Lowers a module without wires (see `prepare`) to values. */
export function lower(module: Module, modules: ReadonlyMap<string, Module>): Definition {
  const graph = createGraph();
  const inputs = module.ports.filter((port) => port.direction === 'input');
  const lowered: ValueId[] = [];
  const at = (id: NodeId) => lowered[id]!;
  const stateOfNode = new Map<NodeId, number>();
  const stateOfRead = new Map<string, number>();
  let stateCount = 0;
  module.nodes.forEach((node, id) => {
    if (node.kind === 'register') stateOfNode.set(id, stateCount++);
  });
  module.memories.forEach((memory, index) => {
    memory.reads.forEach((read, port) => {
      if (read.kind === 'synchronous') stateOfRead.set(readName(module, index, port), stateCount++);
    });
  });

  // Asynchronous reads take their address from anywhere, so operands are lowered on demand.
  const lowerNode = (id: NodeId): ValueId => {
    lowered[id] ??= compute(id);
    return lowered[id];
  };
  const compute = (id: NodeId): ValueId => {
    const node = module.nodes[id]!;
    const { width } = node;
    switch (node.kind) {
      case 'const':
        return graph.constant(fromHex(node.value), width);
      case 'input': {
        const port = inputs.findIndex((candidate) => candidate.name === node.port);
        return graph.add({ kind: 'input', port, width });
      }
      case 'unary':
        return graph.add({ kind: 'unary', op: node.op, a: lowerNode(node.a), width });
      case 'binary': {
        const [a, b] = [lowerNode(node.a), lowerNode(node.b)];
        switch (node.op) {
          case 'shiftLeft':
          case 'shiftRight':
          case 'shiftRightSigned':
            return graph.shift(node.op, a, b);
          default:
            return graph.add({ kind: 'binary', op: node.op, a, b, width });
        }
      }
      case 'mux':
        return graph.mux(
          lowerNode(node.condition),
          lowerNode(node.whenTrue),
          lowerNode(node.whenFalse),
        );
      case 'cases':
        return graph.add({
          kind: 'cases',
          selector: lowerNode(node.selector),
          entries: node.entries.map((entry) => ({
            match: fromHex(entry.match),
            value: lowerNode(entry.value),
          })),
          fallback: lowerNode(node.fallback),
          width,
        });
      case 'concat':
        return graph.concat(node.parts.map(lowerNode));
      case 'slice':
        return graph.slice(lowerNode(node.a), node.low, width);
      case 'extend':
        return graph.extend(lowerNode(node.a), node.sign, width);
      case 'element':
        return graph.element(lowerNode(node.a), lowerNode(node.index), width);
      case 'wire':
        return lowerNode(node.value);
      case 'register':
        return graph.add({ kind: 'state', state: stateOfNode.get(id)!, width });
      case 'read': {
        const read = module.memories[node.memory]!.reads[node.port]!;
        if (read.kind === 'asynchronous') {
          return graph.add({
            kind: 'word',
            memory: node.memory,
            address: lowerNode(read.address),
            width,
          });
        }
        const state = stateOfRead.get(readName(module, node.memory, node.port))!;
        return graph.add({ kind: 'state', state, width });
      }
      case 'output': {
        const count = elementCount(module.instances[node.instance]!.dimensions);
        const parts = Array.from({ length: count }, (_, i) =>
          child(graph, node.instance, count - 1 - i, node.port, width / count),
        );
        return graph.concat(parts);
      }
    }
  };
  module.nodes.forEach((_, id) => lowerNode(id));

  const states: State[] = [];
  module.nodes.forEach((node, id) => {
    if (node.kind !== 'register') return;
    states[stateOfNode.get(id)!] = {
      name: node.name!,
      width: node.width,
      next: at(node.next),
      enable: node.enable === undefined ? undefined : at(node.enable),
      init: node.init === undefined ? undefined : fromHex(node.init),
      domain: node.domain,
    };
  });
  module.memories.forEach((memory, index) => {
    memory.reads.forEach((read, port) => {
      if (read.kind === 'asynchronous') return;
      const name = readName(module, index, port);
      const address = at(read.address);
      const before = graph.add({ kind: 'word', memory: index, address, width: memory.width });
      states[stateOfRead.get(name)!] = {
        name,
        width: memory.width,
        next: read.mode === 'new' ? bypass(graph, memory, before, address, at) : before,
        enable: read.enable === undefined ? undefined : at(read.enable),
        init: undefined,
        domain: read.domain,
      };
    });
  });

  return {
    module,
    values: graph.values,
    inputs,
    outputs: new Map(
      module.ports.flatMap((port) =>
        port.value === undefined ? [] : [[port.name, at(port.value)] as const],
      ),
    ),
    states,
    memories: module.memories,
    writes: module.memories.flatMap((memory, index) =>
      memory.writes.map((write) => ({
        memory: index,
        address: at(write.address),
        data: at(write.data),
        enable: at(write.enable),
        mask: write.mask === undefined ? undefined : bitMask(graph, memory, at(write.mask)),
      })),
    ),
    checks: module.checks
      .filter((check) => check.kind !== 'cover')
      .map((check) => ({ check, condition: at(check.condition) })),
    connections: module.instances.map((instance, index) =>
      connect(graph, instance, index, modules.get(instance.module)!, at),
    ),
  };
}

function child(
  graph: GraphBuilder,
  instance: number,
  element: number,
  port: string,
  width: number,
): ValueId {
  return graph.add({ kind: 'child', instance, element, port, width });
}

function connect(
  graph: GraphBuilder,
  instance: Instance,
  index: number,
  module: Module,
  at: (id: NodeId) => ValueId,
): ReadonlyMap<string, ValueId>[] {
  const ports = module.ports.filter((port) => port.direction === 'input');
  const source = (connection: Connection, element: number, width: number): ValueId => {
    switch (connection.kind) {
      case 'broadcast':
        return at(connection.value);
      case 'each':
        return graph.slice(at(connection.value), element * width, width);
      case 'neighbour': {
        const { axis, step, edge } = connection;
        const from = neighbourOf(instance.dimensions, element, axis, step);
        return 'element' in from
          ? child(graph, index, from.element, connection.port, width)
          : graph.slice(at(edge), from.edge * width, width);
      }
    }
  };
  return Array.from(
    { length: elementCount(instance.dimensions) },
    (_, element) =>
      new Map(
        ports.map((port) => [port.name, source(instance.inputs[port.name]!, element, port.width)]),
      ),
  );
}

/** A mask of lanes, spread over the bits of the word. */
function bitMask(graph: GraphBuilder, memory: Memory, mask: ValueId): ValueId {
  const lanes = graph.values[mask]!.width;
  const lane = memory.width / lanes;
  const parts = Array.from({ length: lanes }, (_, i) =>
    graph.extend(graph.slice(mask, lanes - 1 - i, 1), true, lane),
  );
  return graph.concat(parts);
}

/** What a read port delivers that sees the writes of the same cycle. */
function bypass(
  graph: GraphBuilder,
  memory: Memory,
  before: ValueId,
  address: ValueId,
  at: (id: NodeId) => ValueId,
): ValueId {
  const { width, depth } = memory;
  const binary = (
    op: 'and' | 'or' | 'xor' | 'eq' | 'ltUnsigned',
    a: ValueId,
    b: ValueId,
    w: number,
  ) => graph.add({ kind: 'binary', op, a, b, width: w });
  const bits = graph.values[address]!.width;
  const inRange =
    depth >= 2 ** bits
      ? graph.constant(1n, 1)
      : binary('ltUnsigned', address, graph.constant(BigInt(depth), bits), 1);
  return memory.writes.reduce((contents, write) => {
    const data = at(write.data);
    const mask =
      write.mask === undefined ? onesOf(graph, width) : bitMask(graph, memory, at(write.mask));
    const kept = binary('and', contents, binary('xor', mask, onesOf(graph, width), width), width);
    const written =
      write.mask === undefined ? data : binary('or', kept, binary('and', data, mask, width), width);
    const same = binary('eq', address, at(write.address), 1);
    const hit = binary('and', binary('and', same, at(write.enable), 1), inRange, 1);
    return graph.mux(hit, written, contents);
  }, before);
}
