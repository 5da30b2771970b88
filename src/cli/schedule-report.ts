import Table from 'cli-table3';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { MeasuredPoint } from '../families/index.ts';
import { scheduleChart } from './schedule-chart.ts';
import { json } from './output.ts';

const share = z.number().min(0);
const pointSchema = z.object({
  r0End: share,
  rho: share,
  cost: share,
  attentionCost: share,
  correct: z.int(),
  predictions: z.int(),
  accuracy: share,
});

/** Marks the file by which a search goes on where it was stopped. */
const formatName = 'systole-schedule-search';
export const searchFile = 'search.json';

const searchSchema = z.object({
  format: z.literal(formatName),
  version: z.literal(1),
  /** What must not change between two runs. */
  setup: z.record(z.string(), z.unknown()),
  reference: share,
  points: z.array(pointSchema),
});

/** What is known of a search so far. */
export interface SearchState {
  readonly setup: Readonly<Record<string, unknown>>;
  /** Accuracy in floating point. */
  readonly reference: number;
  readonly points: readonly MeasuredPoint[];
}

/** The state in a text that `searchFiles` wrote; undefined for another text. */
export function readSearch(text: string): SearchState | undefined {
  try {
    const result = searchSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/** What `search-schedule --json` prints. */
export interface SearchReport extends SearchState {
  readonly model: string;
  readonly data: string;
  /** The accuracy that may be lost: 0.01 is one point. */
  readonly drop: number;
  /** Of the points, from the cheapest on. */
  readonly front: readonly MeasuredPoint[];
  /** The cheapest within the drop; null if there is none. */
  readonly chosen: MeasuredPoint | null;
  /** Points that an earlier run had measured. */
  readonly resumed: number;
  readonly out: string;
}

/** The options of a point, complete, as `eval --config` takes them. */
export const scheduleYaml = (
  options: Readonly<Record<string, unknown>>,
  { r0End, rho }: MeasuredPoint,
): string => stringify({ method: 'vssa', set: { ...options, r0End, rho } });

const columns = [
  'r0End',
  'rho',
  'cost',
  'attentionCost',
  'correct',
  'predictions',
  'accuracy',
] as const satisfies readonly (keyof MeasuredPoint)[];

const csv = ({ points, front, chosen }: SearchReport): string =>
  [
    [...columns, 'front', 'chosen'].join(','),
    ...points.map((point) =>
      [
        ...columns.map((column) => point[column]),
        front.includes(point) ? 1 : 0,
        point === chosen ? 1 : 0,
      ].join(','),
    ),
    '',
  ].join('\n');

/** The folder of a search: the state to go on from, all points, the chart, and the schedule chosen. */
export function searchFiles(
  report: SearchReport,
  options: Readonly<Record<string, unknown>>,
): readonly { readonly path: string; readonly content: string }[] {
  const { setup, reference, points, front, chosen, drop, model, data } = report;
  const chart = {
    title: `${model}, ${data}: accuracy over cost`,
    ...{ points, front, reference },
    chosen: chosen ?? undefined,
    least: reference - drop,
  };
  return [
    {
      path: searchFile,
      content: json({ format: formatName, version: 1, setup, reference, points }),
    },
    { path: 'points.csv', content: csv(report) },
    { path: 'pareto.svg', content: scheduleChart(chart) },
    ...(chosen ? [{ path: 'schedule.yaml', content: scheduleYaml(options, chosen) }] : []),
  ];
}

const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

/** The front for a person, and what was chosen. */
export function searchText(report: SearchReport): string {
  const { points, front, chosen, reference, drop, out, resumed } = report;
  const table = new Table({
    head: ['r0End', 'rho', 'cost', 'attention', 'accuracy', ''],
    colAligns: ['right', 'right', 'right', 'right', 'right', 'left'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  for (const point of front) {
    const { r0End, rho, cost, attentionCost, accuracy } = point;
    table.push([
      r0End,
      rho,
      ...[cost, attentionCost, accuracy].map(percent),
      point === chosen ? 'chosen' : '',
    ]);
  }
  const again = resumed === 0 ? '' : `, ${resumed} of them by an earlier run`;
  return [
    `${points.length} schedules measured${again}; those that no other beats in cost and accuracy:`,
    table.toString(),
    `cost: digit products beside 8 bits for all tokens; in floating point: ${percent(reference)}`,
    chosen
      ? `chosen: the cheapest that loses at most ${(100 * drop).toFixed(2)} points, in ${out}/schedule.yaml`
      : `none loses at most ${(100 * drop).toFixed(2)} points; allow more with --drop`,
    '',
  ].join('\n');
}
