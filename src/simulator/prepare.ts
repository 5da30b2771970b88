import {
  domainIn,
  fold,
  operandsOf,
  mapOperands,
  mapUses,
  pruneExcept,
  share,
} from '../ir/index.ts';
import type { Hex, Instance, Module, Node, NodeId, Program } from '../ir/index.ts';
import { joinPath, registerName } from './scope.ts';

/** What compilation trades off; results are the same whatever the values. */
export interface Tuning {
  /**
   * A module of up to this many nodes is merged into the modules that instantiate it; a larger one
   * only where it is instantiated once; at 0 nothing is merged.
   */
  readonly smallModule: number;
  /** Bounds what merging several small instances of one module may add to a parent, in nodes. */
  readonly mostGrowth: number;
  /**
   * Work per compiled function, about one for each operation on a word. V8 optimises functions of
   * some hundreds of operations well; past 61,440 bytes of bytecode it stops optimising at all.
   */
  readonly chunkSize: number;
}

export const defaultTuning: Tuning = { smallModule: 400, mostGrowth: 4000, chunkSize: 600 };

/**
 * Shapes a program for compilation: merges small and singular instances into their parents (arrays
 * stay), removes wires, optimises. State keeps its path: the register `count` of `u_queue` becomes
 * the register `u_queue.count` of the parent. All state stays, used or not, so that it can be
 * looked at.
 */
export function prepare(program: Program, tuning: Tuning): Program {
  const uses = new Map<string, number>();
  for (const module of program.modules) {
    for (const instance of module.instances) {
      uses.set(instance.module, (uses.get(instance.module) ?? 0) + 1);
    }
  }
  const done = new Map<string, Module>();
  for (const module of program.modules) {
    const counts = new Map<string, number>();
    for (const { module: name } of module.instances) counts.set(name, (counts.get(name) ?? 0) + 1);
    const shouldMerge = (instance: Instance): boolean => {
      if (instance.dimensions.length > 0) return false;
      const size = done.get(instance.module)!.nodes.length;
      const growth = size * counts.get(instance.module)!;
      const small = size <= tuning.smallModule && growth <= tuning.mostGrowth;
      return small || (uses.get(instance.module) === 1 && tuning.smallModule > 0);
    };
    done.set(module.name, optimizeMerged(mergeInstances(nameState(module), done, shouldMerge)));
  }
  return { ...program, modules: fixInputs([...done.values()]) };
}

/** Puts constants in place of the inputs of a module that every instance of it ties to the same. */
function fixInputs(modules: readonly Module[]): readonly Module[] {
  const fixed: Module[] = [];
  /** By module and port: the constant that all instances seen so far give; undefined if none. */
  const given = new Map<string, Map<string, Hex | undefined>>();
  // Parents come last; constants run down through all levels.
  for (const module of [...modules].reverse()) {
    const values = given.get(module.name) ?? new Map<string, Hex | undefined>();
    const isFixed = (node: Node) => node.kind === 'input' && values.get(node.port) !== undefined;
    const own = module.nodes.some(isFixed)
      ? optimizeMerged({
          ...module,
          nodes: module.nodes.map((node): Node => {
            const value = node.kind === 'input' ? values.get(node.port) : undefined;
            return value === undefined ? node : { kind: 'const', width: node.width, value };
          }),
        })
      : module;
    fixed.push(own);
    for (const { module: child, inputs } of own.instances) {
      const isFirst = !given.has(child);
      const known = given.get(child) ?? new Map<string, Hex | undefined>();
      given.set(child, known);
      for (const [port, connection] of Object.entries(inputs)) {
        const node = connection.kind === 'broadcast' ? own.nodes[connection.value]! : undefined;
        const value = node?.kind === 'const' ? node.value : undefined;
        known.set(port, isFirst || known.get(port) === value ? value : undefined);
      }
    }
  }
  return fixed.reverse();
}

function optimizeMerged(module: Module): Module {
  const folded = share(fold(straighten(module)));
  return pruneExcept(fold(folded), (node) => node.kind === 'register');
}

/** Names the state that has no name, because paths are how state is found; drops all other names. */
function nameState(module: Module): Module {
  const nodes = module.nodes.map((node, id): Node => {
    if (node.kind === 'register') return { ...node, name: registerName(module, id) };
    const { name, ...unnamed } = node;
    return name === undefined ? node : unnamed;
  });
  return { ...module, nodes };
}

