/** Makes a failing program small: structural steps, each kept only if the failure stays. */
import {
  findCombinationalLoops,
  mapOperands,
  mapUses,
  operandsOf,
  verifyProgram,
} from '../../src/ir/index.ts';
import type { Module, Node, NodeId, Program } from '../../src/ir/index.ts';

/** Whether a smaller program still shows the failure. */
export type StillFails = (program: Program) => Promise<boolean>;

/**
 * A program without anything whose removal keeps the failure, as far as `attempts` tries find it.
 * Outputs and checks go first, then nodes give way to constants and to their own operands, in large
 * groups before single ones; what nothing uses any more goes along.
 */
export async function shrink(
  program: Program,
  stillFails: StillFails,
  attempts: number,
): Promise<Program> {
  let best = program;
  let left = attempts;
  const attempt = async (candidate: Program): Promise<boolean> => {
    if (left <= 0 || !isSound(candidate)) return false;
    left--;
    if (!(await stillFails(candidate))) return false;
    best = candidate;
    return true;
  };
  // What fails may sit in something that nothing uses; then that has to stay.
  const rid = (await attempt(tidy(best))) ? tidy : (candidate: Program) => candidate;
  for (let progress = true; progress && left > 0;) {
    progress = false;
    for (const step of [withoutUses, withConstants, withOperands, withFewerEntries]) {
      progress = (await reduce(step)) || progress;
    }
  }
  return best;

  /** Takes changes of one kind in halving groups. */
  async function reduce(step: (program: Program) => readonly Change[]): Promise<boolean> {
    let progress = false;
    for (let group = step(best).length; group >= 1 && left > 0; group = Math.floor(group / 2)) {
      for (let from = 0; left > 0;) {
        const changes = step(best).slice(from, from + group);
        if (changes.length === 0) break;
        const candidate = changes.reduceRight((current, change) => change(current), best);
        if (await attempt(rid(candidate))) progress = true;
        else from += group;
      }
    }
    return progress;
  }
}

type Change = (program: Program) => Program;

/** Well formed and without loops; values of random programs may cross clock domains. */
function isSound(program: Program): boolean {
  const problems = verifyProgram(program).filter((problem) => !problem.includes('crosses from'));
  return problems.length === 0 && findCombinationalLoops(program).length === 0;
}

const onModule =
  (index: number, change: (module: Module) => Module): Change =>
  (program) => ({
    ...program,
    modules: program.modules.map((module, i) => (i === index ? change(module) : module)),
  });

/** Drops an output of the top or a check. */
function withoutUses({ modules }: Program): Change[] {
  return modules.flatMap((module, m) => [
    ...module.checks.map((_, index) =>
      onModule(m, (old) => ({ ...old, checks: old.checks.filter((__, i) => i !== index) })),
    ),
    ...(m < modules.length - 1
      ? []
      : module.ports.flatMap((port, index) =>
          port.direction === 'input'
            ? []
            : [onModule(m, (old) => ({ ...old, ports: old.ports.filter((__, i) => i !== index) }))],
        )),
  ]);
}

const replaceNode = (m: number, id: NodeId, node: Node): Change =>
  onModule(m, (module) => ({
    ...module,
    nodes: module.nodes.map((old, i) => (i === id ? node : old)),
  }));

const nodesOf = (program: Program): { m: number; id: NodeId; node: Node; module: Module }[] =>
  program.modules
    .flatMap((module, m) => module.nodes.map((node, id) => ({ m, id, node, module })))
    .reverse();

function withConstants(program: Program): Change[] {
  return nodesOf(program).flatMap(({ m, id, node }) => {
    if (node.kind === 'input' && node.port === 'go') return [];
    const isZero = node.kind === 'const' && node.value === '0';
    return isZero ? [] : [replaceNode(m, id, { kind: 'const', value: '0', width: node.width })];
  });
}

