/** Structural names: an unnamed net is called after what it computes. */
import type { BinaryOperator, Module, Node, NodeId } from '../ir/index.ts';
import { fromHex } from '../ir/operators.ts';
import type { Names } from './names.ts';
import type { Plan } from './plan.ts';
import { stageBefore } from './registers.ts';

const maxLength = 28;

export interface NetNames {
  readonly nets: ReadonlyMap<NodeId, string>;
  /** What a process computes for a register. */
  readonly nexts: ReadonlyMap<NodeId, string>;
}

/**
 * Names every net. The author's names come first, in the order of the nodes; then the structural
 * ones, in the same order, so that the name of a net depends on its operands and not on its place.
 */
export function nameNets(module: Module, plan: Plan, names: Names): NetNames {
  const nets = new Map<NodeId, string>();
  const nexts = new Map<NodeId, string>();
  const ordered = [...plan.nets].sort((a, b) => a - b);
  for (const id of ordered) {
    const node = module.nodes[id]!;
    const port = node.kind === 'input' ? node.port : plan.portOf.get(id);
    // A port is its own net; its name was taken before any other.
    if (port !== undefined) nets.set(id, port);
    else if (node.name !== undefined) nets.set(id, names.claim(node.name));
  }
  for (const id of ordered) {
    if (!nets.has(id)) nets.set(id, names.claim(structuralName(module, plan, nets, id)));
  }
  for (const { targets } of plan.registers.processes) {
    for (const register of targets) {
      nexts.set(register, names.claim(`${nets.get(register)!}_next`));
    }
  }
  return { nets, nexts };
}

function structuralName(
  module: Module,
  plan: Plan,
  nets: ReadonlyMap<NodeId, string>,
  id: NodeId,
): string {
  const node = module.nodes[id]!;
  if (node.kind === 'output') return `${module.instances[node.instance]!.name}_${node.port}`;
  if (node.kind === 'read') return `${module.memories[node.memory]!.name}_word`;
  if (node.kind === 'binary' && node.op.startsWith('mul')) return 'product';
  if (node.kind === 'register') {
    const held = nameOfHeld(module, nets, id);
    if (node.synchronizes) return stageName(module, id, held ?? 'value');
    return held === undefined ? 'state' : `${held}_delayed`;
  }
  const role = plan.roles.get(id);
  if (role !== undefined) return role;
  const { detailed, plain } = describe(node, (operand) => nameOf(module, nets, operand));
  return detailed !== undefined && detailed.length <= maxLength ? detailed : plain;
}

/**
 * The last stage of a synchronizer is `_sync`; those before it, which may be undecided, are `_meta`,
 * numbered from the first.
 */
function stageName(module: Module, id: NodeId, held: string): string {
  const after = (stage: NodeId) =>
    module.nodes.findIndex((_, other) => stageBefore(module, other) === stage);
  let last = id;
  for (let next = after(last); next >= 0; next = after(last)) last = next;
  if (last === id) return `${held}_sync`;
  let number = 1;
  for (let before = stageBefore(module, id); before !== undefined; number++) {
    before = stageBefore(module, before);
  }
  return `${module.nodes[last]!.name ?? held}_meta${number === 1 ? '' : `_${number}`}`;
}

/** What a register without a name takes in: the first thing with a name behind its choices. */
function nameOfHeld(
  module: Module,
  nets: ReadonlyMap<NodeId, string>,
  register: NodeId,
): string | undefined {
  const seen = new Set<NodeId>();
  const pending = [register];
  for (let id = pending.shift(); id !== undefined; id = pending.shift()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const node = module.nodes[id]!;
    const known = nets.get(id);
    // Through others without a name: a delay of two cycles is no delay of a delay.
    if (node.kind === 'register' && node.name === undefined) pending.push(node.next);
    else if (known !== undefined && node.kind !== 'const') return known;
    else if (node.kind === 'mux') pending.push(node.whenTrue, node.whenFalse);
    else if (node.kind === 'slice' || node.kind === 'extend') pending.push(node.a);
  }
  return undefined;
}

