import type { ArrayParameters } from './params.ts';

/** What decides how long a run of the array takes. */
export interface ArrayRun {
  /** Digits of every word: by lane, 1 or 2 for each beat; lanes that are not in use have 1 throughout. */
  readonly left: readonly Uint8Array[];
  readonly right: readonly Uint8Array[];
  /** 0, but for the last beat of each tile the rows of it that are in use. */
  readonly ends: ArrayLike<number>;
}

/** How a run went, without stalls from outside. */
export interface ArrayTime {
  /** First operand beat to last result beat, inclusive. */
  readonly cycles: number;
  /** Cycles of all processing elements together that went into a digit product; R C cycles = the sum of all three. */
  readonly busy: number;
  /** Cycles in which one had its operands or a sum, and could not go on. */
  readonly stalled: number;
  /** All others. */
  readonly starved: number;
}

/** One cycle of all elements, row by row; the arrays hold the next cycle after that. */
export interface ArrayCycle {
  /** What each does, as the counters count it: a place in `cellStates`. */
  readonly states: Uint8Array;
  /** Numbers of the operand pairs that they work on or hold, counted from 0; -1 for a starved one. */
  readonly pairs: Int32Array;
}

/** The array at work: one call for each cycle. */
export interface ArrayClock {
  /**
   * One cycle.
   *
   * @param left whether the next beat of left words is offered; it stays so until it is accepted
   * @param right likewise
   * @returns the same object each time
   */
  cycle(left: boolean, right: boolean): ArrayEvents;
  /** What the elements did so far. */
  readonly time: () => ArrayTime;
}

/** What came to pass in a cycle. */
export interface ArrayEvents {
  /** Whether the beat that was offered is accepted. */
  left: boolean;
  right: boolean;
  /** The row that leaves, or -1. */
  row: number;
}

/**
 * The array cycle by cycle, as docs/vssa-array.md says it, with operands offered throughout.
 *
 * @param observe sees every cycle, in order
 */
export function arrayTime(
  p: ArrayParameters,
  run: ArrayRun,
  observe?: (cycle: ArrayCycle) => void,
): ArrayTime {
  let due = 0;
  for (let k = 0; k < run.ends.length; k++) due += run.ends[k]!;
  const clock = arrayClock(p, run, observe);
  while (due > 0) if (clock.cycle(true, true).row >= 0) due--;
  return clock.time();
}

/**
 * The array from its reset on. Results are taken as they come.
 *
 * All words pass every place in the order of their beats. So the only state of a link between two places is how many
 * words its writer has sent and how many its reader has taken; what a word is follows from its number.
 *
 * @param observe sees every cycle, in order
 */
