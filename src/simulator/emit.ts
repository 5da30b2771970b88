import { createEmitter, floatFromWords, trim, trimTop } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { memorySlot } from './emit-choice.ts';
import { operandsOfValue } from './graph.ts';
import type { ValueId } from './graph.ts';
import { laneOf } from './lanes.ts';
import type { Layout, Places } from './layout.ts';
import { createLoopWriter, functionOf } from './loops.ts';
import type { Body } from './loops.ts';
import type { Definition, Write } from './lower.ts';
import type { Action, Chunk } from './plan.ts';
import { layPins } from './pins.ts';
import type { Schedule } from './schedule.ts';
import type { Scope } from './scope.ts';
import { wordCount } from './words.ts';

/** A check in compiled code, which reports it as `fail(index, row)`. */
export interface CompiledCheck {
  readonly definition: Definition;
  readonly check: Definition['checks'][number]['check'];
  /** Scope of each row. */
  readonly rows: readonly Scope[];
}

export interface Compiled {
  /**
   * Body of a function that gives {settle, tick}, over the names in `runtime.ts`, `tables`, `fail`, P
   * (pins) and the arrays of state: C and FC before the edge, N and FN after it, memories M and FM,
   * scratch X; each array with a `_` behind its name.
   */
  readonly source: string;
  readonly tables: readonly Int32Array[];
  readonly checks: readonly CompiledCheck[];
  /** Words of scratch that the code needs. */
  readonly scratch: number;
}

/**
 * Writes the functions of all definitions. A function works on rows, one for each scope; what differs
 * between rows is a constant, grows in equal steps or comes from a table.
 */
export function emit(
  schedule: Schedule,
  layouts: ReadonlyMap<string, Layout>,
  places: Places,
): Compiled {
  const writer = createLoopWriter(places);
  const checks: CompiledCheck[] = [];
  let widest = 1;

  /** Writes a step for several runs; returns the calls that make up each run. */
  const emitStep = (
    name: string,
    step: number,
    runs: readonly (readonly Scope[])[],
    isEdge: boolean,
  ): string[][] => {
    const { definition, plan } = schedule.definitions.get(name)!;
    const layout = layouts.get(name)!;
    const rows: Scope[] = [];
    const bodies = plan.steps[step]!.chunks.map((chunk): Body => {
      const emitter = createEmitter(definition, layout, layouts, chunk.computed);
      const isSame = sameForAll(definition, runs.flat(), places);
      emitChunk(emitter, layout, chunk, isSame, (check) => {
        const { check: checked } = definition.checks[check]!;
        return checks.push({ definition, check: checked, rows }) - 1;
      });
      return emitter;
    });
    const written = writer.write(bodies, runs, isEdge);
    rows.push(...written.rows);
    return written.calls;
  };

  const runsOf = new Map<string, (readonly Scope[])[]>();
  const order: { readonly key: string; readonly run: number }[] = [];
  for (const run of schedule.settling) {
    const key = `${run.step} ${run.definition}`;
    const runs = runsOf.get(key) ?? [];
    runsOf.set(key, runs);
    order.push({ key, run: runs.push(run.scopes) - 1 });
  }
  const callsOf = new Map(
    [...runsOf].map(([key, runs]) => {
      const [step, name] = key.split(' ');
      return [key, emitStep(name!, Number(step), runs, false)];
    }),
  );
  const settling = order.flatMap(({ key, run }) => callsOf.get(key)![run]!);
  const ticking: string[] = [];
  for (const [name, { scopes, plan, definition }] of schedule.definitions) {
    for (const value of definition.values) widest = Math.max(widest, wordCount(value.width));
    const last = plan.steps.length - 1;
    if (scopes.length === 0 || plan.steps[last]!.chunks.every((c) => c.actions.length === 0))
      continue;
    ticking.push(...emitStep(name, last, [scopes], true)[0]!);
  }
  const source = [
    ...writer.tables.map((_, i) => `const T${i} = tables[${i}];`),
    ...writer.functions,
    ...sequence('settle', [
      ...emitInputPins(schedule, places),
      ...settling,
      ...emitOutputPins(schedule, layouts),
    ]),
    ...sequence('tick', ticking),
    'return { settle, tick };',
  ].join('\n');
  return { source, tables: writer.tables, checks, scratch: 3 * widest + 2 };
}

