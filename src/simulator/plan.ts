import { isLeaf, operandsOfValue } from './graph.ts';
import type { ValueId } from './graph.ts';
import type { Definition } from './lower.ts';
import { wordCount } from './words.ts';

/** Something done at the clock edge. */
export type Action =
  | { readonly kind: 'state'; readonly state: number }
  | { readonly kind: 'write'; readonly write: number }
  | { readonly kind: 'check'; readonly check: number };

/** One compiled function: values computed in order, then stores. */
export interface Chunk {
  readonly computed: ReadonlySet<ValueId>;
  /** Computed values that are stored for others. */
  readonly stored: readonly ValueId[];
  readonly actions: readonly Action[];
}

/** What is computed together for one scope after another: a group of the settling, or the edge. */
export interface Step {
  readonly chunks: readonly Chunk[];
  /** Earlier steps of the same scope whose stored values are loaded here. */
  readonly after: ReadonlySet<number>;
}

/** All steps of a definition: one for each group of values, the last one for the clock edge. */
export interface Plan {
  readonly groups: readonly (readonly ValueId[])[];
  readonly steps: readonly Step[];
  /** Every value that has a slot. */
  readonly stored: ReadonlySet<ValueId>;
}

/** A value that costs at least this much to compute again is stored for later steps instead. */
const worthStoring = 3;

/**
 * Decides for one definition what each step computes, loads and stores. `groups` are the values that
 * must be stored while settling, in the order of the steps; `precedes(g, h)` says whether group g
 * can always run before group h.
 */
export function plan(
  definition: Definition,
  groups: readonly (readonly ValueId[])[],
  precedes: (earlier: number, later: number) => boolean,
  chunkSize: number,
): Plan {
  const { values } = definition;
  const stored = new Set(groups.flat());
  const home = new Map<ValueId, number>();
  const edge = groups.length;
  const actions = edgeActions(definition);
  const orders = [...groups, actions.flatMap(({ needs }) => needs)].map((roots, step) => {
    const order: ValueId[] = [];
    const after = new Set<number>();
    const needed = new Set(roots);
    // Users come after their operands, so that going down meets every value after all its users.
    for (let id = values.length - 1; id >= 0; id--) {
      if (!needed.has(id) || isLeaf(values[id]!)) continue;
      const computedIn = home.get(id);
      if (computedIn !== undefined && (step === edge || precedes(computedIn, step))) {
        if (stored.has(id) || costAbove(definition, id, stored, worthStoring - 1)) {
          stored.add(id);
          after.add(computedIn);
          continue;
        }
      }
      for (const operand of operandsOfValue(values[id]!)) needed.add(operand);
      order.push(id);
      if (computedIn === undefined) home.set(id, step);
    }
    order.reverse();
    return { order, after };
  });
  const cuts = orders.map(({ order }, step) => {
    const chunks = cut(order, definition, chunkSize);
    return { chunks, placed: place(definition, chunks, step === edge ? actions : [], stored) };
  });
  const steps = cuts.map(({ chunks, placed }, step) => ({
    after: orders[step]!.after,
    chunks: chunks.map((ids, index) => ({
      computed: new Set(ids),
      stored: [
        ...ids.filter((id) => stored.has(id)),
        ...(index === 0 ? (groups[step] ?? []).filter((id) => isLeaf(values[id]!)) : []),
      ],
      actions: placed[index]!,
    })),
  }));
  return { groups, steps, stored };
}

/**
 * Distributes actions over the chunks of a step, and adds to `stored` what one chunk computes and
 * another one uses.
 */
function place(
  { values }: Definition,
  chunks: readonly (readonly ValueId[])[],
  actions: readonly { readonly action: Action; readonly needs: readonly ValueId[] }[],
  stored: Set<ValueId>,
): Action[][] {
  const chunkOf = new Map<ValueId, number>();
  chunks.forEach((ids, index) => {
    for (const id of ids) chunkOf.set(id, index);
  });
  const use = (id: ValueId, chunk: number) => {
    const computedIn = chunkOf.get(id);
    if (computedIn !== undefined && computedIn !== chunk) stored.add(id);
  };
  chunks.forEach((ids, index) => {
    for (const id of ids) for (const operand of operandsOfValue(values[id]!)) use(operand, index);
  });
  const placed = chunks.map((): Action[] => []);
  for (const { action, needs } of actions) {
    // Memories change in place: nothing may read them after the first write.
    const chunk =
      action.kind === 'write'
        ? chunks.length - 1
        : Math.max(0, ...needs.map((id) => chunkOf.get(id) ?? 0));
    for (const id of needs) use(id, chunk);
    placed[chunk]!.push(action);
  }
  return placed;
}

function edgeActions(
  definition: Definition,
): { readonly action: Action; readonly needs: readonly ValueId[] }[] {
  const present = (ids: readonly (ValueId | undefined)[]) =>
    ids.filter((id): id is ValueId => id !== undefined);
  return [
    ...definition.checks.map(({ condition }, check) => ({
      action: { kind: 'check', check } as const,
      needs: [condition],
    })),
    ...definition.states.map(({ next, enable }, state) => ({
      action: { kind: 'state', state } as const,
      needs: present([enable, next]),
    })),
    ...definition.writes.map(({ address, data, enable, mask }, write) => ({
      action: { kind: 'write', write } as const,
      needs: present([enable, address, data, mask]),
    })),
  ];
}

/** Whether computing a value from leaves and stored values takes more than `bound` operations. */
function costAbove(
  definition: Definition,
  id: ValueId,
  stored: ReadonlySet<ValueId>,
  bound: number,
): boolean {
  const rest = (at: ValueId, budget: number): number => {
    let left = budget - ownCost(definition, at);
    for (const operand of operandsOfValue(definition.values[at]!)) {
      if (left < 0) return left;
      if (!stored.has(operand)) left = rest(operand, left);
    }
    return left;
  };
  return rest(id, bound) < 0;
}

/** Operations for the value itself. */
function ownCost({ values }: Definition, id: ValueId): number {
  const value = values[id]!;
  if (isLeaf(value)) return 0;
  const words = wordCount(value.width);
  switch (value.kind) {
    case 'concat':
    case 'select':
      return value.kind === 'concat' ? value.parts.length : words * value.parts.length;
    case 'cases':
      return words * (1 + value.entries.length);
    case 'word':
      return 2 + words;
    case 'extend':
      return value.sign ? words : 0;
    case 'unary':
    case 'binary':
      return wordCount(values[value.a]!.width);
    default:
      return words;
  }
}

/** Cuts a list of values into chunks of about `chunkSize` operations; at least one chunk. */
function cut(order: readonly ValueId[], definition: Definition, chunkSize: number): ValueId[][] {
  const chunks: ValueId[][] = [[]];
  let size = 0;
  for (const id of order) {
    const cost = ownCost(definition, id);
    if (size > 0 && size + cost > chunkSize) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)!.push(id);
    size += cost;
  }
  return chunks;
}
