import { createEmitter, floatFromWords, trim, trimTop } from './emitter.ts';
import type { Column, Emitter } from './emitter.ts';
import { memorySlot } from './emit-choice.ts';
import type { ValueId } from './graph.ts';
import { laneOf } from './lanes.ts';
import type { Layout, Places } from './layout.ts';
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
  /** Body of a function of the names in `runtime.ts`, `tables` and `fail`, that gives {settle, tick}. */
  readonly source: string;
  readonly tables: readonly Int32Array[];
  readonly checks: readonly CompiledCheck[];
  /** Words of scratch that the code needs. */
  readonly scratch: number;
}

/**
 * Writes the functions of all definitions. A function works on rows `from` .. `to - 1`, one row for
 * each scope; what differs between rows is a constant, grows in equal steps or comes from a table.
 */
export function emit(
  schedule: Schedule,
  layouts: ReadonlyMap<string, Layout>,
  places: Places,
): Compiled {
  const functions: string[] = [];
  const tables: Int32Array[] = [];
  const checks: CompiledCheck[] = [];
  let widest = 1;

  /** Writes the functions of a step; returns their labels. */
  const emitStep = (name: string, step: number, rows: readonly Scope[]): string[] => {
    const { definition, plan } = schedule.definitions.get(name)!;
    const layout = layouts.get(name)!;
    return plan.steps[step]!.chunks.map((chunk) => {
      const emitter = createEmitter(definition, layout, layouts, chunk.computed);
      emitChunk(emitter, layout, chunk, (check) => {
        const { check: checked } = definition.checks[check]!;
        return checks.push({ definition, check: checked, rows }) - 1;
      });
      const { outside, inside } = emitColumns(emitter.columns, rows, places, tables);
      const label = `f${functions.length}`;
      functions.push(
        [
          `function ${label}(C, FC, N, FN, from, to) {`,
          ...outside,
          'for (let row = from; row < to; row++) {',
          ...inside,
          ...emitter.lines,
          '}',
          '}',
        ].join('\n'),
      );
      return label;
    });
  };

  const rowsOf = new Map<string, Scope[]>();
  const calls: { readonly key: string; readonly from: number; readonly to: number }[] = [];
  for (const run of schedule.settling) {
    const key = `${run.step} ${run.definition}`;
    const rows = rowsOf.get(key) ?? [];
    rowsOf.set(key, rows);
    calls.push({ key, from: rows.length, to: rows.length + run.scopes.length });
    rows.push(...run.scopes);
  }
  const labels = new Map(
    [...rowsOf].map(([key, rows]) => {
      const [step, name] = key.split(' ');
      return [key, emitStep(name!, Number(step), rows)];
    }),
  );
  const settling = calls.flatMap(({ key, from, to }) =>
    labels.get(key)!.map((label) => `${label}(C, FC, C, FC, ${from}, ${to});`),
  );
  const ticking: string[] = [];
  for (const [name, { scopes, plan, definition }] of schedule.definitions) {
    for (const value of definition.values) widest = Math.max(widest, wordCount(value.width));
    const last = plan.steps.length - 1;
    if (scopes.length === 0 || plan.steps[last]!.chunks.every((c) => c.actions.length === 0))
      continue;
    for (const rows of alike(scopes, places)) {
      for (const label of emitStep(name, last, rows)) {
        ticking.push(`${label}(C, FC, N, FN, 0, ${rows.length});`);
      }
    }
  }
  const source = [
    "'use strict';",
    ...tables.map((_, i) => `const T${i} = tables[${i}];`),
    ...functions,
    ...sequence('settle', 'C, FC, P', [
      ...emitInputPins(schedule, places),
      ...settling,
      ...emitOutputPins(schedule, layouts),
    ]),
    ...sequence('tick', 'C, FC, N, FN', ticking),
    'return { settle, tick };',
  ].join('\n');
  return { source, tables, checks, scratch: 3 * widest + 2 };
}

function emitInputPins({ top, definitions }: Schedule, places: Places): string[] {
  const { inputs } = definitions.get(top.module.name)!.definition;
  const { pins } = layPins(top.module);
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
function sequence(name: string, parameters: string, statements: readonly string[]): string[] {
  const most = 500;
  const parts: string[] = [];
  const calls: string[] = [];
  for (let i = 0; i < statements.length; i += most) {
    parts.push(
      `function ${name}${i}(${parameters}) {\n${statements.slice(i, i + most).join('\n')}\n}`,
    );
    calls.push(`${name}${i}(${parameters});`);
  }
  return [...parts, `function ${name}(${parameters}) {\n${calls.join('\n')}\n}`];
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

/**
 * Splits the scopes of a large array into those that find all inputs at the same distances, which is
 * the inside, and the others, which are the border: the first then need no tables.
 */
function alike(scopes: readonly Scope[], places: Places): (readonly Scope[])[] {
  if (scopes.length < 32) return [scopes];
  const { ports } = scopes[0]!.module;
  const moving = ports
    .filter((port) => port.direction === 'input')
    .map(({ width }, port) => ({ port, lane: laneOf(width) }))
    .filter(({ port }) => {
      const first = places.inputSlot(scopes[0]!, port);
      return scopes.some((scope) => places.inputSlot(scope, port) !== first);
    });
  const classes = new Map<string, Scope[]>();
  for (const scope of scopes) {
    const { int, float } = places.baseOf(scope);
    const distances = moving.map(
      ({ port, lane }) => places.inputSlot(scope, port) - (lane === 'float' ? float : int),
    );
    const key = distances.join(' ');
    const members = classes.get(key);
    if (members === undefined) classes.set(key, [scope]);
    else members.push(scope);
  }
  const largest = [...classes.values()].reduce((a, b) => (b.length > a.length ? b : a));
  if (2 * largest.length < scopes.length) return [scopes];
  const inside = new Set(largest);
  const border = scopes.filter((scope) => !inside.has(scope));
  return border.length === 0 ? [largest] : [largest, border];
}

/** Declares the variables that differ between rows. */
function emitColumns(
  columns: ReadonlyMap<string, Column>,
  rows: readonly Scope[],
  places: Places,
  tables: Int32Array[],
): { readonly outside: string[]; readonly inside: string[] } {
  const outside: string[] = [];
  const inside: string[] = [];
  const declare = (name: string, values: readonly number[]) => {
    const first = values[0]!;
    const step = values.length > 1 ? values[1]! - first : 0;
    if (values.every((value) => value === first)) outside.push(`const ${name} = ${first};`);
    else if (values.every((value, row) => value === first + row * step)) {
      inside.push(`const ${name} = ${first} + row * ${step};`);
    } else {
      inside.push(`const ${name} = T${tables.length}[row];`);
      tables.push(Int32Array.from(values));
    }
  };
  const bases = new Map<string, readonly number[]>();
  for (const [name, column] of columns) {
    if (column.kind !== 'base') continue;
    const values = rows.map((scope) => places.baseOf(scope)[column.array]);
    bases.set(name, values);
    declare(name, values);
  }
  for (const [name, column] of columns) {
    if (column.kind !== 'input') continue;
    const values = rows.map((scope) => places.inputSlot(scope, column.port));
    const base = laneOf(column.width) === 'float' ? 'fb' : 'b';
    const baseValues = bases.get(base);
    const distance = values[0]! - (baseValues?.[0] ?? 0);
    const moves = values.some((value) => value !== values[0]);
    if (
      moves &&
      baseValues &&
      values.every((value, row) => value === baseValues[row]! + distance)
    ) {
      inside.push(`const ${name} = ${base} + ${distance};`);
    } else declare(name, values);
  }
  return { outside, inside };
}
