/** Trees of multiplexers as the statements of a process, still over nodes. */
import type { Hex, Module, NodeId } from '../ir/index.ts';

/** `target` is a combinational node, or a register that stands for its next value. */
export type Step =
  | { readonly kind: 'set'; readonly target: NodeId; readonly value: NodeId }
  | {
      readonly kind: 'if';
      readonly condition: NodeId;
      readonly whenTrue: readonly Step[];
      readonly whenFalse: readonly Step[];
    }
  | {
      readonly kind: 'case';
      readonly selector: NodeId;
      readonly arms: readonly {
        readonly matches: readonly Hex[];
        readonly body: readonly Step[];
      }[];
      readonly fallback: readonly Step[];
    };

/** One combinational process: every target gets its default, then the steps. */
export interface Process {
  readonly targets: readonly NodeId[];
  readonly defaults: readonly Step[];
  readonly steps: readonly Step[];
}

export interface Trees {
  /** A multiplexer or table that its only user, another one or a register, takes in as a branch. */
  isBranch(id: NodeId): boolean;
  /** Multiplexers and tables printed together with `id`, itself included; 0 where it is none. */
  size(id: NodeId): number;
  leaves(id: NodeId): readonly NodeId[];
  /** `target` becomes `id`; nothing is said where that is `known`. */
  steps(id: NodeId, target: NodeId, known: NodeId | undefined): readonly Step[];
}

export function createTrees(module: Module, uses: Uint32Array): Trees {
  const isTree = (id: NodeId) => {
    const { kind } = module.nodes[id]!;
    return kind === 'mux' || kind === 'cases';
  };
  const isBranch = (id: NodeId) =>
    isTree(id) && module.nodes[id]!.name === undefined && uses[id] === 1;

  function branches(id: NodeId): readonly NodeId[] {
    const node = module.nodes[id]!;
    if (node.kind === 'mux') return [node.whenTrue, node.whenFalse];
    if (node.kind === 'cases') return [...node.entries.map((entry) => entry.value), node.fallback];
    return [];
  }

  const size = (id: NodeId): number =>
    isTree(id)
      ? branches(id).reduce((sum, branch) => sum + (isBranch(branch) ? size(branch) : 0), 1)
      : 0;

  const leaves = (id: NodeId): readonly NodeId[] =>
    branches(id).flatMap((branch) => (isBranch(branch) ? leaves(branch) : [branch]));

  function branchSteps(id: NodeId, target: NodeId, known: NodeId | undefined): readonly Step[] {
    if (isBranch(id)) return steps(id, target, known);
    return id === known ? [] : [{ kind: 'set', target, value: id }];
  }

  function steps(id: NodeId, target: NodeId, known: NodeId | undefined): readonly Step[] {
    const node = module.nodes[id]!;
    if (node.kind === 'mux') {
      const whenTrue = branchSteps(node.whenTrue, target, known);
      const whenFalse = branchSteps(node.whenFalse, target, known);
      if (whenTrue.length + whenFalse.length === 0) return [];
      return [{ kind: 'if', condition: node.condition, whenTrue, whenFalse }];
    }
    if (node.kind === 'cases') {
      const fallback = branchSteps(node.fallback, target, known);
      const arms = node.entries
        .map(({ match, value }) => ({
          matches: [match],
          body: branchSteps(value, target, known),
        }))
        .filter((arm) => arm.body.length + fallback.length > 0);
      if (arms.length === 0) return fallback;
      return [{ kind: 'case', selector: node.selector, arms, fallback }];
    }
    return branchSteps(id, target, known);
  }

  return { isBranch, size, leaves, steps };
}

/** The value that a tree takes when no condition holds: the default that is assigned first. */
export function lastResort(module: Module, trees: Trees, id: NodeId): NodeId | undefined {
  const node = module.nodes[id]!;
  if (node.kind === 'cases') return commonConstant(module, trees, id);
  if (node.kind !== 'mux') return undefined;
  return trees.isBranch(node.whenFalse)
    ? lastResort(module, trees, node.whenFalse)
    : node.whenFalse;
}