function withOperands(program: Program): Change[] {
  return nodesOf(program).flatMap(({ m, id, node, module }) => {
    const { width, name } = node;
    const unnamed = { ...node };
    delete (unnamed as { name?: string }).name;
    return [
      ...operandsOf(node).flatMap((value): Change[] => {
        const operand = module.nodes[value]!;
        if (value === id || (node.kind === 'wire' && name === undefined)) return [];
        if (operand.width === width) return [replaceNode(m, id, { kind: 'wire', value, width })];
        if (operand.width > width && node.kind !== 'slice' && node.kind !== 'wire') {
          return [replaceNode(m, id, { kind: 'slice', a: value, low: 0, width })];
        }
        return [];
      }),
      ...(name === undefined || node.kind === 'register' ? [] : [replaceNode(m, id, unnamed)]),
    ];
  });
}

function withFewerEntries(program: Program): Change[] {
  return nodesOf(program).flatMap(({ m, id, node }) =>
    node.kind === 'cases'
      ? node.entries.map((_, index) =>
          replaceNode(m, id, { ...node, entries: node.entries.filter((__, i) => i !== index) }),
        )
      : [],
  );
}

/** The program without nodes, memories, instances, inputs of the top and modules that nothing needs. */
export function tidy(program: Program): Program {
  const used = new Set<string>([program.top]);
  const modules: Module[] = [];
  for (const module of [...program.modules].reverse()) {
    if (!used.has(module.name)) continue;
    const kept = tidyModule(module, module.name === program.top);
    for (const instance of kept.instances) used.add(instance.module);
    modules.unshift(kept);
  }
  return { ...program, modules };
}

function tidyModule(module: Module, isTop: boolean): Module {
  const target = (id: NodeId): NodeId => {
    const node = module.nodes[id];
    // A wire that refers forward holds the order of the nodes together.
    const isAlias = node?.kind === 'wire' && node.name === undefined && node.value < id;
    return isAlias ? target(node.value) : id;
  };
  const { nodes, memories, instances } = module;
  const alive = new Set<NodeId>();
  const liveMemories = new Set<number>();
  const liveInstances = new Set<number>();
  const pending: NodeId[] = [];
  const need = (part: Partial<Pick<Module, 'ports' | 'memories' | 'instances' | 'checks'>>) => {
    const none = { ports: [], memories: [], instances: [], checks: [] };
    mapUses({ ...module, ...none, ...part }, (id) => {
      pending.push(target(id));
      return id;
    });
  };
  need({ ports: module.ports, checks: module.checks });
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (alive.has(id)) continue;
    alive.add(id);
    const node = nodes[id]!;
    pending.push(...operandsOf(node).map(target));
    if (node.kind === 'read' && !liveMemories.has(node.memory)) {
      liveMemories.add(node.memory);
      need({ memories: [memories[node.memory]!] });
    }
    if (node.kind === 'output' && !liveInstances.has(node.instance)) {
      liveInstances.add(node.instance);
      need({ instances: [instances[node.instance]!] });
    }
  }
  const position = (live: ReadonlySet<number>, index: number) =>
    [...live].filter((other) => other < index).length;
  const order = [...alive].sort((a, b) => a - b);
  const renaming = new Map(order.map((id, index) => [id, index]));
  const rename = (id: NodeId) => renaming.get(target(id))!;
  const kept: Module = {
    ...module,
    memories: memories.filter((_, index) => liveMemories.has(index)),
    instances: instances.filter((_, index) => liveInstances.has(index)),
  };
  const renamed = mapUses(kept, rename);
  const tidied = order.map((id): Node => {
    const node = mapOperands(nodes[id]!, rename);
    if (node.kind === 'read') return { ...node, memory: position(liveMemories, node.memory) };
    if (node.kind === 'output')
      return { ...node, instance: position(liveInstances, node.instance) };
    return node;
  });
  const read = new Set(tidied.flatMap((node) => (node.kind === 'input' ? [node.port] : [])));
  const isNeeded = ({ name, direction }: Module['ports'][number]) =>
    direction === 'output' || !isTop || name === 'go' || read.has(name);
  return { ...renamed, nodes: tidied, ports: renamed.ports.filter(isNeeded) };
}
