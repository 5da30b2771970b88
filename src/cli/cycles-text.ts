import Table from 'cli-table3';
import type { ProductCycles } from '../families/index.ts';
import type { CyclesReport } from './cycles.ts';

const number = (value: number): string => Math.round(value).toLocaleString('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What `cycles` prints for a person. */
export function cyclesText(report: CyclesReport): string {
  const table = new Table({
    head: [
      'cycles of',
      'all 8 bits',
      'unsorted',
      'sorted',
      'ideal',
      'padded ideal',
      'of it reached',
      'busy',
      'stalled',
      'starved',
    ],
    colAligns: ['left', ...Array.from({ length: 9 }, () => 'right' as const)],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  const line = (title: string, cycles: ProductCycles): void => {
    const { busy, stalled, starved } = cycles.stalls.sorted;
    const all = busy + stalled + starved;
    table.push([
      title,
      ...[cycles.uniform8, cycles.unsorted, cycles.sorted, cycles.ideal].map(number),
      number(cycles.paddedIdeal),
      percent(cycles.paddedIdeal / cycles.sorted),
      ...[busy, stalled, starved].map((part) => percent(part / all)),
    ]);
  };
  line('q k^T', report.scores);
  line('p v, p of 8 bits', report.context['8-bit']);
  line('p v, p as its query', report.context.query);
  return `${headOf(report)}\n${table.toString()}\nWhat the elements do is that of the sorted order.\n`;
}

function headOf(report: CyclesReport): string {
  if (report.model === undefined) {
    const { tokens, depth, eight = 0, pruned = 0 } = report;
    return (
      `${tokens} tokens, ${percent(eight)} with 8 bits, ${percent(pruned)} pruned; ` +
      `a head of ${depth} columns; engine ${report.engine}, seed ${report.seed}`
    );
  }
  const layers = report.precisions!.map(
    (count, layer) =>
      `  layer ${layer}: ${count[8]} tokens of 8 bits, ${count[4]} of 4, ${count[0]} pruned`,
  );
  return [
    `${report.model}: ${report.sequences} examples, accuracy ${percent(report.accuracy!)}, ` +
      `all layers and heads; engine ${report.engine}`,
    ...layers,
  ].join('\n');
}
