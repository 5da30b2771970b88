import { signalsOf, valueText, wordSignal } from './observe.ts';
import type { Observation, Observer, Signal } from './observe.ts';
import type { Scope } from './scope.ts';

/** Time units of a clock cycle: it begins with the rising edge and falls in its middle. */
const period = 10;

export interface VcdOptions {
  /**
   * Memories of up to so many words are recorded, each word as a variable; a comment in the file
   * names those that are left out. Every recorded word is looked at in every cycle. Default 0.
   */
  readonly memoryWords?: number;
}

export interface VcdRecording {
  readonly onCycle: Observer;
  /** The cycles so far as a value change dump (IEEE 1364-2005, clause 18). */
  text(): string;
}

/** A variable of the file. */
interface Variable {
  readonly code: string;
  /** How a value is written, without the code. */
  show(value: bigint): string;
  read(observation: Observation): bigint;
  last: bigint | undefined;
}

/**
 * Records every named signal, under the names of the emitted Verilog: elements of arrays stand in
 * its generate blocks, words of memories are called as Icarus calls them, `\bins[3]`.
 *
 * Beside a signal of an enumeration stands a variable of type `string` with the name of its value,
 * called `state$name` (our choice: no name of a design has a `$`). The type is an extension that
 * GTKWave and `vcd2fst` read. For `SimulatorOptions.onCycle`.
 */
export function recordVcd({ memoryWords = 0 }: VcdOptions = {}): VcdRecording {
  if (!Number.isInteger(memoryWords) || memoryWords < 0) {
    throw new Error(`memoryWords is ${memoryWords}; it takes a whole number from 0 up.`);
  }
  const lines: string[] = [];
  const variables: Variable[] = [];
  let clocks: readonly string[] = [];
  let end = 0;
  let begun = false;

  const begin = (top: Scope): void => {
    let codes = 0;
    const byScope = new Map<Scope, Signal[]>();
    for (const signal of signalsOf(top)) {
      const known = byScope.get(signal.scope);
      if (known) known.push(signal);
      else byScope.set(signal.scope, [signal]);
    }
    const declare = (type: string, width: number, name: string, range: string): string => {
      const code = codeOf(codes++);
      lines.push(`$var ${type} ${width} ${code} ${name}${range} $end`);
      return code;
    };
    const watch = (type: string, name: string, signal: Signal): void => {
      const { width, enumeration } = signal;
      const read = signal.read.bind(signal);
      const range = width === 1 ? '' : ` [${width - 1}:0]`;
      const code = declare(type, width, name, range);
      const bits = (value: bigint) => (width === 1 ? `${value}` : `b${value.toString(2)} `);
      variables.push({ code, show: bits, read, last: undefined });
      if (enumeration === undefined) return;
      const show = (value: bigint) => `s${valueText(value, enumeration)} `;
      const text = declare('string', 1, `${name}$name`, '');
      variables.push({ code: text, show, read, last: undefined });
    };
    const declareMemories = (scope: Scope): void => {
      scope.module.memories.forEach(({ name, depth }, memory) => {
        if (depth > memoryWords) {
          const cure = `recordVcd({ memoryWords: ${depth} })`;
          lines.push(`$comment ${name} of ${depth} words is left out; ${cure} records it $end`);
          return;
        }
        for (let address = 0; address < depth; address++) {
          const word = wordSignal(scope, memory, address);
          // In Verilog a memory of one word is a plain register.
          watch('reg', depth === 1 ? name : `\\${word.name}`, word);
        }
      });
    };
    const enter = (scope: Scope): void => {
      const around = scope.parent === undefined ? [] : blocksOf(scope);
      lines.push(
        ...around.map((block) => `$scope begin ${block} $end`),
        `$scope module ${nameOf(scope)} $end`,
      );
      if (scope === top) {
        clocks = scope.module.domains.map(({ clock }) => declare('wire', 1, clock, ''));
      }
      for (const signal of byScope.get(scope) ?? []) watch('wire', signal.name, signal);
      declareMemories(scope);
      for (const elements of scope.children) elements.forEach(enter);
      lines.push('$upscope $end', ...around.map(() => '$upscope $end'));
    };
    lines.push('$timescale 1 ns $end');
    enter(top);
    lines.push('$enddefinitions $end');
  };
  return {
    onCycle(observation) {
      const { cycle, top } = observation;
      if (!begun) begin(top);
      begun = true;
      lines.push(`#${cycle * period}`, ...clocks.map((code) => `1${code}`));
      for (const variable of variables) {
        const value = variable.read(observation);
        if (value === variable.last) continue;
        variable.last = value;
        lines.push(`${variable.show(value)}${variable.code}`);
      }
      lines.push(`#${cycle * period + period / 2}`, ...clocks.map((code) => `0${code}`));
      end = (cycle + 1) * period;
    },
    text: () => `${[...lines, `#${end}`].join('\n')}\n`,
  };
}

/** What a scope is called in the emitted Verilog. */
const nameOf = ({ module, parent, instance }: Scope): string =>
  parent === undefined ? module.name : parent.module.instances[instance]!.name;

/** The generate blocks between a scope and its parent in the emitted Verilog. */
function blocksOf({ parent, instance, element }: Scope): string[] {
  const { name, dimensions } = parent!.module.instances[instance]!;
  const block = `g_${name.replace(/^u_/, '')}`;
  if (dimensions.length === 0) return [];
  if (dimensions.length === 1) return [`${block}[${element}]`];
  const columns = dimensions[1]!;
  return [`${block}_row[${Math.floor(element / columns)}]`, `${block}[${element % columns}]`];
}

/** Short identifiers of printable characters, as the format asks for. */
function codeOf(index: number): string {
  let code = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 94)) {
    code += String.fromCharCode(33 + ((rest - 1) % 94));
  }
  return code;
}
