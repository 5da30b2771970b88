/** How each register is written: with an enable in its clocked block, or by a process before it. */
import type { Module, NodeId } from '../ir/index.ts';
import { lastResort, merge, mergeable } from './steps.ts';
import type { Process, Trees } from './steps.ts';

export interface Condition {
  readonly node: NodeId;
  readonly inverted: boolean;
}

export interface ClockedRegister {
  readonly register: NodeId;
  /** The node assigned at the edge; `undefined`: what a process computes for it. */
  readonly next: NodeId | undefined;
}

/** Registers that share clock, reset and enable. */
export interface ClockedGroup {
  readonly domain: number;
  readonly reset: boolean;
  /** All must hold. */
  readonly enable: readonly Condition[];
  readonly registers: readonly ClockedRegister[];
}

export interface RegisterPlan {
  readonly groups: readonly ClockedGroup[];
  /** Processes that compute the next value of one or more registers. */
  readonly processes: readonly Process[];
}

export function planRegisters(
  module: Module,
  live: ReadonlySet<NodeId>,
  trees: Trees,
): RegisterPlan {
  const groups = new Map<string, { -readonly [K in keyof ClockedGroup]: ClockedGroup[K] }>();
  const processes: Process[] = [];
  module.nodes.forEach((node, register) => {
    if (node.kind !== 'register' || !live.has(register)) return;
    const own: Condition[] =
      node.enable === undefined ? [] : [{ node: node.enable, inverted: false }];
    const held = peelHold(module, trees, register, node.next);
    const enabled = isSimple(module, trees, register, held.next);
    if (!enabled) addProcess(processes, nextProcess(module, trees, register, node.next));
    const enable = enabled ? [...own, ...held.conditions] : own;
    const reset = node.init !== undefined;
    const key = JSON.stringify([node.domain, reset, enable]);
    const entry = { register, next: enabled ? held.next : undefined };
    const group = groups.get(key);
    if (group) group.registers = [...group.registers, entry];
    else groups.set(key, { domain: node.domain, reset, enable, registers: [entry] });
  });
  const inOrder = [...groups.values()].map((group) => ({
    ...group,
    registers: stagesFirst(module, group.registers, ({ register }) => register),
  }));
  return { groups: inOrder, processes };
}

/** The stage of a synchronizer that a register takes its value from, if it is a stage itself. */
export function stageBefore(module: Module, id: NodeId): NodeId | undefined {
  const node = module.nodes[id]!;
  if (node.kind !== 'register' || !node.synchronizes) return undefined;
  const before = module.nodes[node.next]!;
  return before.kind === 'register' && before.synchronizes ? node.next : undefined;
}

/** The items in their order, but the stages of a synchronizer one after the other. */
export function stagesFirst<T>(
  module: Module,
  items: readonly T[],
  idOf: (item: T) => NodeId,
): readonly T[] {
  const waiting = new Map(items.map((item) => [idOf(item), item]));
  const placed: T[] = [];
  const place = (id: NodeId): void => {
    const item = waiting.get(id);
    if (item === undefined) return;
    waiting.delete(id);
    const before = stageBefore(module, id);
    if (before !== undefined) place(before);
    placed.push(item);
  };
  items.forEach((item) => {
    place(idOf(item));
  });
  return placed;
}

function addProcess(processes: Process[], process: Process): void {
  const partner = processes.findIndex((other) => mergeable(other, process));
  if (partner < 0) processes.push(process);
  else processes[partner] = merge(processes[partner]!, process);
}

/** Takes off the outer multiplexers that hold the register, as conditions of an enable. */
function peelHold(
  module: Module,
  trees: Trees,
  register: NodeId,
  next: NodeId,
): { conditions: Condition[]; next: NodeId } {
  const conditions: Condition[] = [];
  let current = next;
  while (trees.isBranch(current)) {
    const node = module.nodes[current]!;
    if (node.kind !== 'mux') break;
    const inverted = node.whenTrue === register;
    if (!inverted && node.whenFalse !== register) break;
    conditions.push({ node: node.condition, inverted });
    current = inverted ? node.whenFalse : node.whenTrue;
  }
  return { conditions, next: current };
}

/** Whether the value fits into the clocked block as one expression with at most one choice. */
function isSimple(module: Module, trees: Trees, register: NodeId, next: NodeId): boolean {
  if (!trees.isBranch(next)) return true;
  return (
    trees.size(next) === 1 &&
    module.nodes[next]!.kind === 'mux' &&
    !trees.leaves(next).includes(register)
  );
}

function nextProcess(module: Module, trees: Trees, register: NodeId, next: NodeId): Process {
  const held = trees.leaves(next).includes(register);
  const known = held ? register : lastResort(module, trees, next);
  return {
    targets: [register],
    defaults: known === undefined ? [] : [{ kind: 'set', target: register, value: known }],
    steps: trees.steps(next, register, known),
  };
}
