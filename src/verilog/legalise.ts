/** A prettified module as Verilog constructs: every net, block and connection decided. */
import type { Module, NodeId, Stream } from '../ir/index.ts';
import { fromHex } from '../ir/operators.ts';
import { emitChecks } from './checks.ts';
import type { DomainPorts } from './domains.ts';
import { allOf, createExpressions, negate } from './expressions.ts';
import type { Expressions } from './expressions.ts';
import { headerOf } from './header.ts';
import { emitInstance } from './instances.ts';
import type { EmittedInstance, InstanceContext } from './instances.ts';
import { memoryDeclaration, memoryInit, memoryProcesses, wordOf } from './memories.ts';
import { createNames } from './names.ts';
import type { Names } from './names.ts';
import { nameNets } from './naming.ts';
import { planModule } from './plan.ts';
import type { Plan } from './plan.ts';
import { processOf } from './processes.ts';
import type { ClockedGroup } from './registers.ts';
import { unusedSink } from './sink.ts';
import { literal, net } from './syntax.ts';
import { findUsage } from './usage.ts';
import type { Expression, Item, PortDeclaration, Statement, VerilogModule } from './syntax.ts';

/** What `legalise` needs of the other modules of the program. */
export interface Surroundings {
  readonly children: ReadonlyMap<string, Module>;
  readonly implicit: ReadonlyMap<string, readonly DomainPorts[]>;
}

export function legalise(module: Module, surroundings: Surroundings): VerilogModule {
  const plan = planModule(module);
  const implicit = implicitDeclarations(surroundings.implicit.get(module.name) ?? []);
  const names = createNames([...implicit, ...module.ports].map((port) => port.name));
  const instanceNames = module.instances.map((instance) => names.claim(instance.name));
  const memoryNames = module.memories.map((memory, index) =>
    plan.live.memories.has(index) ? names.claim(memory.name) : memory.name,
  );
  const { nets, nexts } = nameNets(module, plan, names);
  const word = (memory: number, address: Expression) =>
    wordOf(module.memories[memory]!, memoryNames[memory]!, address);
  const signedNets = new Set([...plan.nets].filter((id) => isSigned(module, plan, id)));
  const expressions = createExpressions(module, nets, signedNets, word);
  const context: Context = { module, plan, nets, nexts, signedNets, expressions };

  const instances = emitInstances(context, surroundings, names, instanceNames);
  const memories = [...plan.live.memories].sort((a, b) => a - b);
  const sections: Item[][] = [
    [...instances.emitted.flatMap((each) => each.localparams), ...constants(context)],
    instances.genvars.length === 0 ? [] : [{ kind: 'genvars', names: instances.genvars }],
    [
      ...memories.map((index) => memoryDeclaration(module.memories[index]!, memoryNames[index]!)),
      ...stateDeclarations(context),
    ],
    ...memories.map((index) => memoryInit(module.memories[index]!, memoryNames[index]!)),
    instances.emitted.flatMap((each) => [...each.nets]),
    ...combinational(context),
    ...instances.emitted.flatMap((each) => each.sections.map((section) => [...section])),
    ...plan.registers.processes.map((process) => [
      processOf(process, (register) => net(nexts.get(register)!), expressions, module),
    ]),
    ...plan.registers.groups.map((group) => [clockedBlock(context, group)]),
    ...memories.flatMap((index) =>
      memoryProcesses(
        module,
        module.memories[index]!,
        memoryNames[index]!,
        synchronousReads(context, index),
        expressions,
      ).map((item) => [item]),
    ),
    portAssigns(context),
  ];
  const checks = emitChecks(module, expressions);
  const ports = [...implicit, ...declaredPorts(context)];
  const sink = unusedSink(ports, sections.flat(), () => names.claim('unused_ok'));
  sections.push([...sink], ...checks.map((item) => [item]));
  sections[0] = usedConstants(sections[0]!, sections.flat());
  return { name: module.name, header: headerOf(module), ports, sections };
}

interface Context {
  readonly module: Module;
  readonly plan: Plan;
  readonly nets: ReadonlyMap<NodeId, string>;
  readonly nexts: ReadonlyMap<NodeId, string>;
  readonly signedNets: ReadonlySet<NodeId>;
  readonly expressions: Expressions;
}

