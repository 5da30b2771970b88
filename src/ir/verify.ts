import { axi4LiteSignals, registerProblems } from './bus.ts';
import type {
  Connection,
  Instance,
  Memory,
  Module,
  Node,
  NodeId,
  Port,
  Program,
} from './module.ts';
import { domainIn, edgeCount, elementCount, operandsOf } from './operands.ts';
import { allowsUnequalWidths, binaryWidth, fromHex, unaryWidth } from './operators.ts';
import { addressBits } from './widths.ts';

/**
 * Checks that a program is well formed: references in range and backward, widths as the operators
 * demand, every output driven, every input of every instance connected, names unique. Combinational
 * loops are a matter for `findCombinationalLoops`.
 *
 * Returns one sentence per violation, none for a good program. Tests run it after every pass; the
 * front end reports mistakes of the user before they can reach it.
 */
export function verifyProgram(program: Program): string[] {
  const problems: string[] = [];
  const known = new Map<string, Module>();
  for (const module of program.modules) {
    if (known.has(module.name)) problems.push(`module '${module.name}' is defined twice`);
    problems.push(...verifyModule(module, known));
    known.set(module.name, module);
  }
  if (program.modules.at(-1)?.name !== program.top) {
    problems.push(`the last module is not the top '${program.top}'`);
  }
  return problems;
}

type Report = (place: string, problem: string) => void;

function verifyModule(module: Module, known: ReadonlyMap<string, Module>): string[] {
  const problems: string[] = [];
  const report: Report = (place, problem) => problems.push(`${module.name}: ${place}: ${problem}`);
  verifyNames(module, report);
  module.nodes.forEach((node, id) => {
    verifyNode(module, node, id, known, (problem) => report(nodeLabel(node, id), problem));
  });
  const use = useChecker(module, report);
  for (const port of module.ports) verifyPort(module, port, use, report);
  for (const memory of module.memories) verifyMemory(module, memory, use, report);
  for (const instance of module.instances) verifyInstance(module, instance, known, use, report);
  for (const check of module.checks) {
    use(`check '${check.name}'`, check.condition, 1);
    verifyDomain(module, check.domain, `check '${check.name}'`, report);
  }
  verifyStreams(module, report);
  verifyBuses(module, report);
  return problems;
}

function nodeLabel(node: Node, id: NodeId): string {
  return `node ${id} (${node.name ?? node.kind})`;
}

/** Checks that a reference from outside the nodes exists and has the width that is wanted. */
type Use = (place: string, id: NodeId, width: number) => void;

function useChecker(module: Module, report: Report): Use {
  return (place, id, width) => {
    const node = module.nodes[id];
    if (node === undefined) report(place, `node ${id} does not exist`);
    else if (node.width !== width) {
      report(place, `${nodeLabel(node, id)} has ${node.width} bits, ${width} are needed`);
    }
  };
}

function verifyNames(module: Module, report: Report): void {
  const unique = (what: string, names: readonly string[]) => {
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) report(`${what} '${name}'`, 'the name is used twice');
      seen.add(name);
    }
  };
  unique(
    'port',
    module.ports.map((port) => port.name),
  );
  unique(
    'domain',
    module.domains.map((domain) => domain.name),
  );
  unique(
    'check',
    module.checks.map((check) => check.name),
  );
  unique('internal', [
    ...module.nodes.flatMap((node) => (node.name === undefined ? [] : [node.name])),
    ...module.memories.map((memory) => memory.name),
    ...module.instances.map((instance) => instance.name),
  ]);
}

function fits(hex: string, width: number): boolean {
  return /^[0-9a-f]+$/.test(hex) && fromHex(hex) >> BigInt(width) === 0n;
}

function verifyDomain(module: Module, domain: number, place: string, report: Report): void {
  if (module.domains[domain] === undefined) report(place, `domain ${domain} does not exist`);
}

