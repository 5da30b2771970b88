import type { AcceleratorParameters } from './params.ts';

/** Cycles from a row of sums to the pair that it completes. */
const encoderLatency = 4;

/** What decides how long a run takes. */
export interface RunShape {
  readonly bits: 4 | 8;
  /** In use. */
  readonly rows: number;
  /** Of each image. */
  readonly tiles: number;
  /** Whether results are pairs. */
  readonly pairs: boolean;
  readonly images: readonly {
    /** Beats that load it. */
    readonly beats: number;
    /** Pairs of a row among them. */
    readonly words: number;
  }[];
}

/**
 * First accepted beat to last accepted result, inclusive, without outside stalls: docs/olive-accelerator.md, "How long it
 * takes".
 */
export function acceleratorCycles(
  p: Pick<AcceleratorParameters, 'rows' | 'columns'>,
  { bits, rows, tiles, pairs, images }: RunShape,
): number {
  const leaving = (p.rows + p.columns) / 2 + (bits === 8 ? 2 * rows - 1 : rows) + 1;
  // Last beats of the image before, and when the two before it were given up.
  let loaded = 0;
  let given = -Infinity;
  let givenBefore = -Infinity;
  let last = -Infinity;
  for (const { beats, words } of images) {
    const starts = Math.max(loaded + 1, givenBefore + 1);
    loaded = starts + beats - 1;
    for (let tile = 0; tile < tiles; tile++) {
      const first = Math.max(last + 2, loaded + 2);
      last = Math.max(first + 2 * words - 2, last + leaving);
    }
    givenBefore = given;
    given = last;
  }
  return last + leaving + (pairs ? encoderLatency : 0);
}
