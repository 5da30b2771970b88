import type { NodeId } from '../ir/index.ts';
import { addNode, labelOfTarget, report } from './builder.ts';
import type { Block, Builder, Place, Statement, Target } from './builder.ts';
import { packElements, replaceElement } from './elements.ts';
import type { ElementIndex } from './elements.ts';
import { showLocation } from './issue.ts';

interface Result {
  /** What drives the target after the block; `undefined` where nothing does yet. */
  readonly value: NodeId | undefined;
  /** The first assignment found. */
  readonly place: Place | undefined;
}

type Assignment = Extract<Statement, { kind: 'assign' }>;

/** What drives `target` by all statements of the body: later ones win, branches become muxes. */
export function resolveTarget(builder: Builder, target: Target): Result {
  const initial = target.kind === 'register' ? target.node : undefined;
  return resolveBlock(builder, target, builder.root, initial);
}

function resolveBlock(
  builder: Builder,
  target: Target,
  block: Block,
  initial: NodeId | undefined,
): Result {
  let value = initial;
  let place: Place | undefined;
  if (!block.targets.has(target)) return { value, place };
  // Elements that were driven one by one in this block; together they may drive the whole.
  const single = new Map<number, Assignment>();
  for (const statement of block.statements) {
    if (statement.kind !== 'assign') {
      if (!branchesOf(statement).some((branch) => branch.targets.has(target))) continue;
      const result = resolveBranches(builder, target, statement, value);
      value = result.value;
      place ??= result.place;
    } else if (statement.target === target) {
      const { element } = statement;
      const index = typeof element?.index === 'number' ? element.index : undefined;
      const first = element ? single.get(index ?? -1)?.location : place;
      if (first) reportTwice(builder, target, first, statement);
      if (index !== undefined) single.set(index, statement);
      value = element
        ? driveElement(builder, target, value, single, statement, element.index)
        : statement.value;
      place ??= statement.location;
    }
  }
  if (value === undefined && place) {
    const condition = 'in the elements that setAt does not drive';
    report(builder, { code: 'latch', signal: labelOfTarget(target), condition }, place);
    value = addNode(builder, { kind: 'const', width: target.width, value: '0' });
  }
  return { value, place };
}

function reportTwice(builder: Builder, target: Target, first: Place, again: Assignment): void {
  const signal = labelOfTarget(target);
  report(builder, { code: 'two-drivers', signal, first: first() }, again.location);
}

/** What drives a vector after `setAt`; `undefined` while some elements have no driver. */
function driveElement(
  builder: Builder,
  target: Target,
  value: NodeId | undefined,
  single: ReadonlyMap<number, Assignment>,
  { value: source }: Assignment,
  index: ElementIndex,
): NodeId | undefined {
  if (value !== undefined) return replaceElement(builder, value, index, source);
  const length = target.width / builder.nodes[source]!.width;
  if (single.size < length) return undefined;
  const elements = Array.from({ length }, (_, position) => single.get(position)!.value);
  return packElements(builder, elements);
}

type Branching = Exclude<Statement, { kind: 'assign' }>;

function branchesOf(statement: Branching): Block[] {
  const last = statement.kind === 'when' ? statement.otherwise : statement.fallback;
  const blocks =
    statement.kind === 'when'
      ? statement.branches.map((branch) => branch.block)
      : statement.cases.map((each) => each.block);
  return last ? [...blocks, last] : blocks;
}

function resolveBranches(
  builder: Builder,
  target: Target,
  statement: Branching,
  current: NodeId | undefined,
): Result {
  let place: Place | undefined;
  let undriven: string | undefined;
  const resolve = (block: Block | undefined, where: () => string): NodeId | undefined => {
    const result = block ? resolveBlock(builder, target, block, current) : { value: current };
    if ('place' in result) place ??= result.place;
    if (result.value === undefined) undriven ??= where();
    return result.value;
  };
  const line = (): string => showLocation(statement.location());

  let value: NodeId | undefined;
  if (statement.kind === 'when') {
    const taken = statement.branches.map(({ block }, index) =>
      resolve(block, () => `where condition ${index + 1} of the when at ${line()} holds`),
    );
    value = resolve(statement.otherwise, () => `where the when at ${line()} does not hold`);
    for (let index = taken.length - 1; index >= 0; index -= 1) {
      const { condition } = statement.branches[index]!;
      value = select(builder, target.width, condition, taken[index], value);
    }
  } else {
    value = resolveSwitch(builder, target, statement, resolve, line);
  }
  if (undriven !== undefined) {
    report(
      builder,
      { code: 'latch', signal: labelOfTarget(target), condition: undriven },
      place ?? statement.location,
    );
  }
  return { value, place };
}

/** A mux, unless both sides are the same; a missing side is reported by the caller. */
function select(
  builder: Builder,
  width: number,
  condition: NodeId,
  whenTrue: NodeId | undefined,
  whenFalse: NodeId | undefined,
): NodeId | undefined {
  if (whenTrue === undefined || whenFalse === undefined) return whenTrue ?? whenFalse;
  if (whenTrue === whenFalse) return whenTrue;
  return addNode(builder, { kind: 'mux', width, condition, whenTrue, whenFalse });
}

function resolveSwitch(
  builder: Builder,
  target: Target,
  statement: Extract<Statement, { kind: 'switch' }>,
  resolve: (block: Block | undefined, where: () => string) => NodeId | undefined,
  line: () => string,
): NodeId | undefined {
  const values = statement.cases.map(({ match, shown, block }) => ({
    match,
    value: resolve(block, () => `in case ${shown} of the switchOn at ${line()}`),
  }));
  const { width } = builder.nodes[statement.selector]!;
  const covered = statement.exhaustive || BigInt(values.length) === 1n << BigInt(width);
  const fallback = covered
    ? values.at(-1)!.value
    : resolve(statement.fallback, () => `where no case of the switchOn at ${line()} matches`);
  if (fallback === undefined) return values.find((each) => each.value !== undefined)?.value;
  const entries = values.flatMap(({ match, value }) =>
    value === undefined || value === fallback ? [] : [{ match: match.toString(16), value }],
  );
  if (entries.length === 0) return fallback;
  const { selector } = statement;
  return addNode(builder, { kind: 'cases', width: target.width, selector, entries, fallback });
}