/** Of a table with conditions in it: the constant that it takes most often, if that is repeated. */
function commonConstant(module: Module, trees: Trees, id: NodeId): NodeId | undefined {
  if (trees.size(id) === 1) return undefined;
  const counts = new Map<NodeId, number>();
  for (const leaf of trees.leaves(id)) {
    if (module.nodes[leaf]!.kind === 'const') counts.set(leaf, (counts.get(leaf) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most !== undefined && most[1] > 1 ? most[0] : undefined;
}

/** Whether two processes decide by the same condition or selector, and so read better as one. */
export function mergeable(a: Process, b: Process): boolean {
  const [first] = a.steps;
  const [second] = b.steps;
  if (a.steps.length !== 1 || b.steps.length !== 1) return false;
  return (
    (first!.kind === 'if' && second!.kind === 'if' && first!.condition === second!.condition) ||
    (first!.kind === 'case' && second!.kind === 'case' && first!.selector === second!.selector)
  );
}

export const merge = (a: Process, b: Process): Process => ({
  targets: [...a.targets, ...b.targets],
  defaults: [...a.defaults, ...b.defaults],
  steps: mergeSteps(a.steps, b.steps),
});

function mergeSteps(a: readonly Step[], b: readonly Step[]): readonly Step[] {
  const last = a.at(-1);
  const [first, ...rest] = b;
  if (last?.kind === 'if' && first?.kind === 'if' && last.condition === first.condition) {
    const merged: Step = {
      kind: 'if',
      condition: last.condition,
      whenTrue: mergeSteps(last.whenTrue, first.whenTrue),
      whenFalse: mergeSteps(last.whenFalse, first.whenFalse),
    };
    return [...a.slice(0, -1), merged, ...rest];
  }
  if (last?.kind === 'case' && first?.kind === 'case' && last.selector === first.selector) {
    return [...a.slice(0, -1), mergeCases(last, first), ...rest];
  }
  return [...a, ...b];
}

type Case = Extract<Step, { kind: 'case' }>;

function mergeCases(a: Case, b: Case): Case {
  const bodyOf = (step: Case, match: Hex) =>
    step.arms.find((arm) => arm.matches.includes(match))?.body ?? step.fallback;
  const matches = [...new Set([...a.arms, ...b.arms].flatMap((arm) => arm.matches))];
  return {
    kind: 'case',
    selector: a.selector,
    arms: matches
      .sort((x, y) => x.length - y.length || (x < y ? -1 : 1))
      .map((match) => ({
        matches: [match],
        body: mergeSteps(bodyOf(a, match), bodyOf(b, match)),
      })),
    fallback: mergeSteps(a.fallback, b.fallback),
  };
}

/** Arms that do the same under one label, and none that does what the fallback does. */
export function joinArms(step: Case): Case {
  const arms = new Map<string, { matches: Hex[]; body: readonly Step[] }>();
  const rest = JSON.stringify(step.fallback);
  for (const { matches, body } of step.arms) {
    const key = JSON.stringify(body);
    if (key === rest) continue;
    const arm = arms.get(key);
    if (arm) arm.matches.push(...matches);
    else arms.set(key, { matches: [...matches], body });
  }
  return { ...step, arms: [...arms.values()] };
}

/** Every node that the steps print, as often as they print it. */
export function stepReferences(steps: readonly Step[]): readonly NodeId[] {
  return steps.flatMap((step): readonly NodeId[] => {
    switch (step.kind) {
      case 'set':
        return [step.value];
      case 'if':
        return [
          step.condition,
          ...stepReferences(step.whenTrue),
          ...stepReferences(step.whenFalse),
        ];
      case 'case':
        return [
          step.selector,
          ...step.arms.flatMap((arm) => stepReferences(arm.body)),
          ...stepReferences(step.fallback),
        ];
    }
  });
}
