/** Decides which nodes become nets and which are written inside the expressions that use them. */
import type { Connection, Instance, Module, Node, NodeId } from '../ir/index.ts';
import { operandsOf } from '../ir/operands.ts';
import { countUses, findLive } from './live.ts';
import type { Live } from './live.ts';
import { planRegisters } from './registers.ts';
import type { RegisterPlan } from './registers.ts';
import { createTrees, lastResort, merge, mergeable, stepReferences } from './steps.ts';
import type { Process, Trees } from './steps.ts';

// More operands than this in one expression and a reader has to count parentheses.
const maxTerms = 6;

export interface Plan {
  readonly live: Live;
  readonly registers: RegisterPlan;
  /** Nodes with a net of their own. */
  readonly nets: ReadonlySet<NodeId>;
  /** Named constants that Verilog takes as localparams: all but those that must be a net. */
  readonly localparams: ReadonlySet<NodeId>;
  /** Each `always @*` that computes nets, at the place of its first target. */
  readonly processes: ReadonlyMap<NodeId, Process>;
  /** The nets that they compute. */
  readonly variables: ReadonlySet<NodeId>;
  /** Output ports that are themselves the net of a node. */
  readonly portOf: ReadonlyMap<NodeId, string>;
  /** What the single user of a net uses it for, as a name. */
  readonly roles: ReadonlyMap<NodeId, string>;
  /** Nets without a name of their own whose single user is an instance, which is given. */
  readonly feeds: ReadonlyMap<NodeId, number>;
}

interface Reference {
  count: number;
  role: string | undefined;
  /** The instance that refers to it, where an instance does so first. */
  instance: number | undefined;
}

export function planModule(module: Module): Plan {
  const live = findLive(module);
  const trees = createTrees(module, countUses(module, live));
  const registers = planRegisters(module, live.nodes, trees);
  const portOf = portNets(module);
  const forced = new Set<NodeId>(portOf.keys());
  const references = countReferences(module, live, registers, trees, forced);
  const nets = chooseNets(module, references, trees, forced);
  const roles = new Map<NodeId, string>();
  const feeds = new Map<NodeId, number>();
  for (const [id, { count, role, instance }] of references) {
    if (count > 1) continue;
    if (role !== undefined) roles.set(id, role);
    const isOwn = nets.has(id) && !portOf.has(id) && module.nodes[id]!.name === undefined;
    if (instance !== undefined && isOwn) feeds.set(id, instance);
  }
  const processes = netProcesses(module, trees, nets, feeds);
  const variables = new Set([...processes.values()].flatMap(({ targets }) => targets));
  const localparams = new Set(
    [...nets].filter((id) => {
      const node = module.nodes[id]!;
      return node.kind === 'const' && node.name !== undefined && !forced.has(id);
    }),
  );
  return { live, registers, nets, localparams, processes, variables, portOf, roles, feeds };
}

/** Nodes that need no other name than that of the output port they drive. */
function portNets(module: Module): Map<NodeId, string> {
  const portOf = new Map<NodeId, string>();
  for (const port of module.ports) {
    if (port.value === undefined || portOf.has(port.value)) continue;
    const node = module.nodes[port.value]!;
    if (['input', 'const', 'slice', 'extend'].includes(node.kind)) continue;
    // Its attribute needs a declaration.
    if (node.kind === 'register' && node.synchronizes) continue;
    if (node.name === undefined || node.name === port.name) portOf.set(port.value, port.name);
  }
  return portOf;
}

/** Counts how often each node will be printed, and notes which ones must be nets. */
function countReferences(
  module: Module,
  live: Live,
  registers: RegisterPlan,
  trees: Trees,
  forced: Set<NodeId>,
): Map<NodeId, Reference> {
  const references = new Map<NodeId, Reference>();
  const refer = (id: NodeId, role?: string, instance?: number) => {
    const known = references.get(id);
    if (known) {
      known.count += 1;
      return;
    }
    references.set(id, { count: 1, role, instance });
    const node = module.nodes[id]!;
    if (node.kind === 'register') return;
    for (const operand of needNets(module, id)) forced.add(operand);
    if (node.kind === 'read') return;
    const size = trees.size(id);
    if (size === 0 || (size === 1 && node.kind === 'mux')) {
      operandsOf(node).forEach((operand) => refer(operand));
    } else {
      forced.add(id);
      const known = lastResort(module, trees, id);
      if (known !== undefined) refer(known);
      stepReferences(trees.steps(id, id, known)).forEach((each) => refer(each));
    }
  };
  referToState(module, registers, refer);
  referToMemories(module, live, refer, forced);
  module.instances.forEach((instance, index) => {
    for (const [port, connection] of Object.entries(instance.inputs)) {
      const value = connection.kind === 'neighbour' ? connection.edge : connection.value;
      const suffix = connection.kind === 'neighbour' ? '_edge' : '';
      refer(value, `${instance.name}_${port}${suffix}`, index);
      if (!connectsDirectly(module, instance, connection)) forced.add(value);
    }
  });
  for (const port of module.ports) if (port.value !== undefined) refer(port.value, port.name);
  for (const check of module.checks) refer(check.condition, check.name);
  return references;
}

