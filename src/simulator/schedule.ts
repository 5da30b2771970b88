import type { Program } from '../ir/index.ts';
import { isLeaf, operandsOfValue } from './graph.ts';
import type { ValueId } from './graph.ts';
import { lower } from './lower.ts';
import type { Definition } from './lower.ts';
import { plan } from './plan.ts';
import type { Plan } from './plan.ts';
import type { Tuning } from './prepare.ts';
import { elaborate, forEachScope } from './scope.ts';
import type { Scope } from './scope.ts';

/** A definition with all its places and what is computed when. */
export interface Scheduled {
  readonly definition: Definition;
  readonly scopes: readonly Scope[];
  readonly plan: Plan;
}

/** A stretch of the settling: one step of one definition for some scopes, in order. */
export interface Run {
  readonly definition: string;
  readonly step: number;
  readonly scopes: readonly Scope[];
}

export interface Schedule {
  readonly top: Scope;
  /** By module name, children before parents. */
  readonly definitions: ReadonlyMap<string, Scheduled>;
  readonly settling: readonly Run[];
}

/** A value that is stored while settling, in one place. */
interface Vertex {
  readonly scope: Scope;
  readonly id: ValueId;
  /** 1 + the most of what it is computed from; 0 until known. */
  level: number;
}

/**
 * Orders everything that is computed between two clock edges: which values of which scope, in runs
 * of one compiled function as long as dependencies allow.
 */
export function schedule(program: Program, tuning: Tuning): Schedule {
  const modules = new Map(program.modules.map((module) => [module.name, module]));
  const top = elaborate(program);
  const definitions = new Map(
    program.modules.map((module) => [module.name, lower(module, modules)]),
  );
  const scopes = new Map<string, Scope[]>(program.modules.map((module) => [module.name, []]));
  forEachScope(top, (scope) => scopes.get(scope.module.name)!.push(scope));
  const definitionOf = (scope: Scope) => definitions.get(scope.module.name)!;

  const stored = new Map(
    [...definitions].map(([name, definition]) => [name, storedValues(definition)]),
  );
  const vertices = new Map<Scope, Map<ValueId, Vertex>>();
  forEachScope(top, (scope) => {
    const ids = [...stored.get(scope.module.name)!.keys()];
    vertices.set(scope, new Map(ids.map((id) => [id, { scope, id, level: 0 }])));
  });

  /** What stores the value that a scope sees at an input, an output or a value of its own. */
  const sourceOfInput = (scope: Scope, port: number): Vertex | undefined => {
    const { parent } = scope;
    if (parent === undefined) return undefined;
    const name = definitionOf(scope).inputs[port]!.name;
    const connections = definitionOf(parent).connections[scope.instance]![scope.element]!;
    return sourceOfValue(parent, connections.get(name)!);
  };
  const sourceOfValue = (scope: Scope, id: ValueId): Vertex | undefined => {
    const value = definitionOf(scope).values[id]!;
    switch (value.kind) {
      case 'const':
      case 'state':
        return undefined;
      case 'input':
        return sourceOfInput(scope, value.port);
      case 'child': {
        const child = scope.children[value.instance]![value.element]!;
        const output = definitionOf(child).outputs.get(value.port)!;
        const own = vertices.get(child)!.get(output);
        return own ?? sourceOfValue(child, output);
      }
      default:
        return vertices.get(scope)!.get(id);
    }
  };
  const dependenciesOf = ({ scope, id }: Vertex): Vertex[] => {
    const leaves = stored.get(scope.module.name)!.get(id)!;
    return leaves.flatMap((leaf) => sourceOfValue(scope, leaf) ?? []);
  };
  for (const own of vertices.values()) {
    for (const vertex of own.values()) findLevel(vertex, dependenciesOf);
  }

  const scheduled = new Map<string, Scheduled>();
  for (const [name, definition] of definitions) {
    const places = scopes.get(name)!;
    const levels = (id: ValueId) => places.map((scope) => vertices.get(scope)!.get(id)!.level);
    const groups = groupByLevels([...stored.get(name)!.keys()], levels);
    const precedes = (earlier: number, later: number) =>
      groups[earlier]!.levels.every((level, i) => level <= groups[later]!.levels[i]!);
    scheduled.set(name, {
      definition,
      scopes: places,
      plan: plan(
        definition,
        groups.map((group) => group.ids),
        precedes,
        tuning.chunkSize,
      ),
    });
  }
  return { top, definitions: scheduled, settling: orderRuns(scheduled, vertices, dependenciesOf) };
}

/**
 * The values that other scopes read and that are not state, each with the leaves it is computed from
 * within its own scope.
 */
function storedValues(definition: Definition): Map<ValueId, readonly ValueId[]> {
  const { values, outputs, connections } = definition;
  const ids = new Set<ValueId>();
  for (const id of outputs.values()) {
    // An output that passes an input through needs a place of its own, at a fixed offset.
    if (!isLeaf(values[id]!) || values[id]!.kind === 'input') ids.add(id);
  }
  for (const elements of connections) {
    for (const ports of elements) {
      for (const id of ports.values()) if (!isLeaf(values[id]!)) ids.add(id);
    }
  }
  return new Map([...ids].sort((a, b) => a - b).map((id) => [id, leavesOf(definition, id)]));
}

