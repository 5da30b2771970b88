import type { Film, FilmRequest, Take } from '../../testbench/film.ts';
import { leftEightFlag, rightEightFlag } from '../../testbench/film.ts';
import { InputError } from '../../numeric/index.ts';
import { orderOf, planOf, tokenOrders } from './array-job.ts';
import type { TokenOrder } from './array-job.ts';
import { arrayTime } from './golden-array-cycles.ts';
import type { ArrayParameters } from './params.ts';
import { mixedTokens } from './token-mix.ts';

const titles: Readonly<Record<TokenOrder, string>> = {
  unsorted: 'Unsorted: in the order of the text',
  sorted: 'Sorted: tokens of 8 bits first',
};

/** Cells of one take, at most: what a browser unpacks at once. */
const mostCells = 2 ** 25;
/** Cycles of a product of two words of 8 bits. */
const mostCycles = 4;

/**
 * Q K^T of random tokens on the array, unsorted and sorted.
 *
 * @throws InputError for a film that would be too long, and where no token is left
 */
export function scoresFilm(p: ArrayParameters, request: FilmRequest): Film {
  const { tokens, depth } = request;
  const tiles = Math.ceil(tokens / p.rows) * Math.ceil(tokens / p.cols);
  const cells = mostCycles * tiles * depth * p.rows * p.cols;
  if (cells > mostCells) {
    throw new InputError(
      `${tokens} tokens with depth ${depth} on ${p.rows} x ${p.cols} processing elements would make a film of up to ${cells} pictures of one of them, but ${mostCells} are the most; take fewer tokens or a smaller depth.`,
    );
  }
  const bits = mixedTokens(request);
  if (bits.every((own) => own === 0)) {
    throw new InputError(
      `All ${tokens} tokens are pruned, so that there is nothing to see; leave one with 4 or 8 bits.`,
    );
  }
  return {
    product: 'Q Kᵀ',
    ...{ rows: p.rows, columns: p.cols, depth, bits },
    takes: tokenOrders.map((order) => takeOf(p, bits, depth, order)),
  };
}

/** Lanes as the cycle model takes them: 1 or 2 digits for each beat. */
function digitsOf(
  count: number,
  depth: number,
  /** Bits in each tile of a lane; undefined where the lane is not in use. */
  bitsOf: (lane: number) => readonly (number | undefined)[],
): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, lane) => {
    const byTile = bitsOf(lane);
    const digits = new Uint8Array(byTile.length * depth);
    byTile.forEach((bits, tile) => {
      digits.fill(bits === 8 ? 2 : 1, tile * depth, (tile + 1) * depth);
    });
    return digits;
  });
}

function takeOf(
  p: ArrayParameters,
  bits: readonly number[],
  depth: number,
  tokenOrder: TokenOrder,
): Take {
  const order = orderOf(bits, tokenOrder);
  // How long a product takes does not depend on its values; one column of them keeps all tiles in one plan.
  const side = { rows: order.length, columns: 1, words: new Uint16Array(order.length) };
  const { tiles, rows } = planOf(p, {
    left: side,
    right: side,
    signed: { left: true, right: true },
  })[0]!;
  const bitsAt = (place: number): number | undefined => bits[order[place] ?? -1];
  const left = digitsOf(p.rows, depth, (row) => tiles.map((tile) => bitsAt(tile.left + row)));
  const right = digitsOf(p.cols, depth, (col) => tiles.map((tile) => bitsAt(tile.right + col)));
  const ends = Uint8Array.from({ length: tiles.length * depth }, (_, k) =>
    (k + 1) % depth === 0 ? rows : 0,
  );

  const frames: Uint8Array[] = [];
  const starts = (lanes: number): number[][] => Array.from({ length: lanes }, () => []);
  const rowStarts = starts(p.rows);
  const columnStarts = starts(p.cols);
  const tileEnds = tiles.map(() => 0);
  const time = arrayTime(p, { left, right, ends }, ({ states, pairs }) => {
    const cycle = frames.length;
    const cells = Uint8Array.from(states);
    pairs.forEach((pair, at) => {
      if (pair < 0) return;
      const row = Math.floor(at / p.cols);
      const column = at % p.cols;
      const tile = Math.floor(pair / depth);
      if (left[row]![pair] === 2) cells[at]! |= leftEightFlag;
      if (right[column]![pair] === 2) cells[at]! |= rightEightFlag;
      if (column === 0 && rowStarts[row]!.length === tile) rowStarts[row]!.push(cycle);
      if (row === 0 && columnStarts[column]!.length === tile) columnStarts[column]!.push(cycle);
      tileEnds[tile] = cycle;
    });
    frames.push(cells);
  });
  const cells = new Uint8Array(time.cycles * p.rows * p.cols);
  frames.forEach((frame, cycle) => {
    cells.set(frame, cycle * frame.length);
  });
  const { cycles, busy, stalled, starved } = time;
  return {
    name: tokenOrder,
    title: titles[tokenOrder],
    ...{ order, tiles, cycles, rowStarts, columnStarts, tileEnds, cells },
    counts: { busy, stalled, starved },
  };
}
