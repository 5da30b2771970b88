/**
 * The array of docs/baseline.md as a machine with parts, step by step: operands travel from cell to cell,
 * finished sums go down the bus of their column and through its delays. BigInt throughout. Built the other way
 * round from the golden model, which has a closed form for cycles and computes dot products directly.
 */

export interface NaiveTile {
  /** R lanes of n values, C lanes of n values. */
  readonly weights: readonly (readonly number[])[];
  readonly activations: readonly (readonly number[])[];
}

interface NaiveRow {
  /** One for each column. */
  readonly sums: readonly bigint[];
  readonly last: boolean;
}

export interface NaiveOutcome {
  readonly results: readonly NaiveRow[];
  readonly cycles: number;
}

interface Beat {
  readonly weights: readonly number[];
  readonly activations: readonly number[];
  readonly last: boolean;
}

/** What a column shows in a step. */
interface Shown {
  readonly row: number;
  readonly sum: bigint;
}

/** @param rows in use */
export function naiveArray(rows: number, tiles: readonly NaiveTile[]): NaiveOutcome {
  const columns = tiles[0]!.activations.length;
  const beats = tiles.flatMap(({ weights, activations }): Beat[] =>
    weights[0]!.map((_, k) => ({
      weights: weights.map((lane) => lane[k]!),
      activations: activations.map((lane) => lane[k]!),
      last: k === weights[0]!.length - 1,
    })),
  );
  const sums = Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0n));
  // What column j shows goes through columns - 1 - j delays, and first waits for a step in its cell.
  const delays = Array.from({ length: columns }, (_, j) =>
    Array.from({ length: columns - j }, (): Shown | undefined => undefined),
  );
  // What entered the array i steps ago.
  const history: (Beat | undefined)[] = [];
  const results: NaiveRow[] = [];
  let step = 0;
  for (; results.length < tiles.length * rows; step++) {
    if (step > 1_000_000) throw new Error('the array hangs');
    const heads = delays.map((delay) => delay.pop());
    const [head] = heads;
    if (head) {
      if (heads.some((other) => other?.row !== head.row)) {
        throw new Error(`step ${step}: the sums of row ${head.row} do not come together`);
      }
      results.push({ sums: heads.map((shown) => shown!.sum), last: head.row === rows - 1 });
    }
    const isFree = !history.slice(0, rows - 1).some((beat) => beat?.last);
    history.unshift(beats[0] && (!beats[0].last || isFree) ? beats.shift() : undefined);
    delays.forEach((delay, j) => {
      let shown: Shown | undefined;
      for (let i = 0; i < rows; i++) {
        const operands = history[i + j];
        if (!operands) continue;
        sums[i]![j]! += BigInt(operands.weights[i]!) * BigInt(operands.activations[j]!);
        if (!operands.last) continue;
        if (shown) throw new Error(`step ${step}: rows ${shown.row} and ${i} meet in column ${j}`);
        shown = { row: i, sum: sums[i]![j]! };
        sums[i]![j] = 0n;
      }
      delay.unshift(shown);
    });
  }
  return { results, cycles: step };
}