export function arrayClock(
  p: ArrayParameters,
  run: ArrayRun,
  observe?: (cycle: ArrayCycle) => void,
): ArrayClock {
  const { rows: R, cols: C, skid } = p;
  const { left, right, ends } = run;
  const beats = ends.length;
  /** Rows in use of each tile. */
  const usedRows = Array.from(ends).filter((rows) => rows > 0);
  // A link has room below so many words; what its reader takes in this cycle counts only without skid.
  const room = 1 + skid;

  /** Words that each element has taken from either side, and whether it has in this cycle. */
  const taken = new Int32Array(R * C);
  const fired = new Uint8Array(R * C);
  /** Digit products that its words still need; 0 for an element without work. */
  const work = new Uint8Array(R * C);
  /** Whether a sum waits to leave. */
  const full = new Uint8Array(R * C);
  const leftFeeder = feeder(left, (lane) => lane * C);
  const rightFeeder = feeder(right, (lane) => lane);
  const seen = observe && { states: new Uint8Array(R * C), pairs: new Int32Array(R * C) };
  const events: ArrayEvents = { left: false, right: false, row: -1 };

  let [cycles, busy, stalled] = [0, 0, 0];
  /** The row of sums that leaves next. */
  let [row, tile] = [0, 0];

  const cycle = (leftOffered: boolean, rightOffered: boolean): ArrayEvents => {
    leftFeeder.offer(leftOffered);
    rightFeeder.offer(rightOffered);
    let leaving = row;
    for (let j = 0, at = row * C; j < C; j++, at++) if (full[at] === 0) leaving = -1;

    for (let i = R - 1; i >= 0; i--) {
      const mayLeave = leaving === i;
      const own = left[i]!;
      for (let j = C - 1, at = i * C + j; j >= 0; j--, at--) {
        const n = work[at]!;
        if (mayLeave) full[at] = 0;
        if (n > 1) {
          // Between the digits of a product nothing can happen.
          busy++;
          work[at] = n - 1;
          fired[at] = 0;
          if (seen) {
            seen.states[at] = 2;
            seen.pairs[at] = taken[at]! - 1;
          }
          continue;
        }
        const word = taken[at]!;
        const isLast = n === 1 && i < ends[word - 1]!;
        const steps = n === 1 && !(isLast && full[at] === 1);
        const there =
          (j === 0 ? leftFeeder.arrived(i) : taken[at - 1]!) > word &&
          (i === 0 ? rightFeeder.arrived(j) : taken[at - C]!) > word;
        const fires =
          there &&
          (n === 0 || steps) &&
          (j === C - 1 || word - taken[at + 1]! < room - fired[at + 1]! * skid) &&
          (i === R - 1 || word - taken[at + C]! < room - fired[at + C]! * skid);
        const waits = there && !fires;
        if (steps) busy++;
        else if (n > 0 || waits) stalled++;
        if (seen) {
          seen.states[at] = steps ? 2 : n > 0 || waits ? 1 : 0;
          seen.pairs[at] = n > 0 ? word - 1 : waits ? word : -1;
        }
        if (steps && isLast) full[at] = 1;
        fired[at] = fires ? 1 : 0;
        if (fires) {
          taken[at] = word + 1;
          work[at] = own[word]! * right[j]![word]!;
        } else if (steps) {
          work[at] = 0;
        }
      }
    }
    if (seen) observe(seen);
    if (leaving >= 0 && ++row === usedRows[tile]) {
      row = 0;
      tile++;
    }
    events.row = leaving;
    events.left = leftFeeder.step();
    events.right = rightFeeder.step();
    cycles++;
    return events;
  };
  return {
    cycle,
    time: () => ({ cycles, busy, stalled, starved: R * C * cycles - busy - stalled }),
  };

  /**
   * The way of one side's beats to the elements at the edge: lane n passes n stages.
   *
   * @param place of the element at the end of a lane
   */
  function feeder(lanes: readonly Uint8Array[], place: (lane: number) => number) {
    /** Words that have entered each stage, lane by lane from the outside. */
    const entered = lanes.map((_, lane) => new Int32Array(lane));
    /** Beats that were accepted, and those with the one that is offered. */
    let beat = 0;
    let shown = 0;
    return {
      offer(offered: boolean): void {
        shown = offered && beat < beats ? beat + 1 : beat;
      },
      /** Words that have come as far as the element of a lane. */
      arrived: (lane: number): number => (lane === 0 ? shown : entered[lane]![lane - 1]!),
      /** The cycle ends; whether the beat is accepted. */
      step(): boolean {
        let waits = taken[0]! <= beat;
        for (let lane = 1; lane < lanes.length; lane++) {
          const stages = entered[lane]!;
          const end = place(lane);
          // Of the reader of a stage: words before this cycle, and with those it takes in this cycle.
          let after = taken[end]!;
          let before = after - fired[end]!;
          for (let stage = lane - 1; stage >= 0; stage--) {
            const own = stages[stage]!;
            const offered = stage === 0 ? shown : stages[stage - 1]!;
            const free = own - (skid === 1 ? before : after) < room;
            if (offered > own && free) stages[stage] = own + 1;
            before = own;
            after = stages[stage]!;
          }
          if (stages[0]! <= beat) waits = true;
        }
        if (!waits) beat++;
        return !waits;
      },
    };
  }
}
