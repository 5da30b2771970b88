import { addNode, addStatement, currentBuilder, fail, inScope } from './builder.ts';
import type { Block, Builder, Statement } from './builder.ts';
import { encodingOf, Enumerated, nameNode } from './enumeration.ts';
import type { EnumValue } from './enumeration.ts';
import type { NodeId } from '../ir/index.ts';
import { here } from './location.ts';
import {
  asCondition,
  asSignal,
  checkAlike,
  isLiteral,
  literal,
  literalBits,
  muxSignals,
} from './signal.ts';
import type { Bit, Literal, Scalar, SInt, UInt } from './scalars.ts';
import type { Signal } from './signal.ts';

/** What may follow a `when`. */
export interface WhenChain {
  /** Reached where no condition before is 1 and this one is. */
  elseWhen(condition: Bit, body: () => void): WhenChain;
  /** Reached where no condition before is 1. */
  otherwise(body: () => void): void;
}

/** Statements in `body` take effect where `condition` is 1. */
export function when(condition: Bit, body: () => void): WhenChain {
  const builder = currentBuilder('when');
  const statement: Extract<Statement, { kind: 'when' }> = {
    kind: 'when',
    location: here(),
    branches: [],
    otherwise: undefined,
  };
  addStatement(builder, statement, []);
  const enclosing = builder.scopes.at(-1)!.block;

  const adopt = (block: Block): void => {
    for (const target of block.targets) enclosing.targets.add(target);
  };
  const branch = (next: Bit, then: () => void): void => {
    const signal = asCondition(next, 'when');
    const earlier = noneOf(
      builder,
      statement.branches.map((taken) => taken.condition),
    );
    const block = inScope(builder, both(builder, earlier, signal.id), 'when', then);
    statement.branches.push({ condition: signal.id, block });
    adopt(block);
  };
  const checkOpen = (operation: 'elseWhen' | 'otherwise'): void => {
    const here = currentBuilder(operation).scopes.at(-1)!.block;
    const follows = here === enclosing && enclosing.statements.at(-1) === statement;
    if (!follows || statement.otherwise) fail({ code: 'closed-chain', operation });
  };
  const chain: WhenChain = {
    elseWhen: (next, then) => {
      checkOpen('elseWhen');
      branch(next, then);
      return chain;
    },
    otherwise: (then) => {
      checkOpen('otherwise');
      const earlier = noneOf(
        builder,
        statement.branches.map((taken) => taken.condition),
      );
      statement.otherwise = inScope(builder, earlier!, 'otherwise', then);
      adopt(statement.otherwise);
    },
  };
  branch(condition, body);
  return chain;
}

function both(builder: Builder, a: NodeId | undefined, b: NodeId): NodeId {
  return a === undefined ? b : addNode(builder, { kind: 'binary', op: 'and', width: 1, a, b });
}

/** 1 where every condition is 0; `undefined` for no conditions. */
function noneOf(builder: Builder, conditions: readonly NodeId[]): NodeId | undefined {
  let none: NodeId | undefined;
  for (const condition of conditions) {
    none = both(
      builder,
      none,
      addNode(builder, { kind: 'unary', op: 'not', width: 1, a: condition }),
    );
  }
  return none;
}

/** One branch of `switchOn` over numbers. */
export type Case = readonly [match: Literal, body: () => void];

/** The branches of `switchOn` over an enumeration: one for each name. */
export type Cases<S extends string> = Readonly<Record<S, () => void>>;

/**
 * Statements of the case that equals `selector` take effect; those of `fallback` where none does.
 * Without `fallback` the cases over numbers need not cover every value: what is driven keeps its
 * default. Those over an enumeration name every value; an encoding without a name, which only an
 * unchecked input or a register without `init` can hold, goes with the case written last.
 */
