import { concatenate } from '../../numeric/index.ts';
import { tokenOrder } from './decoding.ts';
import { beatBytes, lastFlags, packBeats, unpackBeats } from '../../testbench/beats.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { leftBeats, resultBeats, rightBeats } from './format/streams.ts';
import type { WordMatrix } from './format/words.ts';
import { columnsAddress, leftSignedAddress, rightSignedAddress, rowsAddress } from './params.ts';
import type { ArrayParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;
/** Beats of inputs that one job may hold, in bytes: enough to amortise a round trip. */
const jobBytes = 8 * 2 ** 20;
/** Digit products of two words, at most. */
const mostDigits = 4;

/** Rows R and columns C of the array. */
export type ArrayShape = Pick<ArrayParameters, 'rows' | 'cols'>;

/** Whether the words of each side have a sign. */
export interface Signs {
  readonly left: boolean;
  readonly right: boolean;
}

/** left x right^T: every row of either side is a lane of some tiles. */
export interface ArrayProduct {
  /** [n x k] */
  readonly left: WordMatrix;
  /** [m x k] */
  readonly right: WordMatrix;
  readonly signed: Signs;
}

/** How a fetch walks the tokens: by number, or those of 8 bits first. */
export const tokenOrders = ['unsorted', 'sorted'] as const;

export type TokenOrder = (typeof tokenOrders)[number];

/** Numbers of the tokens that are alive, as a fetch walks them. */
export const orderOf = (bits: ArrayLike<number>, order: TokenOrder): readonly number[] =>
  order === 'sorted'
    ? tokenOrder(bits)
    : Array.from({ length: bits.length }, (_, token) => token).filter((token) => bits[token]! > 0);

/** Some rows and columns of a matrix, in this order; all unless given. */
export function inOrder(
  m: WordMatrix,
  rows: readonly number[] | undefined,
  columns?: readonly number[],
): WordMatrix {
  const [height, width] = [rows?.length ?? m.rows, columns?.length ?? m.columns];
  const words = new Uint16Array(height * width);
  for (let row = 0, at = 0; row < height; row++) {
    const from = (rows?.[row] ?? row) * m.columns;
    for (let column = 0; column < width; column++, at++) {
      words[at] = m.words[from + (columns?.[column] ?? column)]!;
    }
  }
  return { rows: height, columns: width, words };
}

/** Tiles of one job: `rows` rows of the left side from each `left`, `columns` of the right one from each `right`. */
export interface TilePlan {
  readonly rows: number;
  readonly columns: number;
  readonly tiles: readonly { readonly left: number; readonly right: number }[];
}

const starts = (count: number, size: number): readonly number[] =>
  Array.from({ length: Math.ceil(count / size) }, (_, i) => i * size);

/**
 * The tiles of a product in jobs of bounded size: all of them have one shape, so that one follows the other without
 * a gap; lanes past the edge get words of 0.
 */
export function planOf(p: ArrayShape, { left, right }: ArrayProduct): readonly TilePlan[] {
  if (left.rows === 0 || right.rows === 0) return [];
  const rows = Math.min(p.rows, left.rows);
  const columns = Math.min(p.cols, right.rows);
  const tiles = starts(left.rows, rows).flatMap((row) =>
    starts(right.rows, columns).map((column) => ({ left: row, right: column })),
  );
  const tileBytes = 2 * left.columns * (p.rows + p.cols);
  const perJob = Math.max(1, Math.floor(jobBytes / tileBytes));
  return starts(tiles.length, perJob).map((at) => ({
    ...{ rows, columns },
    tiles: tiles.slice(at, at + perJob),
  }));
}

/** Lanes from row `first` on, and lanes of 0 up to `count`. */
function lanes({ rows, columns, words }: WordMatrix, first: number, count: number): Uint16Array[] {
  const unused = new Uint16Array(columns);
  return Array.from({ length: count }, (_, lane) =>
    first + lane < rows
      ? words.subarray((first + lane) * columns, (first + lane + 1) * columns)
      : unused,
  );
}

/** Values by key, each made once. */
function memo<T>(make: (key: number) => T): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key)!;
  };
}

