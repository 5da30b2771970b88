import type { TileColumn } from '../../../src/families/gobo/tile-job.ts';

/**
 * The tile of docs/gobo-tile.md as a machine with parts: bin sets, a queue, a three-stage pipeline,
 * BigInt sums. Slow, and built the other way round from the golden model, which computes results
 * and cycles apart from each other.
 */

export interface NaiveParameters {
  readonly bits: number;
  readonly buffers: number;
  readonly queueDepth: number;
}

export interface NaiveOutcome {
  readonly results: readonly { readonly value: bigint; readonly last: boolean }[];
  readonly cycles: number;
}

interface Product {
  readonly row: number;
  readonly set: number;
  readonly left: bigint;
  readonly right: bigint;
  readonly kind: 'outlier' | 'bin' | 'last bin';
}

export function naiveTile(
  p: NaiveParameters,
  rows: number,
  centroids: readonly number[],
  dots: readonly (readonly TileColumn[])[],
): NaiveOutcome {
  const count = 2 ** p.bits;
  const emptySet = (): bigint[][] =>
    Array.from({ length: rows }, () => Array.from({ length: count }, () => 0n));
  const sets = Array.from({ length: p.buffers }, () => ({ bins: emptySet(), full: false }));
  const outlierSums = sets.map(() => Array.from({ length: rows }, () => 0n));
  const columns = dots.flatMap((dot) =>
    dot.map((column, i) => ({ ...column, last: i === dot.length - 1 })),
  );
  const queue: Product[] = [];
  const results: { value: bigint; last: boolean }[] = [];
  const total = dots.length * rows;
  let filling = 0;
  let draining = 0;
  let bin = 0;
  let taken = 0;
  let rowSum: bigint | undefined;
  let operands: Product | undefined;
  let product: (Product & { value: bigint }) | undefined;
  let output: { value: bigint; last: boolean } | undefined;
  let cycle = 0;
  for (; results.length < total; cycle++) {
    if (cycle > 1_000_000) throw new Error('the tile hangs');
    // What each part does in this cycle is decided on the state at its start.
    if (output !== undefined) results.push(output);
    const column = columns[0];
    const fill = sets[filling]!;
    const open = column !== undefined && !fill.full;
    let queued: Product | undefined;
    if (open && taken < column.outliers.length && queue.length < p.queueDepth) {
      const { row, value } = column.outliers[taken]!;
      queued = {
        row,
        set: filling,
        left: BigInt(column.activation),
        right: BigInt(value),
        kind: 'outlier',
      };
    }
    const accepted = open && taken + (queued ? 1 : 0) === column.outliers.length;

    let issue: Product | undefined;
    const drain = sets[draining]!;
    let emptied = false;
    if (queue.length > 0) {
      issue = queue.shift();
    } else if (drain.full) {
      const row = Math.floor(bin / count);
      const k = bin % count;
      issue = {
        row,
        set: draining,
        left: BigInt(centroids[k]!),
        right: drain.bins[row]![k]!,
        kind: k === count - 1 ? 'last bin' : 'bin',
      };
      emptied = bin === rows * count - 1;
    }

    // Edge: sum, product, operands, then queue and bins.
    output = undefined;
    if (product !== undefined) {
      const sums = outlierSums[product.set]!;
      if (product.kind === 'outlier') {
        sums[product.row]! += product.value;
      } else {
        rowSum = (rowSum ?? sums[product.row]!) + product.value;
        if (product.kind === 'last bin') {
          output = { value: rowSum, last: product.row === rows - 1 };
          rowSum = undefined;
          sums[product.row] = 0n;
        }
      }
    }
    product = operands && { ...operands, value: operands.left * operands.right };
    operands = issue;
    if (queued) {
      queue.push(queued);
      taken++;
    }
    if (issue && issue.kind !== 'outlier') bin++;
    if (emptied) {
      bin = 0;
      drain.bins = emptySet();
      drain.full = false;
      draining = (draining + 1) % p.buffers;
    }
    if (accepted) {
      for (let row = 0; row < rows; row++) {
        if (column.outliers.some((record) => record.row === row)) continue;
        fill.bins[row]![column.indexes[row]!]! += BigInt(column.activation);
      }
      columns.shift();
      taken = 0;
      if (column.last) {
        fill.full = true;
        filling = (filling + 1) % p.buffers;
      }
    }
  }
  return { results, cycles: cycle };
}
