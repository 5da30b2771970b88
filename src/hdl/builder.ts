import type {
  BinaryOperator,
  Check,
  Connection,
  Domain,
  Location,
  Memory,
  Node,
  NodeId,
  ReadPort,
  UnaryOperator,
  WritePort,
} from '../ir/index.ts';
import { HardwareError, showLocation } from './issue.ts';
import type { Issue, LocatedIssue } from './issue.ts';
import { here } from './location.ts';

/** A place in the user's source that is looked up when somebody asks. */
export type Place = () => Location | undefined;

/** Something that `set` drives: an output port, a wire, a register or an input of an instance. */
export interface Target {
  readonly kind: 'output' | 'wire' | 'register' | 'instance-input';
  readonly width: number;
  /** Names of the values, where the type is an enumeration. */
  readonly enumeration?: readonly string[] | undefined;
  readonly location: Place;
  /** How messages call it; wires and registers take it from the key they are returned under. */
  name: string | undefined;
  /** The register, or the alias through which the target is read. */
  node: NodeId | undefined;
}

export type Statement =
  | {
      readonly kind: 'assign';
      readonly target: Target;
      readonly value: NodeId;
      /** Which element of a vector is driven; all of the target where absent. */
      readonly element?: { readonly index: number | { readonly node: NodeId } };
      readonly location: Place;
    }
  | {
      readonly kind: 'when';
      readonly location: Place;
      /** The first branch whose condition is 1 is taken. */
      readonly branches: { readonly condition: NodeId; readonly block: Block }[];
      otherwise: Block | undefined;
    }
  | {
      readonly kind: 'switch';
      readonly selector: NodeId;
      readonly location: Place;
      readonly cases: readonly {
        readonly match: bigint;
        /** As the author wrote it. */
        readonly shown: string;
        readonly block: Block;
      }[];
      /** Whether the cases cover every value that has a name; others go with the last case. */
      readonly exhaustive: boolean;
      /** Taken where no case matches; absent where the cases cover every value. */
      readonly fallback: Block | undefined;
    };

export interface Block {
  readonly statements: Statement[];
  /** Targets assigned in this block or below it. */
  readonly targets: Set<Target>;
}

export const emptyBlock = (): Block => ({ statements: [], targets: new Set() });

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface MemoryUnderConstruction extends Omit<
  Mutable<Memory>,
  'reads' | 'writes' | 'name'
> {
  readonly builder: Builder;
  name: string | undefined;
  readonly reads: ReadPort[];
  readonly writes: WritePort[];
}

export interface InstanceUnderConstruction {
  readonly builder: Builder;
  name: string | undefined;
  readonly module: string;
  readonly dimensions: readonly number[];
  readonly inputs: Record<string, Connection | Target>;
  readonly domains: Readonly<Record<string, string>> | undefined;
  readonly location: Place;
}

// A plain `Omit` would merge the members of the union.
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A node as its creator gives it; the builder adds hints. */
export type NewNode = Without<Node, 'name' | 'signed' | 'location'>;

/** A module while its body runs. */
export interface Builder {
  readonly module: string;
  /** The implicit one first. */
  readonly domains: Domain[];
  /** Index of the domain in which state is made now. */
  domain: number;
  readonly nodes: Mutable<Node>[];
  readonly targets: Target[];
  readonly memories: MemoryUnderConstruction[];
  readonly instances: InstanceUnderConstruction[];
  readonly checks: Check[];
  readonly locations: Map<NodeId, Place>;
  readonly root: Block;
  /** Where statements go now, with the condition (1 bit) under which it is reached. */
  readonly scopes: { readonly block: Block; readonly condition: NodeId | undefined }[];
  readonly issues: LocatedIssue[];
}

const builders: Builder[] = [];

export function newBuilder(module: string): Builder {
  const root = emptyBlock();
  return {
    module,
    domains: [],
    domain: 0,
    nodes: [],
    targets: [],
    memories: [],
    instances: [],
    checks: [],
    locations: new Map(),
    root,
    scopes: [{ block: root, condition: undefined }],
    issues: [],
  };
}

/** Runs `body` with `builder` as the module that new hardware goes into. */
export function within<T>(builder: Builder, body: () => T): T {
  builders.push(builder);
  try {
    return body();
  } finally {
    builders.pop();
  }
}

/** The module under construction; `operation` is what needed it. */
export function currentBuilder(operation: string): Builder {
  const builder = builders.at(-1);
  if (!builder) fail({ code: 'outside-module', operation });
  return builder;
}

/** Ends the construction at once: for mistakes that leave nothing sensible to go on with. */
export function fail(issue: Issue, location: Place = here()): never {
  const builder = builders.at(-1);
  const located = { issue, location: location(), module: builder?.module };
  throw new HardwareError([...(builder?.issues ?? []), located]);
}

