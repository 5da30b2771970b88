import type { IntegerProduct, PreciseMatrix } from '../../tensor/index.ts';
import { unpackBeats } from '../../testbench/beats.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { acceleratorJob } from './accelerator-job.ts';
import type { OperandRows } from './accelerator-job.ts';
import { piecesOf } from './accelerator-plan.ts';
import type { Piece } from './accelerator-plan.ts';
import { acceleratorResultBeats } from './format/accelerator-streams.ts';
import type { AcceleratorParameters } from './params.ts';

/** Some rows and columns of a matrix; a row of zeros where there is no row. */
function codesOf(
  { columns, data }: PreciseMatrix,
  rows: readonly (number | undefined)[],
  inner: readonly number[],
): Int16Array {
  const codes = new Int16Array(rows.length * inner.length);
  rows.forEach((row, i) => {
    if (row === undefined) return;
    inner.forEach((column, k) => (codes[i * inner.length + k] = data[row * columns + column]!));
  });
  return codes;
}

/** Tokens send their rows in the order of their numbers, others in that of their places. */
const sent = (rows: readonly number[], byList: boolean): readonly number[] =>
  byList ? [...rows].sort((a, b) => a - b) : rows;

function leftRows({ left }: IntegerProduct, piece: Piece): OperandRows {
  const rows = sent(piece.rows, piece.left.byList);
  return {
    ids: rows.map((row) => (piece.left.byList ? piece.idOf(row) : 0)),
    columns: piece.inner.length,
    data: codesOf(left, rows, piece.inner),
  };
}

function rightRows({ right }: IntegerProduct, piece: Piece, group: readonly number[]): OperandRows {
  const { byIndex, byList } = piece.right;
  const idsOf = (rows: readonly number[]): number[] =>
    rows.map((row) => (byList ? piece.idOf(row) : 0));
  if (byIndex) {
    const indexes = sent(piece.inner, byList);
    const codes = codesOf(right, group, indexes);
    const data = new Int16Array(indexes.length * piece.width);
    codes.forEach((code, at) => {
      const [lane, index] = [Math.floor(at / indexes.length), at % indexes.length];
      data[index * piece.width + lane] = code;
    });
    return { ids: idsOf(indexes), columns: piece.width, data };
  }
  const rows = sent(group, byList);
  const filled = Array.from({ length: piece.width }, (_, lane) => rows[lane]);
  return {
    ids: filled.map((row) => (byList ? piece.idOf(row!) : 0)),
    columns: piece.inner.length,
    data: codesOf(right, filled, piece.inner),
  };
}

/**
 * Cuts products into jobs.
 *
 * @param products of the same shape, with the same bits: the heads of a layer, say; each job holds a piece of all of them,
 *   one behind the other
 * @throws InputError where tokens do not fit into the accelerator
 */
export function acceleratorJobs(
  p: AcceleratorParameters,
  products: readonly IntegerProduct[],
): readonly Job[] {
  const [first] = products;
  if (!first) return [];
  return piecesOf(p, first).map((piece) => {
    const { left, right, rowsByList, bits, rows, width, groups, inner } = piece;
    const needsList = left.byList || right.byList || [left, right].some((s) => s.tags !== 'eight');
    return acceleratorJob(p, {
      depth: inner.length,
      left: {
        ...{ count: rows.length, signed: first.leftSigned, uses: groups.length },
        ...left,
        // Codes of probabilities are digits already, and have no sign.
        requantizes: first.leftSigned && left.tags !== 'eight',
        matrices: products.map((product) => leftRows(product, piece)),
      },
      right: {
        ...{ count: width, signed: true, uses: 1 },
        ...right,
        requantizes: right.tags !== 'eight',
        matrices: products.flatMap((product) =>
          groups.map((group) => rightRows(product, piece, group)),
        ),
      },
      rowsByList,
      ...(needsList && bits && { bits }),
    });
  });
}

/** Beats of results of a piece for one product. */
const beatsPerGroup = (p: AcceleratorParameters, { width, rows }: Piece): number =>
  Math.ceil(width / p.cols) * rows.length;

/**
 * The sums of `acceleratorJobs`' jobs, for each product [n x m], row-major; 0 where a row does not take part.
 *
 * @throws Error for outcomes that are not those of the jobs
 */
export function acceleratorSums(
  p: AcceleratorParameters,
  products: readonly IntegerProduct[],
  outcomes: readonly Outcome[],
): readonly Int32Array[] {
  const [first] = products;
  if (!first) return [];
  const pieces = piecesOf(p, first);
  if (outcomes.length !== pieces.length) {
    throw new Error(`${outcomes.length} outcomes were given for ${pieces.length} jobs.`);
  }
  const { widths, signed } = acceleratorResultBeats(p);
  const sums = products.map(({ left, right }) => new Int32Array(left.rows * right.rows));
  pieces.forEach((piece, job) => {
    const { rows, groups, rowsByList, idOf } = piece;
    const [row, column, ...lanes] = unpackBeats(widths, outcomes[job]!.outputs['results']!, signed);
    const due = products.length * groups.length * beatsPerGroup(p, piece);
    if (row!.length !== due) {
      throw new Error(`Job ${job} has ${row!.length} rows of results instead of ${due}.`);
    }
    const rowOf = new Map(rows.map((own, place) => [rowsByList ? idOf(own) : place, own]));
    for (let beat = 0; beat < due; beat++) {
      const group = Math.floor(beat / beatsPerGroup(p, piece));
      const own = rowOf.get(row![beat]!);
      if (own === undefined) throw new Error(`Job ${job} has a result of row ${row![beat]}.`);
      const product = Math.floor(group / groups.length);
      const columns = groups[group % groups.length]!;
      const into = sums[product]!;
      const width = products[product]!.right.rows;
      for (let lane = 0; lane < p.cols; lane++) {
        const to = columns[column![beat]! + lane];
        if (to !== undefined) into[own * width + to]! += lanes[lane]![beat]!;
      }
    }
  });
  return sums;
}
