import type { Connection, Instance, Module, Node, NodeId, Program } from '../ir/index.ts';
import { domainIn } from '../ir/index.ts';

/** The hidden input of the top that is 1 where the clock of domain `index` fires. */
export const firesPort = (index: number): string => `#fires${index}`;

/**
 * A program of several clocks as one of a single clock: every module gets an input for each of its
 * domains that says whether its clock fires, and all state waits for it. A program of one clock stays
 * as it is. Resets are not looked at.
 */
export function oneClock(program: Program): Program {
  if (program.modules.at(-1)!.domains.length < 2) return program;
  const modules = new Map(program.modules.map((module) => [module.name, module]));
  return { ...program, modules: program.modules.map((module) => gate(module, modules)) };
}

function gate(module: Module, modules: ReadonlyMap<string, Module>): Module {
  const nodes = [...module.nodes];
  const add = (node: Node): NodeId => nodes.push(node) - 1;
  const fires = module.domains.map((_, index) =>
    add({ kind: 'input', width: 1, port: firesPort(index) }),
  );
  const and = (a: NodeId | undefined, domain: number): NodeId =>
    a === undefined
      ? fires[domain]!
      : add({ kind: 'binary', op: 'and', width: 1, a, b: fires[domain]! });
  module.nodes.forEach((node, id) => {
    if (node.kind !== 'register') return;
    nodes[id] = { ...node, enable: and(node.enable, node.domain) };
  });
  return {
    ...module,
    ports: [
      ...module.ports,
      ...fires.map((_, index) => ({
        name: firesPort(index),
        direction: 'input' as const,
        width: 1,
        signed: false,
        doc: '',
      })),
    ],
    memories: module.memories.map((memory) => ({
      ...memory,
      reads: memory.reads.map((read) =>
        read.kind === 'asynchronous' ? read : { ...read, enable: and(read.enable, read.domain) },
      ),
      writes: memory.writes.map((write) => ({
        ...write,
        enable: and(write.enable, write.domain),
      })),
    })),
    instances: module.instances.map((instance) => ({
      ...instance,
      inputs: { ...instance.inputs, ...firesOf(module, instance, modules, fires) },
    })),
    checks: module.checks.map((check) => {
      const idle = add({ kind: 'unary', op: 'not', width: 1, a: fires[check.domain]! });
      const b = check.condition;
      return { ...check, condition: add({ kind: 'binary', op: 'or', width: 1, a: idle, b }) };
    }),
    nodes,
  };
}

function firesOf(
  module: Module,
  instance: Instance,
  modules: ReadonlyMap<string, Module>,
  fires: readonly NodeId[],
): Record<string, Connection> {
  const { domains } = modules.get(instance.module)!;
  return Object.fromEntries(
    domains.map(({ name }, index) => {
      const value = fires[domainIn(module, instance, name)]!;
      return [firesPort(index), { kind: 'broadcast', value }];
    }),
  );
}
