import type { Bus, Register } from './bus.ts';
import type {
  Connection,
  External,
  Instance,
  Location,
  Memory,
  Module,
  Node,
  NodeId,
  Port,
  Program,
  ReadPort,
  Stream,
  WritePort,
} from './module.ts';
import { operandsOf, usesOf } from './operands.ts';

/** Operands with which a statement would become longer than this stand on lines of their own. */
const longestLine = 100;

/**
 * The canonical text of a well-formed program: `parseProgram` reads it back to the very same data,
 * and equal programs give equal text. docs/ir.md describes the form.
 */
export function printProgram(program: Program): string {
  return program.modules.map(printModule).join('\n');
}

/** The canonical text of one module of a program. */
export function printModule(module: Module): string {
  const names = nameNodes(module);
  const domain = (index: number) => identifier(module.domains[index]!.name);
  const lines = [
    ...(module.doc === '' ? [] : [`doc ${JSON.stringify(module.doc)}`]),
    ...module.parameters.map(
      ({ name, value, doc }) =>
        `parameter ${identifier(name)} = ${JSON.stringify(value)}${documented(doc)}`,
    ),
    ...module.domains.map(
      ({ name, clock, reset }) =>
        `domain ${identifier(name)} (${identifier(clock)}, ${identifier(reset)})`,
    ),
    ...externalLines(module.external),
    ...module.ports.map((port) => portLine(port, names.of, domain)),
    ...module.streams.map(streamLine),
    ...(module.buses ?? []).flatMap(busLines),
    ...attributeLines(module),
    ...module.memories.flatMap((memory) => memoryLines(memory, names.of, domain)),
    ...module.instances.flatMap((instance) => instanceLines(instance, names.of)),
    ...module.nodes.flatMap((node, id) => {
      if (names.inlined.has(id)) return [];
      return [
        `${names.of(id)} : ${typeOf(node)} = ${expression(module, id, names)}${located(node.location)}`,
      ];
    }),
    ...module.checks.map(
      ({ kind, name, condition, message, domain: index, location }) =>
        `${kind} ${identifier(name)} (${domain(index)}, ${names.of(condition)}) ` +
        `${JSON.stringify(message)}${located(location)}`,
    ),
  ];
  const head = `module ${identifier(module.name)}${located(module.location)} {`;
  return `${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n}\n`;
}

interface Names {
  /** What other statements call a node. */
  of(id: NodeId): string;
  /** Nodes that are written inside the one statement that uses them. */
  readonly inlined: ReadonlySet<NodeId>;
}

/**
 * Nodes are called by their names. Those without one are written where they are used if nothing
 * else uses them and that keeps their place in the order of nodes, or get a label: `%clear` for the
 * input `clear`, `%u_cell.sum` for an output, `%table.0` for a read, `%3` for anything else.
 */
function nameNodes(module: Module): Names {
  const inlined = inlineNodes(module);
  const labels: string[] = [];
  const taken = new Set<string>();
  let count = 0;
  module.nodes.forEach((node, id) => {
    if (inlined.has(id)) labels.push('');
    else if (node.name !== undefined) labels.push(identifier(node.name));
    else {
      const wanted = labelOf(module, node);
      const label = wanted === undefined || taken.has(wanted) ? `%${count++}` : wanted;
      taken.add(label);
      labels.push(label);
    }
  });
  return { inlined, of: (id) => labels[id]! };
}

function labelOf(module: Module, node: Node): string | undefined {
  const label = (text: string) => (isPlain(text) ? `%${text}` : undefined);
  switch (node.kind) {
    case 'input':
      return label(node.port);
    case 'output':
      return label(`${module.instances[node.instance]!.name}.${node.port}`);
    case 'read':
      return label(`${module.memories[node.memory]!.name}.${node.port}`);
    default:
      return undefined;
  }
}

/**
 * The parser numbers the operands written inside a statement before the node itself, from left to
 * right. So an operand may stand inside its user exactly where the numbers come out the same.
 */
function inlineNodes(module: Module): ReadonlySet<NodeId> {
  const { nodes } = module;
  const uses = new Uint32Array(nodes.length);
  const use = (id: NodeId) => {
    uses[id] = uses[id]! + 1;
  };
  usesOf(module).forEach(use);
  for (const node of nodes) operandsOf(node).forEach(use);
  const referenced = new Set(usesOf(module));
  const inlined = new Set<NodeId>();
  /** The lowest number in the text of each node, and about how long that text is. */
  const first: NodeId[] = [];
  const lengths: number[] = [];
  nodes.forEach((node, id) => {
    let start = id;
    let length = 16;
    for (const operand of [...textOperands(node)].reverse()) {
      const inner = nodes[operand]!;
      const fits =
        operand === start - 1 &&
        uses[operand] === 1 &&
        !referenced.has(operand) &&
        inner.name === undefined &&
        inner.signed === undefined &&
        inner.enumeration === undefined &&
        inner.location === undefined &&
        isComputed(inner) &&
        length + lengths[operand]! < longestLine - 24;
      if (fits) {
        inlined.add(operand);
        start = first[operand]!;
        length += lengths[operand]!;
      } else length += 8;
    }
    first.push(start);
    lengths.push(length);
  });
  return inlined;
}

