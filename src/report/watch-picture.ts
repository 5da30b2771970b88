import { cellStateMask, cellStates, leftEightFlag, rightEightFlag } from '../testbench/index.ts';
import type { CellState, Film, Take } from '../testbench/index.ts';
import { filmFacts } from './watch-facts.ts';
import { precisionClass, tileMap } from './watch-map.ts';
import { longestOf, occupancyOf } from './watch-occupancy.ts';

/** Sizes in SVG units. */
const size = {
  width: 960,
  margin: 24,
  head: 72,
  take: 214,
  square: 148,
  gap: 30,
  bar: 5,
  strip: 30,
};
/** Moments that are shown, as parts of the shortest take. */
const moments = [0.18, 0.6, 0.965];

const style = `
.ground{fill:#fff}.ink{fill:#1b2230}.soft{fill:#5a6475}.cell{fill:#eef0f4}.eight{fill:#3f51c7}.four{fill:#f5a524}
.busy{fill:#14866d}.stalled{fill:#d6336c}.starved{fill:#d5dae2}.needle{stroke:#1b2230}
.tile rect{fill:#eef0f4}.tile text{fill:#5a6475;font-size:14px;text-anchor:middle}
.title{font-size:19px;font-weight:600}.name{font-size:15px;font-weight:600}.big{font-size:30px;font-weight:600}
@media(prefers-color-scheme:dark){.ground{fill:#171d26}.ink{fill:#e8ecf3}.soft{fill:#9ba6b7}.cell{fill:#242d3a}
.eight{fill:#7d90ff}.four{fill:#ffc14d}.busy{fill:#2fb897}.stalled{fill:#f4679a}.starved{fill:#3a4556}
.needle{stroke:#e8ecf3}.tile rect{fill:#242d3a}.tile text{fill:#9ba6b7}}`.trim();