function isSigned(module: Module, plan: Plan, id: NodeId): boolean {
  const node = module.nodes[id]!;
  if (node.kind !== 'binary' || plan.portOf.has(id)) return false;
  return node.op === 'mulSigned';
}

function implicitDeclarations(domains: readonly DomainPorts[]): PortDeclaration[] {
  const input = (name: string): PortDeclaration => ({
    name,
    direction: 'input',
    type: 'wire',
    width: 1,
    comment: '',
  });
  return domains.flatMap(({ domain, clock, reset }) => [
    ...(clock ? [input(domain.clock)] : []),
    ...(reset ? [input(domain.reset)] : []),
  ]);
}

/** The ports of a stream stand under one heading, and say no more than what the heading does not. */
function declaredPorts({ module, plan }: Context): PortDeclaration[] {
  let open: Stream | undefined;
  return module.ports.map((port) => {
    const stream = module.streams.find((each) => streamPorts(each).includes(port.name));
    const heading =
      stream === undefined || stream === open
        ? {}
        : { heading: `${stream.direction} stream ${stream.name}: ${firstLine(stream.doc)}` };
    open = stream;
    const doc = stream?.doc === port.doc ? '' : firstLine(port.doc);
    const own = port.value !== undefined && plan.portOf.get(port.value) === port.name;
    const registered = own && isVariable(module, plan, port.value);
    const sign = port.signed && port.width > 1 ? 'signed' : '';
    return {
      name: port.name,
      direction: port.direction,
      type: registered ? 'reg' : 'wire',
      width: port.width,
      ...heading,
      comment: [sign, doc].filter(Boolean).join('; '),
    };
  });
}

const streamPorts = (stream: Stream): string[] => [
  stream.valid,
  stream.ready,
  ...stream.fields.map((field) => field.port),
];

const firstLine = (text: string): string => text.split('\n')[0]!;

/** Whether the net of a node is assigned by a process. */
function isVariable(module: Module, plan: Plan, id: NodeId): boolean {
  const node = module.nodes[id]!;
  if (node.kind === 'register' || plan.processes.has(id)) return true;
  return (
    node.kind === 'read' && module.memories[node.memory]!.reads[node.port]!.kind === 'synchronous'
  );
}

function constants({ module, plan, nets }: Context): Item[] {
  return inOrder(plan).flatMap((id): Item[] => {
    const node = module.nodes[id]!;
    if (node.kind !== 'const' || !plan.localparams.has(id)) return [];
    const value = literal(node.width, fromHex(node.value));
    return [{ kind: 'localparam', name: nets.get(id)!, width: node.width, value }];
  });
}

/** A constant that folded away everywhere is not worth a line, and linters report it. */
function usedConstants(constants: readonly Item[], items: readonly Item[]): Item[] {
  const usage = findUsage(items);
  return constants.filter(
    // The sizes of arrays bound loops, which no expression shows.
    (item) => item.kind !== 'localparam' || item.width === undefined || usage.isRead(item.name),
  );
}

const inOrder = (plan: Plan): NodeId[] => [...plan.nets].sort((a, b) => a - b);

function declare(context: Context, id: NodeId, value?: Expression): Item {
  const { module, plan, nets, signedNets } = context;
  const { width, location } = module.nodes[id]!;
  return {
    kind: 'net',
    type: isVariable(module, plan, id) ? 'reg' : 'wire',
    signed: signedNets.has(id),
    width,
    name: nets.get(id)!,
    ...(value === undefined ? {} : { value }),
    ...(location === undefined ? {} : { location }),
  };
}

/** Registers, each with its next value where a process computes it, and words read at the edge. */
function stateDeclarations(context: Context): Item[] {
  const { module, plan, nexts } = context;
  return inOrder(plan).flatMap((id) => {
    const node = module.nodes[id]!;
    if (node.kind !== 'register' && node.kind !== 'read') return [];
    if (!isVariable(module, plan, id)) return [];
    const next = nexts.get(id);
    const own = plan.portOf.has(id) ? [] : [declare(context, id)];
    if (next === undefined) return own;
    return [...own, { kind: 'net', type: 'reg', signed: false, width: node.width, name: next }];
  });
}

