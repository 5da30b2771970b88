import type { Observer, Signal } from './observe.ts';
import { signalsOf } from './observe.ts';
import type { Scope } from './scope.ts';

/** Time units of a clock cycle: it begins with the rising edge and falls in its middle. */
const period = 10;

export interface VcdRecording {
  readonly onCycle: Observer;
  /** The cycles so far as a value change dump (IEEE 1364-2005, clause 18). */
  text(): string;
}

/**
 * Records every named signal, under the names of the emitted Verilog: elements of arrays stand in
 * its generate blocks. For `SimulatorOptions.onCycle`.
 */
export function recordVcd(): VcdRecording {
  const lines: string[] = [];
  let tracked: { readonly signal: Signal; readonly code: string; last: bigint }[] | undefined;
  let clocks: readonly string[] = [];
  let end = 0;
  const begin = (top: Scope): void => {
    const signals = signalsOf(top);
    tracked = signals.map((signal, index) => ({ signal, code: codeOf(index), last: -1n }));
    const codes = new Map(tracked.map(({ signal, code }) => [signal, code]));
    clocks = top.module.domains.map((_, index) => codeOf(signals.length + index));
    lines.push('$timescale 1 ns $end');
    const declare = (scope: Scope): string[] => [
      ...(scope === top
        ? top.module.domains.map(({ clock }, i) => `$var wire 1 ${clocks[i]!} ${clock} $end`)
        : []),
      ...signals
        .filter((signal) => signal.scope === scope)
        .map((signal) => {
          const { width, name } = signal;
          const range = width === 1 ? '' : ` [${width - 1}:0]`;
          return `$var wire ${width} ${codes.get(signal)!} ${name}${range} $end`;
        }),
      ...scope.children.flatMap((elements) => elements.flatMap(nested)),
    ];
    const nested = (scope: Scope): string[] => {
      const names = scope.parent === undefined ? [scope.module.name] : hierarchyOf(scope);
      return [
        ...names.map((name) => `$scope module ${name} $end`),
        ...declare(scope),
        ...names.map(() => '$upscope $end'),
      ];
    };
    lines.push(...nested(top), '$enddefinitions $end');
  };
  return {
    onCycle(observation) {
      const { cycle, top } = observation;
      if (tracked === undefined) begin(top);
      lines.push(`#${cycle * period}`, ...clocks.map((code) => `1${code}`));
      for (const entry of tracked!) {
        const value = entry.signal.read(observation);
        if (value === entry.last) continue;
        entry.last = value;
        const bits = value.toString(2);
        lines.push(entry.signal.width === 1 ? `${bits}${entry.code}` : `b${bits} ${entry.code}`);
      }
      lines.push(`#${cycle * period + period / 2}`, ...clocks.map((code) => `0${code}`));
      end = (cycle + 1) * period;
    },
    text: () => `${[...lines, `#${end}`].join('\n')}\n`,
  };
}

/** What stands between a scope and its parent in the emitted Verilog. */
function hierarchyOf({ parent, instance, element }: Scope): string[] {
  const { name, dimensions } = parent!.module.instances[instance]!;
  const block = `g_${name.replace(/^u_/, '')}`;
  if (dimensions.length === 0) return [name];
  if (dimensions.length === 1) return [`${block}[${element}]`, name];
  const columns = dimensions[1]!;
  return [`${block}_row[${Math.floor(element / columns)}]`, `${block}[${element % columns}]`, name];
}

/** Short identifiers of printable characters, as the format asks for. */
function codeOf(index: number): string {
  let code = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 94)) {
    code += String.fromCharCode(33 + ((rest - 1) % 94));
  }
  return code;
}
