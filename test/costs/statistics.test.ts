import { describe, expect, it } from 'vitest';
import { fpgaResources, gateEquivalents } from '../../src/costs/index.ts';
import { ecp5Cells, ice40Cells, xilinxCells } from '../../src/costs/cells.ts';
import { parseReport } from '../../src/costs/fmax.ts';
import { parseStatistics } from '../../src/costs/statistics.ts';

/** As Yosys 0.23 and 0.55 print it, for one flat module. */
const statistics = (more: object): string =>
  JSON.stringify({
    creator: 'Yosys 0.55',
    invocation: 'stat -json',
    modules: { '\\a': { num_cells: 5, num_cells_by_type: { LUT2: 32, FDRE: 3 }, ...more } },
    design: { num_cells: 5, num_cells_by_type: { LUT2: 32, FDRE: 3 }, ...more },
  });

describe('statistics of Yosys', () => {
  it('are cells by type', () => {
    expect(parseStatistics(statistics({}), '')).toEqual({
      cells: { LUT2: 32, FDRE: 3 },
      memoryBits: 0,
    });
  });

  it('leave out what is no hardware', () => {
    const cells = { LUT2: 1, $scopeinfo: 3 };
    const text = JSON.stringify({ design: { num_cells_by_type: cells } });
    expect(parseStatistics(text, '').cells).toEqual({ LUT2: 1 });
  });

  it('have transistors, with a plus where not all cells are known', () => {
    const of = (text: string) =>
      parseStatistics(statistics({ estimated_num_transistors: text }), '').transistors;
    expect(of('7226')).toEqual({ count: 7226, complete: true });
    expect(of('7226+')).toEqual({ count: 7226, complete: false });
    expect(() => of('about 7000')).toThrow("Yosys estimated 'about 7000' transistors.");
  });

  it('have all transistors where only notes for debuggers are not counted', () => {
    // Yosys 0.55 marks these as unknown in every design with more than one module.
    const cells = { $_NAND_: 4, $scopeinfo: 3 };
    const design = { num_cells_by_type: cells, estimated_num_transistors: '16+' };
    const { transistors } = parseStatistics(JSON.stringify({ design }), '');
    expect(transistors).toEqual({ count: 16, complete: true });
  });

  it.each([
    ["   Chip area for module '\\integer_mac': 11357.803800\n", 11357.8038],
    ["   Chip area for top module '\\x': 1.25e+06\n     of which used for", 1_250_000],
  ])('have an area in the text: %j', (text, area) => {
    expect(parseStatistics(statistics({}), `=== a ===\n\n${text}`).area).toBe(area);
  });

  it('are read of one module without a total, and with the comma that Yosys 0.23 leaves there', () => {
    const one = '{"modules": {"\\\\a": {"num_cells_by_type": {"$_XOR_": 2, "b": 3}}},\n\n}\n';
    expect(parseStatistics(one, '').cells).toEqual({ $_XOR_: 2, b: 3 });
  });

  it('have the bits of memories that stay memories', () => {
    expect(parseStatistics(statistics({ num_memory_bits: 15_408 }), '').memoryBits).toBe(15_408);
  });

  it('without cells are refused', () => {
    expect(() => parseStatistics('{"modules": {}}', '')).toThrow('without cells by type');
    const half = JSON.stringify({ design: { num_cells_by_type: { LUT2: 1.5 } } });
    expect(() => parseStatistics(half, '')).toThrow("Yosys counted '1.5' cells of LUT2.");
  });
});

const empty = { luts: 0, flipFlops: 0, dsps: 0, blockRams: 0, memoryLuts: 0 };

describe('resources', () => {
  it('of Xilinx count memory in LUTs, and both halves of a large block memory', () => {
    const cells = {
      ...{ LUT1: 1, LUT6: 10, INV: 1, CARRY4: 9, CARRY8: 9, MUXF7: 5, FDRE: 7, FDSE: 1 },
      ...{ RAM32M: 1, RAM32M16: 1, RAM64X1D: 1, SRL16E: 1, DSP48E1: 2, DSP48E2: 1 },
      ...{ RAMB18E2: 1, RAMB36E2: 3 },
    };
    expect(fpgaResources(xilinxCells, cells)).toEqual({
      luts: 12 + 4 + 8 + 2 + 1,
      memoryLuts: 15,
      flipFlops: 8,
      dsps: 3,
      blockRams: 7,
    });
  });

  it('of ECP5 count the LUTs of carries and memories', () => {
    const cells = { LUT4: 5, CCU2C: 3, PFUMX: 4, TRELLIS_FF: 6, TRELLIS_DPR16X4: 2, MULT18X18D: 1 };
    expect(fpgaResources(ecp5Cells, cells)).toEqual({
      ...empty,
      luts: 5 + 6 + 12,
      memoryLuts: 12,
      flipFlops: 6,
      dsps: 1,
    });
  });

  it('of iCE40 have carries beside the LUTs', () => {
    const cells = { SB_LUT4: 5, SB_CARRY: 4, SB_DFF: 1, SB_DFFESR: 2, SB_MAC16: 1, SB_RAM40_4K: 1 };
    expect(fpgaResources(ice40Cells, cells)).toEqual({
      ...empty,
      luts: 5,
      flipFlops: 3,
      dsps: 1,
      blockRams: 1,
    });
  });

  it('leave no cell out', () => {
    const message = "Yosys mapped to a cell 'LUT7', whose cost is not known here.";
    expect(() => fpgaResources(xilinxCells, { LUT6: 1, LUT7: 1 })).toThrow(message);
    expect(() => gateEquivalents({ LUT7: 1 })).toThrow(message);
  });
});

it('gate equivalents are areas over that of a NAND2', () => {
  expect(gateEquivalents({ $_NAND_: 10, $_NOT_: 3, $_XOR_: 2, $_DFF_P_: 1 })).toBeCloseTo(
    10 + 3 * 0.67 + 2 * 2 + 5.67,
  );
});

describe('the report of nextpnr', () => {
  const clock = 'clk$SB_IO_IN_$glb_clk';
  const segment = (from: string, to: string) => ({ from: { cell: from }, to: { cell: to } });
  const report = (clocks: readonly string[]) =>
    JSON.stringify({
      fmax: Object.fromEntries(clocks.map((name) => [name, { achieved: 91.75, constraint: 400 }])),
      critical_paths: [
        { from: '<async>', to: `posedge ${clock}`, path: [segment('pin', 'load')] },
        {
          from: `posedge ${clock}`,
          to: `posedge ${clock}`,
          path: [segment('a', 'b'), segment('b', 'c')],
        },
      ],
      utilization: { ICESTORM_LC: { used: 517, available: 7680 } },
    });

  it('has the clock rate, and the slowest path between registers', () => {
    expect(parseReport(report([clock]))).toEqual({
      megahertz: 91.75,
      from: 'a',
      to: 'c',
      logicCells: 517,
    });
  });

  it('is refused without exactly one clock', () => {
    expect(() => parseReport(report([]))).toThrow('nextpnr reported 0 clocks instead of one.');
    expect(() => parseReport(report(['x', 'y']))).toThrow('nextpnr reported 2 clocks');
  });
});
