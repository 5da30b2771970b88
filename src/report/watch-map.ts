import type { Film, Take } from '../testbench/index.ts';

/** Where a map is drawn, in SVG units. */
export interface MapArea {
  readonly left: number;
  readonly top: number;
  /** Of the matrix, without the bars of tokens above and left of it. */
  readonly size: number;
}

/** Of a bar of tokens, and the gap between it and the matrix. */
export const tokenBar = { thickness: 5, gap: 3 };
/** Smallest tile with a number in it. */
const leastForNumber = 14;

/** Class of a token's colour. */
export const precisionClass = (bits: number): string => (bits === 8 ? 'eight' : 'four');

/** Cycles that a tile takes per product: its slowest row and its slowest column decide. */
export function cyclesPerProduct(film: Film, take: Take, tile: Take['tiles'][number]): number {
  const digits = (first: number, lanes: number): number =>
    take.order.slice(first, first + lanes).some((token) => film.bits[token] === 8) ? 2 : 1;
  return digits(tile.left, film.rows) * digits(tile.right, film.columns);
}

/**
 * The product as an SVG fragment: a bar for each token in the order of fetch above and beside the matrix, and a
 * square for each tile with the cycles that its products take.
 */
export function tileMap(film: Film, take: Take, { left, top, size }: MapArea): string {
  const count = take.order.length;
  const at = (place: number): number => Math.round((100 * size * place) / count) / 100;
  const { thickness, gap } = tokenBar;
  const tokens = take.order.map((token, place) => {
    const kind = precisionClass(film.bits[token]!);
    const [from, length] = [at(place), at(1)];
    return (
      `<rect class="${kind}" x="${left + from}" y="${top - gap - thickness}" width="${length}" height="${thickness}"/>` +
      `<rect class="${kind}" x="${left - gap - thickness}" y="${top + from}" width="${thickness}" height="${length}"/>`
    );
  });
  const tiles = take.tiles.map((tile, index) => {
    const [x, y] = [left + at(tile.right), top + at(tile.left)];
    const width = at(Math.min(film.columns, count - tile.right));
    const height = at(Math.min(film.rows, count - tile.left));
    const cost = cyclesPerProduct(film, take, tile);
    const label =
      Math.min(width, height) < leastForNumber
        ? ''
        : `<text x="${x + width / 2}" y="${y + height / 2}" dy=".35em">${cost}</text>`;
    return (
      `<g class="tile cost${cost}" data-tile="${index}">` +
      `<rect x="${x + 0.75}" y="${y + 0.75}" width="${width - 1.5}" height="${height - 1.5}" rx="1.5"/>${label}</g>`
    );
  });
  return [...tokens, ...tiles].join('');
}
