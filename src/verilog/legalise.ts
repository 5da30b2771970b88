/** A prettified module as Verilog constructs: every net, block and connection decided. */
import type { Location, Module, NodeId, Port } from '../ir/index.ts';
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
import { declaredPorts, implicitDeclarations, withAttributes } from './ports.ts';
import { processOf } from './processes.ts';
import { stagesFirst } from './registers.ts';
import type { ClockedGroup } from './registers.ts';
import { isActive, resetEdge } from './reset.ts';
import type { ResetPolicy } from './reset.ts';
import { unusedSink } from './sink.ts';
import { placesOf } from './source-map.ts';
import type { Places } from './source-map.ts';
import { createSymbols } from './symbols.ts';
import { nameTaps, tappedBits } from './tap-nets.ts';
import type { NamedTaps } from './tap-nets.ts';
import { planTaps } from './taps.ts';
import { literal, net } from './syntax.ts';
import { findUsage } from './usage.ts';
import type { Expression, Item, Statement, VerilogModule } from './syntax.ts';

/** What `legalise` needs of the other modules of the program. */
export interface Surroundings {
  readonly children: ReadonlyMap<string, Module>;
  readonly implicit: ReadonlyMap<string, readonly DomainPorts[]>;
  readonly reset: ResetPolicy;
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
  const places = placesOf(module);
  const signedNets = new Set([...plan.nets].filter((id) => isSigned(module, plan, id)));
  const symbols = createSymbols(module, names);
  const tapped = nameTaps(module, planTaps(module, plan.live), nets, names);
  const apart = (id: NodeId, low: number, width: number) => {
    const taps = tapped.get(id);
    return taps && tappedBits(module, id, taps, low, width);
  };
  const expressions = createExpressions(module, nets, signedNets, word, symbols, apart);
  const { reset } = surroundings;
  const context: Context = {
    module,
    plan,
    nets,
    nexts,
    signedNets,
    tapped,
    expressions,
    places,
    reset,
  };