function leavesOf({ values }: Definition, id: ValueId): ValueId[] {
  const leaves: ValueId[] = [];
  const seen = new Set<ValueId>();
  const waiting = [id];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const value = values[at]!;
    if (value.kind === 'input' || value.kind === 'child') leaves.push(at);
    for (const operand of operandsOfValue(value)) waiting.push(operand);
  }
  return leaves;
}

/** Sets the level of a vertex and of all it depends on. There are no loops. */
function findLevel(start: Vertex, dependenciesOf: (vertex: Vertex) => Vertex[]): void {
  const path: { vertex: Vertex; dependencies: Vertex[]; next: number; level: number }[] = [];
  const enter = (vertex: Vertex) => {
    path.push({ vertex, dependencies: dependenciesOf(vertex), next: 0, level: 1 });
  };
  if (start.level === 0) enter(start);
  while (path.length > 0) {
    const top = path.at(-1)!;
    const dependency = top.dependencies[top.next];
    if (dependency === undefined) {
      top.vertex.level = top.level;
      path.pop();
    } else if (dependency.level === 0) enter(dependency);
    else {
      top.level = Math.max(top.level, dependency.level + 1);
      top.next++;
    }
  }
}

/** Values of equal levels in every scope do not depend on each other and are computed together. */
function groupByLevels(
  ids: readonly ValueId[],
  levelsOf: (id: ValueId) => number[],
): { readonly ids: ValueId[]; readonly levels: readonly number[] }[] {
  const groups = new Map<string, { ids: ValueId[]; levels: readonly number[] }>();
  for (const id of ids) {
    const levels = levelsOf(id);
    const key = levels.join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ids: [id], levels });
    else group.ids.push(id);
  }
  const sum = (levels: readonly number[]) => levels.reduce((total, level) => total + level, 0);
  return [...groups.values()].sort((a, b) => sum(a.levels) - sum(b.levels));
}

/** One step of one scope. */
interface Entry {
  readonly scope: Scope;
  readonly step: number;
  readonly users: Entry[];
  readonly level: number;
  /** Entries it waits for. */
  missing: number;
}

function orderRuns(
  definitions: ReadonlyMap<string, Scheduled>,
  vertices: ReadonlyMap<Scope, ReadonlyMap<ValueId, Vertex>>,
  dependenciesOf: (vertex: Vertex) => Vertex[],
): Run[] {
  const entries = new Map<Scope, Entry[]>();
  const stepOf = new Map<string, Map<ValueId, number>>();
  for (const [
    name,
    {
      scopes,
      plan: { steps, groups },
    },
  ] of definitions) {
    stepOf.set(name, new Map(groups.flatMap((ids, step) => ids.map((id) => [id, step]))));
    for (const scope of scopes) {
      const own = vertices.get(scope)!;
      entries.set(
        scope,
        groups.map((ids, step) => ({
          scope,
          step,
          users: [],
          level: own.get(ids[0]!)!.level,
          missing: 0,
        })),
      );
    }
    for (const scope of scopes) {
      const own = entries.get(scope)!;
      own.forEach((entry, step) => {
        for (const earlier of steps[step]!.after) wait(entry, own[earlier]!);
      });
    }
  }
  const entryOf = ({ scope, id }: Vertex) =>
    entries.get(scope)![stepOf.get(scope.module.name)!.get(id)!]!;
  for (const own of vertices.values()) {
    for (const vertex of own.values()) {
      for (const dependency of dependenciesOf(vertex)) wait(entryOf(vertex), entryOf(dependency));
    }
  }
  return drain([...entries.values()].flat(), definitions);
}

function wait(entry: Entry, earlier: Entry): void {
  entry.missing++;
  earlier.users.push(entry);
}

/** Takes ready entries, staying with one function for as long as it has any. */
function drain(entries: readonly Entry[], definitions: ReadonlyMap<string, Scheduled>): Run[] {
  const queues = new Map<string, Entry[]>();
  const keyOf = ({ scope, step }: Entry) => `${step} ${scope.module.name}`;
  const offer = (entry: Entry) => {
    const key = keyOf(entry);
    const queue = queues.get(key);
    if (queue === undefined) queues.set(key, [entry]);
    else queue.push(entry);
  };
  for (const entry of entries) if (entry.missing === 0) offer(entry);
  const runs: Run[] = [];
  while (queues.size > 0) {
    const [key, queue] = [...queues].reduce((best, candidate) =>
      lowestLevel(candidate[1]) < lowestLevel(best[1]) ? candidate : best,
    );
    const { scope, step } = queue[0]!;
    const { plan: planned } = definitions.get(scope.module.name)!;
    // The chunks of a step run one after the other over the whole run, so that its entries must not
    // depend on each other.
    const mayChain = planned.steps[step]!.chunks.length === 1;
    const count = mayChain ? Infinity : queue.length;
    for (let i = 0; i < queue.length && i < count; i++) {
      for (const user of queue[i]!.users) if (--user.missing === 0) offer(user);
    }
    const taken = queue.splice(0, count);
    if (queue.length === 0) queues.delete(key);
    runs.push({ definition: scope.module.name, step, scopes: taken.map((entry) => entry.scope) });
  }
  if (entries.some((entry) => entry.missing > 0)) throw new Error('The schedule has a circle.');
  return runs;
}

function lowestLevel(queue: readonly Entry[]): number {
  return queue.reduce((lowest, entry) => Math.min(lowest, entry.level), Infinity);
}