function verifyNode(
  module: Module,
  node: Node,
  id: NodeId,
  known: ReadonlyMap<string, Module>,
  problem: (text: string) => void,
): void {
  if (!Number.isInteger(node.width) || node.width < 1) {
    problem(`width ${node.width} is not a whole number of at least 1`);
    return;
  }
  const operands = operandsOf(node);
  const mayReferForward = node.kind === 'wire' || node.kind === 'register';
  for (const operand of operands) {
    if (module.nodes[operand] === undefined) {
      problem(`operand ${operand} does not exist`);
      return;
    }
    if (!mayReferForward && operand >= id) {
      problem(`operand ${operand} is not an earlier node`);
      return;
    }
  }
  const widthOf = (operand: NodeId) => module.nodes[operand]!.width;
  const expectWidth = (what: string, actual: number, wanted: number) => {
    if (actual !== wanted) problem(`${what} has ${actual} bits, ${wanted} are needed`);
  };
  switch (node.kind) {
    case 'const':
      if (!fits(node.value, node.width)) {
        problem(`'${node.value}' is not a value of ${node.width} bits`);
      }
      return;
    case 'input': {
      const port = module.ports.find((candidate) => candidate.name === node.port);
      if (port?.direction !== 'input') problem(`there is no input port '${node.port}'`);
      else expectWidth('the node', node.width, port.width);
      return;
    }
    case 'unary':
      expectWidth('the result', node.width, unaryWidth(node.op, widthOf(node.a)));
      return;
    case 'binary':
      if (!allowsUnequalWidths(node.op)) expectWidth('b', widthOf(node.b), widthOf(node.a));
      expectWidth('the result', node.width, binaryWidth(node.op, widthOf(node.a), widthOf(node.b)));
      return;
    case 'mux':
      expectWidth('condition', widthOf(node.condition), 1);
      expectWidth('whenTrue', widthOf(node.whenTrue), node.width);
      expectWidth('whenFalse', widthOf(node.whenFalse), node.width);
      return;
    case 'cases': {
      const matches = new Set<bigint>();
      for (const entry of node.entries) {
        if (!fits(entry.match, widthOf(node.selector))) {
          problem(`match '${entry.match}' is not a value of ${widthOf(node.selector)} bits`);
        } else if (matches.has(fromHex(entry.match))) {
          problem(`match '${entry.match}' occurs twice`);
        } else matches.add(fromHex(entry.match));
        expectWidth(`the entry for '${entry.match}'`, widthOf(entry.value), node.width);
      }
      expectWidth('fallback', widthOf(node.fallback), node.width);
      return;
    }
    case 'concat':
      expectWidth(
        'the result',
        node.width,
        node.parts.reduce((sum, part) => sum + widthOf(part), 0),
      );
      return;
    case 'slice':
      if (!Number.isInteger(node.low) || node.low < 0 || node.low + node.width > widthOf(node.a)) {
        problem(`bits from ${node.low} on, ${node.width} of them, are not in ${widthOf(node.a)}`);
      }
      return;
    case 'extend':
      if (widthOf(node.a) >= node.width) problem(`a has ${widthOf(node.a)} bits already`);
      return;
    case 'element':
      if (widthOf(node.a) % node.width !== 0) {
        problem(`${widthOf(node.a)} bits are not a whole number of elements of ${node.width}`);
      }
      return;
    case 'wire':
      expectWidth('value', widthOf(node.value), node.width);
      return;
    case 'register':
      expectWidth('next', widthOf(node.next), node.width);
      if (node.enable !== undefined) expectWidth('enable', widthOf(node.enable), 1);
      if (node.init !== undefined && !fits(node.init, node.width)) {
        problem(`init '${node.init}' is not a value of ${node.width} bits`);
      }
      if (module.domains[node.domain] === undefined) {
        problem(`domain ${node.domain} does not exist`);
      }
      return;
    case 'read': {
      const memory = module.memories[node.memory];
      if (memory?.reads[node.port] === undefined) {
        problem(`memory ${node.memory} has no read port ${node.port}`);
      } else expectWidth('the node', node.width, memory.width);
      return;
    }
    case 'output': {
      const instance = module.instances[node.instance];
      const port = known
        .get(instance?.module ?? '')
        ?.ports.find((candidate) => candidate.name === node.port);
      if (instance === undefined || port?.direction !== 'output') {
        problem(`instance ${node.instance} has no output port '${node.port}'`);
      } else expectWidth('the node', node.width, port.width * elementCount(instance.dimensions));
    }
  }
}

function verifyPort(module: Module, port: Port, use: Use, report: Report): void {
  const place = `port '${port.name}'`;
  if (!Number.isInteger(port.width) || port.width < 1) {
    report(place, `width ${port.width} is not a whole number of at least 1`);
  }
  if (module.domains.length > 0) verifyDomain(module, port.domain ?? 0, place, report);
  if (port.direction === 'input') {
    if (port.value !== undefined) report(place, 'an input cannot be driven from inside');
  } else if (port.value === undefined) report(place, 'the output is not driven');
  else use(place, port.value, port.width);
}

function verifyMemory(module: Module, memory: Memory, use: Use, report: Report): void {
  const place = `memory '${memory.name}'`;
  const { width, depth } = memory;
  if (!(Number.isInteger(width) && width >= 1 && Number.isInteger(depth) && depth >= 1)) {
    report(place, `${depth} words of ${width} bits are not a memory`);
    return;
  }
  if (memory.init !== undefined) {
    if (memory.init.length !== depth) {
      report(place, `init has ${memory.init.length} words, ${depth} are needed`);
    }
    const bad = memory.init.find((word) => !fits(word, width));
    if (bad !== undefined) report(place, `init '${bad}' is not a value of ${width} bits`);
  }
  memory.reads.forEach((read, index) => {
    const port = `${place}, read port ${index}`;
    use(port, read.address, addressBits(depth));
    if (read.kind === 'synchronous') {
      if (read.enable !== undefined) use(port, read.enable, 1);
      verifyDomain(module, read.domain, port, report);
    }
  });
  memory.writes.forEach((write, index) => {
    const port = `${place}, write port ${index}`;
    use(port, write.address, addressBits(depth));
    use(port, write.data, width);
    use(port, write.enable, 1);
    if (write.mask !== undefined) {
      const lanes = module.nodes[write.mask]?.width ?? 1;
      if (width % lanes !== 0) report(port, `${width} bits are not ${lanes} equal lanes`);
      use(port, write.mask, lanes);
    }
    verifyDomain(module, write.domain, port, report);
  });
}

