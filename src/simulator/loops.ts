import { splitIntoBlocks } from './blocks.ts';
import type { Block, Progression } from './blocks.ts';
import type { Column } from './emitter.ts';
import type { Places } from './layout.ts';
import type { Scope } from './scope.ts';

/** What a chunk does for one row: statements over the variables that its columns name, and `row`. */
export interface Body {
  readonly columns: ReadonlyMap<string, Column>;
  readonly lines: readonly string[];
}

export interface Written {
  /** Scopes in the order in which `row` numbers them. */
  readonly rows: readonly Scope[];
  /** Statements for each run. */
  readonly calls: string[][];
}

export interface LoopWriter {
  readonly functions: readonly string[];
  readonly tables: readonly Int32Array[];
  /**
   * Writes functions that do all bodies for all scopes of each run. At the clock edge the order of
   * scopes does not matter, and nothing that is read changes.
   */
  write(bodies: readonly Body[], runs: readonly (readonly Scope[])[], isEdge: boolean): Written;
}

/** Blocks of so many rows get a function of their own; the rest of a step share one with tables. */
const worthOwnFunction = 8;
/** Most functions for one step, so that an array without pattern does not become a huge program. */
const mostFunctions = 24;

export function createLoopWriter(places: Places): LoopWriter {
  const functions: string[] = [];
  const tables: Int32Array[] = [];
  const define = (parameters: string, lines: readonly string[]): string => {
    const label = `f${functions.length}`;
    functions.push(functionOf(label, parameters, lines));
    return label;
  };

  const write: LoopWriter['write'] = (bodies, runs, isEdge) => {
    const columns = new Map(bodies.flatMap((body) => [...body.columns]));
    const pieces = runs.map((scopes) => {
      const values = valuesOf(columns, scopes, places);
      const { blocks, order } = splitIntoBlocks(values, scopes.length, isEdge);
      return { blocks, scopes: order.map((row) => scopes[row]!) };
    });
    const rows = pieces.flatMap((piece) => piece.scopes);
    const sizes = pieces.flatMap(({ blocks }) => blocks.map(rowsOf)).sort((a, b) => b - a);
    const least = sizes.length === 1 ? 0 : Math.max(worthOwnFunction, sizes[mostFunctions] ?? 0);

    let shared: readonly string[] | undefined;
    const callShared = (from: number, to: number): string[] => {
      shared ??= bodies.map((body) => {
        const values = valuesOf(body.columns, rows, places);
        const { outside, inside } = declareColumns(values, tables);
        return define('from, to', [
          ...outside,
          'for (let row = from; row < to; row++) {',
          ...inside,
          ...body.lines,
          '}',
        ]);
      });
      return shared.map((label) => `${label}(${from}, ${to});`);
    };

    let start = 0;
    const calls = pieces.map(({ blocks }) => {
      const statements: string[] = [];
      let waiting = start;
      const flush = () => {
        if (waiting < start) statements.push(...callShared(waiting, start));
      };
      for (const block of blocks) {
        const size = rowsOf(block);
        if (size > least || (size === least && size > worthOwnFunction)) {
          flush();
          for (const body of bodies) {
            statements.push(`${define('', loopOver(block, body, start, isEdge))}();`);
          }
          waiting = start + size;
        }
        start += size;
      }
      flush();
      return statements;
    });
    return { rows, calls };
  };
  return { functions, tables, write };
}

/** The arrays that compiled code works on, under their names inside functions. */
export const arrayNames = ['C', 'N', 'FC', 'FN', 'M', 'FM', 'P', 'X'] as const;

/** The text of a function. Outside, the arrays have a `_` behind their names. */
export function functionOf(name: string, parameters: string, lines: readonly string[]): string {
  const text = lines.join('\n');
  // V8 sees that an array is a constant only where it is fetched outside of loops.
  const fetched = arrayNames
    .filter((array) => new RegExp(`\\b${array}\\b`).test(text))
    .map((array) => `const ${array} = ${array}_;\n`);
  return `const ${name} = (${parameters}) => {\n${fetched.join('')}${text}\n};`;
}

function rowsOf({ outer, inner }: Block): number {
  return outer * inner;
}

/** The value of each column for each scope. */
function valuesOf(
  columns: ReadonlyMap<string, Column>,
  scopes: readonly Scope[],
  places: Places,
): Map<string, number[]> {
  return new Map(
    [...columns].map(([name, column]) => [
      name,
      scopes.map((scope) =>
        column.kind === 'base'
          ? places.baseOf(scope)[column.array]
          : places.inputSlot(scope, column.port),
      ),
    ]),
  );
}

