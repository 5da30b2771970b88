/** The choices in a module: what must hold for one to matter, and how a report speaks of them. */
import { fromHex, operandsOf, usesOf } from '../ir/index.ts';
import type { BinaryOperator, Location, Module, Node, NodeId } from '../ir/index.ts';

/** Which choices of a module stand in which arms of others. */
export interface Choices {
  /** Those that matter in every cycle. */
  readonly roots: readonly NodeId[];
  /** For each choice and each of its arms the choices that matter where that arm is taken. */
  readonly inside: ReadonlyMap<NodeId, readonly (readonly NodeId[])[]>;
}

/** All choices that something depends on. A value with a name is computed in every cycle. */
export function choicesOf(module: Module): Choices {
  const { nodes } = module;
  /** The next choices behind some values; values with names and registers stand for themselves. */
  const behind = (ids: readonly NodeId[]): NodeId[] => {
    const found = new Set<NodeId>();
    const seen = new Set<NodeId>();
    const pending = [...ids];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      const node = nodes[id]!;
      if (seen.has(id) || node.name !== undefined || node.kind === 'register') continue;
      seen.add(id);
      if (node.kind === 'mux' || node.kind === 'cases') found.add(id);
      else pending.push(...operandsOf(node));
    }
    return [...found];
  };
  const roots = new Set(behind(usesOf(module)));
  nodes.forEach((node, id) => {
    if (node.name === undefined && node.kind !== 'register') return;
    if (node.kind === 'mux' || node.kind === 'cases') roots.add(id);
    else for (const choice of behind(operandsOf(node))) roots.add(choice);
  });
  const inside = new Map<NodeId, readonly (readonly NodeId[])[]>();
  const pending = [...roots];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (inside.has(id)) continue;
    const node = nodes[id]!;
    const isMux = node.kind === 'mux';
    if (!isMux && node.kind !== 'cases') continue;
    const decider = isMux ? node.condition : node.selector;
    const arms = isMux ? [node.whenTrue, node.whenFalse] : armsOf(module, node);
    const choices = arms.map((arm) => behind([decider, arm]));
    inside.set(id, choices);
    pending.push(...choices.flat());
  }
  return { roots: [...roots], inside };
}

/** The values of all cases, and of the fallback where it can be taken. */
function armsOf(module: Module, node: Extract<Node, { kind: 'cases' }>): readonly NodeId[] {
  const { selector, entries, fallback } = node;
  const isFull = BigInt(entries.length) === 1n << BigInt(module.nodes[selector]!.width);
  return [...entries.map(({ value }) => value), ...(isFull ? [] : [fallback])];
}

/** What a choice belongs to: the nearest thing with a name that depends on it. */
export interface Owner {
  readonly name: string;
  readonly location: Location | undefined;
}

/** The owner of each node that something with a name depends on. */
export function ownersOf(module: Module): ReadonlyMap<NodeId, Owner> {
  const owners = new Map<NodeId, Owner>();
  const pending: NodeId[] = [];
  const own = (name: string, location: Location | undefined, ids: readonly NodeId[]): void => {
    for (const id of ids) {
      if (owners.has(id)) continue;
      owners.set(id, { name, location });
      pending.push(id);
    }
  };
  module.nodes.forEach(({ name, location }, id) => {
    if (name !== undefined) own(name, location, [id]);
  });
  const nothing = { ...module, ports: [], memories: [], instances: [], checks: [] };
  for (const port of module.ports) {
    own(port.name, port.location, usesOf({ ...nothing, ports: [port] }));
  }
  for (const memory of module.memories) {
    own(memory.name, memory.location, usesOf({ ...nothing, memories: [memory] }));
  }
  for (const instance of module.instances) {
    own(instance.name, instance.location, usesOf({ ...nothing, instances: [instance] }));
  }
  for (const check of module.checks) {
    own(check.name, check.location, usesOf({ ...nothing, checks: [check] }));
  }
  // Breadth first, so that the nearest owner comes first.
  for (let next = 0; next < pending.length; next++) {
    const id = pending[next]!;
    const { name, location } = owners.get(id)!;
    own(name, location, operandsOf(module.nodes[id]!));
  }
  return owners;
}

