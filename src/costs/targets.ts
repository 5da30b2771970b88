import { InputError } from '../numeric/index.ts';
import { ecp5Cells, ice40Cells, xilinxCells } from './cells.ts';
import type { CellTable } from './cells.ts';

/** Commands that map a design to a technology; the module is read already. */
type Mapping = (top: string) => readonly string[];

/** A family of FPGAs, mapped out of context: without buffers of pins and clocks. */
export interface FpgaTarget {
  readonly kind: 'fpga';
  readonly name: string;
  readonly title: string;
  readonly cells: CellTable;
  /** What a LUT, a DSP block and a block memory are there. */
  readonly units: { readonly lut: string; readonly dsp: string; readonly blockRam: string };
  /** With multipliers in LUTs, and in DSP blocks. */
  readonly inLogic: Mapping;
  readonly inDsps: Mapping;
}

/** Gates of an ASIC: gate equivalents, the area over that of a NAND2. */
export interface GateTarget {
  readonly kind: 'gates';
  readonly name: 'gates';
  readonly title: string;
}

export type Target = FpgaTarget | GateTarget;

/**
 * Lets memories become what the family has: one that asks for look-up tables is an error where there is
 * no such memory, as on iCE40, and becomes flip-flops there.
 */
export const anyMemory: readonly string[] = ['setattr -unset ram_style */m:*'];

const xilinx = (family: 'xc7' | 'xcup', title: string, blockRam: string): FpgaTarget => {
  const map = (more: string): Mapping => {
    return (top) => [
      `synth_xilinx -family ${family} -flatten -noiopad -noclkbuf${more} -top ${top}`,
    ];
  };
  return {
    kind: 'fpga',
    name: family,
    title,
    cells: xilinxCells,
    units: { lut: 'LUT6', dsp: family === 'xc7' ? 'DSP48E1' : 'DSP48E2', blockRam },
    inLogic: map(' -nodsp'),
    inDsps: map(''),
  };
};

/** What designs can be mapped to, in the order of reports. */
export const targets: readonly Target[] = [
  xilinx('xcup', 'Xilinx UltraScale+', 'RAMB18E2'),
  xilinx('xc7', 'Xilinx 7 series', 'RAMB18E1'),
  {
    kind: 'fpga',
    name: 'ecp5',
    title: 'Lattice ECP5',
    cells: ecp5Cells,
    units: { lut: 'LUT4', dsp: 'MULT18X18D', blockRam: 'DP16KD' },
    inLogic: (top) => [`synth_ecp5 -nodsp -top ${top}`],
    inDsps: (top) => [`synth_ecp5 -top ${top}`],
  },
  {
    kind: 'fpga',
    name: 'ice40',
    title: 'Lattice iCE40',
    cells: ice40Cells,
    units: { lut: 'LUT4', dsp: 'SB_MAC16 of UltraPlus', blockRam: 'SB_RAM40' },
    inLogic: (top) => [...anyMemory, `synth_ice40 -top ${top}`],
    inDsps: (top) => [...anyMemory, `synth_ice40 -dsp -top ${top}`],
  },
  { kind: 'gates', name: 'gates', title: 'gate equivalents' },
];

/** Names for several targets at once. */
const groups: Readonly<Record<string, readonly string[]>> = { xilinx: ['xcup', 'xc7'] };

/** What `--targets` takes. */
export const targetNames: readonly string[] = [
  ...Object.keys(groups),
  ...targets.map(({ name }) => name),
];

/** The targets of a list such as `xilinx,gates`, in the order of reports, each once. */
export function parseTargets(text: string, option = '--targets'): readonly Target[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !targetNames.includes(name));
  if (wrong !== undefined) {
    throw new InputError(
      `${option}: there is no target '${wrong}'; give names between commas, of ${targetNames.join(', ')}.`,
      'unknown-target',
    );
  }
  const chosen = new Set(names.flatMap((name) => groups[name] ?? [name]));
  return targets.filter(({ name }) => chosen.has(name));
}

/** Flip-flops without enable or reset, and no gates but Yosys' own. */
const toGates: readonly string[] = [
  'dfflegalize -cell $_DFF_P_ 01',
  'opt_expr',
  'opt_merge',
  'opt_clean',
  'abc -g cmos',
  'opt_clean',
];

/** Commands that leave no cells but Yosys' own gates and flip-flops; memories are flip-flops, too. */
export const gateMapping: Mapping = (top) => [`synth -flatten -noabc -top ${top}`, ...toGates];

/** The same, with a netlist for each module: for designs that are too large to be one. */
export const moduleMapping: Mapping = (top) => [`synth -noabc -top ${top}`, ...toGates];

/**
 * The same for designs with memories for which block memories are good: these stay, and their bits
 * are counted. As flip-flops with multiplexers they would be most of the area, and an hour of mapping.
 */
export const gatesBesideMemories: Mapping = (top) => [
  `synth -flatten -run begin:fine -top ${top}`,
  'opt -fast -full',
  'memory_map t:$mem_v2 a:ram_style=distributed a:ram_style=registers %u %i',
  'opt -undriven -fine',
  'techmap',
  'opt -fast',
  ...toGates,
  'memory_unpack',
];

/** Commands that map to the cells of a Liberty file. */
export const libertyMapping =
  (file: string): Mapping =>
  (top) => [
    `synth -flatten -top ${top}`,
    `dfflibmap -liberty ${file}`,
    'opt',
    `abc -liberty ${file}`,
    'opt_clean',
  ];
