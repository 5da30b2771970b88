/** What a design takes of a part that can be programmed. */
export interface FpgaResources {
  /** Look-up tables, those used as memory and for carries included. */
  readonly luts: number;
  readonly flipFlops: number;
  /** Multiply-accumulate blocks. */
  readonly dsps: number;
  /** Block memories, of the smallest size that the family has. */
  readonly blockRams: number;
  /** Of `luts`, those that are memory or shift register. */
  readonly memoryLuts: number;
}

/** What one cell counts as; `{}` is a cell that comes with others, such as a carry chain. */
type CellCost = Partial<FpgaResources>;

const nothing: CellCost = {};
const lut: CellCost = { luts: 1 };
const flipFlop: CellCost = { flipFlops: 1 };
const dsp: CellCost = { dsps: 1 };
const blockRam: CellCost = { blockRams: 1 };
const memory = (luts: number): CellCost => ({ luts, memoryLuts: luts });

/** Kinds of cells by what their names match; the first that does counts. */
export type CellTable = readonly (readonly [RegExp, CellCost])[];

/** 7-series and UltraScale+. An inverter counts as a LUT, though the next one may take it in. */
export const xilinxCells: CellTable = [
  [/^(LUT[1-6]|INV)$/, lut],
  [/^(CARRY[48]|MUXF[789]|GND|VCC|BUFG)$/, nothing],
  [/^FD[RSCP]E(_1)?$/, flipFlop],
  [/^SRL(16|C32)E$/, memory(1)],
  [/^RAM(32|64)X1D$/, memory(2)],
  [/^RAM(32M|64M|128X1D)$/, memory(4)],
  [/^RAM(32M16|64M8|256X1D)$/, memory(8)],
  [/^DSP48E[12]$/, dsp],
  [/^RAMB18E[12]$/, blockRam],
  [/^RAMB36E[12]$/, { blockRams: 2 }],
];

/** ECP5: a carry cell is a pair of LUTs; 16 x 4 bits of memory take four and two for its writes. */
export const ecp5Cells: CellTable = [
  [/^LUT4$/, lut],
  [/^CCU2C$/, { luts: 2 }],
  [/^(PFUMX|L6MUX21)$/, nothing],
  [/^TRELLIS_FF$/, flipFlop],
  [/^TRELLIS_DPR16X4$/, memory(6)],
  [/^(MULT18X18D|ALU54B)$/, dsp],
  [/^DP16KD$/, blockRam],
];

/** iCE40: the LUT of a carry cell is there as a cell of its own. */
export const ice40Cells: CellTable = [
  [/^SB_LUT4$/, lut],
  [/^SB_CARRY$/, nothing],
  [/^SB_DFF/, flipFlop],
  [/^SB_MAC16$/, dsp],
  [/^SB_RAM40_4K/, blockRam],
];

const none: FpgaResources = { luts: 0, flipFlops: 0, dsps: 0, blockRams: 0, memoryLuts: 0 };

/** What the cells of a netlist take together. Throws for a cell that is in no line of the table. */
export function fpgaResources(
  table: CellTable,
  cells: Readonly<Record<string, number>>,
): FpgaResources {
  return Object.entries(cells).reduce((total, [cell, count]) => {
    const cost = table.find(([pattern]) => pattern.test(cell))?.[1];
    if (cost === undefined) throw unknownCell(cell);
    const plus = (key: keyof FpgaResources): number => total[key] + count * (cost[key] ?? 0);
    return {
      luts: plus('luts'),
      flipFlops: plus('flipFlops'),
      dsps: plus('dsps'),
      blockRams: plus('blockRams'),
      memoryLuts: plus('memoryLuts'),
    };
  }, none);
}

/**
 * Area of gates in NAND2: that of the smallest cells of the Nangate 45 nm Open Cell Library, whose cells
 * are all 1.4 um high: NAND2_X1 0.57 um wide, INV_X1 0.38, AND2, OR2, AOI21 and OAI21_X1 0.76, AOI22
 * and OAI22_X1 0.95, XOR2 and XNOR2_X1 1.14, MUX2_X1 1.33, DFF_X1 3.23 (SIZE of the macros in
 * `flow/platforms/nangate45/lef/NangateOpenCellLibrary.macro.lef` of OpenROAD-flow-scripts, commit
 * 8b0c1d4). Three gates are not there: AND and OR with one inverted input count as NOR or NAND and an
 * inverter, the inverting multiplexer as AOI22 and an inverter.
 */
const gateAreas: Readonly<Record<string, number>> = {
  $_BUF_: 1,
  $_NOT_: 0.67,
  $_NAND_: 1,
  $_NOR_: 1,
  $_AND_: 1.33,
  $_OR_: 1.33,
  $_ANDNOT_: 1.67,
  $_ORNOT_: 1.67,
  $_XOR_: 2,
  $_XNOR_: 2,
  $_AOI3_: 1.33,
  $_OAI3_: 1.33,
  $_AOI4_: 1.67,
  $_OAI4_: 1.67,
  $_MUX_: 2.33,
  $_NMUX_: 2.33,
  $_DFF_P_: 5.67,
};

/** Ports of memories that stay memories: their bits are counted, not their area. */
const memoryPort = /^\$mem(rd|wr|init)(_v2)?$/;

/** The gate equivalents of a netlist of Yosys' own gates, without its memories. */
export function gateEquivalents(cells: Readonly<Record<string, number>>): number {
  return Object.entries(cells).reduce((total, [cell, count]) => {
    if (memoryPort.test(cell)) return total;
    const area = gateAreas[cell];
    if (area === undefined) throw unknownCell(cell);
    return total + count * area;
  }, 0);
}

/** Not to be left out silently: the figure would look better than the design is. */
const unknownCell = (cell: string): Error =>
  new Error(`Yosys mapped to a cell '${cell}', whose cost is not known here.`);
