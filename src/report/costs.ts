import Table from 'cli-table3';
import type {
  Cost,
  FmaxResult,
  FpgaResources,
  MeasuredRow,
  ModuleCost,
  Target,
} from '../costs/index.ts';

/** How the costs of a report were measured. */
export interface CostRun {
  /** Yosys, with version and origin. */
  readonly yosys: string;
  readonly targets: readonly Target[];
  /** Where areas of gates come from; absent where gates are not among the targets. */
  readonly gateAreas?: string;
}

const compact = {
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  style: { head: [], border: [] },
};

const number = (value: number): string => value.toLocaleString('en-US');
const whole = (value: number): string => number(Math.round(value));

/** The same as `cost --json` prints it. */
export function costData(run: CostRun, rows: readonly MeasuredRow[]): object {
  return {
    yosys: run.yosys,
    targets: run.targets.map(({ name }) => name),
    ...(run.gateAreas === undefined ? {} : { gateAreas: run.gateAreas }),
    rows: rows.map((row) => ({
      ...row,
      costs: Object.fromEntries(row.costs.map((cost) => [cost.target.name, dataOf(cost)])),
    })),
  };
}

function dataOf(cost: Cost): object {
  switch (cost.kind) {
    case 'fpga': {
      const { inLogic, inDsps } = cost;
      return { inLogic, inDsps };
    }
    case 'gates': {
      const { gateEquivalents, flipFlops, memoryBits, transistorEquivalents } = cost;
      return { gateEquivalents, flipFlops, memoryBits, transistorEquivalents };
    }
  }
}

