import type { MeasuredPoint } from '../families/index.ts';

/** Sizes in SVG units. */
const size = { width: 720, height: 440 };
const area = { left: 76, right: 24, top: 44, bottom: 60 };
const ticks = 5;

export interface ChartContent {
  readonly title: string;
  readonly points: readonly MeasuredPoint[];
  readonly front: readonly MeasuredPoint[];
  readonly chosen: MeasuredPoint | undefined;
  /** Accuracy of the model in floating point, and the least that is allowed. */
  readonly reference: number;
  readonly least: number;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Accuracy over cost of all schedules, the front as a line, as a self-contained SVG. */
export function scheduleChart(content: ChartContent): string {
  const { title, points, front, chosen, reference, least } = content;
  const accuracies = [...points.map(({ accuracy }) => accuracy), reference, least];
  const low = Math.min(...accuracies);
  const high = Math.max(...accuracies);
  const margin = Math.max(0.001, (high - low) * 0.06);
  const [bottom, top] = [low - margin, high + margin];
  const left = Math.min(...points.map(({ cost }) => cost)) * 0.96;
  const right = Math.max(...points.map(({ cost }) => cost)) * 1.02;

  const spanX = size.width - area.left - area.right;
  const spanY = size.height - area.top - area.bottom;
  const x = (cost: number): number => area.left + (spanX * (cost - left)) / (right - left);
  const y = (accuracy: number): number => area.top + (spanY * (top - accuracy)) / (top - bottom);
  const at = (value: number): string => value.toFixed(1);
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const evenly = (from: number, to: number): number[] =>
    Array.from({ length: ticks + 1 }, (_, i) => from + ((to - from) * i) / ticks);

  const edge = { x: size.width - area.right, y: size.height - area.bottom };
  const vertical = evenly(bottom, top).map(
    (value) =>
      `<line class="grid" x1="${area.left}" x2="${edge.x}" y1="${at(y(value))}" y2="${at(y(value))}"/>` +
      `<text x="${area.left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${percent(value)}</text>`,
  );
  const horizontal = evenly(left, right).map(
    (value) =>
      `<line class="grid" x1="${at(x(value))}" x2="${at(x(value))}" y1="${area.top}" y2="${edge.y}"/>` +
      `<text x="${at(x(value))}" y="${edge.y + 18}" text-anchor="middle">${percent(value)}</text>`,
  );
  const rule = (value: number, text: string, kind: string): string =>
    `<line class="${kind}" x1="${area.left}" x2="${edge.x}" y1="${at(y(value))}" y2="${at(y(value))}"/>` +
    `<text x="${area.left + 6}" y="${at(y(value) - 5)}">${text}</text>`;
  const dot = (point: MeasuredPoint): string =>
    `<circle class="${front.includes(point) ? 'best' : 'point'}" cx="${at(x(point.cost))}" ` +
    `cy="${at(y(point.accuracy))}" r="4"><title>r0End ${point.r0End}, rho ${point.rho}: ` +
    `${percent(point.accuracy)} at ${percent(point.cost)}</title></circle>`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    '<style>.grid{stroke:#ddd}.point{fill:#9aa5b1}.best{fill:#1f6feb}.front{fill:none;stroke:#1f6feb;stroke-width:1.5}.chosen{fill:none;stroke:#d1242f;stroke-width:2}.float{stroke:#555}.least{stroke:#d1242f;stroke-dasharray:5 4}</style>',
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    `<text x="${area.left}" y="24" font-size="15">${escaped(title)}</text>`,
    ...vertical,
    ...horizontal,
    `<text x="${at(area.left + spanX / 2)}" y="${size.height - 16}" text-anchor="middle">digit products beside 8 bits for all tokens</text>`,
    rule(reference, 'floating point', 'float'),
    rule(least, 'least allowed', 'least'),
    `<polyline class="front" points="${front.map((p) => `${at(x(p.cost))},${at(y(p.accuracy))}`).join(' ')}"/>`,
    ...points.map(dot),
    ...(chosen
      ? [`<circle class="chosen" cx="${at(x(chosen.cost))}" cy="${at(y(chosen.accuracy))}" r="8"/>`]
      : []),
    '</svg>',
  ].join('\n')}\n`;
}
