import type { Observer } from './observe.ts';

/** Where the value of a top-level port lives in `Simulator.pins`: 32-bit words, lowest first. */
export interface Pin {
  readonly offset: number;
  readonly words: number;
  readonly width: number;
}

export interface SimulatorOptions {
  /** Seed of the power-on values of registers and memories. Default 1. */
  readonly seed?: number;
  /** Called for every assertion that fails; by default the failure throws. */
  readonly onFailure?: (failure: CheckFailure) => void;
  /**
   * Called in every cycle before its clock edge: `recordVcd().onCycle`, `recordWaves(...).onCycle`,
   * `recordCoverage().onCycle`, or what else wants to look. Slow; costs nothing where it is absent.
   */
  readonly onCycle?: Observer;
}

export interface CheckFailure {
  /** Instance path and name of the check: `u_queue.no_overflow`. */
  readonly path: string;
  readonly message: string;
  /** `file:line` in the user's source, where known. */
  readonly location: string | undefined;
  readonly cycle: number;
}

/**
 * A running design: two-state, cycle-based, one tick per clock edge.
 *
 * Write inputs into `pins`, `settle()`, read outputs from `pins`, `tick()`. The values of ports
 * narrower than their last word are zero-extended there.
 *
 * The reset of each domain of the top is an input pin of one bit under its own name, active low; as
 * all inputs, it starts at 0, so that a design is in reset until its reset is set to 1. Checks are
 * not watched in reset, `cover` not at all. State that nothing initialises powers on with values that
 * depend on the seed and the path alone, the same in every engine of this folder.
 */
export interface Simulator {
  readonly pins: Int32Array;
  pin(port: string): Pin;
  /** Cycles ticked since creation. */
  readonly cycle: number;
  /** Propagates inputs and state to the outputs. */
  settle(): void;
  /**
   * The rising edge of the clocks of these domains of the top (by name; of every clock where absent),
   * all from the settled state before it. Checks of these domains are evaluated before it.
   */
  tick(domains?: readonly string[]): void;
  /** `settle` and `tick`, `cycles` times, with the inputs as they are. Default 1. */
  run(cycles?: number): void;
  /**
   * Sets an input port; signed ports take negative values too. Throws where the name is unknown or
   * the value does not fit.
   */
  poke(port: string, value: number | bigint): void;
  /**
   * A port, or a named internal value or memory word by its path: `u_pe[3].total`,
   * `u_row[1].u_cell[2][0].bins[7]`. Unsigned. Settles first; slow.
   */
  peek(path: string): bigint;
}