/** One design: a line for each target and each way to multiply there. */
export function costText(run: CostRun, row: MeasuredRow): string {
  const table = new Table({
    head: ['target', 'LUT', 'of them memory', 'FF', 'DSP', 'block RAM'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    ...compact,
  });
  const line = (title: string, of: FpgaResources): void => {
    table.push([
      title,
      ...[of.luts, of.memoryLuts, of.flipFlops, of.dsps, of.blockRams].map(number),
    ]);
  };
  const gates: string[] = [];
  for (const cost of row.costs) {
    switch (cost.kind) {
      case 'fpga': {
        const { title, units } = cost.target;
        line(`${title} (${units.lut})`, cost.inLogic);
        if (cost.inDsps.dsps > 0) line(`${title}, with ${units.dsp}`, cost.inDsps);
        break;
      }
      case 'gates': {
        const { gateEquivalents, flipFlops, memoryBits, transistorEquivalents } = cost;
        gates.push(
          `${whole(gateEquivalents)} gate equivalents` +
            (flipFlops === undefined ? '' : `, among them ${number(flipFlops)} flip-flops`) +
            (memoryBits === undefined ? '' : `, beside ${number(memoryBits)} bits of memory`) +
            (transistorEquivalents === undefined
              ? ''
              : `; a quarter of Yosys' estimate of transistors: ${whole(transistorEquivalents)}`),
        );
        break;
      }
    }
  }
  return [
    row.label,
    ...(table.length > 0 ? [table.toString()] : []),
    ...gates,
    ...sources(run),
  ].join('\n');
}

const sources = ({ yosys, gateAreas }: CostRun): string[] => [
  `Counted by ${yosys} before place and route.`,
  ...(gateAreas === undefined
    ? []
    : [`Gate equivalents (area over that of a NAND2): ${gateAreas}.`]),
];

/** Designs beside each other: a line for each, LUT / FF / DSP for each target. */
export function costTable(run: CostRun, rows: readonly MeasuredRow[]): string {
  const notes = [...new Set(rows.flatMap(({ note }) => note ?? []))];
  const hasGates = run.targets.some(({ kind }) => kind === 'gates');
  const table = new Table({
    head: [
      'design',
      'products per cycle',
      ...(hasGates ? ['gates', 'per product', 'of int8 MAC'] : []),
      ...run.targets.flatMap((target) => (target.kind === 'fpga' ? [`${target.name} LUT/FF`] : [])),
      ...run.targets.flatMap((target) =>
        target.kind === 'fpga' ? [`${target.name} LUT/FF/DSP`] : [],
      ),
    ],
    colAligns: ['left', ...Array.from({ length: 12 }, () => 'right' as const)],
    wordWrap: true,
    ...compact,
  });
  for (const row of rows) {
    const mark = row.note === undefined ? '' : ` [${notes.indexOf(row.note) + 1}]`;
    table.push([
      `${row.label}${mark}`,
      row.productsPerCycle === undefined ? '' : `${+row.productsPerCycle.toFixed(2)}`,
      ...(hasGates ? gateCells(row) : []),
      ...row.costs.flatMap((cost) => (cost.kind === 'fpga' ? [resources(cost.inLogic)] : [])),
      ...row.costs.flatMap((cost) => (cost.kind === 'fpga' ? [withDsps(cost.inDsps)] : [])),
    ]);
  }
  return [
    table.toString(),
    ...notes.map((note, index) => `[${index + 1}] ${note}`),
    ...sources(run),
    ...run.targets.flatMap((target) =>
      target.kind === 'fpga'
        ? [`${target.name}: ${target.title}, ${target.units.lut}, DSP is ${target.units.dsp}`]
        : [],
    ),
  ].join('\n');
}

function gateCells({ costs, gateEquivalentsPerProduct, areaOverInt8 }: MeasuredRow): string[] {
  const gates = costs.find((cost) => cost.kind === 'gates');
  return [
    gates === undefined ? '' : `${whole(gates.gateEquivalents)}${besideMemory(gates.memoryBits)}`,
    gateEquivalentsPerProduct === undefined ? '' : whole(gateEquivalentsPerProduct),
    areaOverInt8 === undefined ? '' : areaOverInt8.toFixed(2),
  ];
}

const besideMemory = (bits: number | undefined): string =>
  bits === undefined ? '' : ` +${number(bits)} bits of memory`;

const resources = ({ luts, flipFlops, blockRams }: FpgaResources): string =>
  `${luts}/${flipFlops}${blockRams > 0 ? ` +${blockRams} RAM` : ''}`;

const withDsps = (of: FpgaResources): string =>
  of.dsps === 0 ? '-' : `${of.luts}/${of.flipFlops}/${of.dsps}`;

/** As `cost --by-module` prints it: a line for each module, the design first. */
export function modulesText(
  run: CostRun & { readonly label: string },
  modules: readonly ModuleCost[],
): string {
  const table = new Table({
    head: ['module', 'in the design', 'gates', 'flip-flops', 'of the design'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    ...compact,
  });
  const total = modules[0]?.gateEquivalents ?? 0;
  for (const { name, count, gateEquivalents, flipFlops } of modules) {
    const share = (100 * count * gateEquivalents) / total;
    table.push([
      name,
      number(count),
      whole(gateEquivalents),
      number(flipFlops),
      `${share.toFixed(1)} %`,
    ]);
  }
  return [
    run.label,
    table.toString(),
    'Each module with what is in it, so shares overlap; mapped one by one, without optimization across them.',
    ...sources(run),
  ].join('\n');
}

/** How a clock rate was measured. */
export interface FmaxRun {
  readonly label: string;
  readonly yosys: string;
  readonly nextpnr: string;
}

/** As `fmax --json` prints it. */
export const fmaxData = (run: FmaxRun, result: FmaxResult): object => ({ ...run, ...result });

export function fmaxText(run: FmaxRun, result: FmaxResult): string {
  const { device, registers, logicCells, placements, median } = result;
  const rates = placements.map(({ megahertz }) => megahertz);
  const range = `${Math.min(...rates).toFixed(1)} to ${Math.max(...rates).toFixed(1)}`;
  const table = new Table(compact);
  table.push(
    { design: run.label },
    { device },
    {
      'clock rate': `${median.megahertz.toFixed(1)} MHz, median of ${placements.length} placements`,
    },
    { 'all placements': `${range} MHz` },
    { 'slowest path': `from ${place(median.from)} to ${place(median.to)}` },
    {
      'own registers':
        registers === 0
          ? 'none: the design has no clock rate of its own, only between registers around it'
          : number(registers),
    },
    { 'logic cells': `${number(logicCells)}, the registers around the design included` },
    { tools: `${run.yosys}; ${run.nextpnr}` },
  );
  return table.toString();
}

/** Name of a register without what synthesis added to it. */
function place(cell: string): string {
  const name = cell.replace(/_SB_.*$/, '').replace(/_DFFLC$/, '');
  if (name.startsWith('stimulus')) return 'an input (the register is around the design)';
  if (name.startsWith('captured')) return 'an output (the register is around the design)';
  return name.replace(/^inner\./, '');
}
