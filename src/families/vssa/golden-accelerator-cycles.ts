import { arrayClock } from './golden-array-cycles.ts';
import type { ArrayRun, ArrayTime } from './golden-array-cycles.ts';
import type { ArrayParameters } from './params.ts';

/** What decides when the operands of a side come to the array. */
export interface SideRun {
  /** 1 for the last beat of each matrix that is loaded. */
  readonly last: ArrayLike<number>;
  /** Whether it waits for the token list. */
  readonly waits: boolean;
  /** Beats to the array for each matrix, all its uses together. */
  readonly beats: number;
}

/** What decides how long a run of the accelerator takes. */
export interface AcceleratorRun {
  /** Tokens of the list; 0 where none is loaded. */
  readonly tokens: number;
  readonly left: SideRun;
  readonly right: SideRun;
  readonly array: ArrayRun;
  readonly results: number;
}

/** Banks of a store. */
const banks = 2;
/** From the cycle that accepts the last beat of a matrix to the first in which its bank counts as full. */
const storing = 3;

/**
 * The accelerator cycle by cycle, as docs/vssa-accelerator.md says it: loaders that run ahead by up to two matrices, and
 * the array that waits for neither more nor less than its operands.
 *
 * @returns `cycles` from the first beat to the last result, inclusive; the others from the array's first beat on
 */
export function acceleratorTime(p: ArrayParameters, run: AcceleratorRun): ArrayTime {
  const array = arrayClock(p, run.array);
  const [left, right] = [store(run.left), store(run.right)];
  let due = run.results;
  let cycle = 0;
  let idle: ArrayTime | undefined;
  let offered = false;
  for (; due > 0; cycle++) {
    const held = cycle >= run.tokens;
    offered ||= left.offers() || right.offers();
    left.load(cycle, held);
    right.load(cycle, held);
    // As long as nothing was offered, nothing happens in the array.
    if (!offered) {
      left.step(cycle, false);
      right.step(cycle, false);
      continue;
    }
    const before = idle ? undefined : array.time();
    const events = array.cycle(left.offers(), right.offers());
    if (events.left) idle ??= before;
    if (events.row >= 0) due--;
    left.step(cycle, events.left);
    right.step(cycle, events.right);
  }
  const all = array.time();
  const none = idle ?? all;
  return {
    cycles: cycle,
    busy: all.busy - none.busy,
    stalled: all.stalled - none.stalled,
    starved: all.starved - none.starved,
  };
}

/** A side's two banks: what fills them, and what empties them. */
function store({ last, waits, beats }: SideRun) {
  let loaded = 0;
  /** Matrices that were accepted whole and not given up, and those of them that can be read. */
  let accepted = 0;
  let full = 0;
  let primed = false;
  /** When matrices become full, in order. */
  const ripe: number[] = [];
  /** Beats of the present matrix that the array has taken. */
  let taken = 0;
  let arrived = false;
  return {
    offers: (): boolean => primed,
    /** What the loader does in a cycle. */
    load(cycle: number, held: boolean): void {
      arrived = false;
      if (loaded === last.length || accepted === banks || (waits && !held)) return;
      arrived = last[loaded++] === 1;
      if (arrived) ripe.push(cycle + storing);
    },
    /** The cycle ends; `takes`: the array has taken the beat that was offered. */
    step(cycle: number, takes: boolean): void {
      if (takes) taken++;
      const given = taken === beats ? 1 : 0;
      if (given > 0) taken = 0;
      accepted += (arrived ? 1 : 0) - given;
      full -= given;
      primed = full > 0;
      if (ripe[0] === cycle + 1) {
        ripe.shift();
        full++;
      }
    },
  };
}
