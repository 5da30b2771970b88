import { cellStateMask, cellStates } from '../testbench/index.ts';
import type { CellState, Film, Take } from '../testbench/index.ts';

/** Steps of the curve over the longest take, at most: finer ones show the rhythm of single products. */
const mostSteps = 150;

/** How many elements are in each state, cycle by cycle. */
export function statesByCycle(film: Film, take: Take): Readonly<Record<CellState, Uint16Array>> {
  const elements = film.rows * film.columns;
  const [starved, stalled, busy] = cellStates.map(() => new Uint16Array(take.cycles));
  const counts = [starved!, stalled!, busy!];
  take.cells.forEach((cell, at) => {
    counts[cell & cellStateMask]![Math.floor(at / elements)]! += 1;
  });
  return { starved: starved!, stalled: stalled!, busy: busy! };
}

/** Where a curve is drawn; x is the time, of the longest take as a whole. */
export interface CurveArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Outlines, as SVG paths, of what share of the elements is busy, and on top of it stalled, over time. */
export interface Occupancy {
  readonly busy: string;
  readonly stalled: string;
  /** Where the take ends. */
  readonly end: number;
}

export const longestOf = ({ takes }: Film): number => Math.max(...takes.map((t) => t.cycles));

/** The occupancy of a take, as means over some cycles each. */
export function occupancyOf(film: Film, take: Take, area: CurveArea): Occupancy {
  const longest = longestOf(film);
  const { busy, stalled } = statesByCycle(film, take);
  const step = Math.max(1, Math.ceil(longest / mostSteps));
  const x = (cycle: number): number => round(area.left + (area.width * cycle) / longest);
  const y = (share: number): number => round(area.top + area.height * (1 - share));
  const levels = Array.from({ length: Math.ceil(take.cycles / step) }, (_, i) => {
    const [begin, end] = [i * step, Math.min(take.cycles, (i + 1) * step)];
    const share = (counts: Uint16Array): number =>
      counts.subarray(begin, end).reduce((sum, n) => sum + n, 0) /
      ((end - begin) * film.rows * film.columns);
    return { end: x(end), busy: share(busy), both: share(busy) + share(stalled) };
  });
  const outline = (of: (level: (typeof levels)[number]) => number): string =>
    `M${x(0)} ${y(0)}` +
    levels.map((level) => `V${y(of(level))}H${level.end}`).join('') +
    `V${y(0)}Z`;
  return {
    busy: outline((level) => level.busy),
    stalled: outline((level) => level.both),
    end: x(take.cycles),
  };
}

const round = (value: number): number => Math.round(100 * value) / 100;
