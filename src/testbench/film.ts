/** What an array did, cycle by cycle: plain data that knows no family, for `systole watch`. */

/** What a processing element does in a cycle: it has no operands, has them and cannot go on, or computes. */
export const cellStates = ['starved', 'stalled', 'busy'] as const;

export type CellState = (typeof cellStates)[number];

/** A cell is the place of its state in `cellStates`, and flags: its left, its right operand has 8 bits. */
export const cellStateMask = 3;
export const leftEightFlag = 4;
export const rightEightFlag = 8;

/** A made-up sequence that a film is about. */
export interface FilmRequest {
  readonly tokens: number;
  /** Products in each sum. */
  readonly depth: number;
  /** Share of tokens with 8 bits, 0 .. 1. */
  readonly eight: number;
  /** Share that is pruned; the others have 4 bits. */
  readonly pruned: number;
  readonly seed: number;
}

/** One product of tokens with tokens, run with several orders of the tokens. */
export interface Film {
  /** What is computed, as one writes it. */
  readonly product: string;
  /** Of the array. */
  readonly rows: number;
  readonly columns: number;
  /** Products in each sum. */
  readonly depth: number;
  /** 8, 4 or 0, by token number. */
  readonly bits: readonly number[];
  readonly takes: readonly Take[];
}

/** A run of the array with one order of the tokens. */
export interface Take {
  readonly name: string;
  /** What the order is. */
  readonly title: string;
  /** Numbers of the tokens that are not pruned as they are fetched, for rows and columns alike. */
  readonly order: readonly number[];
  /** What is computed at a time: the places in `order` of the first row and of the first column. */
  readonly tiles: readonly { readonly left: number; readonly right: number }[];
  /** First operands to last results, both included. */
  readonly cycles: number;
  /** Cycles of all processing elements: rows x columns x `cycles` together. */
  readonly counts: Readonly<Record<CellState, number>>;
  /**
   * For each row, by tile, the cycle in which its first element holds the first operands of the tile. Rows beyond
   * those in use may not have come to the last tile when the take ends.
   */
  readonly rowStarts: readonly (readonly number[])[];
  /** The same for each column. */
  readonly columnStarts: readonly (readonly number[])[];
  /** By tile, the last cycle in which an element works on it. */
  readonly tileEnds: readonly number[];
  /** [cycles x rows x columns] */
  readonly cells: Uint8Array;
}