/** Operands in the order in which `expression` writes them. */
function textOperands(node: Node): readonly NodeId[] {
  // Wires and registers may refer forward and to themselves, which only labels can say.
  return node.kind === 'wire' || node.kind === 'register' ? [] : operandsOf(node);
}

/** State and what comes from elsewhere always stands in a statement of its own. */
function isComputed(node: Node): boolean {
  return !['input', 'output', 'read', 'wire', 'register'].includes(node.kind);
}

function expression(module: Module, id: NodeId, names: Names): string {
  const node = module.nodes[id]!;
  const of = (operand: NodeId): string =>
    names.inlined.has(operand) ? expression(module, operand, names) : names.of(operand);
  switch (node.kind) {
    case 'const':
      return constant(node.width, node.value);
    case 'input':
      return `input(${identifier(node.port)})`;
    case 'unary':
      return `${node.op}(${of(node.a)})`;
    case 'binary':
      return `${node.op}(${of(node.a)}, ${of(node.b)})`;
    case 'mux':
      return `mux(${of(node.condition)}, ${of(node.whenTrue)}, ${of(node.whenFalse)})`;
    case 'cases': {
      const entries = node.entries.map(({ match, value }) => `'h${match}: ${of(value)}`);
      return `cases(${[of(node.selector), ...entries, `else: ${of(node.fallback)}`].join(', ')})`;
    }
    case 'concat':
      return `{${node.parts.map(of).join(', ')}}`;
    case 'slice': {
      const high = node.low + node.width - 1;
      return `slice(${of(node.a)}, ${high === node.low ? high : `${high}:${node.low}`})`;
    }
    case 'extend':
      return `${node.sign ? 'signExtend' : 'zeroExtend'}(${of(node.a)}, ${node.width})`;
    case 'element':
      return `element(${of(node.a)}, ${of(node.index)}, ${node.width})`;
    case 'wire':
      return `wire(${names.of(node.value)})`;
    case 'register': {
      const { domain, next, enable, init, synchronizes, width } = node;
      return call('register', [
        identifier(module.domains[domain]!.name),
        `next: ${names.of(next)}`,
        enable === undefined ? '' : `enable: ${names.of(enable)}`,
        init === undefined ? '' : `init: ${constant(width, init)}`,
        synchronizes === true ? 'synchronizes' : '',
      ]);
    }
    case 'read':
      return `read(${identifier(module.memories[node.memory]!.name)}, ${node.port})`;
    case 'output':
      return `output(${identifier(module.instances[node.instance]!.name)}, ${identifier(node.port)})`;
  }
}

function externalLines(external: External | undefined): readonly string[] {
  if (external === undefined) return [];
  const parameters = Object.entries(external.parameters).map(
    ([name, value]) => `${identifier(name)}: ${JSON.stringify(value)}`,
  );
  return [
    `external ${identifier(external.module)} (${parameters.join(', ')}) {${pairs(external.ports)}}`,
  ];
}

function portLine(port: Port, of: Names['of'], domain: (index: number) => string): string {
  const { name, direction, doc, value } = port;
  const clocked = port.domain === undefined ? '' : ` in ${domain(port.domain)}`;
  const driver = value === undefined ? '' : ` = ${of(value)}`;
  const type = typeOf(port);
  const place = located(port.location);
  return `${direction} ${identifier(name)} : ${type}${clocked}${driver}${place}${documented(doc)}`;
}

function streamLine({ name, direction, valid, ready, fields, extra, doc }: Stream): string {
  const list = fields.map((field) => {
    const padding = field.padding === undefined ? '' : ` padding ${field.padding}`;
    return `${identifier(field.name)}: ${identifier(field.port)} ${typeOf(field)}${padding}`;
  });
  const ends = [valid, ready, ...(extra === undefined ? [] : [extra])].map(identifier).join(', ');
  return `stream ${identifier(name)} ${direction} (${ends}) {${list.join(', ')}}${documented(doc)}`;
}

function busLines({ kind, prefix, addressBits, registers, windows, doc }: Bus): readonly string[] {
  return [
    `bus ${identifier(prefix)} ${JSON.stringify(kind)} ${addressBits}${documented(doc)} {`,
    ...registers.map((register) => `  ${registerLine(register)}`),
    ...windows.map(
      ({ stream, offset, words, doc: what }) =>
        `  window ${identifier(stream)} ${offset}, ${words}${documented(what)}`,
    ),
    '}',
  ];
}