function emitInputPins({ top, definitions }: Schedule, places: Places): string[] {
  const { inputs } = definitions.get(top.module.name)!.definition;
  const layout = layPins(top.module);
  const pins = [...layout.pins, ...layout.fires];
  return inputs.flatMap(({ name, width }, port) => {
    const { offset, words } = pins.find((pin) => pin.name === name)!;
    const slot = places.inputSlot(top, port);
    const read = trimTop(
      Array.from({ length: words }, (_, i) => `P[${offset + i}]`),
      width,
    );
    if (laneOf(width) === 'float') {
      return [`FC[${slot}] = ${floatFromWords(read[0]!, `(${read[1]!})`, width)};`];
    }
    return read.map((word, i) => `C[${slot + i}] = ${word};`);
  });
}

function emitOutputPins({ top }: Schedule, layouts: ReadonlyMap<string, Layout>): string[] {
  const { outputs } = layouts.get(top.module.name)!;
  return layPins(top.module).pins.flatMap(({ name, width, offset, words }) => {
    const slot = outputs.get(name);
    if (slot === undefined) return [];
    if (laneOf(width) === 'float') {
      const high = `Math.floor(FC[${slot}] / 4294967296) & ${2 ** (width - 32) - 1}`;
      return [`P[${offset}] = FC[${slot}] | 0;`, `P[${offset + 1}] = ${high};`];
    }
    return Array.from({ length: words }, (_, i) => `P[${offset + i}] = C[${slot + i}];`);
  });
}

/** A function that runs many statements, split so that no function grows beyond what V8 optimises. */
function sequence(name: string, statements: readonly string[]): string[] {
  const most = 500;
  const parts: string[] = [];
  const calls: string[] = [];
  for (let i = 0; i < statements.length; i += most) {
    parts.push(functionOf(`${name}${i}`, '', statements.slice(i, i + most)));
    calls.push(`${name}${i}();`);
  }
  return [...parts, `const ${name} = () => {\n${calls.join('\n')}\n};`];
}

/** Tells whether a value is the same in all these scopes of a definition, whatever they hold. */
function sameForAll(
  { values }: Definition,
  scopes: readonly Scope[],
  places: Places,
): (id: ValueId) => boolean {
  const known = new Map<ValueId, boolean>();
  const isSame = (id: ValueId): boolean => {
    const value = values[id]!;
    switch (value.kind) {
      case 'state':
      case 'child':
      case 'word':
        return false;
      case 'input': {
        const slots = new Set(scopes.map((scope) => places.inputSlot(scope, value.port)));
        return slots.size === 1;
      }
      default:
        return operandsOfValue(value).every(remembered);
    }
  };
  const remembered = (id: ValueId): boolean => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const found = isSame(id);
    known.set(id, found);
    return found;
  };
  return remembered;
}

function emitChunk(
  e: Emitter,
  layout: Layout,
  chunk: Chunk,
  isSame: (id: ValueId) => boolean,
  numberCheck: (check: number) => number,
): void {
  const { definition } = e;
  // All loads and computations go first: a store between them would make the compiler load again.
  const stores: string[] = [];
  for (const id of chunk.stored) {
    const elements = elementsOf(e, e.valueOf(id).width, layout.stored.get(id)!, 'before');
    formsOf(e, id).forEach((form, i) => stores.push(`${elements[i]!} = ${form};`));
  }
  const inOrder = (kind: Action['kind']) => chunk.actions.filter((action) => action.kind === kind);
  const updates: Update[] = [];
  for (const action of [...inOrder('check'), ...inOrder('state'), ...inOrder('write')]) {
    switch (action.kind) {
      case 'check': {
        const { condition } = definition.checks[action.check]!;
        stores.push(`if (!${e.boolean(condition)}) fail(${numberCheck(action.check)}, row);`);
        break;
      }
      case 'state': {
        const { width, next, enable } = definition.states[action.state]!;
        updates.push({ width, slot: layout.states[action.state]!, next, enable });
        break;
      }
      case 'write':
        storeWrite(e, stores, definition.writes[action.write]!);
    }
  }
  const common = commonCondition(e, updates, isSame);
  const grouped = updates.filter((update) => conditionOf(e, update) === common);
  if (common === undefined) {
    for (const update of updates) storeState(e, stores, update);
  } else {
    for (const update of updates) if (!grouped.includes(update)) storeState(e, stores, update);
    e.either(common, (holds) => {
      const inside: string[] = [];
      for (const update of grouped) storeState(e, inside, decided(e, update, holds));
      for (const store of inside) e.line(store);
    });
  }
  for (const store of stores) e.line(store);
}

