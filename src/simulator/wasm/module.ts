import { parse } from 'acorn';
import type { ArrowFunctionExpression, Program, Statement } from 'acorn';
import { blockType, constant, encodeModule, op, unsigned } from './encode.ts';
import type { Code, Direction, WasmFunction } from './encode.ts';
import { getLocal, setLocal } from './expressions.ts';
import type { WasmArray } from './expressions.ts';
import { Untranslatable, anyInt32 } from './operands.ts';
import type { Bounds } from './operands.ts';
import { translateFunction } from './statements.ts';
import type { Parameter } from './statements.ts';

/** Compiled code of which a part is WebAssembly. */
export interface Translated {
  /**
   * Takes `env.memory` and, as `env.fail`, what reports a failed check. Exports each translated
   * function as `<name>_<direction>`, and `run_<direction>` where everything is translated.
   */
  readonly bytes: Uint8Array;
  /** The source with `wasm.<name>` in place of what is translated. */
  readonly source: string;
  /** Names of the functions that are translated. */
  readonly names: readonly string[];
  /** Whether `settle` and `tick` are WebAssembly with all they call. */
  readonly isWhole: boolean;
}

type Node = Statement | Program['body'][number];

interface Definition {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly parameters: ArrowFunctionExpression['params'];
  readonly statements: readonly Statement[];
}

const directions = [0, 1] as const;
const imports = [{ name: 'fail', parameters: 2 }];

/**
 * Translates what functions of compiled source (see `Compiled`) work on int32s alone. `arrays` names
 * those that lie in a memory of `pages` pages. Undefined where there is no such function.
 */
export function translate(
  source: string,
  arrays: ReadonlyMap<string, WasmArray>,
  pages: number,
): Translated | undefined {
  const { body } = parse(source, { ecmaVersion: 2022, allowReturnOutsideFunction: true });
  const definitions = body.flatMap(definitionOf);
  const bounds = argumentBounds(definitions);
  const functions: WasmFunction[] = [];
  const numbers = new Map<string, readonly [number, number]>();
  const surroundings = {
    array: (name: string) => arrays.get(name),
    function: (name: string) => numbers.get(name),
    fail: [0, 0],
  } as const;
  const translated = (parameters: readonly Parameter[], statements: readonly Node[]) => {
    try {
      return translateFunction(parameters, statements, surroundings);
    } catch (error) {
      if (error instanceof Untranslatable) return undefined;
      throw error;
    }
  };
  const define = (
    name: string,
    parameters: readonly Parameter[],
    statements: readonly Node[],
  ): boolean => {
    const result = translated(parameters, statements);
    if (result === undefined) return false;
    const first = imports.length + functions.length;
    numbers.set(name, [first, first + 1]);
    for (const direction of directions) {
      const { length } = parameters;
      functions.push({ name: `${name}_${direction}`, parameters: length, direction, ...result });
    }
    return true;
  };
  /** What stays of a sequence: translated statements that follow each other become one function. */
  const split = ({ name, statements }: Definition): string => {
    const aliases = statements.filter((node) => node.type === 'VariableDeclaration');
    const lines = aliases.map((node) => source.slice(node.start, node.end));
    let waiting: Statement[] = [];
    const flush = () => {
      const [only] = waiting;
      if (only === undefined) return;
      const part = `${name}_part${lines.length}`;
      if (waiting.length === 1) lines.push(source.slice(only.start, only.end));
      else {
        define(part, [], [...aliases, ...waiting]);
        lines.push(`wasm.${part}();`);
      }
      waiting = [];
    };
    for (const node of statements) {
      if (node.type === 'VariableDeclaration') continue;
      if (translated([], [...aliases, node])) waiting.push(node);
      else {
        flush();
        lines.push(source.slice(node.start, node.end));
      }
    }
    flush();
    return `const ${name} = () => {\n${lines.join('\n')}\n};`;
  };

  const text: string[] = [];
  let done = 0;
  for (const definition of definitions) {
    const { name, start, end, statements } = definition;
    const parameters = definition.parameters.map((parameter): Parameter => {
      const own = parameter.type === 'Identifier' ? parameter.name : '';
      return { name: own, ...(bounds.get(`${name} ${own}`) ?? anyInt32) };
    });
    text.push(source.slice(done, start));
    if (define(name, parameters, statements)) text.push(`const ${name} = wasm.${name};`);
    else text.push(isSequence(definition) ? split(definition) : source.slice(start, end));
    done = end;
  }
  text.push(source.slice(done));
  if (functions.length === 0) return undefined;
  const names = [...numbers.keys()];
  const [settle, tick] = [numbers.get('settle'), numbers.get('tick')];
  const isWhole = settle !== undefined && tick !== undefined;
  if (isWhole) {
    const cycle = (direction: Direction): Code =>
      [settle, tick].map((called) => [op.call, unsigned(called[direction])]);
    functions.push(
      runFunction('run_0', cycle(0), cycle(1)),
      runFunction('run_1', cycle(1), cycle(0)),
    );
  }
  const bytes = encodeModule({ pages, imports, globals: 1, functions });
  return { bytes, source: text.join(''), names, isWhole };
}