/** How a name may refer to an operand. */
function nameOf(module: Module, nets: ReadonlyMap<NodeId, string>, id: NodeId): string | undefined {
  const known = nets.get(id);
  if (known !== undefined) return known;
  const node = module.nodes[id]!;
  if (node.kind === 'const') return node.value.length <= 4 ? `${fromHex(node.value)}` : undefined;
  if (node.kind === 'slice' || node.kind === 'extend') return nameOf(module, nets, node.a);
  if (node.kind === 'unary' && node.op === 'not') {
    const inner = nameOf(module, nets, node.a);
    return inner === undefined ? undefined : `not_${inner}`;
  }
  return undefined;
}

const words: Readonly<Record<BinaryOperator, { readonly infix: string; readonly plain: string }>> =
  {
    add: { infix: 'plus', plain: 'sum' },
    sub: { infix: 'minus', plain: 'difference' },
    mulUnsigned: { infix: 'times', plain: 'product' },
    mulSigned: { infix: 'times', plain: 'product' },
    and: { infix: 'and', plain: 'both' },
    or: { infix: 'or', plain: 'either' },
    xor: { infix: 'xor', plain: 'toggled' },
    eq: { infix: 'is', plain: 'equal' },
    ne: { infix: 'is_not', plain: 'different' },
    ltUnsigned: { infix: 'below', plain: 'below' },
    ltSigned: { infix: 'below', plain: 'below' },
    leUnsigned: { infix: 'up_to', plain: 'up_to' },
    leSigned: { infix: 'up_to', plain: 'up_to' },
    shiftLeft: { infix: 'shifted_by', plain: 'shifted' },
    shiftRight: { infix: 'shifted_by', plain: 'shifted' },
    shiftRightSigned: { infix: 'shifted_by', plain: 'shifted' },
  };

const mirrored: Readonly<Record<string, string>> = {
  below: 'above',
  up_to: 'at_least',
  minus: 'from',
};

function describe(
  node: Node,
  name: (id: NodeId) => string | undefined,
): { readonly detailed: string | undefined; readonly plain: string } {
  const after = (id: NodeId, word: string) => {
    const operand = name(id);
    return { detailed: operand === undefined ? undefined : `${operand}_${word}`, plain: word };
  };
  switch (node.kind) {
    case 'unary': {
      const operand = name(node.a);
      if (node.op !== 'not') {
        const suffix = { reduceAnd: 'all_ones', reduceOr: 'any', reduceXor: 'parity' }[node.op];
        return after(node.a, suffix);
      }
      return { detailed: operand === undefined ? undefined : `not_${operand}`, plain: 'inverted' };
    }
    case 'binary': {
      const { infix, plain } = words[node.op];
      const a = name(node.a);
      const b = name(node.b);
      if (!a || !b) return { detailed: undefined, plain };
      if (node.op.startsWith('shift') && /^\d/.test(a)) {
        return { detailed: a === '1' ? `${b}_one_hot` : undefined, plain };
      }
      // A number comes second: `5 < x` is `x_above_5`.
      const detailed = /^\d/.test(a)
        ? `${b}_${mirrored[infix] ?? infix}_${a}`
        : `${a}_${infix}_${b}`;
      return { detailed, plain };
    }
    case 'mux':
      return after(node.condition, 'choice');
    case 'cases': {
      const isTable = node.entries.every(({ value }) => /^\d/.test(name(value) ?? ''));
      if (isTable) return after(node.selector, 'decoded');
      const selector = name(node.selector);
      return {
        detailed: selector === undefined ? undefined : `selected_by_${selector}`,
        plain: 'selected',
      };
    }
    case 'concat':
      return { detailed: undefined, plain: 'joined' };
    case 'slice':
      return after(node.a, 'bits');
    case 'extend':
      return after(node.a, 'wide');
    case 'element':
      return after(node.a, 'element');
    case 'const':
      return { detailed: undefined, plain: 'constant' };
    case 'input':
    case 'wire':
    case 'register':
    case 'read':
    case 'output':
      return { detailed: undefined, plain: 'value' };
  }
}