/**
 * When each arm of a choice is taken, in the order of its arms, with the arms around it:
 * `state = idle and not (count == 9)`.
 */
export function armLabels(module: Module, choices: Choices): (id: NodeId) => readonly string[] {
  const around = surroundings(choices);
  return (id) => {
    const outer: string[] = [];
    let at = around.get(id);
    for (; at !== undefined && outer.length < mostOuter; at = around.get(at.id)) {
      outer.unshift(ownLabels(module, at.id)[at.arm]!);
    }
    if (at !== undefined) outer.unshift('…');
    return ownLabels(module, id).map((label) => [...outer, label].join(' and '));
  };
}

/** The arm in which a choice stands, where it stands in one only. */
function surroundings({
  roots,
  inside,
}: Choices): ReadonlyMap<NodeId, { readonly id: NodeId; readonly arm: number }> {
  const around = new Map<NodeId, { readonly id: NodeId; readonly arm: number }>();
  const shared = new Set(roots);
  for (const [id, arms] of inside) {
    arms.forEach((choices, arm) => {
      for (const choice of choices) {
        if (around.has(choice)) shared.add(choice);
        around.set(choice, { id, arm });
      }
    });
  }
  for (const choice of shared) around.delete(choice);
  return around;
}

/** How many arms around a choice a label names. */
const mostOuter = 3;

function ownLabels(module: Module, id: NodeId): readonly string[] {
  const node = module.nodes[id]!;
  if (node.kind === 'mux') {
    const condition = describe(module, node.condition, depthOfText);
    return [condition, `not ${condition}`];
  }
  if (node.kind !== 'cases') return [];
  const { enumeration } = module.nodes[node.selector]!;
  const selector = describe(module, node.selector, depthOfText);
  const matches = node.entries.map(({ match }) => fromHex(match));
  const others = enumeration?.filter((_, value) => !matches.includes(BigInt(value))) ?? [];
  return [
    ...matches.map((match) => `${selector} = ${enumeration?.[Number(match)] ?? match}`),
    `${selector} = ${others.length === 0 ? 'anything else' : others.join(' or ')}`,
  ];
}

const depthOfText = 3;

const symbols: Readonly<Record<BinaryOperator, string>> = {
  add: '+',
  sub: '-',
  mulUnsigned: '*',
  mulSigned: '*',
  and: '&',
  or: '|',
  xor: '^',
  eq: '==',
  ne: '!=',
  ltUnsigned: '<',
  leUnsigned: '<=',
  ltSigned: '<',
  leSigned: '<=',
  shiftLeft: '<<',
  shiftRight: '>>',
  shiftRightSigned: '>>>',
};

/** A value in a few words; what lies deeper than `depth` operators is `…`. */
function describe(module: Module, id: NodeId, depth: number): string {
  const node = module.nodes[id]!;
  const inner = (operand: NodeId) => describe(module, operand, depth - 1);
  if (node.name !== undefined) return node.name;
  switch (node.kind) {
    case 'input':
      return node.port;
    case 'const': {
      const value = fromHex(node.value);
      return node.enumeration?.[Number(value)] ?? `${value}`;
    }
    case 'read':
      return `${module.memories[node.memory]!.name}[…]`;
    case 'output':
      return `${module.instances[node.instance]!.name}.${node.port}`;
    case 'wire':
      return inner(node.value);
    default:
      break;
  }
  if (depth === 0) return '…';
  switch (node.kind) {
    case 'unary':
      return `${{ not: 'not ', reduceAnd: '&', reduceOr: '|', reduceXor: '^' }[node.op]}${inner(node.a)}`;
    case 'binary':
      return `(${inner(node.a)} ${symbols[node.op]} ${inner(node.b)})`;
    case 'slice': {
      const high = node.low + node.width - 1;
      return `${inner(node.a)}[${high === node.low ? high : `${high}:${node.low}`}]`;
    }
    case 'extend':
      return inner(node.a);
    default:
      return '…';
  }
}