function definitionOf(node: Node): Definition[] {
  if (node.type !== 'VariableDeclaration') return [];
  const [declarator] = node.declarations;
  if (declarator?.id.type !== 'Identifier' || declarator.init?.type !== 'ArrowFunctionExpression') {
    return [];
  }
  const { params, body } = declarator.init;
  if (body.type !== 'BlockStatement') return [];
  const { name } = declarator.id;
  return [{ name, start: node.start, end: node.end, parameters: params, statements: body.body }];
}

/** A function that only calls others and moves words, in order. */
function isSequence({ parameters, statements }: Definition): boolean {
  return (
    parameters.length === 0 &&
    statements.every(
      (node) =>
        node.type === 'ExpressionStatement' ||
        (node.type === 'VariableDeclaration' &&
          node.declarations.every(({ init }) => init?.type === 'Identifier')),
    )
  );
}

/** Bounds of the numbers that functions are called with, by function and parameter. */
function argumentBounds(definitions: readonly Definition[]): ReadonlyMap<string, Bounds> {
  const bounds = new Map<string, Bounds>();
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  for (const { statements } of definitions) {
    for (const node of statements) {
      if (node.type !== 'ExpressionStatement' || node.expression.type !== 'CallExpression')
        continue;
      const { callee, arguments: args } = node.expression;
      if (callee.type !== 'Identifier') continue;
      byName.get(callee.name)?.parameters.forEach((parameter, i) => {
        if (parameter.type !== 'Identifier') return;
        const argument = args[i];
        const key = `${callee.name} ${parameter.name}`;
        const value =
          argument?.type === 'Literal' && typeof argument.value === 'number'
            ? { low: argument.value, high: argument.value }
            : anyInt32;
        const { low, high } = bounds.get(key) ?? value;
        bounds.set(key, { low: Math.min(low, value.low), high: Math.max(high, value.high) });
      });
    }
  }
  return bounds;
}

/**
 * Runs cycles until so many are done or a check has failed; gives how many. The two directions take
 * turns.
 */
function runFunction(name: string, first: Code, second: Code): WasmFunction {
  const [cycles, done] = [0, 1];
  const cycle = (work: Code): Code => [
    work,
    [getLocal(done), constant(1), op.add, op.localTee, unsigned(done)],
    [getLocal(cycles), op.equal, op.globalGet, 0, op.or, op.branchIf, 1],
  ];
  const rounds = [op.loop, blockType.nothing, cycle(first), cycle(second), op.branch, 0, op.end];
  return {
    name,
    parameters: 1,
    hasResult: true,
    locals: 1,
    direction: 0,
    body: [
      [constant(0), op.globalSet, 0],
      [constant(0), setLocal(done)],
      [op.block, blockType.nothing, rounds, op.end],
      getLocal(done),
    ],
  };
}