function mergeInstances(
  module: Module,
  done: ReadonlyMap<string, Module>,
  shouldMerge: (instance: Instance) => boolean,
): Module {
  const nodes = [...module.nodes];
  const memories = [...module.memories];
  const instances = module.instances.filter((instance) => !shouldMerge(instance));
  const checks = [...module.checks];
  const kept = new Map(instances.map((instance, index) => [instance, index]));
  const outputs = new Map<Instance, ReadonlyMap<string, NodeId>>();
  for (const instance of module.instances) {
    if (kept.has(instance)) continue;
    const child = done.get(instance.module)!;
    const base = { node: nodes.length, memory: memories.length, instance: instances.length };
    const moved = moveInto(module, instance, child, base);
    nodes.push(...moved.nodes);
    memories.push(...moved.memories);
    instances.push(...moved.instances);
    checks.push(...moved.checks);
    outputs.set(
      instance,
      new Map(
        moved.ports.flatMap((port) => (port.value === undefined ? [] : [[port.name, port.value]])),
      ),
    );
  }
  const rewired = nodes.map((node, id): Node => {
    if (node.kind !== 'output' || id >= module.nodes.length) return node;
    const instance = module.instances[node.instance]!;
    const position = kept.get(instance);
    if (position !== undefined) return { ...node, instance: position };
    return { kind: 'wire', width: node.width, value: outputs.get(instance)!.get(node.port)! };
  });
  return { ...module, nodes: rewired, memories, instances, checks };
}

/** The child's contents as they read inside the parent. */
function moveInto(
  parent: Module,
  instance: Instance,
  child: Module,
  base: { readonly node: number; readonly memory: number; readonly instance: number },
): Module {
  const move = (id: NodeId) => base.node + id;
  const domains = child.domains.map(({ name }) => domainIn(parent, instance, name));
  const domainNames = Object.fromEntries(
    child.domains.map(({ name }, index) => [name, parent.domains[domains[index]!]!.name]),
  );
  const inside = (name: string) => joinPath(instance.name, name);
  const moved = mapUses(child, move);
  return {
    ...moved,
    nodes: child.nodes.map((original): Node => {
      const node = mapOperands(original, move);
      switch (node.kind) {
        case 'input': {
          const connection = instance.inputs[node.port]!;
          if (connection.kind !== 'broadcast') throw new Error('Only single instances are merged.');
          return { kind: 'wire', width: node.width, value: connection.value };
        }
        case 'register':
          return { ...node, name: inside(node.name!), domain: domains[node.domain]! };
        case 'read':
          return { ...node, memory: node.memory + base.memory };
        case 'output':
          return { ...node, instance: node.instance + base.instance };
        default:
          return node;
      }
    }),
    memories: moved.memories.map((memory) => ({
      ...memory,
      name: inside(memory.name),
      reads: memory.reads.map((read) =>
        read.kind === 'synchronous' ? { ...read, domain: domains[read.domain]! } : read,
      ),
      writes: memory.writes.map((write) => ({ ...write, domain: domains[write.domain]! })),
    })),
    instances: moved.instances.map((grandchild) => ({
      ...grandchild,
      name: inside(grandchild.name),
      domains: {
        ...domainNames,
        ...Object.fromEntries(
          Object.entries(grandchild.domains ?? {}).map(([own, outer]) => [
            own,
            domainNames[outer]!,
          ]),
        ),
      },
    })),
    checks: moved.checks.map((check) => ({
      ...check,
      name: inside(check.name),
      domain: domains[check.domain]!,
    })),
  };
}

/** Removes wires and puts every node behind its operands; registers may still refer forward. */
function straighten(module: Module): Module {
  const { nodes } = module;
  const target = (id: NodeId): NodeId => {
    let found = id;
    for (let node = nodes[found]!; node.kind === 'wire'; node = nodes[found]!) found = node.value;
    return found;
  };
  const renaming = new Int32Array(nodes.length).fill(-1);
  const order: Node[] = [];
  const pending: NodeId[] = [];
  const isPlaced = (id: NodeId) => renaming[target(id)]! >= 0;
  nodes.forEach((start, startId) => {
    if (start.kind === 'wire') return;
    pending.push(startId);
    while (pending.length > 0) {
      const id = pending.at(-1)!;
      const node = nodes[id]!;
      const missing =
        node.kind === 'register' || renaming[id]! >= 0
          ? []
          : operandsOf(node).filter((operand) => !isPlaced(operand));
      if (missing.length > 0) {
        for (const operand of missing) pending.push(target(operand));
        continue;
      }
      pending.pop();
      if (renaming[id]! < 0) renaming[id] = order.push(node) - 1;
    }
  });
  const rename = (id: NodeId) => renaming[target(id)]!;
  const renamed = order.map((node) => mapOperands(node, rename));
  return mapUses({ ...module, nodes: renamed }, rename);
}
