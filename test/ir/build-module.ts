import { binaryWidth, unaryWidth } from '../../src/ir/index.ts';
import type {
  BinaryOperator,
  Connection,
  Instance,
  Memory,
  Module,
  Node,
  NodeId,
  Port,
  UnaryOperator,
} from '../../src/ir/index.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Writes a module of the IR by hand. */
export function buildModule(name: string) {
  const nodes: Node[] = [];
  const ports: Port[] = [];
  const memories: Memory[] = [];
  const instances: Instance[] = [];
  const checks: Module['checks'][number][] = [];
  const add = (node: Node): NodeId => nodes.push(node) - 1;
  const widthOf = (id: NodeId) => nodes[id]!.width;
  const port = (direction: Port['direction'], portName: string, width: number, value?: NodeId) => {
    ports.push({
      name: portName,
      direction,
      width,
      signed: false,
      doc: '',
      ...(value === undefined ? {} : { value }),
    });
  };
  return {
    nodes,
    widthOf,
    input(portName: string, width: number): NodeId {
      port('input', portName, width);
      return add({ kind: 'input', port: portName, width });
    },
    output(portName: string, value: NodeId): void {
      port('output', portName, widthOf(value), value);
    },
    constant: (value: number | bigint, width: number): NodeId =>
      add({ kind: 'const', width, value: BigInt.asUintN(width, BigInt(value)).toString(16) }),
    unary: (op: UnaryOperator, a: NodeId): NodeId =>
      add({ kind: 'unary', op, a, width: unaryWidth(op, widthOf(a)) }),
    binary: (op: BinaryOperator, a: NodeId, b: NodeId): NodeId =>
      add({ kind: 'binary', op, a, b, width: binaryWidth(op, widthOf(a), widthOf(b)) }),
    mux: (condition: NodeId, whenTrue: NodeId, whenFalse: NodeId): NodeId =>
      add({ kind: 'mux', condition, whenTrue, whenFalse, width: widthOf(whenTrue) }),
    concat: (...parts: NodeId[]): NodeId =>
      add({ kind: 'concat', parts, width: parts.reduce((sum, part) => sum + widthOf(part), 0) }),
    slice: (a: NodeId, low: number, width: number): NodeId => add({ kind: 'slice', a, low, width }),
    extend: (a: NodeId, width: number, sign = false): NodeId =>
      add({ kind: 'extend', a, sign, width }),
    element: (a: NodeId, index: NodeId, width: number): NodeId =>
      add({ kind: 'element', a, index, width }),
    wire: (width: number, value = 0): NodeId => add({ kind: 'wire', value, width }),
    drive(wire: NodeId, value: NodeId): void {
      nodes[wire] = { ...nodes[wire]!, value } as Node;
    },
    register: (registerName: string, width: number, init?: number): NodeId =>
      add({
        kind: 'register',
        name: registerName,
        next: nodes.length,
        domain: 0,
        width,
        ...(init === undefined ? {} : { init: init.toString(16) }),
      }),
    /** Gives a register its next value and enable. */
    next(register: NodeId, next: NodeId, enable?: NodeId): void {
      const more = enable === undefined ? {} : { enable };
      nodes[register] = { ...nodes[register]!, next, ...more } as Node;
    },
    memory(memory: Without<Memory, never>): NodeId[] {
      const index = memories.push(memory) - 1;
      return memory.reads.map((_, readPort) =>
        add({ kind: 'read', memory: index, port: readPort, width: memory.width }),
      );
    },
    instance(
      instanceName: string,
      module: Module,
      dimensions: readonly number[],
      inputs: Record<string, Connection>,
    ): (output: string) => NodeId {
      const index =
        instances.push({ name: instanceName, module: module.name, dimensions, inputs }) - 1;
      const count = dimensions.reduce((product, size) => product * size, 1);
      return (output) => {
        const { width } = module.ports.find((candidate) => candidate.name === output)!;
        return add({ kind: 'output', instance: index, port: output, width: width * count });
      };
    },
    check(checkName: string, condition: NodeId, message: string): void {
      const location = { file: 'design.ts', line: 7, column: 1 };
      checks.push({ kind: 'assert', name: checkName, condition, message, domain: 0, location });
    },
    finish: (): Module => ({
      name,
      doc: '',
      parameters: [],
      ports,
      streams: [],
      domains: [{ name: 'main', clock: 'clk', reset: 'resetn' }],
      nodes,
      memories,
      instances,
      checks,
    }),
  };
}