export function switchOn(
  selector: UInt | SInt,
  cases: readonly Case[],
  fallback?: () => void,
): void;
export function switchOn<S extends string>(selector: EnumValue<S>, cases: Cases<NoInfer<S>>): void;
export function switchOn<S extends string>(
  selector: EnumValue<S>,
  cases: Partial<Cases<NoInfer<S>>>,
  fallback: () => void,
): void;
export function switchOn(
  selector: UInt | SInt | EnumValue,
  cases: readonly Case[] | Partial<Cases<string>>,
  fallback?: () => void,
): void {
  const builder = currentBuilder('switchOn');
  const enumerated = selector instanceof Enumerated ? selector : undefined;
  const signal = asSignal(enumerated?.packed ?? selector, 'switchOn');
  const location = here();
  const branches: readonly Branch[] = enumerated
    ? namedBranches(builder, enumerated, cases as Partial<Cases<string>>, fallback)
    : numberBranches(builder, signal, cases as readonly Case[]);
  if (branches.length === 0) return fallback?.();
  const exhaustive = enumerated !== undefined && !fallback;
  const encodings = 1n << BigInt(signal.width);
  const hits: NodeId[] = [];
  const blocks = branches.map(({ match, shown, node, body }, index) => {
    const takesRest =
      exhaustive && index === branches.length - 1 && BigInt(branches.length) < encodings;
    const hit = takesRest
      ? noneOf(builder, hits)!
      : addNode(builder, { kind: 'binary', op: 'eq', width: 1, a: signal.id, b: node });
    hits.push(hit);
    return { match, shown, block: inScope(builder, hit, 'switchOn', body) };
  });
  const fallbackBlock = fallback
    ? inScope(builder, noneOf(builder, hits)!, 'switchOn', fallback)
    : undefined;
  const all = [...blocks.map(({ block }) => block), ...(fallbackBlock ? [fallbackBlock] : [])];
  addStatement(
    builder,
    {
      kind: 'switch',
      selector: signal.id,
      location,
      cases: blocks,
      exhaustive,
      fallback: fallbackBlock,
    },
    all.flatMap((block) => [...block.targets]),
  );
}

interface Branch {
  readonly match: bigint;
  /** As the author wrote it. */
  readonly shown: string;
  /** The constant that `match` is. */
  readonly node: NodeId;
  readonly body: () => void;
}

function numberBranches(builder: Builder, signal: Signal, cases: readonly Case[]): Branch[] {
  const seen = new Set<bigint>();
  return cases.map(([value, body]) => {
    const match = literalBits(signal.type, value);
    const shown = String(value);
    if (seen.has(match)) fail({ code: 'duplicate-case', value: shown });
    seen.add(match);
    return { match, shown, node: literal(builder, signal.type, value).id, body };
  });
}

function namedBranches(
  builder: Builder,
  { type }: Enumerated,
  cases: Partial<Cases<string>>,
  fallback: (() => void) | undefined,
): Branch[] {
  const missing = type.names.filter((name) => cases[name] === undefined);
  if (missing.length > 0 && !fallback) fail({ code: 'missing-case', missing });
  return Object.entries(cases).flatMap(([shown, body]) => {
    const match = BigInt(encodingOf(type, shown));
    return body ? [{ match, shown, node: nameNode(builder, type, shown), body }] : [];
  });
}

/** `whenTrue` where `condition` is 1, else `whenFalse`; a literal takes the type of the other. */
export function mux<S extends Scalar>(
  condition: Bit,
  whenTrue: S | Literal,
  whenFalse: S | Literal,
): S {
  const selected = asCondition(condition, 'mux');
  const { builder } = selected;
  const typed = asSignal(isLiteral(whenTrue) ? whenFalse : whenTrue, 'mux');
  const choice = (value: S | Literal): Signal =>
    isLiteral(value) ? literal(builder, typed.type, value) : asSignal(value, 'mux');
  const a = choice(whenTrue);
  const b = choice(whenFalse);
  checkAlike('mux', a, b);
  return muxSignals(selected, a, b) as unknown as S;
}
