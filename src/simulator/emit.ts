import { createEmitter, floatFromWords, trim, trimTop } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { memorySlot } from './emit-choice.ts';
import type { ValueId } from './graph.ts';
import { laneOf } from './lanes.ts';
import type { Layout, Places } from './layout.ts';
import { createLoopWriter, functionOf } from './loops.ts';
import type { Body } from './loops.ts';
import type { Definition, State, Write } from './lower.ts';
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
      emitChunk(emitter, layout, chunk, (check) => {
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

function emitChunk(
  e: Emitter,
  layout: Layout,
  chunk: Chunk,
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
  for (const action of [...inOrder('check'), ...inOrder('state'), ...inOrder('write')]) {
    switch (action.kind) {
      case 'check': {
        const { condition } = definition.checks[action.check]!;
        stores.push(`if (!${e.boolean(condition)}) fail(${numberCheck(action.check)}, row);`);
        break;
      }
      case 'state':
        storeState(e, stores, definition.states[action.state]!, layout.states[action.state]!);
        break;
      case 'write':
        storeWrite(e, stores, definition.writes[action.write]!);
    }
  }
  for (const store of stores) e.line(store);
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

function storeState(e: Emitter, stores: string[], state: State, slot: number): void {
  const forms = formsOf(e, state.next);
  const enable = state.enable === undefined ? undefined : e.boolean(state.enable);
  const held = elementsOf(e, state.width, slot, 'before');
  elementsOf(e, state.width, slot, 'after').forEach((element, i) => {
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
