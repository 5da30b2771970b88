import { signalsOf, valueText, wordSignal } from './observe.ts';
import type { Observer, Signal } from './observe.ts';
import { forEachScope, joinPath } from './scope.ts';
import type { Scope } from './scope.ts';

export interface Waves {
  readonly onCycle: Observer;
  /** One row for each path. */
  readonly rows: readonly Row[];
}

interface Row {
  readonly path: string;
  /** Bits. */
  readonly width: number;
  /** Names of the values 0, 1, 2, ... of an enumeration. */
  readonly enumeration: readonly string[] | undefined;
  /** The unsigned value in each cycle. */
  readonly values: readonly bigint[];
}

/**
 * Records a few signals and words of memories by their paths, as `Simulator.peek` takes them, for
 * `SimulatorOptions.onCycle` and `renderWaves`.
 */
export function recordWaves(paths: readonly string[]): Waves {
  const rows: (Row & { readonly values: bigint[] })[] = [];
  let signals: readonly Signal[] | undefined;
  return {
    rows,
    onCycle(observation) {
      if (signals === undefined) {
        const known = new Map(signalsOf(observation.top).map((signal) => [signal.path, signal]));
        signals = paths.map((path) => {
          const signal = known.get(path) ?? findWord(observation.top, path);
          if (signal !== undefined) return signal;
          throw new Error(
            `There is no signal '${path}' to record; try ${[...known.keys()].slice(0, 20).join(', ')}.`,
          );
        });
        for (const { path, width, enumeration } of signals) {
          rows.push({ path, width, enumeration, values: [] });
        }
      }
      signals.forEach((signal, index) => rows[index]!.values.push(signal.read(observation)));
    },
  };
}

/** The word of a memory at a path such as `u_pe[1].bins[7]`. */
function findWord(top: Scope, path: string): Signal | undefined {
  const [, place, digits] = /^(.*)\[(\d+)\]$/.exec(path) ?? [];
  const address = Number(digits);
  let found: Signal | undefined;
  forEachScope(top, (scope) => {
    scope.module.memories.forEach(({ name, depth }, memory) => {
      if (joinPath(scope.path, name) !== place || address >= depth) return;
      found = wordSignal(scope, memory, address);
    });
  });
  return found;
}

/**
 * Waves as text, one line for each signal and one column for each cycle: bits as `_` and `~` with
 * `/` and `\` where they change, enumerations by name (`'h3` where a value has none), others in
 * hexadecimal, each value where it begins.
 */
export function renderWaves({ rows }: Waves): string {
  const label = Math.max(0, ...rows.map(({ path }) => path.length));
  const lengths = rows.flatMap((row) =>
    isLevel(row) ? [] : row.values.map((value) => valueText(value, row.enumeration).length),
  );
  const column = 1 + Math.max(1, ...lengths);
  const cellOf = (row: Row, cycle: number): string => {
    const value = row.values[cycle]!;
    const changes = cycle > 0 && row.values[cycle - 1] !== value;
    if (!isLevel(row)) {
      const text = valueText(value, row.enumeration);
      return (cycle === 0 || changes ? `|${text}` : '').padEnd(column);
    }
    const level = value === 1n ? '~' : '_';
    return (changes ? (value === 1n ? '/' : '\\') : level) + level.repeat(column - 1);
  };
  return rows
    .map((row) => {
      const cells = row.values.map((_, cycle) => cellOf(row, cycle)).join('');
      return `${row.path.padEnd(label)}  ${cells}`.trimEnd();
    })
    .join('\n');
}

/** Whether a row is drawn as a line that goes up and down. */
const isLevel = ({ width, enumeration }: Row): boolean => width === 1 && enumeration === undefined;