/** Declares the variables that differ between rows. */
function declareColumns(
  values: ReadonlyMap<string, readonly number[]>,
  tables: Int32Array[],
): { readonly outside: string[]; readonly inside: string[] } {
  const outside: string[] = [];
  const inside: string[] = [];
  for (const [name, column] of values) {
    if (column.every((value) => value === column[0])) outside.push(`const ${name} = ${column[0]};`);
    else {
      inside.push(`const ${name} = T${tables.length}[row];`);
      tables.push(Int32Array.from(column));
    }
  }
  return { outside, inside };
}

/**
 * Nested loops over a block, with what is the same for all its rows before them. Columns that grow
 * alike share one running offset; each access adds its own distance to it.
 */
function loopOver(block: Block, body: Body, start: number, isEdge: boolean): string[] {
  const { outer, inner } = block;
  const offsets = new Map<string, { readonly name: string; readonly steps: Progression }>();
  const placed = new Map<string, { readonly first: number; readonly offset: string | undefined }>();
  for (const name of body.columns.keys()) {
    const steps = block.places.get(name)!;
    const { first, outerStep, innerStep } = steps;
    if (outerStep === 0 && innerStep === 0) {
      placed.set(name, { first, offset: undefined });
      continue;
    }
    const key = `${outerStep} ${innerStep}`;
    const offset = offsets.get(key) ?? { name: `o${offsets.size}`, steps };
    offsets.set(key, offset);
    placed.set(name, { first, offset: offset.name });
  }
  const lines = body.lines.map((line) =>
    line.replace(/\[(\w+)(?: \+ (\d+))?\]/g, (access, name: string, distance = '0') => {
      const place = placed.get(name);
      if (place === undefined) return access;
      const at = place.first + Number(distance);
      return place.offset === undefined ? `[${at}]` : `[${place.offset} + ${at}]`;
    }),
  );
  // What is left of columns stands in addresses that are computed.
  const outside: string[] = [];
  const inside: string[] = [];
  for (const [name, { first, offset }] of placed) {
    if (!lines.some((line) => new RegExp(`\\b${name}\\b`).test(line))) continue;
    if (offset === undefined) outside.push(`const ${name} = ${first};`);
    else inside.push(`const ${name} = ${offset} + ${first};`);
  }
  if (rowsOf(block) === 1) {
    const row = `const row = ${start};`;
    return [...outside, ...(usesRow(lines) ? [row] : []), ...lines];
  }
  const { before, within } = isEdge ? hoist(lines, outside) : { before: [], within: lines };
  const needsRow = usesRow(lines);
  if (needsRow) inside.push(`const row = ${start} + i * ${inner} + k;`);
  const running = [...offsets.values()];
  const driver = running.find(({ steps }) => steps.innerStep !== 0);
  const count = driver === undefined || needsRow;
  const begin = [
    ...(count ? ['k = 0'] : []),
    ...running.map(({ name, steps: { outerStep } }) => `${name} = i * ${outerStep}`),
  ];
  const advance = [
    ...(count ? ['k++'] : []),
    ...running.map(({ name, steps: { innerStep } }) => `${name} += ${innerStep}`),
  ];
  let goesOn = `k < ${inner}`;
  if (driver !== undefined && !count) {
    const { name, steps } = driver;
    begin.push(`end = ${name} + ${inner * steps.innerStep}`);
    goesOn = steps.innerStep > 0 ? `${name} < end` : `${name} > end`;
  }
  return [
    ...outside,
    ...before,
    `for (let i = 0; i < ${outer}; i++) {`,
    `for (let ${begin.join(', ')}; ${goesOn}; ${advance.join(', ')}) {`,
    ...inside,
    ...within,
    '}',
    '}',
  ];
}

function usesRow(lines: readonly string[]): boolean {
  return lines.some((line) => /\brow\b/.test(line));
}

/** Moves locals that do not depend on the row out of the loop. */
function hoist(
  lines: readonly string[],
  outside: readonly string[],
): { readonly before: readonly string[]; readonly within: readonly string[] } {
  const fixed = new Set(['C', 'FC', 'Math', 'imul', 'floor', 'parity', 'powers', 'true', 'false']);
  const nameIn = (line: string) => /^const (\w+) = (.*);$/.exec(line);
  for (const line of outside) fixed.add(nameIn(line)![1]!);
  const before: string[] = [];
  const within: string[] = [];
  for (const line of lines) {
    const [, name, expression] = nameIn(line) ?? [];
    const words = expression?.match(/[A-Za-z_]\w*/g) ?? [];
    if (name !== undefined && words.every((word) => fixed.has(word))) {
      fixed.add(name);
      before.push(line);
    } else within.push(line);
  }
  return { before, within };
}
