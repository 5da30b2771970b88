import { halfToNumber } from '../../../src/numeric/index.ts';
import type { TileColumn } from '../../../src/families/gobo/tile-job.ts';

/**
 * The dot products of fp16 by whole numbers: every finite half is a multiple of 2^-24, so every bin is,
 * and every product one of 2^-48. Singles are BigInts in units of 2^-48 that have 24 significant bits;
 * none is so small or large that its exponent counts.
 */
type Exact = bigint | 'inf' | '-inf' | 'nan';

const negated = (x: Exact): Exact =>
  typeof x === 'bigint' ? -x : x === 'inf' ? '-inf' : x === '-inf' ? 'inf' : 'nan';

/** To 24 significant bits, the nearest, ties to even. */
function rounded(x: bigint): bigint {
  if (x < 0n) return -rounded(-x);
  const excess = x.toString(2).length - 24;
  if (excess <= 0) return x;
  const unit = 1n << BigInt(excess);
  const below = x - (x % unit);
  const rest = 2n * (x % unit);
  const up = rest > unit || (rest === unit && (below / unit) % 2n === 1n);
  return up ? below + unit : below;
}

function sum(a: Exact, b: Exact): Exact {
  if (typeof a === 'bigint' && typeof b === 'bigint') return rounded(a + b);
  if (a === 'nan' || b === 'nan') return 'nan';
  if (typeof a === 'bigint') return b;
  if (typeof b === 'bigint') return a;
  return a === b ? a : 'nan';
}

/** Both in units of 2^-48. */
function product(a: Exact, b: Exact): Exact {
  if (typeof a === 'bigint' && typeof b === 'bigint') return rounded((a * b) >> 48n);
  if (a === 'nan' || b === 'nan' || a === 0n || b === 0n) return 'nan';
  const negative = (x: Exact): boolean => (typeof x === 'bigint' ? x < 0n : x === '-inf');
  return negative(a) === negative(b) ? 'inf' : '-inf';
}

function exactOf(half: number): Exact {
  const magnitude = half & 0x7fff;
  if (magnitude > 0x7c00) return 'nan';
  const value = magnitude === 0x7c00 ? 'inf' : BigInt(halfToNumber(magnitude) * 2 ** 24) << 24n;
  return half >= 0x8000 ? negated(value) : value;
}

/** Bits of a single. Zero is +0: that of an empty sum, of x - x, and of what began as +0. */
function bitsOf(x: Exact): number {
  const view = new DataView(new ArrayBuffer(4));
  if (typeof x === 'bigint') view.setFloat32(0, Number(x) * 2 ** -48);
  else view.setUint32(0, { inf: 0x7f800000, '-inf': 0xff800000, nan: 0x7fc00000 }[x]);
  return view.getUint32(0);
}

/** Bins of one PE, from activations that are no outliers. */
function binsOf(count: number, operands: readonly { half: number; index: number }[]): Exact[] {
  const bins = Array.from({ length: count }, (): Exact => 0n);
  for (const { half, index } of operands) bins[index] = sum(bins[index]!, exactOf(half));
  return bins;
}

/** Bits of the bins. */
export const naiveBins = (
  count: number,
  operands: readonly { half: number; index: number }[],
): number[] => binsOf(count, operands).map(bitsOf);

/** Bits of the result of row `row`. */
export function naiveDot(
  row: number,
  centroids: readonly number[],
  columns: readonly TileColumn[],
): number {
  const outlierOf = (column: TileColumn): number | undefined =>
    column.outliers.find((outlier) => outlier.row === row)?.value;
  const plain = columns.filter((column) => outlierOf(column) === undefined);
  const bins = binsOf(
    centroids.length,
    plain.map(({ activation, indexes }) => ({ half: activation, index: indexes[row]! })),
  );
  const centroidSum = bins.map((bin, k) => product(bin, exactOf(centroids[k]!))).reduce(sum, 0n);
  const outlierSum = columns.reduce<Exact>((partial, column) => {
    const value = outlierOf(column);
    return value === undefined
      ? partial
      : sum(partial, product(exactOf(column.activation), exactOf(value)));
  }, 0n);
  return bitsOf(sum(centroidSum, outlierSum));
}
