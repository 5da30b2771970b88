/**
 * Outlier-victim pairs straight from their description: lists of values with the codes beside them, every decision by
 * looking at all of them. Shares nothing with the program.
 */

export type Type = 'int4' | 'flint4' | 'int8';

export interface Naive {
  readonly identifier: number;
  /** Value by code. */
  readonly normals: ReadonlyMap<number, number>;
  /** Value by code of those that the encoder gives. */
  readonly outliers: ReadonlyMap<number, number>;
  /** From this magnitude on a value is an outlier. */
  readonly threshold: number;
}

const flint = [0, 1, 2, 3, 16, 8, 4, 6];

export function naive(type: Type, bias: number, mantissa = type === 'int8' ? 3 : 1): Naive {
  const wide = type === 'int8';
  const identifier = wide ? 128 : 8;
  const normals = new Map<number, number>();
  const outliers = new Map<number, number>();
  for (let code = 0; code < 2 * identifier; code++) {
    if (code !== identifier) {
      const complement = code < identifier ? code : code - 2 * identifier;
      const sign = code < identifier ? 1 : -1;
      normals.set(code, type === 'flint4' ? sign * flint[code % 8]! : complement);
    }
    const low = code % identifier;
    if (low === 0) continue;
    const value =
      ((1 << mantissa) + (low & ((1 << mantissa) - 1))) * 2 ** ((low >> mantissa) + bias);
    if (!wide || value <= 32768) outliers.set(code, code < identifier ? value : -value);
  }
  const largest = Math.max(...normals.values());
  const smallest = Math.min(...[...outliers.values()].map(Math.abs));
  return { identifier, normals, outliers, threshold: (largest + smallest) / 2 };
}

/** Values of a pair and whether it is legal. */
export function naiveDecode(n: Naive, first: number, second: number): [number, number, boolean] {
  if (first !== n.identifier && second !== n.identifier) {
    return [n.normals.get(first)!, n.normals.get(second)!, true];
  }
  const other = first === n.identifier ? second : first;
  const low = other % n.identifier;
  const known = n.outliers.get(other);
  const value = low === 0 ? 0 : (known ?? (other < n.identifier ? 32768 : -32768));
  return first === n.identifier ? [0, value, known !== undefined] : [value, 0, known !== undefined];
}

/** The value nearest to x; of two as near the one of larger magnitude, or the larger one. */
export function naiveNearest(n: Naive, x: number, upwards = false): number {
  const outlier = upwards && x < 0 ? Math.abs(x) > n.threshold : Math.abs(x) >= n.threshold;
  let best = NaN;
  for (const value of (outlier ? n.outliers : n.normals).values()) {
    const [d, e] = [Math.abs(value - x), Math.abs(best - x)];
    const preferred = upwards ? value > best : Math.abs(value) > Math.abs(best);
    if (Number.isNaN(best) || d < e || (d === e && preferred)) best = value;
  }
  return best + 0;
}

/** A pair of real values in units of the scale. */
export function naivePair(
  n: Naive,
  a: number,
  b: number,
  options: { readonly artifact?: boolean; readonly halves?: boolean } = {},
): { readonly values: [number, number]; readonly outliers: number } {
  const up = options.artifact === true;
  const [p, q] = [naiveNearest(n, a, up), naiveNearest(n, b, up)];
  const isOutlier = (x: number): boolean =>
    up && x < 0 ? Math.abs(x) > n.threshold : Math.abs(x) >= n.threshold;
  const cut = (x: number): number => {
    const limit = n.identifier === 128 ? 2 ** 18 - 1 : 2 ** 9 - 1;
    return options.halves ? Math.min(limit, Math.floor(2 * Math.abs(x))) : Math.abs(x);
  };
  const outliers = Number(isOutlier(a)) + Number(isOutlier(b));
  if (outliers === 0) return { values: [p, q], outliers };
  const left = outliers === 2 ? up || cut(a) > cut(b) : isOutlier(a);
  return { values: left ? [p, 0] : [0, q], outliers };
}

/** Of all legal pairs the one with the least squared error; of equals the first of normals, (0, outlier), (outlier, 0). */
export function naiveNearestPair(
  n: Naive,
  a: number,
  b: number,
  scale: number,
): { readonly values: [number, number]; readonly error: number } {
  const normals = [...n.normals.values()];
  const outliers = [...n.outliers.values()];
  const pairs: [number, number][] = [
    ...normals.flatMap((p) => normals.map((q): [number, number] => [p, q])),
    ...outliers.map((q): [number, number] => [0, q]),
    ...outliers.map((p): [number, number] => [p, 0]),
  ];
  let best = { values: pairs[0]!, error: Infinity };
  for (const values of pairs) {
    const error = (a - values[0] * scale) ** 2 + (b - values[1] * scale) ** 2;
    if (error < best.error) best = { values, error };
  }
  return best;
}
