import { readFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import Handlebars from 'handlebars';
import type { Film, Take } from '../testbench/index.ts';
import { longestOf, occupancyOf } from './watch-occupancy.ts';
import { tileMap, tokenBar } from './watch-map.ts';
import { filmFacts } from './watch-facts.ts';

const folder = new URL('../../templates/watch/', import.meta.url);
const read = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8');

/** Of the map and of the curves, in SVG units; both are scaled to the page. */
const mapSize = 160;
const curve = { left: 0, top: 0, width: 1000, height: 60 };

/** The page as one HTML file without anything from outside: it plays the film when it is opened in a browser. */
export async function watchPage(film: Film): Promise<string> {
  const [page, style, player] = await Promise.all(
    ['page.html.hbs', 'style.css', 'player.js'].map(read),
  );
  const render = Handlebars.compile(page, { noEscape: true, strict: true });
  const margin = tokenBar.thickness + tokenBar.gap;
  return render({
    ...{ style, player },
    ...filmFacts(film),
    film: scriptText(filmData(film)),
    takes: film.takes.map((take, index) => ({
      ...take,
      index,
      map: tileMap(film, take, { left: margin, top: margin, size: mapSize }),
      mapView: `0 0 ${mapSize + margin + 1} ${mapSize + margin + 1}`,
      occupancy: occupancyOf(film, take, curve),
      curve,
      lastCycle: take.cycles.toLocaleString('en-US'),
      endShare: ((100 * take.cycles) / longestOf(film)).toFixed(2),
    })),
  });
}

/** What the player needs; two cells share a byte, and all of them are deflated. */
const filmData = ({ takes, ...film }: Film): object => ({
  ...film,
  takes: takes.map(({ cells, cycles, order, tiles, rowStarts, columnStarts, tileEnds }) => ({
    ...{ order, tiles, cycles, rowStarts, columnStarts, tileEnds },
    cells: deflateRawSync(nibbles(cells), { level: 9 }).toString('base64'),
  })),
});

/** Two cells in each byte, the first in its low half. */
function nibbles(cells: Take['cells']): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(cells.length / 2));
  cells.forEach((cell, at) => {
    bytes[at >> 1]! |= cell << (4 * (at & 1));
  });
  return bytes;
}

/** JSON that may stand between script tags. */
const scriptText = (data: object): string => JSON.stringify(data).replaceAll('<', '\\u003c');