function emitInstances(
  context: Context,
  surroundings: Surroundings,
  names: Names,
  instanceNames: readonly string[],
): { readonly emitted: readonly EmittedInstance[]; readonly genvars: readonly string[] } {
  const { module, plan, nets, expressions } = context;
  const outputs = new Map<string, NodeId>();
  for (const id of inOrder(plan)) {
    const node = module.nodes[id]!;
    if (node.kind === 'output') outputs.set(`${node.instance}.${node.port}`, id);
  }
  const genvars = new Map<string, string>();
  const instanceContext: InstanceContext = {
    ...surroundings,
    module,
    names,
    expressions,
    genvar(role) {
      const name = genvars.get(role) ?? names.claim(role);
      genvars.set(role, name);
      return name;
    },
    outputNode: (instance, port) => outputs.get(`${instance}.${port}`),
    netOf: (id) => nets.get(id)!,
    declare: (id) => (plan.portOf.has(id) ? [] : [declare(context, id)]),
  };
  const emitted = module.instances.map((instance, index) =>
    emitInstance(instanceContext, instance, index, instanceNames[index]!),
  );
  return { emitted, genvars: [...genvars.values()] };
}

/** Nets and processes in an order in which everything is declared before it is used. */
function combinational(context: Context): Item[][] {
  const { module, plan, nets, expressions } = context;
  const sections: Item[][] = [[]];
  for (const id of inOrder(plan)) {
    const node = module.nodes[id]!;
    if (['input', 'register', 'output'].includes(node.kind)) continue;
    if (plan.localparams.has(id)) continue;
    const process = plan.processes.get(id);
    const isPort = plan.portOf.has(id);
    if (process) {
      const own = isPort ? [] : [declare(context, id)];
      const target = () => net(nets.get(id)!);
      sections.push([...own, processOf(process, target, expressions, module)], []);
    } else if (!isVariable(module, plan, id) && !isPort) {
      sections.at(-1)!.push(declare(context, id, expressions.definition(id)));
    }
  }
  return sections;
}

/** Holds nothing but reset, enable and assignments. */
function clockedBlock(context: Context, group: ClockedGroup): Item {
  const { module, nets, nexts, expressions } = context;
  const { clock, reset } = module.domains[group.domain]!;
  const assign = (register: NodeId, value: Expression): Statement => ({
    kind: 'assign',
    blocking: false,
    target: net(nets.get(register)!),
    value,
  });
  const updates = group.registers.map(({ register, next }) =>
    assign(register, next === undefined ? net(nexts.get(register)!) : expressions.use(next)),
  );
  const enable = allOf(
    group.enable.map(({ node, inverted }) => {
      const condition = expressions.use(node);
      return inverted ? negate(condition) : condition;
    }),
  );
  const enabled: readonly Statement[] =
    enable === undefined
      ? updates
      : [{ kind: 'if', condition: enable, whenTrue: updates, whenFalse: [] }];
  if (!group.reset) return { kind: 'clocked', clock, body: enabled };
  const resets = group.registers.map(({ register }) => {
    const node = module.nodes[register]!;
    if (node.kind !== 'register' || node.init === undefined) throw new Error('no initial value');
    return assign(register, literal(node.width, fromHex(node.init)));
  });
  return {
    kind: 'clocked',
    clock,
    body: [{ kind: 'if', condition: negate(net(reset)), whenTrue: resets, whenFalse: enabled }],
  };
}

function synchronousReads({ module, plan, nets }: Context, memory: number): Map<number, string> {
  const reads = new Map<number, string>();
  for (const id of inOrder(plan)) {
    const node = module.nodes[id]!;
    if (node.kind === 'read' && node.memory === memory && isVariable(module, plan, id)) {
      reads.set(node.port, nets.get(id)!);
    }
  }
  return reads;
}

/** Output ports that neither a process nor an instance drives. */
function portAssigns({ module, plan, expressions }: Context): Item[] {
  return module.ports.flatMap((port): Item[] => {
    const { name, value } = port;
    if (value === undefined) return [];
    const target = net(name);
    if (plan.portOf.get(value) !== name) {
      return [{ kind: 'assign', target, value: expressions.use(value) }];
    }
    if (isVariable(module, plan, value) || module.nodes[value]!.kind === 'output') return [];
    return [{ kind: 'assign', target, value: expressions.definition(value) }];
  });
}
