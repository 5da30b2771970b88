import type { Bus } from './bus.ts';
import type {
  Check,
  Connection,
  Domain,
  External,
  Instance,
  Location,
  Memory,
  Module,
  Node,
  NodeId,
  Parameter,
  Port,
  Program,
  ReadPort,
  Stream,
  StreamField,
  WritePort,
} from './module.ts';
import { parseBus } from './text-bus.ts';
import { parseExpression } from './text-expression.ts';
import type { ExpressionScope } from './text-expression.ts';
import { createReader } from './text-reader.ts';
import type { Reader, Type } from './text-reader.ts';

/**
 * Reads a program from its text form (docs/ir.md); the last module is the top. Throws an error that
 * begins with `line 3, column 7:` where the text is not of that form, uses a name that nothing has,
 * or declares another width than a value has. What else a program must keep, `verifyProgram` says.
 */
export function parseProgram(text: string): Program {
  const reader = createReader(text);
  const modules: Module[] = [];
  const known = new Map<string, Module>();
  while (!reader.isNext('end')) {
    reader.keyword('module');
    const module = parseModule(reader, known);
    modules.push(module);
    known.set(module.name, module);
  }
  const top = modules.at(-1) ?? reader.fail('a program has at least one module');
  return { top: top.name, modules };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function parseModule(reader: Reader, known: ReadonlyMap<string, Module>): Module {
  const name = reader.name();
  const location = locationOf(reader);
  let doc = '';
  const parameters: Parameter[] = [];
  const domains: Domain[] = [];
  const ports: Mutable<Port>[] = [];
  const streams: Stream[] = [];
  const buses: Bus[] = [];
  const attributes: Record<string, Record<string, string>> = {};
  const nodes: Node[] = [];
  const memories: Memory[] = [];
  const instances: Instance[] = [];
  const checks: Check[] = [];
  let external: { readonly external?: External } = {};
  const labels = new Map<string, NodeId>();
  /** What waits for labels that stand further down. */
  const later: (() => void)[] = [];

  const domain = () => {
    const token = reader.peek();
    const wanted = reader.name();
    const index = domains.findIndex((candidate) => candidate.name === wanted);
    return index >= 0 ? index : reader.failAt(token, `there is no domain '${wanted}'`);
  };
  /** Reads a reference, which may point forward, and hands the node over in the end. */
  const reference = (put: (id: NodeId) => void) => {
    const token = reader.peek();
    const label = reader.reference();
    later.push(() => {
      put(labels.get(label) ?? reader.failAt(token, `there is no node '${label}'`));
    });
  };
  const scope: ExpressionScope = {
    nodes,
    labels,
    ports,
    memories,
    instances,
    known,
    domain,
    reference,
  };

  reader.mark('{');
  while (!reader.takeMark('}')) {
    const token = reader.peek();
    if (reader.isNext('label') || reader.isMark(':', 1)) {
      parseNode(reader, scope);
      continue;
    }
    switch (reader.keyword()) {
      case 'doc':
        doc = reader.text();
        break;
      case 'parameter': {
        const parameter = reader.name();
        reader.mark('=');
        parameters.push({ name: parameter, value: reader.text(), doc: reader.optionalText() });
        break;
      }
      case 'domain': {
        const domainName = reader.name();
        reader.mark('(');
        const clock = reader.name();
        reader.mark(',');
        domains.push({ name: domainName, clock, reset: reader.name() });
        reader.mark(')');
        break;
      }
      case 'external':
        external = { external: parseExternal(reader) };
        break;
      case 'input':
        ports.push(parsePort(reader, 'input', domain));
        break;
      case 'output':
        ports.push(parsePort(reader, 'output', domain, reference));
        break;
      case 'stream':
        streams.push(parseStream(reader));
        break;
      case 'bus':
        buses.push(parseBus(reader));
        break;
      case 'attributes':
        attributes[reader.name()] = parseTexts(reader);
        break;
      case 'memory':
        memories.push(parseMemory(reader, domain, reference));
        break;
      case 'instance':
        instances.push(parseInstance(reader, reference));
        break;
      case 'assert':
      case 'assume':
      case 'cover':
        checks.push(parseCheck(reader, token.value as Check['kind'], domain, reference));
        break;
      default:
        reader.failAt(token, `'${token.value}' begins no statement`);
    }
  }
  for (const put of later) put();
  return {
    name,
    doc,
    parameters,
    ports,
    streams,
    ...(buses.length === 0 ? {} : { buses }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    domains,
    nodes,
    memories,
    instances,
    checks,
    ...external,
    ...location,
  };
}

/** Takes a reference and, when all labels are known, the function that stores it. */
type Reference = (put: (id: NodeId) => void) => void;

function parseNode(reader: Reader, scope: ExpressionScope): void {
  const token = reader.peek();
  const isLabel = reader.isNext('label');
  const label = reader.reference();
  if (scope.labels.has(label)) reader.failAt(token, `'${label}' is used twice`);
  reader.mark(':');
  const place = reader.peek();
  const type = reader.type();
  reader.mark('=');
  const id = parseExpression(reader, scope, type.width);
  const node = scope.nodes[id]!;
  if (node.width !== type.width) {
    reader.failAt(place, `the value has ${node.width} bits, ${type.width} are declared`);
  }
  scope.nodes[id] = {
    ...node,
    ...(isLabel ? {} : { name: label }),
    ...hintsOf(type),
    ...locationOf(reader),
  };
  scope.labels.set(label, id);
}

function parsePort(
  reader: Reader,
  direction: Port['direction'],
  domain: () => number,
  reference?: Reference,
): Mutable<Port> {
  const name = reader.name();
  reader.mark(':');
  const { signed = false, ...type } = reader.type();
  const clocked = reader.takeKeyword('in') ? { domain: domain() } : {};
  const port: Mutable<Port> = { name, direction, signed, ...type, doc: '', ...clocked };
  if (reference !== undefined && reader.takeMark('=')) {
    reference((id) => {
      port.value = id;
    });
  }
  Object.assign(port, locationOf(reader));
  port.doc = reader.optionalText();
  return port;
}

function parseExternal(reader: Reader): External {
  const module = reader.name();
  const parameters: Record<string, number | string> = {};
  reader.mark('(');
  reader.list(')', () => {
    const name = reader.name();
    reader.mark(':');
    parameters[name] = reader.isNext('text') ? reader.text() : reader.number();
  });
  return { module, parameters, ports: parsePairs(reader) };
}

/** `{a: b, c: d}` */
function parsePairs(reader: Reader): Record<string, string> {
  const pairs: Record<string, string> = {};
  reader.mark('{');
  reader.list('}', () => {
    const name = reader.name();
    reader.mark(':');
    pairs[name] = reader.name();
  });
  return pairs;
}

function parseStream(reader: Reader): Stream {
  const name = reader.name();
  const token = reader.peek();
  const direction = reader.keyword();
  if (direction !== 'input' && direction !== 'output') {
    reader.failAt(token, `a stream is an input or an output, not '${direction}'`);
  }
  reader.mark('(');
  const valid = reader.name();
  reader.mark(',');
  const ready = reader.name();
  const extra = reader.takeMark(',') ? { extra: reader.name() } : {};
  reader.mark(')');
  reader.mark('{');
  const fields = reader.list('}', (): StreamField => {
    const field = reader.name();
    reader.mark(':');
    const port = reader.name();
    const { width, signed = false } = reader.type();
    const padding = reader.takeKeyword('padding') ? { padding: reader.number() } : {};
    return { name: field, port, width, signed, ...padding };
  });
  const doc = reader.optionalText();
  return { name, direction, valid, ready, fields, ...extra, doc };
}

/** `{NAME: "value"}` */
function parseTexts(reader: Reader): Record<string, string> {
  const texts: Record<string, string> = {};
  reader.mark('{');
  reader.list('}', () => {
    const name = reader.name();
    reader.mark(':');
    texts[name] = reader.text();
  });
  return texts;
}

function parseMemory(reader: Reader, domain: () => number, reference: Reference): Memory {
  const name = reader.name();
  reader.mark(':');
  const type = reader.type();
  reader.mark('[');
  const depth = reader.number();
  reader.mark(']');
  const styles = ['block', 'distributed', 'registers'] as const;
  const style = reader.takeKeyword('style') ? reader.oneOf(styles) : undefined;
  const init = reader.takeKeyword('init') ? parseWords(reader) : undefined;
  const location = locationOf(reader);
  const reads: Mutable<ReadPort>[] = [];
  const writes: Mutable<WritePort>[] = [];
  reader.mark('{');
  while (!reader.takeMark('}')) {
    if (reader.oneOf(['read', 'write']) === 'read')
      reads.push(parseRead(reader, domain, reference));
    else writes.push(parseWrite(reader, domain, reference));
  }
  return {
    name,
    width: type.width,
    depth,
    ...signOf(type),
    ...(init === undefined ? {} : { init }),
    ...(style === undefined ? {} : { style }),
    reads,
    writes,
    ...location,
  };
}

function parseWords(reader: Reader): string[] {
  reader.mark('[');
  return reader.list(']', () => reader.digits());
}

function parseRead(reader: Reader, domain: () => number, reference: Reference): Mutable<ReadPort> {
  reader.mark('(');
  let port: Mutable<ReadPort> = { kind: 'asynchronous', address: 0 };
  reference((id) => {
    port.address = id;
  });
  if (reader.takeMark(',')) {
    const clocked = domain();
    reader.mark(',');
    const mode = reader.oneOf(['old', 'new', 'undefined']);
    const synchronous: Mutable<Extract<ReadPort, { kind: 'synchronous' }>> = {
      kind: 'synchronous',
      address: 0,
      mode,
      domain: clocked,
    };
    port = synchronous;
    if (reader.takeMark(',')) {
      reader.argument('enable');
      reference((id) => {
        synchronous.enable = id;
      });
    }
  }
  reader.mark(')');
  return port;
}

function parseWrite(
  reader: Reader,
  domain: () => number,
  reference: Reference,
): Mutable<WritePort> {
  const port: Mutable<WritePort> = { address: 0, data: 0, enable: 0, domain: 0 };
  reader.mark('(');
  reference((id) => {
    port.address = id;
  });
  reader.mark(',');
  port.domain = domain();
  reader.mark(',');
  reader.argument('data');
  reference((id) => {
    port.data = id;
  });
  reader.mark(',');
  reader.argument('enable');
  reference((id) => {
    port.enable = id;
  });
  if (reader.takeMark(',')) {
    reader.argument('mask');
    reference((id) => {
      port.mask = id;
    });
  }
  reader.mark(')');
  return port;
}

function parseInstance(reader: Reader, reference: Reference): Instance {
  const name = reader.name();
  reader.mark(':');
  const module = reader.name();
  const dimensions = reader.takeMark('[') ? reader.list(']', () => reader.number()) : [];
  const domains = reader.takeKeyword('domains') ? { domains: parsePairs(reader) } : {};
  const location = locationOf(reader);
  const inputs: Record<string, Connection> = {};
  reader.mark('{');
  while (!reader.takeMark('}')) {
    const port = reader.name();
    reader.mark('=');
    inputs[port] = parseConnection(reader, reference);
  }
  return { name, module, dimensions, inputs, ...domains, ...location };
}

function parseConnection(reader: Reader, reference: Reference): Connection {
  const kind = reader.isMark('(', 1) ? reader.oneOf(['each', 'neighbour']) : 'broadcast';
  if (kind === 'neighbour') {
    reader.mark('(');
    const port = reader.name();
    reader.mark(',');
    reader.argument('axis');
    const axis = reader.numberOf([0, 1] as const);
    reader.mark(',');
    reader.argument('step');
    const step = reader.numberOf([1, -1] as const);
    reader.mark(',');
    reader.argument('edge');
    const connection = { kind, port, axis, step, edge: 0 };
    reference((id) => {
      connection.edge = id;
    });
    reader.mark(')');
    return connection;
  }
  if (kind === 'each') reader.mark('(');
  const connection: Mutable<Exclude<Connection, { kind: 'neighbour' }>> = { kind, value: 0 };
  reference((id) => {
    connection.value = id;
  });
  if (kind === 'each') reader.mark(')');
  return connection;
}

function parseCheck(
  reader: Reader,
  kind: Check['kind'],
  domain: () => number,
  reference: Reference,
): Check {
  const name = reader.name();
  reader.mark('(');
  const check: Mutable<Check> = { kind, name, condition: 0, message: '', domain: domain() };
  reader.mark(',');
  reference((id) => {
    check.condition = id;
  });
  reader.mark(')');
  check.message = reader.text();
  return Object.assign(check, locationOf(reader));
}

const signOf = ({ signed }: Pick<Type, 'signed'>): Pick<Type, 'signed'> =>
  signed === undefined ? {} : { signed };

/** What a type says besides the width. */
const hintsOf = (type: Type): Omit<Type, 'width'> => ({
  ...signOf(type),
  ...(type.enumeration === undefined ? {} : { enumeration: type.enumeration }),
});

function locationOf(reader: Reader): { readonly location?: Location } {
  if (!reader.takeMark('@')) return {};
  const file = reader.text();
  const line = reader.number();
  reader.mark(':');
  return { location: { file, line, column: reader.number() } };
}