  const emitted = emitInstances(context, surroundings, names, instanceNames);
  const fed = new Set(plan.feeds.values());
  const memories = [...plan.live.memories].sort((a, b) => a - b);
  const sections: Item[][] = [
    [...emitted.flatMap((each) => each.localparams), ...constants(context)],
    [
      ...memories.map((index) => memoryDeclaration(module.memories[index]!, memoryNames[index]!)),
      ...stateDeclarations(context),
    ],
    ...memories.map((index) => memoryInit(module.memories[index]!, memoryNames[index]!)),
    emitted.flatMap((each) => [...each.nets]),
    emitted.flatMap((each) => [...each.taps]),
    ...combinational(context, undefined),
    ...emitted.flatMap((each, index) => [
      ...(fed.has(index) ? combinational(context, index) : []),
      ...each.sections.map((section) => [...section]),
    ]),
    ...plan.registers.processes.map((process) => [
      processOf(process, (register) => net(nexts.get(register)!), expressions),
    ]),
    initialValues(context),
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
  const checks = emitChecks(module, expressions, reset);
  const isOwn = ({ name, value }: Port) => value !== undefined && plan.portOf.get(value) === name;
  const ports = [
    ...implicit,
    ...declaredPorts(module, (port) => isOwn(port) && isVariable(module, plan, port.value!)),
  ];
  const constant = usedConstants(
    [...sections[0]!, ...symbols.declarations()],
    sections.flat(),
    checks.flatMap((item) => (item.kind === 'ifdef' ? item.items : [])),
  );
  const sink = unusedSink(ports, sections.flat(), constant.onlyChecked, () =>
    names.claim('unused_ok'),
  );
  sections.push([...sink], ...checks.map((item) => [item]));
  const isSize = (item: Item) => item.kind === 'localparam' && item.width === undefined;
  sections.splice(
    0,
    1,
    constant.kept.filter(isSize),
    constant.kept.filter((item) => !isSize(item)),
  );
  const attributed = withAttributes(module, ports);
  return { name: module.name, header: headerOf(module), ports: attributed, sections };
}

interface Context {
  readonly module: Module;
  readonly plan: Plan;
  readonly nets: ReadonlyMap<NodeId, string>;
  readonly nexts: ReadonlyMap<NodeId, string>;
  readonly signedNets: ReadonlySet<NodeId>;
  readonly tapped: ReadonlyMap<NodeId, NamedTaps>;
  readonly expressions: Expressions;
  readonly reset: ResetPolicy;
  readonly places: Places;
}

function isSigned(module: Module, plan: Plan, id: NodeId): boolean {
  const node = module.nodes[id]!;
  if (node.kind !== 'binary' || plan.portOf.has(id)) return false;
  return node.op === 'mulSigned';
}

/** Whether the net of a node is assigned by a process. */
function isVariable(module: Module, plan: Plan, id: NodeId): boolean {
  const node = module.nodes[id]!;
  if (node.kind === 'register' || plan.variables.has(id)) return true;
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

/**
 * A constant that folded away everywhere is not worth a line, and linters report it; those that only
 * checks read are listed, because in synthesis nothing reads them.
 */
function usedConstants(
  constants: readonly Item[],
  items: readonly Item[],
  checks: readonly Item[],
): { readonly kept: readonly Item[]; readonly onlyChecked: readonly string[] } {
  const usage = findUsage(items);
  const checked = findUsage(checks);
  const onlyChecked = constants.flatMap((item) =>
    item.kind === 'localparam' && !usage.isRead(item.name) && checked.isRead(item.name)
      ? [item.name]
      : [],
  );
  const kept = constants.filter(
    // The sizes of arrays bound loops, which no expression shows.
    (item) =>
      item.kind !== 'localparam' ||
      item.width === undefined ||
      usage.isRead(item.name) ||
      checked.isRead(item.name),
  );
  return { kept, onlyChecked };
}

const inOrder = (plan: Plan): NodeId[] => [...plan.nets].sort((a, b) => a - b);

function declare(context: Context, id: NodeId, value?: Expression): Item {
  const { module, plan, nets, signedNets } = context;
  const node = module.nodes[id]!;
  return {
    kind: 'net',
    type: isVariable(module, plan, id) ? 'reg' : 'wire',
    signed: signedNets.has(id),
    width: node.width,
    name: nets.get(id)!,
    ...(node.kind === 'register' && node.synchronizes ? { synchronizes: true } : {}),
    ...(value === undefined ? {} : { value }),
    ...placeOf(context, id),
  };
}

function placeOf({ places }: Context, id: NodeId): { readonly location?: Location } {
  const location = places.get(id);
  return location === undefined ? {} : { location };
}

/** Registers, each with its next value where a process computes it, and words read at the edge. */
function stateDeclarations(context: Context): Item[] {
  const { module, plan, nexts } = context;
  return stagesFirst(module, inOrder(plan), (id) => id).flatMap((id) => {
    const node = module.nodes[id]!;
    if (node.kind !== 'register' && node.kind !== 'read') return [];
    if (!isVariable(module, plan, id)) return [];
    const next = nexts.get(id);
    const own = plan.portOf.has(id) ? [] : [declare(context, id)];
    if (next === undefined) return own;
    const { width } = node;
    return [
      ...own,
      { kind: 'net', type: 'reg', signed: false, width, name: next, ...placeOf(context, id) },
    ];
  });
}

function emitInstances(
  context: Context,
  surroundings: Surroundings,
  names: Names,
  instanceNames: readonly string[],
): readonly EmittedInstance[] {
  const { module, plan, nets, tapped, expressions } = context;
  const outputs = new Map<string, NodeId>();
  for (const id of inOrder(plan)) {
    const node = module.nodes[id]!;
    if (node.kind === 'output') outputs.set(`${node.instance}.${node.port}`, id);
  }
  const genvars = new Map<string, string>();
  const undeclared: string[] = [];
  const instanceContext: InstanceContext = {
    ...surroundings,
    module,
    names,
    tapped,
    expressions,
    genvar(role) {
      const known = genvars.get(role);
      if (known !== undefined) return known;
      const name = names.claim(role);
      genvars.set(role, name);
      undeclared.push(name);
      return name;
    },
    takeGenvars: () => undeclared.splice(0),
    outputNode: (instance, port) => outputs.get(`${instance}.${port}`),
    netOf: (id) => nets.get(id)!,
    declare: (id) => (plan.portOf.has(id) ? [] : [declare(context, id)]),
  };
  return module.instances.map((instance, index) =>
    emitInstance(instanceContext, instance, index, instanceNames[index]!),
  );
}

/**
 * Nets and processes in an order in which everything is declared before it is used: those that only
 * an instance reads, or those of the module.
 */
function combinational(context: Context, instance: number | undefined): Item[][] {
  const { module, plan, nets, expressions } = context;
  const sections: Item[][] = [[]];
  for (const id of inOrder(plan)) {
    const node = module.nodes[id]!;
    if (['input', 'register', 'output'].includes(node.kind)) continue;
    if (plan.localparams.has(id) || plan.feeds.get(id) !== instance) continue;
    const process = plan.processes.get(id);
    if (process) {
      const own = process.targets.filter((target) => !plan.portOf.has(target));
      const target = (each: NodeId) => net(nets.get(each)!);
      sections.push(
        [...own.map((each) => declare(context, each)), processOf(process, target, expressions)],
        [],
      );
    } else if (!isVariable(module, plan, id) && !plan.portOf.has(id)) {
      sections.at(-1)!.push(declare(context, id, expressions.definition(id)));
    }
  }
  return sections;
}

/** Values at power-on, where they stand in for a reset. */
function initialValues({ module, plan, nets, expressions, reset }: Context): Item[] {
  if (reset !== 'none') return [];
  const body = plan.registers.groups.flatMap(({ registers }) =>
    registers.flatMap(({ register }): Statement[] => {
      const node = module.nodes[register]!;
      if (node.kind !== 'register' || node.init === undefined) return [];
      const value = expressions.valueOf(register, fromHex(node.init));
      return [{ kind: 'assign', blocking: true, target: net(nets.get(register)!), value }];
    }),
  );
  return body.length === 0 ? [] : [{ kind: 'initial', body }];
}

/** Holds nothing but reset, enable and assignments. */
function clockedBlock(context: Context, group: ClockedGroup): Item {
  const { module, nets, nexts, expressions, reset: policy } = context;
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
  if (!group.reset || policy === 'none') return { kind: 'clocked', clock, body: enabled };
  const resets = group.registers.map(({ register }) => {
    const node = module.nodes[register]!;
    if (node.kind !== 'register' || node.init === undefined) throw new Error('no initial value');
    return assign(register, expressions.valueOf(register, fromHex(node.init)));
  });
  return {
    kind: 'clocked',
    clock,
    ...resetEdge(policy, reset),
    body: [
      { kind: 'if', condition: isActive(policy, reset), whenTrue: resets, whenFalse: enabled },
    ],
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
