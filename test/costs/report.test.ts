import { describe, expect, it } from 'vitest';
import { targets } from '../../src/costs/index.ts';
import type { Cost, FmaxResult, FpgaResources, MeasuredRow } from '../../src/costs/index.ts';
import { costData, costTable, costText, fmaxText, modulesText } from '../../src/report/index.ts';
import type { CostRun } from '../../src/report/index.ts';

const shown = targets.filter(({ name }) => name === 'ice40' || name === 'gates');
const run: CostRun = { yosys: 'Yosys 0.0 (test)', targets: shown, gateAreas: 'hand-made' };
const resources = (of: Partial<FpgaResources>): FpgaResources => ({
  ...{ luts: 0, flipFlops: 0, dsps: 0, blockRams: 0, memoryLuts: 0 },
  ...of,
});

function costs(luts: number, dsps: number, gateEquivalents: number): readonly Cost[] {
  return shown.map((target): Cost => {
    if (target.kind === 'gates') {
      const transistorEquivalents = gateEquivalents + 0.75;
      return {
        kind: 'gates',
        target,
        gateEquivalents,
        areas: 'x',
        flipFlops: 28,
        transistorEquivalents,
      };
    }
    const inLogic = resources({ luts, flipFlops: 28 });
    const inDsps = dsps === 0 ? inLogic : resources({ luts: 57, flipFlops: 28, dsps });
    return { kind: 'fpga', target, inLogic, inDsps };
  });
}

const rows: readonly MeasuredRow[] = [
  {
    label: 'int8 MAC',
    productsPerCycle: 1,
    costs: costs(230, 1, 1000),
    gateEquivalentsPerProduct: 1000,
    areaOverInt8: 1,
  },
  {
    label: 'PE',
    productsPerCycle: 768 / 776,
    note: 'without the unit that PEs share',
    costs: costs(300, 0, 1500),
    gateEquivalentsPerProduct: 1515.625,
    areaOverInt8: 1.515625,
  },
  { label: 'decoder', note: 'computes nothing', costs: costs(20, 0, 80) },
];

describe('tables of costs', () => {
  it('put designs beside each other', async () => {
    await expect(`${costTable(run, rows)}\n`).toMatchFileSnapshot('golden/table.txt');
  });

  it('show one design target by target', async () => {
    await expect(`${costText(run, rows[0]!)}\n`).toMatchFileSnapshot('golden/design.txt');
  });

  it('name the memories that are not among the gates', () => {
    const [ice40, gates] = costs(20, 0, 80);
    const row = { label: 'decoder', costs: [ice40!, { ...gates!, memoryBits: 15_408 } as Cost] };
    expect(costText(run, row)).toContain('28 flip-flops, beside 15,408 bits of memory;');
    expect(costTable(run, [row])).toContain('│ 80 +15,408 bits of memory │');
  });

  it('show the modules of a design and their shares', async () => {
    const modules = [
      { name: 'array', count: 1, gateEquivalents: 4000, flipFlops: 120 },
      { name: 'cell', count: 4, gateEquivalents: 900, flipFlops: 28 },
    ];
    const text = modulesText({ ...run, targets: [], label: 'array (rows=2)' }, modules);
    await expect(`${text}\n`).toMatchFileSnapshot('golden/modules.txt');
  });

  it('are data for programs', () => {
    expect(costData(run, rows.slice(0, 1))).toEqual({
      yosys: 'Yosys 0.0 (test)',
      targets: ['ice40', 'gates'],
      gateAreas: 'hand-made',
      rows: [
        {
          label: 'int8 MAC',
          productsPerCycle: 1,
          gateEquivalentsPerProduct: 1000,
          areaOverInt8: 1,
          costs: {
            ice40: {
              inLogic: resources({ luts: 230, flipFlops: 28 }),
              inDsps: resources({ luts: 57, flipFlops: 28, dsps: 1 }),
            },
            gates: { gateEquivalents: 1000, flipFlops: 28, transistorEquivalents: 1000.75 },
          },
        },
      ],
    });
  });
});

describe('clock rates', () => {
  const placement = {
    seed: 2,
    megahertz: 91.75,
    from: 'stimulus_SB_DFF_Q_2_DFFLC',
    to: 'inner.sums[1]_SB_DFFE_Q_DFFLC',
  };
  const result: FmaxResult = {
    device: 'iCE40',
    registers: 175,
    logicCells: 1517,
    placements: [
      { ...placement, seed: 1, megahertz: 90 },
      placement,
      { ...placement, megahertz: 99 },
    ],
    median: placement,
  };
  const text = (more: Partial<FmaxResult>): string =>
    fmaxText({ label: 'PE', yosys: 'Yosys', nextpnr: 'nextpnr' }, { ...result, ...more });

  it('are the median, with the slowest path by names of the design', () => {
    expect(text({})).toContain('91.8 MHz, median of 3 placements');
    expect(text({})).toContain('90.0 to 99.0 MHz');
    expect(text({})).toContain('from an input (the register is around the design) to sums[1] ');
    expect(text({})).toContain('│ own registers  │ 175 ');
  });

  it('are none of a design without registers', () => {
    expect(text({ registers: 0 })).toContain('none: the design has no clock rate of its own');
  });
});