const number = (value: number): string => value.toLocaleString('en-US');
const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(0)} %`;
const short = (value: number): number => Math.round(10 * value) / 10;

interface Place {
  readonly x: number;
  readonly y: number;
}

const text = ({ x, y }: Place, content: string, kind = 'soft', more = ''): string =>
  `<text class="${kind}" x="${short(x)}" y="${short(y)}"${more}>${content}</text>`;

/** A path of pieces in one colour; nothing where there are none. */
const filled = (kind: string, pieces: readonly string[]): string =>
  pieces.length === 0 ? '' : `<path class="${kind}" d="${pieces.join('')}"/>`;

const square = (x: number, y: number, side: number): string =>
  `M${short(x)} ${short(y)}h${short(side)}v${short(side)}h${short(-side)}z`;

/**
 * The film as one picture, an SVG without anything from outside: for each take the tiles, the array at some moments,
 * and how busy it is over time.
 */
export function watchPicture(film: Film): string {
  const { width, margin, head, take: height, strip, gap } = size;
  const bottom = head + film.takes.length * height;
  const stripsHeight = film.takes.length * (strip + 6);
  const total = bottom + stripsHeight + 62;
  const shortest = Math.min(...film.takes.map(({ cycles }) => cycles));
  const shown = moments.map((moment) => Math.ceil(moment * shortest));
  const facts = filmFacts(film);
  const curve = { left: margin + 74, width: width - 2 * margin - 74 };
  const x = (cycle: number): number => curve.left + (curve.width * cycle) / longestOf(film);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" font-family="system-ui,-apple-system,'Segoe UI',Roboto,sans-serif" font-size="13" role="img" aria-label="${facts.subject}. ${facts.outcome}.">`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${total}" rx="10"/>`,
    text({ x: margin, y: 34 }, facts.outcome, 'ink title'),
    text({ x: margin, y: 54 }, facts.subject),
    ...film.takes.map((take, index) => takeRow(film, take, head + index * height, shown)),
    ...film.takes.flatMap((take, index) => {
      const top = bottom + index * (strip + 6);
      const { busy, stalled, end } = occupancyOf(film, take, { ...curve, top, height: strip });
      return [
        text({ x: margin, y: top + strip / 2 + 4 }, take.name, 'ink'),
        `<rect class="starved" x="${curve.left}" y="${top}" width="${short(end - curve.left)}" height="${strip}"/>`,
        `<path class="stalled" d="${stalled}"/><path class="busy" d="${busy}"/>`,
      ];
    }),
    ...shown.map(
      (cycle) =>
        `<path class="needle" d="M${short(x(cycle))} ${bottom - 4}V${bottom + stripsHeight - 2}"/>` +
        text(
          { x: x(cycle), y: bottom + stripsHeight + 12 },
          number(cycle),
          'soft',
          ' text-anchor="middle"',
        ),
    ),
    legend(margin, bottom + stripsHeight + gap + 10),
    '</svg>',
  ].join('\n')}\n`;
}

function takeRow(film: Film, take: Take, top: number, shown: readonly number[]): string {
  const { margin, square: side, gap, bar } = size;
  const inner = bar + 3;
  const y = top + 44;
  const columns = shown.map((_, index) => margin + inner + (index + 1) * (side + inner + gap));
  const right = margin + inner + (shown.length + 1) * (side + inner + gap) - inner;
  const elements = film.rows * film.columns * take.cycles;
  const share = (state: CellState, line: number): string =>
    `<rect class="${state}" x="${right}" y="${y + 70 + 22 * line}" width="11" height="11" rx="2"/>` +
    text(
      { x: right + 18, y: y + 80 + 22 * line },
      `${state} ${percent(take.counts[state], elements)}`,
    );
  return [
    text({ x: margin, y: top + 16 }, take.title, 'ink name'),
    text({ x: margin + inner, y: y - 11 }, 'cycles per product'),
    tileMap(film, take, { left: margin + inner, top: y + 4, size: side }),
    ...shown.map((cycle, index) => snapshot(film, take, cycle, { x: columns[index]!, y: y + 4 })),
    text({ x: right, y: y + 28 }, number(take.cycles), 'ink big'),
    text({ x: right, y: y + 48 }, 'cycles'),
    ...(['busy', 'stalled', 'starved'] as const).map(share),
  ].join('\n');
}

/** The array in one cycle, counted from 1 as the page does, with the tokens that its lanes carry. */
function snapshot(film: Film, take: Take, counted: number, { x, y }: Place): string {
  const cycle = counted - 1;
  const pitch = size.square / Math.max(film.rows, film.columns);
  const gap = pitch / 12;
  const side = pitch - gap;
  const paths = { eight: [] as string[], four: [] as string[], stalled: [] as string[] };
  const cells: string[] = [];
  const triangles = (left: number, top: number, length: number, cell: number): void => {
    const [s, at] = [short(length), `${short(left)} ${short(top)}`];
    paths[cell & leftEightFlag ? 'eight' : 'four'].push(`M${at}v${s}h${s}z`);
    paths[cell & rightEightFlag ? 'eight' : 'four'].push(`M${at}h${s}v${s}z`);
  };
  for (let row = 0, at = cycle * film.rows * film.columns; row < film.rows; row++) {
    for (let column = 0; column < film.columns; column++, at++) {
      const [left, top] = [x + column * pitch, y + row * pitch];
      const cell = take.cells[at]!;
      const state = cellStates[cell & cellStateMask]!;
      if (state === 'busy') triangles(left, top, side, cell);
      else cells.push(square(left, top, side));
      if (state === 'stalled') {
        paths.stalled.push(square(left + side * 0.18, top + side * 0.18, side * 0.64));
        triangles(left + side * 0.28, top + side * 0.28, side * 0.44, cell);
      }
    }
  }
  const lanes = [
    ...laneBits(film, take, 'left', cycle).map((bits, row) => ({
      bits,
      place: `x="${short(x - size.bar - 3)}" y="${short(y + row * pitch)}" width="${size.bar}" height="${short(side)}"`,
    })),
    ...laneBits(film, take, 'right', cycle).map((bits, column) => ({
      bits,
      place: `x="${short(x + column * pitch)}" y="${short(y - size.bar - 3)}" width="${short(side)}" height="${size.bar}"`,
    })),
  ];
  return [
    text({ x, y: y - 15 }, `cycle ${number(counted)}`),
    ...lanes.flatMap(({ bits, place }) =>
      bits === undefined ? [] : `<rect class="${precisionClass(bits)}" ${place}/>`,
    ),
    filled('cell', cells),
    filled('stalled', paths.stalled),
    filled('eight', paths.eight),
    filled('four', paths.four),
  ].join('');
}

/** Bits of the tokens that the lanes of one side carry in a cycle; undefined for a lane without a token. */
function laneBits(
  film: Film,
  take: Take,
  side: 'left' | 'right',
  cycle: number,
): readonly (number | undefined)[] {
  const starts = side === 'left' ? take.rowStarts : take.columnStarts;
  return starts.map((byTile, lane) => {
    const tile = Math.max(
      0,
      byTile.findLastIndex((start) => start <= cycle),
    );
    return film.bits[take.order[take.tiles[tile]![side] + lane] ?? -1];
  });
}

function legend(x: number, y: number): string {
  const entries = [
    { kind: 'eight', words: '8-bit token', width: 104 },
    { kind: 'four', words: '4-bit token', width: 112 },
    { kind: 'busy', words: 'busy: computes', width: 132 },
    { kind: 'stalled', words: 'stalled: holds operands, has to wait', width: 256 },
    { kind: 'starved', words: 'starved: no operands', width: 0 },
  ];
  let at = x;
  return entries
    .map(({ kind, words, width }) => {
      const left = at;
      at += width;
      return (
        `<rect class="${kind}" x="${left}" y="${y - 10}" width="11" height="11" rx="2"/>` +
        text({ x: left + 17, y }, words)
      );
    })
    .join('');
}
