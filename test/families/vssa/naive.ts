/**
 * The algorithm of docs/vssa.md a second time, over plain arrays of numbers and one sequence: rows are arrays, nothing
 * is shared with the sources but the options.
 */

export type Rows = readonly (readonly number[])[];

export interface NaiveTokens {
  readonly bits: readonly number[];
}

const half = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
const between = (low: number, x: number, high: number): number => Math.min(high, Math.max(low, x));

/** Code and unit of a row. */
export function naiveRow(
  row: readonly number[],
  bits: number,
  scale: number,
  own: boolean,
): { codes: number[]; unit: number } {
  if (bits === 0) return { codes: row.map(() => 0), unit: scale };
  const eight = row.map((x) => between(-127, half(x / scale), 127));
  if (bits === 8) return { codes: eight, unit: scale };
  if (!own) {
    return { codes: eight.map((q) => 16 * between(-8, Math.floor((q + 8) / 16), 7)), unit: scale };
  }
  const s = Math.fround(Math.max(...row.map(Math.abs)) / 7);
  if (s === 0) return { codes: row.map(() => 0), unit: 0 };
  return { codes: row.map((x) => 16 * between(-7, half(x / s), 7)), unit: s / 16 };
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Exact sums of q k^T, and their values. */
export function naiveScores(
  q: Rows,
  k: Rows,
  bits: readonly number[],
  scales: { q: number; k: number },
  own: boolean,
) {
  const left = q.map((row, i) => naiveRow(row, bits[i]!, scales.q, own));
  const right = k.map((row, i) => naiveRow(row, bits[i]!, scales.k, own));
  return left.map((a) =>
    right.map((b) => {
      const sum = dot(a.codes, b.codes);
      return { sum, value: Math.fround(sum * a.unit * b.unit) };
    }),
  );
}

export function naiveContext(
  p: Rows,
  v: Rows,
  bits: readonly number[],
  scale: number,
  own: boolean,
  queryPrecision: boolean,
) {
  const values = v.map((row, i) => naiveRow(row, bits[i]!, scale, own));
  const live = bits.flatMap((b, i) => (b === 0 ? [] : [i]));
  const unit = Math.max(...live.map((i) => values[i]!.unit));
  return p.map((row, i) => {
    if (bits[i] === 0) return v[0]!.map(() => ({ sum: 0, value: 0 }));
    const folded = row.map((x, j) =>
      bits[j] === 0 || unit === 0 ? 0 : x * (values[j]!.unit / unit),
    );
    const short = queryPrecision && bits[i] === 4;
    const most = Math.max(...folded);
    const eight = folded.map((x) => Math.min(255, Math.floor(255 * x + 0.5)));
    const codes = !short
      ? eight
      : own
        ? folded.map((x) => (most === 0 ? 0 : 16 * Math.floor((15 * x) / most + 0.5)))
        : eight.map((c) => 16 * Math.min(15, Math.floor((c + 8) / 16)));
    const rowUnit = short && own ? most / 240 : 1 / 255;
    return v[0]!.map((_, c) => {
      const sum = codes.reduce((total, code, j) => total + code * values[j]!.codes[c]!, 0);
      return { sum, value: Math.fround(sum * rowUnit * unit) };
    });
  });
}

/** Two levels of selection without sorting: count those who come before. */
export function naiveTopK(
  scores: readonly number[],
  live: readonly number[],
  isProtected: readonly number[],
  k0: number,
  k1: number,
): { eight: number[]; four: number[] } {
  const beats = (a: number, b: number): boolean =>
    scores[a]! > scores[b]! || (scores[a] === scores[b] && a < b);
  const tokens = scores.map((_, i) => i).filter((i) => live[i] !== 0);
  const guarded = tokens.filter((i) => isProtected[i] === 1);
  const open = tokens.filter((i) => isProtected[i] !== 1);
  const room = Math.max(0, k0 - guarded.length);
  const survives = (i: number): boolean =>
    isProtected[i] === 1 || open.filter((other) => beats(other, i)).length < room;
  const survivors = tokens.filter(survives);
  const isEight = (i: number): boolean => survivors.filter((other) => beats(other, i)).length < k1;
  return {
    eight: survivors.filter(isEight),
    four: survivors.filter((i) => !isEight(i)),
  };
}