/** Notes an issue and goes on, so that one run reports several. */
export function report(builder: Builder, issue: Issue, location: Place = here()): void {
  builder.issues.push({ issue, location: location(), module: builder.module });
}

/** Refuses hardware of another module. */
export function checkOwner(owner: Builder, label: () => string, operation: string): void {
  const builder = currentBuilder(operation);
  if (owner === builder) return;
  fail({
    code: 'foreign-signal',
    signal: label(),
    owner: owner.module,
    user: builder.module,
  });
}

export function addNode(builder: Builder, node: NewNode): NodeId {
  const id = builder.nodes.push(node as Node) - 1;
  // These two are never given a name, so nobody asks where they were written.
  if (node.kind !== 'const' && node.kind !== 'input') builder.locations.set(id, here());
  return id;
}

export function newTarget(
  builder: Builder,
  target: Omit<Target, 'node' | 'location'>,
  { node, location = here() }: { node?: NodeId; location?: Place } = {},
): Target {
  const created: Target = { ...target, location, node };
  builder.targets.push(created);
  return created;
}

/** The hint on nodes and ports that hold values of an enumeration. */
export const enumerationHint = (
  enumeration: readonly string[] | undefined,
): { readonly enumeration?: readonly string[] } => (enumeration ? { enumeration } : {});

/** The node through which a target is read. */
export function readTarget(builder: Builder, target: Target): NodeId {
  // The value is known only when the body has run; `finish` puts it in.
  target.node ??= addNode(builder, {
    kind: 'wire',
    width: target.width,
    value: -1,
    ...enumerationHint(target.enumeration),
  });
  return target.node;
}

export function addStatement(
  builder: Builder,
  statement: Statement,
  targets: Iterable<Target>,
): void {
  const { block } = builder.scopes.at(-1)!;
  block.statements.push(statement);
  for (const target of targets) block.targets.add(target);
}

/**
 * Runs the body of `what` with statements going into a new block that is reached under `condition`.
 */
export function inScope(
  builder: Builder,
  condition: NodeId,
  what: string,
  body: () => unknown,
): Block {
  const outer = builder.scopes.at(-1)!.condition;
  const block = emptyBlock();
  const reached =
    outer === undefined
      ? condition
      : addNode(builder, { kind: 'binary', op: 'and', width: 1, a: outer, b: condition });
  builder.scopes.push({ block, condition: reached });
  try {
    checkFinished(`the body of ${what}`, body());
  } finally {
    builder.scopes.pop();
  }
  return block;
}

/** Refuses asynchronous functions: what they build after an `await` would belong nowhere. */
export function checkFinished(what: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  // Its failure is of no interest any more.
  result.catch(() => undefined);
  fail({ code: 'asynchronous-body', what });
}

/** The condition under which the current statement is reached, 1 bit; a constant 1 at the root. */
export function pathCondition(builder: Builder): NodeId {
  return (
    builder.scopes.at(-1)!.condition ?? addNode(builder, { kind: 'const', width: 1, value: '1' })
  );
}

/** How a message calls a target. */
export const labelOfTarget = (target: Target): string =>
  target.name ?? `the ${target.kind} declared at ${showLocation(target.location())}`;

/** How a message calls a node. */
export function labelOf(builder: Builder, id: NodeId): string {
  const node = builder.nodes[id]!;
  if (node.name !== undefined) return node.name;
  const target = builder.targets.find((each) => each.node === id);
  if (target) return labelOfTarget(target);
  switch (node.kind) {
    case 'input':
      return node.port;
    case 'output':
      return `output ${node.port} of ${builder.instances[node.instance]!.module}`;
    case 'const':
      return `the constant 0x${node.value}`;
    case 'binary':
    case 'unary':
      return `the result of ${operationOf[node.op]}`;
    case 'read':
      return 'the result of a memory read';
    default:
      return `the result of ${node.kind}`;
  }
}

/** The method that makes the operator. */
const operationOf: Readonly<Record<BinaryOperator | UnaryOperator, string>> = {
  add: 'add',
  sub: 'sub',
  mulUnsigned: 'mul',
  mulSigned: 'mul',
  and: 'and',
  or: 'or',
  xor: 'xor',
  eq: 'eq',
  ne: 'ne',
  ltUnsigned: 'a comparison',
  leUnsigned: 'a comparison',
  ltSigned: 'a comparison',
  leSigned: 'a comparison',
  shiftLeft: 'shiftLeft',
  shiftRight: 'shiftRight',
  shiftRightSigned: 'shiftRight',
  not: 'not',
  reduceAnd: 'all',
  reduceOr: 'any',
  reduceXor: 'parity',
};
