/**
 * What every engine runs, as plain data that knows no family.
 *
 * A beat on a stream is its payload fields packed from bit 0 up in the order of declaration,
 * little-endian, in ceil(width / 8) bytes. Beats follow each other without padding.
 */

/** Beats given here, or those of a blob that was put into the session before. */
export type Beats = Uint8Array | { readonly blob: string };

/** Chances, in 1/256 per cycle, that a source withholds a beat or a sink refuses one. */
export interface Stalls {
  /** Seed of the stall generators, 1 .. 2^32 - 1; see `stalls.ts`. */
  readonly seed: number;
  readonly source: number;
  readonly sink: number;
}

export const noStalls: Stalls = { seed: 1, source: 0, sink: 0 };

export interface Job {
  /**
   * Configuration, written in order before any input beat is offered, to addresses of the stream
   * `setup`: through AXI4-Lite where the design has the common shell, else as beats {address, data}.
   */
  readonly writes: readonly (readonly [address: number, value: number])[];
  /** Registers of the common shell by name, written before `writes`. */
  readonly registers?: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Beats>>;
  /** Exact number of beats that each output stream must deliver. */
  readonly expect: Readonly<Record<string, number>>;
  readonly stalls: Stalls;
  /** Cycles after which the job is given up, with a report of where each stream stood. */
  readonly maxCycles: number;
}

export interface Outcome {
  readonly outputs: Readonly<Record<string, Uint8Array>>;
  /** First accepted input beat (not counting `writes`) to last accepted output beat, inclusive. */
  readonly cycles: number;
  /** What the counters of the common shell say after the job; none without it. */
  readonly counters: Readonly<Record<string, number>>;
}

/** A design running in one engine. Weights go up once with `put` and stay for many jobs. */
export interface Session {
  put(blob: string, bytes: Uint8Array): Promise<void>;
  /** Runs the jobs in order, from one reset; answers in the same order. */
  run(jobs: readonly Job[]): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

export const engineNames = ['golden', 'simulator', 'icarus', 'verilator'] as const;
export type EngineName = (typeof engineNames)[number];
