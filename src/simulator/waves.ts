import { signalsOf } from './observe.ts';
import type { Observer, Signal } from './observe.ts';

export interface Waves {
  readonly onCycle: Observer;
  /** One row for each path: width in bits, and the unsigned value in each cycle. */
  readonly rows: readonly Row[];
}

interface Row {
  readonly path: string;
  readonly width: number;
  readonly values: readonly bigint[];
}

/** Records a few signals by their paths, for `SimulatorOptions.onCycle` and `renderWaves`. */
export function recordWaves(paths: readonly string[]): Waves {
  const rows: { path: string; width: number; values: bigint[] }[] = [];
  let signals: readonly Signal[] | undefined;
  return {
    rows,
    onCycle(observation) {
      if (signals === undefined) {
        const known = new Map(signalsOf(observation.top).map((signal) => [signal.path, signal]));
        signals = paths.map((path) => {
          const signal = known.get(path);
          if (signal !== undefined) return signal;
          throw new Error(
            `There is no signal '${path}' to record; try ${[...known.keys()].slice(0, 20).join(', ')}.`,
          );
        });
        for (const { path, width } of signals) rows.push({ path, width, values: [] });
      }
      signals.forEach((signal, index) => rows[index]!.values.push(signal.read(observation)));
    },
  };
}

/**
 * Waves as text, one line for each signal and one column for each cycle: bits as `_` and `~` with
 * `/` and `\` where they change, others in hexadecimal, each value where it begins.
 */
export function renderWaves({ rows }: Waves): string {
  const label = Math.max(0, ...rows.map(({ path }) => path.length));
  const digits = rows.flatMap(({ values, width }) =>
    width === 1 ? [] : values.map((value) => value.toString(16).length),
  );
  const column = 1 + Math.max(1, ...digits);
  const cellOf = ({ width, values }: Row, cycle: number): string => {
    const value = values[cycle]!;
    const changes = cycle > 0 && values[cycle - 1] !== value;
    if (width > 1) {
      return (cycle === 0 || changes ? `|${value.toString(16)}` : '').padEnd(column);
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