/** What becomes of a state at the edge. */
interface Update {
  readonly width: number;
  readonly slot: number;
  /** Absent where it stays as it is. */
  readonly next: ValueId | undefined;
  readonly enable: ValueId | undefined;
}

/** The bit that decides first what becomes of a state. */
function conditionOf(e: Emitter, { next, enable }: Update): ValueId | undefined {
  if (enable !== undefined || next === undefined) return enable;
  const value = e.valueOf(next);
  return value.kind === 'mux' && e.place(next) === undefined ? value.condition : undefined;
}

/** What becomes of a state where that bit is known. */
function decided(e: Emitter, update: Update, holds: boolean): Update {
  const { next, enable } = update;
  if (enable !== undefined) return { ...update, next: holds ? next : undefined, enable: undefined };
  const value = e.valueOf(next!);
  if (value.kind !== 'mux') throw new Error(`State at slot ${update.slot} has no condition.`);
  return { ...update, next: holds ? value.whenTrue : value.whenFalse };
}

/** Fewer states than these are not worth a branch of their own. */
const worthBranch = 3;

/**
 * The condition that most states share, if all rows see it alike: then one branch, which goes the
 * same way for the whole array, stands for a choice in every state of every row.
 */
function commonCondition(
  e: Emitter,
  updates: readonly Update[],
  isSame: (id: ValueId) => boolean,
): ValueId | undefined {
  const counts = new Map<ValueId, number>();
  for (const update of updates) {
    const id = conditionOf(e, update);
    if (id !== undefined && isSame(id)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most !== undefined && most[1] >= worthBranch ? most[0] : undefined;
}

/** The expressions of a value in its lane. */
function formsOf(e: Emitter, id: ValueId): string[] {
  const { width } = e.valueOf(id);
  switch (laneOf(width)) {
    case 'int':
      return [e.int(id)];
    case 'float':
      return [e.signed(id)];
    case 'words':
      return Array.from({ length: wordCount(width) }, (_, i) => e.word(id, i));
  }
}

/** The array elements that hold a value of `width` bits from `slot` on. */
function elementsOf(e: Emitter, width: number, slot: number, when: 'before' | 'after'): string[] {
  const lane = laneOf(width);
  const count = lane === 'words' ? wordCount(width) : 1;
  return Array.from({ length: count }, (_, i) =>
    e.slot(lane === 'float' ? 'float' : 'int', slot + i, when),
  );
}

function storeState(e: Emitter, stores: string[], { width, slot, ...update }: Update): void {
  const held = elementsOf(e, width, slot, 'before');
  const forms =
    update.next === undefined ? held.map((element) => e.local(element)) : formsOf(e, update.next);
  const enable = update.enable === undefined ? undefined : e.boolean(update.enable);
  elementsOf(e, width, slot, 'after').forEach((element, i) => {
    const next =
      enable === undefined ? forms[i]! : `${enable} ? ${forms[i]!} : ${e.local(held[i]!)}`;
    stores.push(`${element} = ${next};`);
  });
}

function storeWrite(e: Emitter, stores: string[], write: Write): void {
  const { place, base } = e.memory(write.memory);
  const { depth, width } = e.definition.memories[write.memory]!;
  const address = e.local(e.amount(write.address));
  const conditions = [
    e.boolean(write.enable),
    ...(2 ** e.valueOf(write.address).width <= depth ? [] : [`${address} < ${depth}`]),
  ];
  const slot = e.local(memorySlot(place, base, address));
  const array = place.lane === 'float' ? 'FM' : 'M';
  const data =
    place.lane === 'float'
      ? [e.signed(write.data)]
      : Array.from({ length: place.stride }, (_, i) => e.word(write.data, i));
  const { mask } = write;
  const statements = data.map((word, i) => {
    const element = `${array}[${slot}${i === 0 ? '' : ` + ${i}`}]`;
    if (mask === undefined) return `${element} = ${word};`;
    const changed = e.word(mask, i);
    const kept = trim(`${element} & ~${changed}`, Math.min(32, width - 32 * i));
    return `${element} = ${kept} | ${word} & ${changed};`;
  });
  stores.push(`if (${conditions.join(' && ')}) { ${statements.join(' ')} }`);
}