type Refer = (id: NodeId, role?: string) => void;

function referToState(module: Module, registers: RegisterPlan, refer: Refer): void {
  const roleOf = (register: NodeId, use: string) => {
    const { name } = module.nodes[register]!;
    return name === undefined ? undefined : `${name}_${use}`;
  };
  for (const { enable, registers: members } of registers.groups) {
    const [first] = members;
    for (const { node } of enable) refer(node, roleOf(first!.register, 'enable'));
    for (const { register, next } of members) {
      if (next !== undefined) refer(next, roleOf(register, 'next'));
    }
  }
  for (const { defaults, steps } of registers.processes) {
    stepReferences([...defaults, ...steps]).forEach((id) => refer(id));
  }
}

function referToMemories(module: Module, live: Live, refer: Refer, forced: Set<NodeId>): void {
  for (const index of live.memories) {
    const { name, reads, writes } = module.memories[index]!;
    reads.forEach((port, number) => {
      const used = module.nodes.some(
        (node, id) =>
          live.nodes.has(id) &&
          node.kind === 'read' &&
          node.memory === index &&
          node.port === number,
      );
      if (!used) return;
      refer(port.address, `${name}_read_address`);
      if (port.kind === 'synchronous' && port.enable !== undefined) {
        refer(port.enable, `${name}_read_enable`);
      }
    });
    for (const port of writes) {
      refer(port.enable, `${name}_write_enable`);
      refer(port.address, `${name}_write_address`);
      // Yosys takes a memory with nothing but constant addresses apart, and says so.
      const constant = module.nodes[port.address]!.kind === 'const';
      if (constant || !isSelfDetermined(module, port.address)) forced.add(port.address);
      refer(port.data, `${name}_write_data`);
      if (port.mask === undefined) continue;
      refer(port.mask, `${name}_write_mask`);
      if (module.nodes[port.mask]!.width === 1) continue;
      // Lanes are cut out of both.
      forced.add(port.data);
      forced.add(port.mask);
    }
  }
}

/** Operands of a node of which Verilog needs the name. */
function needNets(module: Module, id: NodeId): readonly NodeId[] {
  const node = module.nodes[id]!;
  switch (node.kind) {
    case 'slice':
      return [node.a];
    case 'element': {
      // Where it can be out of range, the index is printed twice.
      const count = module.nodes[node.a]!.width / node.width;
      const twice = module.nodes[node.index]!.width > Math.log2(count);
      return twice || !isSelfDetermined(module, node.index) ? [node.a, node.index] : [node.a];
    }
    case 'read': {
      const { address } = module.memories[node.memory]!.reads[node.port]!;
      return isSelfDetermined(module, address) ? [] : [address];
    }
    case 'extend': {
      const a = module.nodes[node.a]!;
      const repeatable = a.width === 1 || a.kind === 'slice';
      return node.sign && !repeatable ? [node.a] : [];
    }
    case 'binary': {
      // The operands of an unsigned product widen with it: an expression would not wrap any more.
      return node.op === 'mulUnsigned'
        ? [node.a, node.b].filter((operand) => !isSelfDetermined(module, operand))
        : [];
    }
    default:
      return [];
  }
}

/**
 * Whether the node, written in place, has its own width wherever it stands. Operators do not: they
 * take on the width around them, and in an index some tools give them a wider one.
 */
const isSelfDetermined = (module: Module, id: NodeId): boolean =>
  ['const', 'slice', 'concat', 'extend'].includes(module.nodes[id]!.kind);

/** Whether a connection reads well, and is safe, without a net of its own. */
function connectsDirectly(module: Module, instance: Instance, connection: Connection): boolean {
  if (connection.kind === 'each') return false;
  if (connection.kind === 'neighbour') {
    // Each row takes its part of the edge; a single edge is assigned as a whole.
    return connection.axis === 0 || instance.dimensions.length === 1;
  }
  return isSelfDetermined(module, connection.value) || isShortCondition(module, connection.value);
}

/** One bit from at most two others: no width around it can change it, and it reads well in place. */
function isShortCondition(module: Module, id: NodeId): boolean {
  const node = module.nodes[id]!;
  const isBit = (a: NodeId): boolean => {
    const operand = module.nodes[a]!;
    const inner =
      operand.kind === 'unary' && operand.op === 'not' ? module.nodes[operand.a]! : operand;
    return (
      inner.width === 1 &&
      (inner.name !== undefined || ['input', 'register', 'output', 'slice'].includes(inner.kind))
    );
  };
  if (node.kind === 'unary') return node.op === 'not' && isBit(node.a);
  return (
    node.kind === 'binary' && ['and', 'or'].includes(node.op) && isBit(node.a) && isBit(node.b)
  );
}