/** Writes of a job: every address, so that the job stands for itself. */
export const arrayWrites = (
  { left, right }: Signs,
  { rows, columns }: Pick<TilePlan, 'rows' | 'columns'>,
): Job['writes'] => [
  [leftSignedAddress, left ? 1 : 0],
  [rightSignedAddress, right ? 1 : 0],
  [rowsAddress, rows],
  [columnsAddress, columns],
];

/** A job with these operand beats; `results` beats leave. */
export const arrayJob = (
  p: ArrayShape,
  writes: Job['writes'],
  inputs: { readonly left: Uint8Array; readonly right: Uint8Array },
  { beats, results }: { readonly beats: number; readonly results: number },
): Job => ({
  registers: { RESULTS: results },
  writes,
  inputs,
  expect: { results },
  stalls: noStalls,
  maxCycles: stallAllowance * (mostDigits * beats + results + 2 * (p.rows + p.cols) + 64),
});

/** Cuts a product into jobs, as `planOf` says. */
export function productJobs(p: ArrayShape, product: ArrayProduct): readonly Job[] {
  const { left, right, signed } = product;
  const last = lastFlags(left.columns);
  const leftImage = memo((row) =>
    packBeats(leftBeats(p).widths, [...lanes(left, row, p.rows), last]),
  );
  const rightImage = memo((row) => packBeats(rightBeats(p).widths, lanes(right, row, p.cols)));
  return planOf(p, product).map((plan) =>
    arrayJob(
      p,
      arrayWrites(signed, plan),
      {
        left: concatenate(plan.tiles.map((tile) => leftImage(tile.left))),
        right: concatenate(plan.tiles.map((tile) => rightImage(tile.right))),
      },
      { beats: plan.tiles.length * left.columns, results: plan.tiles.length * plan.rows },
    ),
  );
}

/** Jobs of the same setup as one, whose tiles follow each other without a gap. */
export function joinedJob(p: ArrayShape, jobs: readonly Job[]): Job {
  const bytes = (stream: string): Uint8Array =>
    concatenate(jobs.map(({ inputs }) => inputs[stream] as Uint8Array));
  const inputs = { left: bytes('left'), right: bytes('right') };
  return arrayJob(p, jobs[0]!.writes, inputs, {
    beats: inputs.left.length / beatBytes(leftBeats(p).widths),
    results: jobs.reduce((sum, { expect }) => sum + expect['results']!, 0),
  });
}

/** The sums of `productJobs`' jobs: [n x m], row-major. */
export function productSums(
  p: ArrayShape,
  product: ArrayProduct,
  outcomes: readonly Outcome[],
): Int32Array {
  const [height, width] = [product.left.rows, product.right.rows];
  const plans = planOf(p, product);
  if (outcomes.length !== plans.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${plans.length} jobs.`);
  }
  const { widths, signed } = resultBeats(p);
  const sums = new Int32Array(height * width);
  plans.forEach(({ rows, columns, tiles }, job) => {
    const lanes = unpackBeats(widths, outcomes[job]!.outputs['results']!, signed);
    if (lanes[0]!.length !== tiles.length * rows) {
      throw new Error(
        `Job ${job} has ${lanes[0]!.length} rows of results instead of ${tiles.length * rows}.`,
      );
    }
    tiles.forEach(({ left, right }, tile) => {
      const [usedRows, usedColumns] = [
        Math.min(rows, height - left),
        Math.min(columns, width - right),
      ];
      for (let i = 0; i < usedRows; i++) {
        const at = (left + i) * width + right;
        for (let j = 0; j < usedColumns; j++) sums[at + j] = lanes[j]![tile * rows + i]!;
      }
    });
  });
  return sums;
}
