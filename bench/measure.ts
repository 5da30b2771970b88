/** Middle value; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Median milliseconds of each contestant, run in turn so that a drifting machine hurts both. */
export async function inTurn(
  rounds: number,
  contestants: readonly (() => unknown)[],
): Promise<number[]> {
  const times = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      times[index]!.push(await timed(contestant));
    }
  }
  return times.map(median);
}

/** Four significant digits are more than a shared machine can promise. */
export const rounded = (value: number): number => Number(value.toPrecision(4));