function registerLine({ name, offset, access, reset, counter, fields, doc }: Register): string {
  const count = counter === undefined ? '' : ` counter ${identifier(counter.name)} ${counter.low}`;
  const list = fields.map((field) => {
    const own = field.access === undefined ? '' : ` access ${JSON.stringify(field.access)}`;
    const place = `${field.low}, ${field.width}${own}`;
    return `${identifier(field.name)}: ${place}${documented(field.doc)}`;
  });
  const head = `register ${identifier(name)} ${offset}, ${JSON.stringify(access)}`;
  return `${head}, ${reset}${count}${documented(doc)} {${list.join(', ')}}`;
}

/** `attributes clk {NAME: "value"}` */
function attributeLines({ attributes = {} }: Module): readonly string[] {
  return Object.entries(attributes).map(([port, named]) => {
    const list = Object.entries(named).map(
      ([name, value]) => `${identifier(name)}: ${JSON.stringify(value)}`,
    );
    return `attributes ${identifier(port)} {${list.join(', ')}}`;
  });
}

function memoryLines(
  memory: Memory,
  of: Names['of'],
  domain: (index: number) => string,
): readonly string[] {
  const { name, depth, init, style, reads, writes, location } = memory;
  const words = init === undefined ? '' : ` init [${init.map((word) => `'h${word}`).join(', ')}]`;
  const asked = style === undefined ? '' : ` style ${style}`;
  const type = `${typeOf(memory)}[${depth}]`;
  return [
    `memory ${identifier(name)} : ${type}${asked}${words}${located(location)} {`,
    ...reads.map((read) => `  ${readText(read, of, domain)}`),
    ...writes.map((write) => `  ${writeText(write, of, domain)}`),
    '}',
  ];
}

function readText(read: ReadPort, of: Names['of'], domain: (index: number) => string): string {
  if (read.kind === 'asynchronous') return `read(${of(read.address)})`;
  return call('read', [
    of(read.address),
    domain(read.domain),
    read.mode,
    read.enable === undefined ? '' : `enable: ${of(read.enable)}`,
  ]);
}

function writeText(write: WritePort, of: Names['of'], domain: (index: number) => string): string {
  return call('write', [
    of(write.address),
    domain(write.domain),
    `data: ${of(write.data)}`,
    `enable: ${of(write.enable)}`,
    write.mask === undefined ? '' : `mask: ${of(write.mask)}`,
  ]);
}

function instanceLines(instance: Instance, of: Names['of']): readonly string[] {
  const { name, module, dimensions, inputs, domains, location } = instance;
  const clocked = domains === undefined ? '' : ` domains {${pairs(domains)}}`;
  const size = dimensions.length === 0 ? '' : `[${dimensions.join(', ')}]`;
  return [
    `instance ${identifier(name)} : ${identifier(module)}${size}${clocked}${located(location)} {`,
    ...Object.entries(inputs).map(
      ([port, connection]) => `  ${identifier(port)} = ${connectionText(connection, of)}`,
    ),
    '}',
  ];
}

function connectionText(connection: Connection, of: Names['of']): string {
  switch (connection.kind) {
    case 'broadcast':
      return of(connection.value);
    case 'each':
      return `each(${of(connection.value)})`;
    case 'neighbour': {
      const { port, axis, step, edge } = connection;
      const sign = step === 1 ? '+1' : '-1';
      return `neighbour(${identifier(port)}, axis: ${axis}, step: ${sign}, edge: ${of(edge)})`;
    }
  }
}

const call = (name: string, parts: readonly string[]): string =>
  `${name}(${parts.filter((part) => part !== '').join(', ')})`;

const pairs = (record: Readonly<Record<string, string>>): string =>
  Object.entries(record)
    .map(([name, value]) => `${identifier(name)}: ${identifier(value)}`)
    .join(', ');

/** `u8` and `s8` where a sign is declared, `8` where none is; names of values follow in `of [...]`. */
function typeOf(value: Pick<Node, 'width' | 'signed' | 'enumeration'>): string {
  const { width, signed, enumeration } = value;
  const names = enumeration === undefined ? '' : ` of [${enumeration.map(identifier).join(', ')}]`;
  return `${signed === undefined ? '' : signed ? 's' : 'u'}${width}${names}`;
}

const constant = (width: number, value: string): string => `${width}'h${value}`;

const documented = (doc: string): string => (doc === '' ? '' : ` ${JSON.stringify(doc)}`);

function located(location: Location | undefined): string {
  if (location === undefined) return '';
  return ` @ ${JSON.stringify(location.file)} ${location.line}:${location.column}`;
}

const isPlain = (name: string): boolean => /^[A-Za-z_][\w.$]*$/.test(name);

/** Names of unusual letters stand between quotation marks. */
const identifier = (name: string): string => (isPlain(name) ? name : JSON.stringify(name));