function verifyInstance(
  module: Module,
  instance: Instance,
  known: ReadonlyMap<string, Module>,
  use: Use,
  report: Report,
): void {
  const place = `instance '${instance.name}'`;
  const child = known.get(instance.module);
  if (child === undefined) {
    report(place, `module '${instance.module}' is not defined before '${module.name}'`);
    return;
  }
  const { dimensions } = instance;
  if (dimensions.length > 2 || dimensions.some((size) => !Number.isInteger(size) || size < 1)) {
    report(place, `[${dimensions.join(', ')}] are not the dimensions of an array`);
    return;
  }
  for (const domain of child.domains) {
    if (domainIn(module, instance, domain.name) < 0) {
      const own = instance.domains?.[domain.name] ?? domain.name;
      report(place, `'${module.name}' has no domain '${own}'`);
    }
  }
  for (const name of Object.keys(instance.domains ?? {})) {
    if (!child.domains.some((domain) => domain.name === name)) {
      report(place, `'${child.name}' has no domain '${name}'`);
    }
  }
  for (const port of child.ports) {
    if (port.direction !== 'input') continue;
    const connection = instance.inputs[port.name];
    if (connection === undefined) report(place, `input '${port.name}' is not connected`);
    else verifyConnection(connection, port, instance, child, use, report);
  }
  for (const name of Object.keys(instance.inputs)) {
    if (!child.ports.some((port) => port.name === name && port.direction === 'input')) {
      report(place, `'${child.name}' has no input '${name}'`);
    }
  }
}

function verifyConnection(
  connection: Connection,
  port: Port,
  instance: Instance,
  child: Module,
  use: Use,
  report: Report,
): void {
  const place = `input '${port.name}' of instance '${instance.name}'`;
  const { dimensions } = instance;
  if (connection.kind !== 'broadcast' && dimensions.length === 0) {
    report(place, `a single instance cannot be connected by '${connection.kind}'`);
    return;
  }
  switch (connection.kind) {
    case 'broadcast':
      use(place, connection.value, port.width);
      return;
    case 'each':
      use(place, connection.value, port.width * elementCount(dimensions));
      return;
    case 'neighbour': {
      if (connection.axis >= dimensions.length)
        report(place, `there is no axis ${connection.axis}`);
      const source = child.ports.find((candidate) => candidate.name === connection.port);
      if (source?.direction !== 'output') {
        report(place, `'${child.name}' has no output '${connection.port}'`);
      } else if (source.width !== port.width) {
        report(place, `output '${source.name}' has ${source.width} bits, not ${port.width}`);
      }
      use(place, connection.edge, port.width * edgeCount(dimensions, connection.axis));
    }
  }
}

function portChecker(module: Module, place: string, report: Report) {
  return (name: string, direction: Port['direction'], width: number): void => {
    const port = module.ports.find((candidate) => candidate.name === name);
    if (port?.direction !== direction || port.width !== width) {
      report(place, `there is no ${direction} port '${name}' of ${width} bits`);
    }
  };
}

function verifyBuses(module: Module, report: Report): void {
  for (const bus of module.buses ?? []) {
    const place = `bus '${bus.prefix}'`;
    const expectPort = portChecker(module, place, report);
    for (const { name, direction, width } of axi4LiteSignals(bus.addressBits)) {
      expectPort(`${bus.prefix}_${name}`, direction, width);
    }
    for (const problem of registerProblems(bus)) report(place, problem);
  }
  const known = [
    ...module.ports.map((port) => port.name),
    ...module.domains.flatMap(({ clock, reset }) => [clock, reset]),
  ];
  for (const name of Object.keys(module.attributes ?? {})) {
    if (!known.includes(name)) report(`attributes of '${name}'`, 'there is no such port');
  }
}

function verifyStreams(module: Module, report: Report): void {
  for (const stream of module.streams) {
    const place = `stream '${stream.name}'`;
    const expectPort = portChecker(module, place, report);
    const opposite = stream.direction === 'input' ? 'output' : 'input';
    expectPort(stream.valid, stream.direction, 1);
    expectPort(stream.ready, opposite, 1);
    for (const { port, width, padding = 0 } of stream.fields) {
      expectPort(port, stream.direction, width + padding);
    }
    if (stream.extra !== undefined) expectPort(stream.extra, stream.direction, 1);
  }
}
