/**
 * The array of docs/baseline.md as a machine with parts, step by step: operands travel from cell to
 * cell, sums move into drain registers and up. BigInt throughout. Built the other way round from the golden
 * model, which has a closed form for cycles and computes dot products directly.
 */

export interface NaiveTile {
  /** R lanes of n values, C lanes of n values. */
  readonly weights: readonly (readonly number[])[];
  readonly activations: readonly (readonly number[])[];
}

export interface NaiveOutcome {
  readonly results: readonly { readonly value: bigint; readonly last: boolean }[];
  readonly cycles: number;
}

interface Beat {
  readonly weights: readonly number[];
  readonly activations: readonly number[];
  readonly last: boolean;
}

export function naiveArray(
  inUse: { readonly rows: number; readonly columns: number },
  tiles: readonly NaiveTile[],
): NaiveOutcome {
  const { rows, columns } = inUse;
  const beats = tiles.flatMap(({ weights, activations }): Beat[] =>
    weights[0]!.map((_, k) => ({
      weights: weights.map((lane) => lane[k]!),
      activations: activations.map((lane) => lane[k]!),
      last: k === weights[0]!.length - 1,
    })),
  );
  const grid = <T>(value: T): T[][] =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => value));
  const sums = grid(0n);
  const drain = grid<bigint | undefined>(undefined);
  // What entered the array i steps ago, and whether drain registers of column 0 moved then.
  const history: { beat?: Beat | undefined; moved: boolean }[] = [];
  const results: { value: bigint; last: boolean }[] = [];
  const total = tiles.length * rows * columns;
  let left = 0;
  let wait = 0;
  let step = 0;
  for (; results.length < total; step++) {
    if (step > 1_000_000) throw new Error('the array hangs');
    let moved = false;
    if (left > 0 && wait > 0) {
      wait--;
    } else if (left > 0) {
      const column = (rows * columns - left) % columns;
      left--;
      const value = drain[0]![column];
      if (value === undefined) throw new Error(`step ${step}: result ${results.length} is absent`);
      results.push({ value, last: left === 0 });
      moved = column === columns - 1;
    }
    const offered = beats[0];
    const beat = offered && (!offered.last || left === 0) ? beats.shift() : undefined;
    if (beat?.last) {
      left = rows * columns;
      wait = Math.max(0, rows - columns);
    }
    history.unshift({ beat, moved });
    for (let j = 0; j < columns; j++) {
      if (history[j]?.moved) {
        for (let i = 0; i < rows; i++) drain[i]![j] = drain[i + 1]?.[j];
      }
      for (let i = 0; i < rows; i++) {
        const operands = history[i + j]?.beat;
        if (!operands) continue;
        sums[i]![j]! += BigInt(operands.weights[i]!) * BigInt(operands.activations[j]!);
        if (operands.last) {
          drain[i]![j] = sums[i]![j]!;
          sums[i]![j] = 0n;
        }
      }
    }
  }
  return { results, cycles: step };
}
