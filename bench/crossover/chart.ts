import type { Crossover } from './measure.ts';
import { portWidths } from './arrays.ts';

/** What is used of echarts, which bench/package.json alone names. */
interface Echarts {
  init(dom: null, theme: null, options: object): Chart;
}

interface Chart {
  setOption(option: object): void;
  renderToSVGString(): string;
  dispose(): void;
}

/** The package, or why it cannot be used. */
async function loadEcharts(): Promise<Echarts | string> {
  // Not a literal: the package need not be there when types are checked.
  const name: string = 'echarts';
  try {
    return (await import(name)) as Echarts;
  } catch (error) {
    const absent = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    return absent ? 'not installed: make bench' : `not loadable: ${(error as Error).message}`;
  }
}

const colors: Readonly<Record<number, string>> = { 8: '#1f6fb4', 16: '#c2571a' };
const width = 360;
const height = 420;
const grid = { top: 80, width: 250, height: 230 };

/** Cycles by bytes per cycle, a panel for each array; or why there is no chart. */
export async function chart(
  rows: readonly Crossover[],
): Promise<{ readonly svg: string } | { readonly missing: string }> {
  const echarts = await loadEcharts();
  if (typeof echarts === 'string') return { missing: echarts };
  const arrays = [...new Set(rows.map(({ array }) => array))];
  const all = rows.flatMap((row) => [row.plainCycles, row.compressedCycles, row.computeCycles]);
  const [least, most] = [
    2 ** (Math.ceil(Math.log2(Math.min(...all))) - 1),
    2 ** Math.ceil(Math.log2(Math.max(...all))),
  ];
  const panels = arrays.map((array) => rows.filter((row) => row.array === array));
  const picture = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: width * arrays.length,
    height,
  });
  picture.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: panels.map((panel, i) => ({
      text: panel[0]!.array,
      subtext: `${panel[0]!.multipliers} multipliers, ${panel[0]!.tokens} tokens`,
      left: i * width + 75,
      top: 15,
      textStyle: { fontSize: 15 },
    })),
    legend: { bottom: 5, data: legend(rows), itemGap: 22, itemWidth: 34 },
    grid: panels.map((_, i) => ({ ...grid, left: i * width + 75 })),
    xAxis: panels.map((_, i) => ({
      type: 'log',
      logBase: 2,
      gridIndex: i,
      min: portWidths[0],
      max: portWidths.at(-1),
      name: 'bytes of weights per cycle',
      nameLocation: 'middle',
      nameGap: 28,
    })),
    yAxis: panels.map((_, i) => ({
      type: 'log',
      logBase: 2,
      gridIndex: i,
      min: least,
      max: most,
      name: i === 0 ? 'cycles' : '',
    })),
    series: panels.flatMap((panel, i) => [
      ...[...new Set(panel.map(({ operandBits }) => operandBits))].flatMap((bits) => {
        const of = panel.filter(({ operandBits }) => operandBits === bits);
        return (['plain', 'compressed'] as const).map((kind) => ({
          name: seriesName(bits, kind),
          type: 'line',
          xAxisIndex: i,
          yAxisIndex: i,
          symbol: kind === 'plain' ? 'emptyCircle' : 'circle',
          symbolSize: 8,
          color: colors[bits],
          lineStyle: { type: kind === 'plain' ? 'dashed' : 'solid', width: 2 },
          data: of.map((row) => [row.bytesPerCycle, row[`${kind}Cycles`]]),
        }));
      }),
      {
        name: bound,
        type: 'line',
        xAxisIndex: i,
        yAxisIndex: i,
        symbol: 'none',
        color: '#777777',
        lineStyle: { type: 'dotted', width: 2 },
        data: portWidths.map((bytes) => [bytes, panel[0]!.computeCycles]),
      },
    ]),
  });
  const svg = picture.renderToSVGString();
  picture.dispose();
  return { svg };
}

const bound = 'multipliers never idle';
const seriesName = (bits: number, kind: 'plain' | 'compressed'): string => `int${bits} ${kind}`;

const legend = (rows: readonly Crossover[]): string[] => [
  ...[...new Set(rows.map(({ operandBits }) => operandBits))].flatMap((bits) =>
    (['plain', 'compressed'] as const).map((kind) => seriesName(bits, kind)),
  ),
  bound,
];
