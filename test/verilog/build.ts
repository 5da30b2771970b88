/** Hand-built modules for the tests of the emitter: nodes by id, ports by name. */
import type {
  BinaryOperator,
  Check,
  Connection,
  Instance,
  Location,
  Memory,
  Module,
  Node,
  NodeId,
  Parameter,
  Port,
  Program,
  UnaryOperator,
} from '../../src/ir/index.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Hints = Pick<Partial<Mutable<Node>>, 'name' | 'signed' | 'location'>;

export const domain = { name: 'main', clock: 'clk', reset: 'resetn' };

export const at = (line: number): Location => ({
  file: '/home/someone/project/src/parts/example.ts',
  line,
  column: 1,
});

export class ModuleBuilder {
  readonly nodes: Mutable<Node>[] = [];
  readonly ports: Port[] = [];
  readonly memories: Mutable<Memory>[] = [];
  readonly instances: Instance[] = [];
  readonly checks: Check[] = [];
  readonly parameters: Parameter[] = [];
  readonly name: string;
  doc: string;

  constructor(name: string, doc = 'a module of the tests') {
    this.name = name;
    this.doc = doc;
  }

  add(node: Without<Node, keyof Hints>, hints: Hints = {}): NodeId {
    this.nodes.push({ ...node, ...hints } as Mutable<Node>);
    return this.nodes.length - 1;
  }

  width(id: NodeId): number {
    return this.nodes[id]!.width;
  }

  input(name: string, width = 1, options: { signed?: boolean; doc?: string } = {}): NodeId {
    const { signed = false, doc = '' } = options;
    this.ports.push({ name, direction: 'input', width, signed, doc });
    return this.add({ kind: 'input', port: name, width });
  }

  output(name: string, value: NodeId, options: { signed?: boolean; doc?: string } = {}): void {
    const { signed = false, doc = '' } = options;
    const width = this.width(value);
    this.ports.push({ name, direction: 'output', width, signed, doc, value });
  }

  constant(width: number, value: number | bigint, hints: Hints = {}): NodeId {
    const digits = BigInt.asUintN(width, BigInt(value)).toString(16);
    return this.add({ kind: 'const', width, value: digits }, hints);
  }

  unary(op: UnaryOperator, a: NodeId, hints: Hints = {}): NodeId {
    return this.add({ kind: 'unary', op, a, width: op === 'not' ? this.width(a) : 1 }, hints);
  }

  binary(op: BinaryOperator, a: NodeId, b: NodeId, hints: Hints = {}): NodeId {
    const comparison = /^(eq|ne|lt|le)/.test(op);
    const width = comparison
      ? 1
      : op.startsWith('mul')
        ? this.width(a) + this.width(b)
        : this.width(a);
    return this.add({ kind: 'binary', op, a, b, width }, hints);
  }

  mux(condition: NodeId, whenTrue: NodeId, whenFalse: NodeId, hints: Hints = {}): NodeId {
    const width = this.width(whenTrue);
    return this.add({ kind: 'mux', condition, whenTrue, whenFalse, width }, hints);
  }

  cases(
    selector: NodeId,
    entries: readonly (readonly [match: number, value: NodeId])[],
    fallback: NodeId,
    hints: Hints = {},
  ): NodeId {
    return this.add(
      {
        kind: 'cases',
        selector,
        entries: entries.map(([match, value]) => ({ match: match.toString(16), value })),
        fallback,
        width: this.width(fallback),
      },
      hints,
    );
  }

  concat(...parts: NodeId[]): NodeId {
    const width = parts.reduce((sum, part) => sum + this.width(part), 0);
    return this.add({ kind: 'concat', parts, width });
  }

  slice(a: NodeId, high: number, low: number, hints: Hints = {}): NodeId {
    return this.add({ kind: 'slice', a, low, width: high - low + 1 }, hints);
  }

  extend(a: NodeId, width: number, sign = false): NodeId {
    return width === this.width(a) ? a : this.add({ kind: 'extend', a, width, sign });
  }

  element(a: NodeId, index: NodeId, width: number, hints: Hints = {}): NodeId {
    return this.add({ kind: 'element', a, index, width }, hints);
  }

  wire(width: number, hints: Hints = {}): NodeId {
    return this.add({ kind: 'wire', width, value: -1 }, hints);
  }

  /** A register; `next` and `enable` come with `drive`. */
  register(name: string | undefined, width: number, init: number | bigint | undefined): NodeId {
    return this.add(
      {
        kind: 'register',
        width,
        next: -1,
        domain: 0,
        ...(init === undefined ? {} : { init: BigInt(init).toString(16) }),
      },
      name === undefined ? {} : { name, location: at(this.nodes.length + 10) },
    );
  }

  drive(target: NodeId, value: NodeId, enable?: NodeId): void {
    const node = this.nodes[target]!;
    if (node.kind === 'register') {
      node.next = value;
      if (enable !== undefined) node.enable = enable;
    } else if (node.kind === 'wire') node.value = value;
  }

  memory(memory: Omit<Memory, 'reads' | 'writes'> & Partial<Memory>): number {
    this.memories.push({ reads: [], writes: [], ...memory });
    return this.memories.length - 1;
  }

  read(memory: number, port: Memory['reads'][number], hints: Hints = {}): NodeId {
    const target = this.memories[memory]!;
    target.reads = [...target.reads, port];
    const number = target.reads.length - 1;
    return this.add({ kind: 'read', memory, port: number, width: target.width }, hints);
  }

  write(memory: number, port: Omit<Memory['writes'][number], 'domain'>): void {
    const target = this.memories[memory]!;
    target.writes = [...target.writes, { ...port, domain: 0 }];
  }

  instance(
    name: string,
    module: string,
    inputs: Record<string, Connection | NodeId>,
    dimensions: readonly number[] = [],
  ): number {
    this.instances.push({
      name,
      module,
      dimensions,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([port, value]) => [
          port,
          typeof value === 'number' ? { kind: 'broadcast', value } : value,
        ]),
      ),
    });
    return this.instances.length - 1;
  }

  outputOf(instance: number, port: string, width: number, hints: Hints = {}): NodeId {
    return this.add({ kind: 'output', instance, port, width }, hints);
  }

  check(kind: Check['kind'], name: string, condition: NodeId, message: string): void {
    this.checks.push({ kind, name, condition, message, domain: 0, location: at(77) });
  }

  build(): Module {
    return {
      name: this.name,
      doc: this.doc,
      parameters: this.parameters,
      ports: this.ports,
      streams: [],
      domains: [domain],
      nodes: this.nodes as Node[],
      memories: this.memories,
      instances: this.instances,
      checks: this.checks,
      location: at(1),
    };
  }
}

/** A program of the modules in order; the last is the top. */
export const program = (...modules: readonly ModuleBuilder[]): Program => ({
  top: modules.at(-1)!.name,
  modules: modules.map((module) => module.build()),
});