function chooseNets(
  module: Module,
  references: ReadonlyMap<NodeId, Reference>,
  trees: Trees,
  forced: ReadonlySet<NodeId>,
): Set<NodeId> {
  const nets = new Set<NodeId>();
  const terms = new Map<NodeId, number>();
  const termsOf = (id: NodeId) => (nets.has(id) ? 1 : (terms.get(id) ?? 1));
  for (const id of [...references.keys()].sort((a, b) => a - b)) {
    const { count } = references.get(id)!;
    if (isNet(module, id) || forced.has(id) || (count > 1 && !isCheap(module, nets, id))) {
      nets.add(id);
    }
    const operands = trees.size(id) > 1 ? [] : operandsOf(module.nodes[id]!);
    if (module.nodes[id]!.kind === 'register') continue;
    let sum = operands.reduce((total, operand) => total + termsOf(operand), 0);
    // A list of parts is read part by part, however long it is.
    while (sum > maxTerms && module.nodes[id]!.kind !== 'concat') {
      const [largest] = [...operands].sort((a, b) => termsOf(b) - termsOf(a));
      if (largest === undefined || termsOf(largest) <= 1) break;
      sum -= termsOf(largest) - 1;
      nets.add(largest);
    }
    terms.set(id, isCheap(module, nets, id) ? 1 : Math.max(1, sum));
  }
  return nets;
}

/** Nodes that are nets whoever uses them. */
function isNet(module: Module, id: NodeId): boolean {
  const node = module.nodes[id]!;
  if (node.name !== undefined) return true;
  switch (node.kind) {
    case 'input':
    case 'wire':
    case 'register':
    case 'output':
      return true;
    case 'read':
      return !isSingleWord(module, node);
    case 'binary':
      // Both depend on the signs and widths around them, so nothing may be around them.
      return ['mulUnsigned', 'mulSigned', 'shiftRightSigned'].includes(node.op);
    default:
      return false;
  }
}

/** Whether a read gives the one word of a memory at once: a register under another name. */
function isSingleWord(module: Module, read: Extract<Node, { kind: 'read' }>): boolean {
  const { depth, reads } = module.memories[read.memory]!;
  return depth === 1 && reads[read.port]!.kind === 'asynchronous';
}

/** Wires rather than logic: as clear repeated as named. */
function isCheap(module: Module, nets: ReadonlySet<NodeId>, id: NodeId): boolean {
  const node = module.nodes[id]!;
  const isSimple = (a: NodeId) => nets.has(a) || module.nodes[a]!.kind === 'slice';
  switch (node.kind) {
    case 'const':
    case 'slice':
      return true;
    case 'read':
      return isSingleWord(module, node);
    case 'unary':
      return node.op === 'not' && node.width === 1 && isSimple(node.a);
    case 'extend':
      return !node.sign && isSimple(node.a);
    default:
      return false;
  }
}

/**
 * The processes of nets that are trees of multiplexers. Those that decide by the same condition or
 * selector are one, at the place of the first, as far as what the later ones read is known there.
 */
function netProcesses(
  module: Module,
  trees: Trees,
  nets: ReadonlySet<NodeId>,
  feeds: ReadonlyMap<NodeId, number>,
): Map<NodeId, Process> {
  const processes = new Map<NodeId, Process>();
  for (const id of [...nets].sort((a, b) => a - b)) {
    const size = trees.size(id);
    if (size === 0 || (size === 1 && module.nodes[id]!.kind === 'mux')) continue;
    const known = lastResort(module, trees, id);
    const defaults =
      known === undefined ? [] : [{ kind: 'set', target: id, value: known } as const];
    const process = { targets: [id], defaults, steps: trees.steps(id, id, known) };
    const isKnownAt = knownAt(module, nets, process);
    const partner = [...processes].find(
      ([first, other]) =>
        mergeable(other, process) && feeds.get(first) === feeds.get(id) && isKnownAt(first),
    );
    if (partner === undefined) processes.set(id, process);
    else processes.set(partner[0], merge(partner[1], process));
  }
  return processes;
}

/** Whether all that a process reads is declared where the net of a node is. */
function knownAt(
  module: Module,
  nets: ReadonlySet<NodeId>,
  process: Process,
): (place: NodeId) => boolean {
  let latest = -1;
  const pending = [...stepReferences([...process.defaults, ...process.steps])];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const node = module.nodes[id]!;
    if (['input', 'register', 'output'].includes(node.kind)) continue;
    if (nets.has(id)) latest = Math.max(latest, id);
    else pending.push(...operandsOf(node));
  }
  return (place) => latest < place;
}
